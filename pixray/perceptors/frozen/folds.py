"""What the frozen networks share: linear maps with a norm, a normalisation or factors folded in, and patches."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixray.perceptors.frozen.parts import Affine, Norm

QUICK = 1.702
"""x sigmoid(1.702 x), CLIP's quick GELU, is silu(1.702 x) / 1.702."""


class Linear(nn.Module):
    """y = W x + b with frozen weights."""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, parts: Affine, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("weight", parts.weight.to(dtype).contiguous())
        self.register_buffer("bias", None if parts.bias is None else parts.bias.to(dtype).contiguous())

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)

    def rows(self, first: int, last: int | None) -> tuple[Tensor, Tensor | None]:
        """Weight and bias of some of the outputs."""
        return self.weight[first:last], None if self.bias is None else self.bias[first:last]


class FullNorm(nn.Module):
    """A LayerNorm with nothing behind it that could take its affine part."""

    weight: Tensor | None
    bias: Tensor | None

    def __init__(self, parts: Norm, dtype: torch.dtype) -> None:
        super().__init__()
        self.eps = parts.eps
        self.register_buffer("weight", None if parts.weight is None else parts.weight.to(dtype))
        self.register_buffer("bias", None if parts.bias is None else parts.bias.to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, (x.shape[-1],), self.weight, self.bias, self.eps)


def patches(crops: Tensor, size: int, dtype: torch.dtype) -> Tensor:
    """Cut pictures into patches: N 3 S S to N G (3 size size), rows first, in another number format.

    What is left over on the right and below is passed over, as convolutions without a border do.
    """
    count, channels, height, width = crops.shape
    rows, columns = height // size, width // size
    cut = crops[:, :, : rows * size, : columns * size]
    cut = cut.view(count, channels, rows, size, columns, size).permute(0, 2, 4, 1, 3, 5)
    return cut.to(dtype).reshape(count, rows * columns, channels * size * size)


def normalising(patch: Affine, mean: Sequence[float], std: Sequence[float]) -> Affine:
    """The patch weights for pictures that were not normalised, as one matrix E x (3 P P)."""
    weight = patch.weight.double()
    deviation = torch.tensor(std, dtype=torch.float64, device=weight.device).view(1, 3, 1, 1)
    average = torch.tensor(mean, dtype=torch.float64, device=weight.device).view(1, 3, 1, 1)
    weight = weight / deviation
    bias = -(weight * average).sum((1, 2, 3))
    if patch.bias is not None:
        bias = bias + patch.bias.double()
    return Affine(weight.flatten(1), bias)


def behind(norm: Norm, linear: Affine) -> Affine:
    """The linear map behind a LayerNorm, with the norm's affine part taken in."""
    weight = linear.weight.double()
    bias = None if linear.bias is None else linear.bias.double()
    if norm.bias is not None:
        shift = weight @ norm.bias.double()
        bias = shift if bias is None else bias + shift
    if norm.weight is not None:
        weight = weight * norm.weight.double()
    return Affine(weight, bias)


def scaled(linear: Affine, factor: Tensor | None) -> Affine:
    """A linear map whose outputs are multiplied, one factor each."""
    weight = linear.weight.double()
    bias = None if linear.bias is None else linear.bias.double()
    if factor is None:
        return Affine(weight, bias)
    return Affine(weight * factor.double()[:, None], None if bias is None else bias * factor.double())
