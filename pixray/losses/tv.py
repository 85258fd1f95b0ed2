"""Total variation: how much neighbouring points differ. Small for calm pictures with few edges, large for grain.

Rudin, Osher, Fatemi: Nonlinear total variation based noise removal algorithms (1992).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.losses.base import Look, Loss

SIDE = 64
"""Points along the longer side of the picture; finer pictures are averaged down to them."""
_FLAT = 1e-3
"""Slopes well below this hardly count; it keeps the derivative finite where the picture is flat."""


def total_variation(pictures: Tensor) -> Tensor:
    """The mean length of the slope of each of N C H W: N, 0 for one colour.

    The slope's length, and not |dx| + |dy|, is as large for a slanted edge as for an upright one; with the sum, what is
    round would be cheapest as a square. The steps of a nearest-neighbour enlargement are only upright and level, so
    that even so a slanted edge would count as the sum; therefore fine pictures are averaged down first.
    """
    height, width = pictures.shape[-2:]
    points = min(1.0, SIDE / max(height, width))
    if points < 1:
        size = (max(1, round(height * points)), max(1, round(width * points)))
        pictures = F.interpolate(pictures, size=size, mode="area")
    down = pictures.diff(dim=-2, append=pictures[..., -1:, :])
    across = pictures.diff(dim=-1, append=pictures[..., -1:])
    length = (torch.square(down) + torch.square(across) + _FLAT**2).sqrt() - _FLAT
    return length.mean((1, 2, 3)) * (max(pictures.shape[-2:]) / SIDE)


class TotalVariation(Loss):
    """The total variation of the picture."""

    capturable = True

    def __call__(self, look: Look) -> Tensor:
        return total_variation(look.canvas).mean()
