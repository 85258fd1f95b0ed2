"""Shifting a picture that continues over its own borders, by a distance that a device may hold."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def rolled(image: Tensor, shift: Tensor, dim: int) -> Tensor:
    """As `image.roll(shift, dim)`, without reading the shift back from where it is.

    Args:
        image: any shape; shift: a whole number, no dimensions, int64.
    """
    return _Roll.apply(image, shift, dim)


class _Roll(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor, shift: Tensor, dim: int) -> Tensor:
        ctx.save_for_backward(shift)
        ctx.dim = dim
        return _moved(image, shift, dim)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (shift,) = ctx.saved_tensors
        return _moved(gradient, -shift, ctx.dim), None, None


def _moved(image: Tensor, shift: Tensor, dim: int) -> Tensor:
    length = image.shape[dim]
    return image.index_select(dim, (torch.arange(length, device=image.device) - shift) % length)
