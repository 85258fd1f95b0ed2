"""Total variation: how much neighbouring points differ. Small for calm pictures with few edges, large for grain.

Rudin, Osher, Fatemi: Nonlinear total variation based noise removal algorithms (1992).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
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
    mean = _Lengths.apply(pictures) / pictures[0].numel() - _FLAT
    return mean * (max(pictures.shape[-2:]) / SIDE)


class _Lengths(torch.autograd.Function):
    """The lengths of the slopes of N C H W, summed: N. Autograd's own derivative takes twice as many passes."""

    @staticmethod
    def forward(ctx: Any, pictures: Tensor) -> Tensor:
        down, across = torch.zeros_like(pictures), torch.zeros_like(pictures)
        torch.sub(pictures[..., 1:, :], pictures[..., :-1, :], out=down[..., :-1, :])
        torch.sub(pictures[..., 1:], pictures[..., :-1], out=across[..., :-1])
        lengths = torch.square(down).addcmul_(across, across).add_(_FLAT**2).sqrt_()
        ctx.save_for_backward(down, across, lengths)
        return lengths.sum((1, 2, 3))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        down, across, lengths = ctx.saved_tensors
        down, across = down / lengths, across / lengths
        pull = (down + across).neg_()
        pull[..., 1:, :] += down[..., :-1, :]
        pull[..., 1:] += across[..., :-1]
        return pull.mul_(gradient.view(-1, 1, 1, 1))


class TotalVariation(Loss):
    """The total variation of the picture."""

    capturable = True

    def __call__(self, inputs: LossInputs) -> Tensor:
        return total_variation(inputs.canvas).mean()
