"""A picture that continues over its own borders: perceptors see it shifted at random, wrapped around."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from pixray.filters.base import Filter, Filtered


class Tiler(Filter):
    """Shift the picture in both directions, another way in every step; what is saved stays where it is."""

    Settings: ClassVar[type | None] = None

    def __call__(self, canvas: Tensor, generator: torch.Generator) -> Filtered:
        height, width = canvas.shape[2:]
        down, right = (int(torch.randint(side, (), generator=generator)) for side in (height, width))
        return Filtered(canvas.roll((down, right), (2, 3)))

    def present(self, canvas: Tensor) -> Tensor:
        return canvas
