"""A frozen convolution whose two directions may have different number formats."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def convolved(x: Tensor, weight: Tensor, bias: Tensor, back: Tensor | None, stride: Any, padding: Any) -> Tensor:
    """Convolve; only `x` has a gradient.

    Args:
        x: N C H W; weight: O C h w; bias: O.
        back: the same weight in the number format that the gradient is worked out in; None: that of `weight`.
    """
    if back is None:
        return F.conv2d(x, weight, bias, stride, padding)
    return _TwoFormats.apply(x, weight, bias, back, stride, padding)


class _TwoFormats(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, back: Tensor, stride: Any, padding: Any) -> Tensor:
        ctx.save_for_backward(back)
        ctx.facts = x.shape, stride, padding
        return F.conv2d(x, weight, bias, stride, padding)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (back,) = ctx.saved_tensors
        shape, stride, padding = ctx.facts
        short = gradient.to(back.dtype, memory_format=torch.channels_last)
        like = short.new_empty(1).expand(shape)  # only its shape is looked at
        facts = (None, stride, padding, (1, 1), False, (0, 0), 1, (True, False, False))
        grad = torch.ops.aten.convolution_backward(short, like, back, *facts)[0]
        return grad.to(gradient.dtype), None, None, None, None, None
