"""What a loss is: a number that says how far the picture is from what one wants.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pixray.errors import InvalidPart
from pixray.optim.saved_tensors import declared_tensors, saved

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from pixray.cutouts.base import Plan
    from pixray.models.store import ModelStore
    from pixray.perceptors.base import Perceptor


@dataclass(frozen=True)
class LossInputs:
    """One look at the picture: all that losses may see of it.

    Attributes:
        canvas: 1 3 H W in [0, 1], with gradient; transparency is already laid over a random grey.
        alpha: 1 1 H W, the transparency with gradient, or None.
        latent: the drawer's inner picture with gradient, or None.
        plans: which cutouts were taken, by perceptor input size; applying one to another picture gives aligned crops.
        crops: N 3 S S, by perceptor input size.
        embeddings: N D of unit length, by perceptor name; of a part of the picture alone by "name/spot".
        step: steps taken so far; progress: share of the run in [0, 1].
    """

    canvas: Tensor
    alpha: Tensor | None
    latent: Tensor | None
    plans: Mapping[int, Plan]
    crops: Mapping[int, Tensor]
    embeddings: Mapping[str, Tensor]
    step: int
    progress: float


@dataclass(frozen=True)
class LossContext:
    """What a loss may prepare itself with, once, before the first step.

    Attributes:
        size: width and height of the picture.
        device: where tensors belong.
        perceptors: those that look at the picture, by name, and their weights in the same order.
        palette: the run's palette, colours from 0 to 1.
        start: the start picture 1 3 H W, or None; latent: the drawer's inner picture at the start, detached, or None.
        generator: a source of chance of its own.
        models: where weights come from.
    """

    size: tuple[int, int]
    device: str
    perceptors: Mapping[str, Perceptor]
    palette: tuple[tuple[float, float, float], ...]
    start: Tensor | None
    latent: Tensor | None
    generator: torch.Generator
    models: ModelStore


class Loss(ABC):
    """A number to make small. Independent of how many cutouts and perceptors there are.

    Constructed with an instance of its nested frozen dataclass `Settings`, and with the arguments that followed its
    name (`name:1->argument`).
    """

    Settings: ClassVar[type | None] = None
    tensors: ClassVar[Sequence[str]] = ()
    """Attributes with what it learned from the run itself and needs to continue it; each holds a tensor or None."""
    uses_palette: ClassVar[bool] = False
    """Whether it prepares itself with the palette of the run, so that another palette needs another one of it."""
    capturable: bool = False
    """Whether a CUDA graph can hold it: it does the same in every step, on the device, without chance of its own and
    without regard to the look's `step` and `progress`. `pixray.testing.recording` tells."""

    def __init__(self, settings: Any = None, arguments: tuple[str, ...] = ()) -> None:
        self.settings = settings
        self.arguments = arguments

    def unusable(self, context: LossContext) -> str | None:
        """Why this loss can do nothing in a run, through no fault of its settings; the run goes on without it.

        Returns:
            a sentence for the user; None if it can be used.
        """
        return None

    def prepare(self, context: LossContext) -> None:
        """Get ready for a run: load a picture, keep the start. Called once, before the first look."""
        return

    @abstractmethod
    def __call__(self, inputs: LossInputs) -> Tensor:
        """The loss as a scalar tensor with gradient."""

    def state(self) -> dict[str, Tensor]:
        """The declared `tensors`, as copies on the CPU."""
        return saved(declared_tensors(self, self.tensors))

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over a saved state, of which tensors stay on the CPU until they are used."""
        for name in self.tensors:
            key = name.lstrip("_")
            setattr(self, name, state[key].clone() if key in state else None)


@dataclass(frozen=True)
class WeightedLoss:
    """A loss with a name for the log, a weight, and the value below which it stops pulling.

    Attributes:
        setting: which setting asked for it.

    Raises:
        InvalidPart: when called, if the loss gives more than one number.
    """

    name: str
    loss: Loss
    weight: float = 1.0
    stop: float = field(default=-math.inf)
    setting: str = ""

    def __call__(self, inputs: LossInputs) -> Tensor:
        from pixray.ops.surrogate import stop_below

        value = self.loss(inputs)
        if value.ndim:
            raise InvalidPart(
                f"loss '{self.name}': {type(self.loss).__name__} gives a tensor of shape {tuple(value.shape)}, not a "
                "scalar; take its mean or sum"
            )
        return self.weight * stop_below(value, self.stop)
