"""Total variation: how much neighbouring points differ. Small for calm pictures with few edges, large for grain.

Rudin, Osher, Fatemi: Nonlinear total variation based noise removal algorithms (1992).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.losses.base import Loss, LossInputs

SIDE = 64
"""Points along the longer side, to which finer pictures are averaged down."""
_FINE = 1 / 3
"""How much of the value is that of the pixels themselves, which alone show fine grain."""
_FLAT = 1e-3
"""Slopes well below this hardly count; it keeps the derivative finite where the picture is flat."""


def total_variation(pictures: Tensor) -> Tensor:
    """The mean length of the slope of each of N C H W, as if its longer side had 64 pixels: N, 0 for one colour.

    The slope's length, and not |dx| + |dy|, is as large for a slanted edge as for an upright one; with the sum, what is
    round would be cheapest as a square. But the pixels of enlarged cells have upright and level edges only, and there
    the length is the sum again. So pictures of more than 64 pixels are for the most part measured averaged down.
    """
    height, width = pictures.shape[-2:]
    shrink = SIDE / max(height, width)
    if shrink >= 1:
        return _mean_slope(pictures)
    coarse = F.interpolate(pictures, size=(max(1, round(height * shrink)), max(1, round(width * shrink))), mode="area")
    return torch.lerp(_mean_slope(coarse), _mean_slope(pictures), _FINE)


def _mean_slope(pictures: Tensor) -> Tensor:
    down = pictures.diff(dim=-2, append=pictures[..., -1:, :])
    across = pictures.diff(dim=-1, append=pictures[..., -1:])
    length = (torch.square(down) + torch.square(across) + _FLAT**2).sqrt() - _FLAT
    return length.mean((1, 2, 3)) * (max(pictures.shape[-2:]) / SIDE)


class TotalVariation(Loss):
    """The total variation of the picture."""

    capturable = True

    def __call__(self, inputs: LossInputs) -> Tensor:
        return total_variation(inputs.canvas).mean()
