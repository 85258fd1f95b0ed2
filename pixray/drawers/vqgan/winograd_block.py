"""The decoder's layers for a CPU in full precision: normalise, activate, convolve and add in one pass over memory.

A residual block is memory traffic as much as arithmetic. Here group normalisation and SiLU happen while a strip of
rows is on its way into the convolution, and again on the way back, so that a block keeps nothing but its input and the
one picture between its two convolutions. All pictures are rows x width x channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixray.drawers.vqgan.thread_pool import ThreadPool
from pixray.drawers.vqgan.winograd import backward_weight, convolve, kernel_transform, rows_like

_PIECE = 1 << 20
"""Numbers of a picture that are worked on at a time where nothing else says so."""


class FusedConv:
    """A frozen 3 x 3 convolution, perhaps with group normalisation and SiLU before it.

    Args:
        threads: work on its strips.
    """

    def __init__(self, conv: nn.Conv2d, norm: nn.GroupNorm | None = None, threads: ThreadPool | None = None) -> None:
        self.forward_kernel = kernel_transform(conv.weight)
        self.backward_kernel = kernel_transform(backward_weight(conv.weight))
        assert conv.bias is not None
        self.bias = conv.bias
        self.norm = norm
        self.threads = threads or ThreadPool()


@dataclass
class _Normal:
    """Group normalisation of one picture as `x * scale + shift`, each per channel, and what its gradient needs."""

    scale: Tensor
    shift: Tensor
    mean: Tensor
    rate: Tensor


def _pieces(x: Tensor) -> tuple[int, int]:
    """Rows of a piece of a picture, and how many pieces there are."""
    rows = max(1, _PIECE // x[0].numel())
    return rows, -(-len(x) // rows)


def _normal(x: Tensor, norm: nn.GroupNorm, threads: ThreadPool) -> _Normal:
    rows, count = _pieces(x)
    groups, channels = norm.num_groups, norm.num_channels
    share = channels // groups

    def measure(number: int) -> Tensor:
        # Each piece around its own mean, for the sake of precision.
        part = x[number * rows : (number + 1) * rows].flatten(0, 1)
        mean = part.mean(0)
        return torch.stack([mean, (part - mean).square_().sum(0)])

    measured = torch.stack(threads.run(lambda: measure, count))
    weight = torch.full((count, 1), rows / len(x))
    weight[-1] = 1 - (count - 1) * rows / len(x)
    mean = (measured[:, 0] * weight).sum(0).view(groups, -1).mean(1).repeat_interleave(share)
    variance = (measured[:, 0] - mean).square().mul(weight).sum(0) + measured[:, 1].sum(0) / x[..., 0].numel()
    rate = torch.rsqrt(variance.view(groups, -1).mean(1).repeat_interleave(share) + norm.eps)
    scale = norm.weight * rate
    return _Normal(scale, norm.bias - mean * scale, mean, rate)


def _forward(conv: FusedConv, x: Tensor, normal: _Normal, plus: Tensor | None = None) -> Tensor:
    """The convolution of x after normalising and activating; `plus` is added to the result."""
    height, width, _ = x.shape
    out = torch.empty(height, width, len(conv.bias))

    def fill(target: Tensor, first: int, last: int) -> None:
        torch.addcmul(normal.shift, x[first:last], normal.scale, out=target)
        F.silu(target, inplace=True)

    def emit(strip: Tensor, first: int, last: int) -> None:
        target = rows_like(strip, out, first, last)
        torch.add(strip, conv.bias, out=target)
        if plus is not None:
            target += rows_like(strip, plus, first, last)

    convolve(conv.forward_kernel, height, width, fill, emit, conv.threads)
    return out


def _backward(conv: FusedConv, gradient: Tensor, x: Tensor, normal: _Normal, plus: Tensor | None = None) -> Tensor:
    """The gradient with respect to x of `_forward`; `plus` is added to it."""
    height, width, channels = x.shape
    out = torch.empty_like(x)

    def fill(target: Tensor, first: int, last: int) -> None:
        target.copy_(gradient[first:last])

    def emit(strip: Tensor, first: int, last: int) -> Tensor:
        part, target = rows_like(strip, x, first, last), rows_like(strip, out, first, last)
        inner = torch.addcmul(normal.shift, part, normal.scale)
        torch.ops.aten.silu_backward(strip, inner, grad_input=target)
        torch.mul(target, part, out=inner)
        return torch.stack([target.flatten(0, -2).sum(0), inner.flatten(0, -2).sum(0)])

    sums = torch.stack(convolve(conv.backward_kernel, height, width, fill, emit, conv.threads)).sum(0)
    # dx = (dy * weight - mean(dy * weight) - normalised * mean(dy * weight * normalised)) * rate, means by group
    groups = conv.norm.num_groups if conv.norm is not None else 1
    share = channels // groups
    weight = normal.scale / normal.rate
    mean = (weight * sums[0]).view(groups, -1).sum(1).repeat_interleave(share) / (share * height * width)
    along = (weight * normal.rate * (sums[1] - normal.mean * sums[0])).view(groups, -1).sum(1)
    along = along.repeat_interleave(share) / (share * height * width)
    slope = -along * normal.rate.square()
    offset = -normal.rate * mean - slope * normal.mean
    rows, count = _pieces(x)

    def finish(number: int) -> None:
        first, last = number * rows, (number + 1) * rows
        target = out[first:last]
        torch.addcmul(offset, target, normal.scale, out=target)
        target.addcmul_(x[first:last], slope)
        if plus is not None:
            target += plus[first:last]

    conv.threads.run(lambda: finish, count)
    return out


class _NormedConv(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, conv: FusedConv) -> Tensor:
        assert conv.norm is not None
        ctx.conv, ctx.normal = conv, _normal(x, conv.norm, conv.threads)
        ctx.save_for_backward(x)
        return _forward(conv, x, ctx.normal)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        return _backward(ctx.conv, gradient.contiguous(), x, ctx.normal), None


def normed_conv(x: Tensor, conv: FusedConv) -> Tensor:
    """Group normalisation, SiLU and convolution.

    Args:
        x: rows x width x channels, contiguous.
    """
    return _NormedConv.apply(x, conv)


class FusedBlock:
    """A residual block: two normed convolutions and a shortcut, 1 x 1 where the number of channels changes."""

    def __init__(self, first: FusedConv, second: FusedConv, shortcut: nn.Conv2d | None) -> None:
        self.first, self.second = first, second
        self.weight = None if shortcut is None else shortcut.weight[:, :, 0, 0]
        self.bias = None if shortcut is None else shortcut.bias


class _Block(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, block: FusedBlock) -> Tensor:
        assert block.first.norm is not None and block.second.norm is not None
        ctx.block = block
        ctx.outer = _normal(x, block.first.norm, block.first.threads)
        hidden = _forward(block.first, x, ctx.outer)
        ctx.inner = _normal(hidden, block.second.norm, block.second.threads)
        ctx.save_for_backward(x, hidden)
        shortcut = x if block.weight is None else F.linear(x, block.weight, block.bias)
        return _forward(block.second, hidden, ctx.inner, shortcut)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        x, hidden = ctx.saved_tensors
        block, gradient = ctx.block, gradient.contiguous()
        between = _backward(block.second, gradient, hidden, ctx.inner)
        shortcut = gradient if block.weight is None else gradient @ block.weight
        return _backward(block.first, between, x, ctx.outer, shortcut), None


def residual_block(x: Tensor, block: FusedBlock) -> Tensor:
    """x, or its shortcut, plus what two normed convolutions make of it.

    Args:
        x: rows x width x channels, contiguous.
    """
    return _Block.apply(x, block)


class _UpsampledConv(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, conv: FusedConv) -> Tensor:
        height, width, _ = x.shape
        out = torch.empty(2 * height, 2 * width, len(conv.bias))
        ctx.conv, ctx.shape = conv, x.shape

        def fill(target: Tensor, first: int, last: int) -> None:
            # Each row of x stands twice: rows first..last-1 of the large picture come from first//2..(last-1)//2.
            doubled = x[first // 2 : (last + 1) // 2].repeat_interleave(2, 1)
            odd = first % 2
            for shift in (0, 1):
                rows = target[shift::2]
                start = (odd + shift) // 2
                rows.copy_(doubled[start : start + len(rows)])

        def emit(strip: Tensor, first: int, last: int) -> None:
            torch.add(strip, conv.bias, out=rows_like(strip, out, first, last))

        convolve(conv.forward_kernel, 2 * height, 2 * width, fill, emit, conv.threads)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        height, width, channels = ctx.shape
        out = torch.empty(height, width, channels)

        def fill(target: Tensor, first: int, last: int) -> None:
            target.copy_(gradient[first:last])

        def emit(strip: Tensor, first: int, last: int) -> None:
            # Strips are a multiple of four rows high, so pairs of rows never come apart.
            down, across = (1, 3) if strip.ndim == 5 else (0, 1)
            for axis in (down, across):
                strip = strip.unflatten(axis, (-1, 2)).sum(axis + 1)
            out[first // 2 : last // 2] = strip.reshape(-1, width, channels)

        convolve(ctx.conv.backward_kernel, 2 * height, 2 * width, fill, emit, ctx.conv.threads)
        return out, None


def upsampled_conv(x: Tensor, conv: FusedConv) -> Tensor:
    """The convolution of x at twice the size; every pixel stands four times.

    Args:
        x: rows x width x channels, contiguous.
    """
    return _UpsampledConv.apply(x, conv)
