"""Where to look: cutouts are planned apart from being taken, so that one plan serves several pictures alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

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
    """Makes a new plan for every step."""

    capturable: bool = False
    """Whether plans are trees of tensors (`pixray.engine.capture.trees`) and a CUDA graph can hold taking them."""

    @abstractmethod
    def plan(self, generator: torch.Generator, input_size: int, step: int, fill: float) -> Plan:
        """Choose where to look.

        Args:
            generator: the only source of chance, on the CPU.
            input_size: S, the side of the cutouts in pixels.
            step: steps taken so far.
            fill: grey level in [0, 1] outside the picture, the same for all cutouts of a step.
        """
