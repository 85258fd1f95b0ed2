"""The interface of a filter: an image transform applied before the perceptors.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Filtered:
    """A filtered picture, and a scalar penalty (None: none) that the filter adds to the loss."""

    canvas: Tensor
    penalty: Tensor | None = None


class Filter(ABC):
    """Image to image, composed left to right.

    Constructed with its own `Settings` (a nested frozen dataclass), the palette of the run and the device.
    """

    Settings: ClassVar[type | None] = None
    capturable: bool = False
    """Whether a CUDA graph can hold it: see `pixray.testing.recording`."""

    def __init__(self, settings: Any, palette: tuple[tuple[float, float, float], ...], device: str) -> None:
        self.settings = settings
        self.palette = palette
        self.device = device

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> Any:
        """What chance decides for one step, as tensors (inside of dataclasses, mappings or tuples).

        A filter without chance, or one that draws while it works, has none of this and gets the generator itself.

        Args:
            size: width and height of the picture.
            generator: the only source of chance, on the CPU.
        """
        return generator

    @abstractmethod
    def __call__(self, canvas: Tensor, randomness: Any) -> Filtered:
        """What the perceptors see.

        Args:
            canvas: 1 C H W in [0, 1], C 3 or 4.
            randomness: what `draw` gave, its tensors on the canvas's device.
        """

    def present(self, canvas: Tensor) -> Tensor:
        """What is saved and shown: the same without anything random, such as a tile in a fixed phase."""
        import torch

        size = canvas.shape[3], canvas.shape[2]
        return self(canvas, self.draw(size, torch.Generator().manual_seed(0))).canvas
