"""A picture that continues over its own borders: perceptors see it shifted at random, wrapped around."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from pixray.filters.base import Filter, Filtered
from pixray.ops.roll import rolled


class Tiler(Filter):
    """Shift the picture in both directions, another way in every step; what is saved stays where it is."""

    Settings: ClassVar[type | None] = None
    capturable = True

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """How far down and to the right, in pixels."""
        width, height = size
        return torch.randint(height, (), generator=generator), torch.randint(width, (), generator=generator)

    def __call__(self, canvas: Tensor, randomness: tuple[Tensor, Tensor]) -> Filtered:
        down, right = randomness
        return Filtered(rolled(rolled(canvas, down, 2), right, 3))

    def present(self, canvas: Tensor) -> Tensor:
        return canvas
