"""What a run tells the world: small frozen values, in the order in which they happen.

Started, then Stepped for every step, with Drawn whenever a picture is due, Kept whenever the state is, Dropped when
the learning rate falls and Noticed when there is something to say; at the end Finished. Terminal, notebook, files and
servers all read these.
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
        settings: what the run was asked to do.
        record: every given setting as plain values, with the seed and the models really used: enough to run it again.
        size: width and height of the picture in pixels, as the drawer rounded it.
        device: where it runs.
        seed: the number really used.
        steps: how many steps are planned; step: how many were taken before, by a run that this one continues.
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
        rate: the learning-rate factor in force (1, then 0.1 …).
        seconds: time this step took.
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
    """Which frame of an animation a picture is: the name of its file, its number from 0, and how many there are."""

    name: str
    number: int
    count: int


@dataclass(frozen=True)
class Drawn:
    """A picture is due.

    Attributes:
        step: how many steps made this picture (0: the start).
        image_u8: H W 3, or H W 4 with transparency, 0 to 255.
        final: the last one.
        save, show: whether it is due for saving and for showing.
        files: further deliverables by name ending (".svg", "_cells.png"), as the drawer wrote them.
        frame: which frame of an animation this is; None: of no animation.
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
    """The state of the run after this many steps, for continuing it later.

    Attributes:
        state: a nested dict of tensors, numbers and texts, as `Session.restore` takes it.
    """

    step: int
    state: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Noticed:
    """Something the user should know. Replaces every print."""

    level: Literal["info", "warning"]
    text: str


@dataclass(frozen=True)
class LearningRateDropped:
    """The learning rate was multiplied to this factor of its start value."""

    step: int
    rate: float


@dataclass(frozen=True)
class Finished:
    """The run is over.

    Attributes:
        reason: "complete", "stalled" when auto_stop ended it, or "stopped" when somebody asked for the end.
        steps: how many were taken.
        best: the smallest total loss, and the step it was seen at; None if no step was taken.
    """

    reason: Literal["complete", "stalled", "stopped"]
    steps: int
    seconds: float
    best: tuple[float, int] | None


Event = Started | Stepped | Drawn | CheckpointDue | LearningRateDropped | Noticed | Finished
