"""The events of a run: small frozen values, in the order in which they happen.

First Started, then Stepped after every step, Drawn when a picture is due, CheckpointDue when the state is to be saved,
LearningRateDropped when the rate falls, Steered and Undone when somebody steers the run, Noticed when there is a
message for the user; at the end Finished. The terminal, notebooks, files and servers all read these.

Late imports keep PIL out of start-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from argparse import Namespace

    import numpy as np
    from PIL import Image


@dataclass(frozen=True)
class Started:
    """The session is built and about to take its first step.

    Attributes:
        settings: of the run; read only.
        record: every setting that somebody gave, as plain values, with the seed and the models in use: enough to
            repeat the run.
        size: width and height of the picture in pixels, as rounded by the drawer.
        device: such as "cpu" or "cuda:0".
        seed: the number in use, also where none was given.
        steps: number of steps planned; step: number of steps that an earlier run took, which this one continues.
    """

    settings: Namespace
    record: Mapping[str, Any]
    size: tuple[int, int]
    device: str
    seed: int
    steps: int
    step: int = 0


@dataclass(frozen=True)
class Stepped:
    """One step was taken.

    Attributes:
        step: the number of this step, from 1 to `steps`.
        rate: what the learning rates are multiplied by (1, then 0.1 …).
        seconds: duration of this step.
        remaining: estimated seconds until the end.
        losses: each loss by name, weighted, before the step; they add up to the total. On a GPU they are fetched when
            one of them is read.
    """

    step: int
    steps: int
    rate: float
    seconds: float
    remaining: float
    losses: Mapping[str, float] = field(repr=False, compare=False)

    @property
    def waiting(self) -> bool:
        """Whether the losses are still on a device, so that reading them means waiting for it."""
        return not getattr(self.losses, "at_hand", True)

    @property
    def total(self) -> float:
        """The loss that was minimised."""
        return sum(self.losses.values())


@dataclass(frozen=True)
class Frame:
    """A frame of an animation: the name of its file, its number from 0, and the number of frames."""

    name: str
    number: int
    count: int


@dataclass(frozen=True)
class Drawn:
    """A picture is due.

    Attributes:
        step: number of steps taken for this picture (0: the start).
        image_u8: H W 3, or H W 4 with transparency, 0 to 255.
        final: whether it is the last picture of the run.
        save, show: whether it is due for saving and for display.
        files: other output files by name ending (".svg", "_cells.png"), with their content.
        frame: the frame of an animation that it belongs to, or None.
        text: facts about this picture for its metadata, such as {"pixray_provider": "stability"}.
    """

    step: int
    image_u8: np.ndarray = field(repr=False, compare=False)
    final: bool = False
    save: bool = True
    show: bool = True
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    frame: Frame | None = None
    text: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def image(self) -> Image.Image:
        """The picture for Pillow."""
        from PIL import Image

        return Image.fromarray(self.image_u8)


@dataclass(frozen=True)
class CheckpointDue:
    """The state of the run is to be saved, so that it can be resumed.

    Attributes:
        step: number of steps taken.
        state: a nested dict of tensors, numbers and texts, for `Session.restore`.
    """

    step: int
    state: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Noticed:
    """A message for the user."""

    level: Literal["info", "warning"]
    text: str


@dataclass(frozen=True)
class LearningRateDropped:
    """The learning rates are `rate` times their start values from this step on."""

    step: int
    rate: float


@dataclass(frozen=True)
class Steered:
    """Settings have changed while the run paints.

    Attributes:
        step: number of steps taken before.
        changes: the settings that changed, as plain values; None: as if nobody had said anything.
        record: that of the run from now on, in place of the one of `Started`.
    """

    step: int
    changes: Mapping[str, Any]
    record: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Undone:
    """The run went back to an earlier checkpoint, and goes on from there.

    Attributes:
        step: number of steps that were taken; to: how many of them count.
        record: that of the run from now on.
    """

    step: int
    to: int
    record: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Finished:
    """The run is over.

    Attributes:
        reason: "complete"; "stalled": auto_stop ended it; "stopped": `Session.stop` was called.
        steps: number of steps taken.
        best: the smallest total loss and the step that it was measured in; None if no step was taken.
    """

    reason: Literal["complete", "stalled", "stopped"]
    steps: int
    seconds: float
    best: tuple[float, int] | None


Event = Started | Stepped | Drawn | CheckpointDue | LearningRateDropped | Steered | Undone | Noticed | Finished
