"""Three gradients that differ on purpose from the function they belong to."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Clamp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, least: float, most: float) -> Tensor:
        clamped = values.clamp(least, most)
        ctx.save_for_backward(values - clamped)
        return clamped

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (excess,) = ctx.saved_tensors
        return gradient * (gradient * excess >= 0), None, None


def clamp_inward(values: Tensor, least: float = 0.0, most: float = 1.0) -> Tensor:
    """Clamp, but let a gradient through wherever it leads back inside.

    A plain clamp stops the gradient of every value out of range, which then stays out of range for ever. After
    Crowson's VQGAN+CLIP (2021).

    Args:
        values: any shape.
    """
    return _Clamp.apply(values, least, most)


def straight_through(shown: Tensor, source: Tensor) -> Tensor:
    """`shown` in the forward pass, with the gradient of `source` (Bengio et al. 2013, arXiv 1308.3432).

    Args:
        shown, source: the same shape.
    """
    return source + (shown - source).detach()


class _StopBelow(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, stop: float) -> Tensor:
        ctx.save_for_backward(values > stop)
        return values.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (above,) = ctx.saved_tensors
        return gradient * above, None


def stop_below(values: Tensor, stop: float) -> Tensor:
    """The values unchanged, without gradient wherever they are already at or below `stop`."""
    return values if stop == float("-inf") else _StopBelow.apply(values, stop)


def flat_sqrt(values: Tensor) -> Tensor:
    """The square root, with a gradient of zero instead of infinity at zero.

    Args:
        values: not negative, any shape.
    """
    positive = values > 0
    return torch.where(positive, values, 1.0).sqrt() * positive
