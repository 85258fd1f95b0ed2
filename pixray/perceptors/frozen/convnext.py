"""A ConvNeXt that only has to run: pictures as N H W C throughout, and what does not depend on them folded away.

- the input's mean and deviation go into the patch weights, since patches are cut without a border;
- patches of the stem, and the 2 x 2 patches where a stage shrinks the picture, meet their weights in one product;
- the affine part of each LayerNorm goes into the linear map behind it, but for the stem's, whose output is a shortcut;
- factors per channel (LayerScale) go into the map before them;
- the gradient of a 7 x 7 convolution of single channels is the same convolution with its kernel turned by half a
  circle, which takes half the time of PyTorch's own backward.

All of this is exact. The folding is done in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from pixray.perceptors.frozen.convnext_parts import ConvBlockParts, ConvNeXtParts, PatchParts, StageParts
from pixray.perceptors.frozen.folds import QUICK, FullNorm, Linear, behind, normalising, patches, scaled
from pixray.perceptors.frozen.parts import Affine


class FrozenConvNeXt(nn.Module):
    """The image tower.

    Args:
        parts: its weights.
        mean, std: what the input is normalised with.
        dtype: number format of weights and activations.
    """

    def __init__(self, parts: ConvNeXtParts, mean: Sequence[float], std: Sequence[float], dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.patch_size = parts.stem.convolution.weight.shape[-1]
        self.stem = Linear(normalising(parts.stem.convolution, mean, std), dtype)
        self.stem_norm = FullNorm(parts.stem.norm, dtype)
        self.stages = nn.ModuleList(_Stage(stage, dtype) for stage in parts.stages)
        self.head = parts.head.to(dtype)

    def forward(self, crops: Tensor) -> Tensor:
        """N 3 S S in about [0, 1] to N D, not normalised."""
        rows, columns = (side // self.patch_size for side in crops.shape[2:])
        x = self.stem(patches(crops, self.patch_size, self.dtype)).unflatten(1, (rows, columns))
        x = self.stem_norm(x)
        for stage in self.stages:
            x = stage(x)
        return self.head(x.permute(0, 3, 1, 2))


class _Stage(nn.Module):
    """Blocks, perhaps with a shrinking before them."""

    def __init__(self, parts: StageParts, dtype: torch.dtype) -> None:
        super().__init__()
        self.shrink = None if parts.shrink is None else _Shrink(parts.shrink, dtype)
        self.blocks = nn.ModuleList(_Block(block, dtype) for block in parts.blocks)

    def forward(self, x: Tensor) -> Tensor:
        if self.shrink is not None:
            x = self.shrink(x)
        for block in self.blocks:
            x = block(x)
        return x


class _Shrink(nn.Module):
    """A norm, then patches of 2 x 2 positions in one product."""

    def __init__(self, parts: PatchParts, dtype: torch.dtype) -> None:
        super().__init__()
        self.eps, self.side = parts.norm.eps, parts.convolution.weight.shape[-1]
        # Places first and channels last, as the patches are cut; the norm is of the channels at each place.
        by_place = parts.convolution.weight.permute(0, 2, 3, 1)
        bias = parts.convolution.bias
        if parts.norm.bias is not None:
            shift = (by_place.double() @ parts.norm.bias.double()).sum((1, 2))
            bias = shift if bias is None else bias.double() + shift
        if parts.norm.weight is not None:
            by_place = by_place.double() * parts.norm.weight.double()
        self.linear = Linear(Affine(by_place.flatten(1), bias), dtype)

    def forward(self, x: Tensor) -> Tensor:
        side = self.side
        x = F.layer_norm(x, (x.shape[-1],), eps=self.eps)
        count, height, width, channels = x.shape
        rows, columns = height // side, width // side
        x = x[:, : rows * side, : columns * side].reshape(count, rows, side, columns, side, channels)
        return self.linear(x.transpose(2, 3).reshape(count, rows, columns, side * side * channels))


class _Block(nn.Module):
    """A convolution of single channels and an MLP, beside a shortcut."""

    kernel: Tensor
    turned: Tensor
    bias: Tensor | None

    def __init__(self, parts: ConvBlockParts, dtype: torch.dtype) -> None:
        super().__init__()
        self.eps = parts.norm.eps
        kernel, bias = parts.depthwise.weight, parts.depthwise.bias
        self.register_buffer("kernel", kernel.to(dtype).contiguous())
        self.register_buffer("turned", kernel.flip(2, 3).to(dtype).contiguous())
        self.register_buffer("bias", None if bias is None else bias.to(dtype))
        fc_1, fc_2 = behind(parts.norm, parts.fc_1), scaled(parts.fc_2, parts.scale)
        self.activation = parts.activation
        if parts.activation == "quick_gelu":
            fc_1 = Affine(fc_1.weight * QUICK, None if fc_1.bias is None else fc_1.bias * QUICK)
            fc_2 = Affine(fc_2.weight / QUICK, fc_2.bias)
        self.fc_1, self.fc_2 = Linear(fc_1, dtype), Linear(fc_2, dtype)

    def forward(self, x: Tensor) -> Tensor:
        """N H W C to the same."""
        inner = _Depthwise.apply(x.permute(0, 3, 1, 2), self.kernel, self.turned, self.bias).permute(0, 2, 3, 1)
        inner = self.fc_1(F.layer_norm(inner, (inner.shape[-1],), eps=self.eps))
        if self.activation == "quick_gelu":
            inner = F.silu(inner)
        else:
            inner = F.gelu(inner, approximate="tanh" if self.activation == "gelu_tanh" else "none")
        return x + self.fc_2(inner)


class _Depthwise(torch.autograd.Function):
    """A convolution of each channel by itself that keeps the size; only the picture has a gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, turned: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(turned)
        return _single_channels(x, kernel, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (turned,) = ctx.saved_tensors
        return _single_channels(gradient, turned, None), None, None, None


def _single_channels(x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    x = x.contiguous(memory_format=torch.channels_last)
    return F.conv2d(x, kernel, bias, padding=kernel.shape[-1] // 2, groups=len(kernel))
