"""Encoder, decoder and codebook of a VQGAN, with the names and shapes of published weights.

The architecture is that of Esser, Rombach and Ommer (2021), arXiv 2012.09841, as taming-transformers publishes it: a
pyramid of residual blocks with self-attention at chosen resolutions. These classes hold the layers only; `decode.py`
runs them, in several number formats. The tests compare results with taming-transformers' own modules.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

_EPSILON = 1e-6


class ResidualBlock(nn.Module):
    """Two normalised convolutions beside a shortcut, which is a convolution where the number of channels changes."""

    def __init__(self, channels: int, out_channels: int, groups: int) -> None:
        super().__init__()
        self.in_channels, self.out_channels = channels, out_channels
        self.norm1 = nn.GroupNorm(groups, channels, _EPSILON)
        self.conv1 = nn.Conv2d(channels, out_channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, out_channels, _EPSILON)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        if channels != out_channels:
            self.nin_shortcut = nn.Conv2d(channels, out_channels, 1)


class Attention(nn.Module):
    """Self-attention of one head over all pixels."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, _EPSILON)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))


class Resampling(nn.Module):
    """Half or double the resolution, with a convolution unless `resamp_with_conv` says no."""

    def __init__(self, channels: int, with_conv: bool, *, stride: int) -> None:
        super().__init__()
        self.with_conv = with_conv
        if with_conv:
            self.conv = nn.Conv2d(channels, channels, 3, stride=stride, padding=1 if stride == 1 else 0)


class Level(nn.Module):
    """The blocks of one resolution, each followed by attention where the configuration asks for it."""

    def __init__(self, channels: Sequence[int], groups: int, attend: bool) -> None:
        super().__init__()
        pairs = list(itertools.pairwise(channels))
        self.block = nn.ModuleList(ResidualBlock(before, after, groups) for before, after in pairs)
        self.attn = nn.ModuleList(Attention(after, groups) for _, after in pairs if attend)


class Middle(nn.Module):
    """Two blocks around attention, at the lowest resolution."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.block_1 = ResidualBlock(channels, channels, groups)
        self.attn_1 = Attention(channels, groups)
        self.block_2 = ResidualBlock(channels, channels, groups)


class Encoder(nn.Module):
    """From an image to hidden vectors at 1 / 2**(levels - 1) of its resolution.

    Args:
        network: `ddconfig` of a published configuration; its `norm_groups` (32) is an extension of this package.
    """

    def __init__(self, network: dict[str, Any]) -> None:
        super().__init__()
        base, groups = network["ch"], network.get("norm_groups", 32)
        widths = [base * factor for factor in network["ch_mult"]]
        self.num_resolutions = len(widths)
        self.conv_in = nn.Conv2d(network["in_channels"], base, 3, padding=1)
        self.down = nn.ModuleList()
        for number, (before, width) in enumerate(zip([base, *widths], widths, strict=False)):
            channels = [before] + [width] * network["num_res_blocks"]
            level = Level(channels, groups, _attends(network, number))
            if number < len(widths) - 1:
                level.downsample = Resampling(width, network.get("resamp_with_conv", True), stride=2)
            self.down.append(level)
        self.mid = Middle(widths[-1], groups)
        self.norm_out = nn.GroupNorm(groups, widths[-1], _EPSILON)
        outputs = network["z_channels"] * (2 if network.get("double_z", True) else 1)
        self.conv_out = nn.Conv2d(widths[-1], outputs, 3, padding=1)


class Decoder(nn.Module):
    """From hidden vectors to an image.

    Args:
        network: as for `Encoder`.
    """

    def __init__(self, network: dict[str, Any]) -> None:
        super().__init__()
        groups = network.get("norm_groups", 32)
        widths = [network["ch"] * factor for factor in network["ch_mult"]]
        self.num_resolutions = len(widths)
        self.conv_in = nn.Conv2d(network["z_channels"], widths[-1], 3, padding=1)
        self.mid = Middle(widths[-1], groups)
        self.up = nn.ModuleList()
        for number, (width, before) in enumerate(zip(widths, [*widths[1:], widths[-1]], strict=True)):
            channels = [before] + [width] * (network["num_res_blocks"] + 1)
            level = Level(channels, groups, _attends(network, number))
            if number > 0:
                level.upsample = Resampling(width, network.get("resamp_with_conv", True), stride=1)
            self.up.append(level)
        self.norm_out = nn.GroupNorm(groups, widths[0], _EPSILON)
        self.conv_out = nn.Conv2d(widths[0], network["out_ch"], 3, padding=1)


class Codebook(nn.Module):
    """Codes that are chosen by distance."""

    def __init__(self, num_codes: int, code_dim: int) -> None:
        super().__init__()
        self.embedding = _codes(num_codes, code_dim)


class GumbelCodebook(nn.Module):
    """Codes that are chosen by a learned projection."""

    def __init__(self, num_codes: int, code_dim: int, channels: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, num_codes, 1)
        self.embed = _codes(num_codes, code_dim)


def _codes(num_codes: int, code_dim: int) -> nn.Embedding:
    """Codes whose values are loaded later. Random ones would be thrown away, and drawing them on the meta device
    imports torch._dynamo, half a second."""
    return nn.Embedding.from_pretrained(torch.empty(num_codes, code_dim), freeze=False)


def _attends(network: dict[str, Any], level: int) -> bool:
    """Whether the level, counted from the full resolution, has attention."""
    return network["resolution"] // 2**level in network["attn_resolutions"]
