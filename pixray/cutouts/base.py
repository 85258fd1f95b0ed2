"""Where to look: cutouts are planned apart from being taken, so that one plan serves several pictures alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Plan(ABC):
    """The cutouts of one step."""

    @abstractmethod
    def __call__(self, image: Tensor, *, plain: bool = False) -> Tensor:
        """Take the planned cutouts.

        Args:
            image: 1 3 H W, about [0, 1]; any size, it is taken to show what the canvas shows.
            plain: leave out what a camera would add (colour shift and noise), as reference pictures want.

        Returns:
            N 3 S S.
        """


class Cutouts(ABC):
    """Makes a new plan for every step.

    Args:
        num_cuts: N, how many cutouts a plan has.
        aspect: width / height of the canvas.
        noise: strength of the noise on each cutout, drawn from 0 to this.
        device: where the tensors of plans may live.
        settings: an instance of its nested frozen dataclass `Settings`; only classes that declare one get it.
    """

    Settings: ClassVar[type | None] = None
    capturable: bool = False
    """Whether plans are trees of tensors (`pixray.engine.capture.trees`) and a CUDA graph can hold taking them."""

    def __init__(
        self, num_cuts: int, aspect: float, noise: float = 0.1, device: str = "cpu", settings: Any = None
    ) -> None:
        self.num_cuts = num_cuts
        self.aspect = aspect
        self.noise = noise
        self.device = device
        self.settings = settings

    @abstractmethod
    def plan(self, generator: torch.Generator, input_size: int, step: int, fill: float) -> Plan:
        """Choose where to look.

        Args:
            generator: the only source of chance, on the CPU.
            input_size: S, the side of the cutouts in pixels.
            step: steps taken so far.
            fill: grey level in [0, 1] outside the picture, the same for all cutouts of a step.
        """
