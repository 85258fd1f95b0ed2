"""A gradient that is known already, handed to the graph before it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Carried(torch.autograd.Function):
    """Zero; its gradient is the one that was handed in."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, gradient: Tensor) -> Tensor:
        ctx.save_for_backward(gradient)
        return tensor.new_zeros(())

    @staticmethod
    def backward(ctx: Any, _: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient, None


def carry(tensor: Tensor, gradient: Tensor) -> Tensor:
    """A scalar whose derivative with respect to a tensor is `gradient`, of the tensor's shape.

    Handing gradients to `torch.autograd.backward` itself imports sympy, which takes as long as a dozen steps.
    """
    with torch.enable_grad():  # which is off inside of another function's derivative
        return _Carried.apply(tensor, gradient)
