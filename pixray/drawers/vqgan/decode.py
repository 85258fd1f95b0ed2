"""Running the networks of a VQGAN: the results of taming-transformers' modules, by faster operations.

Three implementations. Plain layers are torch's own operations in any number format on any device, for GPUs (half
precision, channels last). Half layers are the same for CPUs that are fast in bfloat16, with two of them by
fewer operations (see bf16_kernels.py). Fused layers (see winograd_block.py) are for every other CPU, in full precision.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from pixray.drawers.vqgan import bf16_kernels as half
from pixray.drawers.vqgan.bf16_kernels import norm_silu, phase_kernels
from pixray.drawers.vqgan.thread_pool import ThreadPool
from pixray.drawers.vqgan.winograd_block import FusedBlock, FusedConv, normed_conv, residual_block, upsampled_conv

_MOST_CHANNELS = 512 * 256
"""Convolutions of more pairs of channels stay plain: they only see few pixels, and fused kernels need four times the
memory in each direction."""
LEAST_CHANNELS = 96
"""With fewer, transforming the tiles costs as much as it saves (measured: even at 32 to 64 channels, 1.9 times as fast
at 128 and more)."""
_LEAST_PIXELS = 512
"""On smaller pictures transforming the tiles costs more than it saves."""


class PlainLayers:
    """Each layer by torch's own operations. Pictures are B C H W, in channels-last order."""

    def conv(self, conv: nn.Conv2d, x: Tensor) -> Tensor:
        return conv(x)

    def activate(self, norm: nn.GroupNorm, x: Tensor) -> Tensor:
        return F.silu(norm(x))

    def block(self, block: Any, x: Tensor) -> Tensor:
        hidden = block.conv1(self.activate(block.norm1, x))
        hidden = block.conv2(self.activate(block.norm2, hidden))
        shortcut = x if block.in_channels == block.out_channels else block.nin_shortcut(x)
        return shortcut + hidden

    def attention(self, block: Any, x: Tensor) -> Tensor:
        """Every pixel attends to every other, in one head; memory grows with the pixels, not with their square."""
        tokens = block.norm(x).flatten(2).transpose(1, 2).unsqueeze(1)
        query, key, value = (
            F.linear(tokens, conv.weight.flatten(1), conv.bias) for conv in (block.q, block.k, block.v)
        )
        attended = F.scaled_dot_product_attention(query, key, value)
        attended = F.linear(attended, block.proj_out.weight.flatten(1), block.proj_out.bias)
        return x + attended.squeeze(1).transpose(1, 2).reshape(x.shape)

    def upsample(self, layer: Any, x: Tensor) -> Tensor:
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return layer.conv(x) if layer.with_conv else x

    def downsample(self, layer: Any, x: Tensor) -> Tensor:
        if not layer.with_conv:
            return F.avg_pool2d(x, 2)
        return layer.conv(F.pad(x, (0, 1, 0, 1)))  # one pixel at the right and lower edge, as published models have it

    def finish(self, norm: nn.GroupNorm, conv: nn.Conv2d, x: Tensor) -> Tensor:
        return conv(self.activate(norm, x))


class HalfLayers(PlainLayers):
    """Plain layers with two of them by fewer operations (see bf16_kernels.py), for half precision on a CPU.

    Args:
        decoder: a `networks.Decoder`, still in float32.
        dtype: what it will be turned to.
    """

    def __init__(self, decoder: Any, dtype: torch.dtype) -> None:
        self._crew = ThreadPool()
        layers = (level.upsample for level in decoder.up if hasattr(level, "upsample"))
        self._kernels = {layer: phase_kernels(layer.conv.weight).to(dtype) for layer in layers if layer.with_conv}

    def activate(self, norm: nn.GroupNorm, x: Tensor) -> Tensor:
        return norm_silu(x, norm, self._crew)

    def upsample(self, layer: Any, x: Tensor) -> Tensor:
        kernels = self._kernels.get(layer)
        if kernels is None:
            return super().upsample(layer, x)
        return half.upsampled_conv(x, kernels, layer.conv.bias)


class FusedLayers(PlainLayers):
    """The layers with many pixels and few channels fused; the others plain.

    Args:
        decoder: a `networks.Decoder`, in float32 on the CPU.
    """

    def __init__(self, decoder: Any) -> None:
        fused = partial(FusedConv, threads=ThreadPool())
        self._blocks: dict[nn.Module, FusedBlock] = {}
        self._convs: dict[nn.Module, FusedConv] = {}
        if decoder.conv_out.in_channels >= LEAST_CHANNELS:
            self._convs[decoder.conv_out] = fused(decoder.conv_out, decoder.norm_out)
        for level in decoder.up:
            for block in level.block:
                if _fusible(block.conv1, block.conv2):
                    first, second = fused(block.conv1, block.norm1), fused(block.conv2, block.norm2)
                    self._blocks[block] = FusedBlock(first, second, getattr(block, "nin_shortcut", None))
            layer = getattr(level, "upsample", None)
            if layer is not None and layer.with_conv and _fusible(layer.conv):
                self._convs[layer] = fused(layer.conv)

    def block(self, block: Any, x: Tensor) -> Tensor:
        fused = self._blocks.get(block)
        if fused is None or x[0, 0].numel() < _LEAST_PIXELS:
            return super().block(block, x)
        return _each(partial(residual_block, block=fused), x)

    def upsample(self, layer: Any, x: Tensor) -> Tensor:
        fused = self._convs.get(layer)
        if fused is None or x[0, 0].numel() * 4 < _LEAST_PIXELS:
            return super().upsample(layer, x)
        return _each(partial(upsampled_conv, conv=fused), x)

    def finish(self, norm: nn.GroupNorm, conv: nn.Conv2d, x: Tensor) -> Tensor:
        fused = self._convs.get(conv)
        return super().finish(norm, conv, x) if fused is None else _each(partial(normed_conv, conv=fused), x)


def encode(encoder: Any, x: Tensor) -> Tensor:
    """What an Encoder makes of an image, in full precision.

    Args:
        encoder: a `networks.Encoder`.
        x: B 3 H W in [-1, 1]; sides divisible by 2**(levels - 1).
    """
    layers = PlainLayers()
    x = layers.conv(encoder.conv_in, x)
    for level in encoder.down:
        x = _blocks(layers, level, x)
        if hasattr(level, "downsample"):
            x = layers.downsample(level.downsample, x)
    x = _middle(layers, encoder.mid, x)
    return layers.finish(encoder.norm_out, encoder.conv_out, x)


def decode(layers: PlainLayers, decoder: Any, x: Tensor, recompute: bool = False) -> Tensor:
    """What a Decoder makes of its input.

    Args:
        layers: how to run its layers.
        decoder: a `networks.Decoder`.
        x: B C h w.
        recompute: keep only the pictures between levels and compute the rest again for the gradient (Chen et al.
            2016, arXiv 1604.06174).
    """
    x = layers.conv(decoder.conv_in, x.contiguous(memory_format=torch.channels_last))
    x = _middle(layers, decoder.mid, x)
    for number in reversed(range(decoder.num_resolutions)):
        level = partial(_level, layers, decoder.up[number])
        x = checkpoint(level, x, use_reentrant=False, preserve_rng_state=False) if recompute else level(x)
    return layers.finish(decoder.norm_out, decoder.conv_out, x)


def _level(layers: PlainLayers, level: Any, x: Tensor) -> Tensor:
    x = _blocks(layers, level, x)
    return layers.upsample(level.upsample, x) if hasattr(level, "upsample") else x


def _blocks(layers: PlainLayers, level: Any, x: Tensor) -> Tensor:
    for number, block in enumerate(level.block):
        x = layers.block(block, x)
        if len(level.attn) > 0:
            x = layers.attention(level.attn[number], x)
    return x


def _middle(layers: PlainLayers, middle: Any, x: Tensor) -> Tensor:
    x = layers.block(middle.block_1, x)
    x = layers.attention(middle.attn_1, x)
    return layers.block(middle.block_2, x)


def _fusible(*convs: nn.Conv2d) -> bool:
    return all(
        min(conv.in_channels, conv.out_channels) >= LEAST_CHANNELS
        and conv.in_channels * conv.out_channels <= _MOST_CHANNELS
        for conv in convs
    )


def _each(run: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """A function of rows x width x channels on every picture of a batch."""
    pictures = x.permute(0, 2, 3, 1).contiguous()
    done = [run(picture).unsqueeze(0).permute(0, 3, 1, 2) for picture in pictures]
    return done[0] if len(done) == 1 else torch.cat(done)
