"""CLIP's ResNet as plain tensors, read from open_clip's module or from a file of its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from torch import Tensor, nn

from pixray.perceptors.frozen.parts import Affine

_BATCH_NORM_EPS = 1e-5
_STAGES = ("layer1", "layer2", "layer3", "layer4")


@dataclass(frozen=True)
class ConvolutionParts:
    """A convolution without bias and the batch norm behind it.

    Attributes:
        weight: out x in x k x k.
        scale, shift, mean, variance: the norm's, one for each channel.
    """

    weight: Tensor
    scale: Tensor
    shift: Tensor
    mean: Tensor
    variance: Tensor
    eps: float = _BATCH_NORM_EPS


@dataclass(frozen=True)
class BottleneckParts:
    """1 x 1, 3 x 3 and 1 x 1; `stride` is how much it shrinks, `shortcut` the projection beside it, if there is one."""

    convolutions: Sequence[ConvolutionParts]
    shortcut: ConvolutionParts | None
    stride: int


@dataclass(frozen=True)
class PoolParts:
    """Attention over all positions, whose query is their mean.

    Attributes:
        positions: 1 + G x E, of the mean and of the positions.
        query, key, value, out: E to E, E to E, E to E and E to D.
    """

    positions: Tensor
    query: Affine
    key: Affine
    value: Affine
    out: Affine
    num_heads: int


@dataclass(frozen=True)
class ResNetParts:
    """A whole image tower. `activation` stands between its convolutions; `stem` are the three before the blocks."""

    stem: Sequence[ConvolutionParts]
    blocks: Sequence[BottleneckParts]
    pool: PoolParts
    activation: nn.Module


def is_resnet(visual: Any) -> bool:
    """Whether an image tower of open_clip is such a network."""
    return type(visual).__name__ == "ModifiedResNet"


def read_resnet(visual: Any) -> ResNetParts:
    """The parts of open_clip's ModifiedResNet."""
    return resnet_from_weights(visual.state_dict(), visual.attnpool.num_heads, visual.act1)


def resnet_from_weights(weights: Mapping[str, Tensor], num_heads: int, activation: nn.Module) -> ResNetParts:
    """The parts of a tower whose weights have open_clip's names, such as "layer1.0.conv1.weight"."""
    blocks = []
    for stage, name in enumerate(_STAGES):
        for number in count():
            block = f"{name}.{number}."
            if f"{block}conv1.weight" not in weights:
                break
            blocks.append(_bottleneck(weights, block, 2 if stage and not number else 1))
    return ResNetParts(
        stem=[_convolution(weights, f"conv{number}.", f"bn{number}.") for number in (1, 2, 3)],
        blocks=blocks,
        pool=PoolParts(
            positions=weights["attnpool.positional_embedding"],
            query=_affine(weights, "attnpool.q_proj."),
            key=_affine(weights, "attnpool.k_proj."),
            value=_affine(weights, "attnpool.v_proj."),
            out=_affine(weights, "attnpool.c_proj."),
            num_heads=num_heads,
        ),
        activation=activation,
    )


def _bottleneck(weights: Mapping[str, Tensor], prefix: str, stride: int) -> BottleneckParts:
    shortcut = None
    if f"{prefix}downsample.0.weight" in weights:
        shortcut = _convolution(weights, f"{prefix}downsample.0.", f"{prefix}downsample.1.")
    convolutions = [_convolution(weights, f"{prefix}conv{number}.", f"{prefix}bn{number}.") for number in (1, 2, 3)]
    return BottleneckParts(convolutions, shortcut, stride)


def _convolution(weights: Mapping[str, Tensor], convolution: str, norm: str) -> ConvolutionParts:
    return ConvolutionParts(
        weight=weights[f"{convolution}weight"],
        scale=weights[f"{norm}weight"],
        shift=weights[f"{norm}bias"],
        mean=weights[f"{norm}running_mean"],
        variance=weights[f"{norm}running_var"],
    )


def _affine(weights: Mapping[str, Tensor], prefix: str) -> Affine:
    return Affine(weights[f"{prefix}weight"], weights[f"{prefix}bias"])
