"""Making a canvas smaller by a whole factor before it is sampled, so that no pixel is skipped between two samples."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def shrunk(image: Tensor, factor: int) -> Tensor:
    """Means of factor x factor pixels; those at the right and lower border may have fewer.

    Args:
        image: 1 C H W.

    Returns:
        1 C h w, with h = H / factor rounded up.
    """
    if factor == 1:
        return image
    if image.device.type == "cpu":
        return _ShrinkOnCpu.apply(image, factor)
    return F.avg_pool2d(image, factor, ceil_mode=True, count_include_pad=False)


class _ShrinkOnCpu(torch.autograd.Function):
    """avg_pool2d as sums of slices: torch's own takes two to four times as long on the few channels of a picture."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, factor: int) -> Tensor:
        height, width = image.shape[-2:]
        small = _summed(_summed(image, 2, factor), 3, factor)
        ctx.factor, ctx.size = factor, (height, width)
        ctx.counts = _counts(height, factor, image)[:, None] * _counts(width, factor, image)
        return small.div_(ctx.counts)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        height, width = ctx.size
        wide = (gradient / ctx.counts).repeat_interleave(ctx.factor, 3)[..., :width]
        spread = gradient.new_empty(*gradient.shape[:2], height, width)
        for first in range(ctx.factor):
            rows = spread[:, :, first :: ctx.factor]
            rows.copy_(wide[:, :, : rows.shape[2]])
        return spread, None


def _summed(image: Tensor, dim: int, factor: int) -> Tensor:
    """Sums of `factor` neighbours along rows (2) or columns (3)."""
    slices = [image[:, :, first::factor] if dim == 2 else image[..., first::factor] for first in range(factor)]
    total = slices[0].clone()
    for part in slices[1:]:
        total.narrow(dim, 0, part.shape[dim]).add_(part)
    return total


def _counts(length: int, factor: int, like: Tensor) -> Tensor:
    """How many pixels were summed at each place."""
    counts = like.new_full((-(-length // factor),), factor)
    if length % factor:
        counts[-1:].fill_(length % factor)
    return counts
