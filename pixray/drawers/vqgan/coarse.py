"""A grid of codes that is painted small at first.

A small decoder knows pictures of the size that it was trained on, and things on a larger canvas get lost in texture. So
blocks of codes have one value at first, as if the grid were smaller, and the small picture is enlarged; later it is
taken over by the whole grid. Small pictures also take a fraction of the time.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

LEAST = 12
"""Codes that the shorter side of a grid keeps."""
FACTORS = (4, 3, 2)


class Coarse:
    """How a grid of codes is painted small.

    Args:
        rows, columns: of the whole grid; until: the step from which on it is painted as a whole.
    """

    def __init__(self, rows: int, columns: int, until: int) -> None:
        fitting = (f for f in FACTORS if rows % f == 0 and columns % f == 0 and min(rows, columns) // f >= LEAST)
        self.factor = next(fitting, 1)
        self.until = until if self.factor > 1 else 0
        self.done = torch.tensor(self.until <= 0)

    @property
    def active(self) -> bool:
        return not bool(self.done)

    def pooled(self, z: Tensor) -> Tensor:
        """The small grid of a whole one, B D h w."""
        return F.avg_pool2d(z, self.factor)

    def spread(self, small: Tensor) -> Tensor:
        """The whole grid in which every block has the value of a small one's code."""
        return small.repeat_interleave(self.factor, 2).repeat_interleave(self.factor, 3)

    def cropped(self, image: Tensor) -> Tensor:
        """A piece, B C H W, as large as small pictures are: noise keeps its grain."""
        height, width = (side // self.factor for side in image.shape[-2:])
        return image[..., :height, :width]

    def shrunk(self, image: Tensor) -> Tensor:
        """A picture, B C H W, made as small as small pictures are."""
        return F.interpolate(image, size=self.cropped(image).shape[-2:], mode="area")

    def enlarged(self, picture: Tensor) -> Tensor:
        """A small picture, B 3 H W, at the size of the canvas."""
        size = [side * self.factor for side in picture.shape[-2:]]
        return F.interpolate(picture, size=size, mode="bicubic", align_corners=False).clamp(0, 1)
