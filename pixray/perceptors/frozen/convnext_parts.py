"""timm's ConvNeXt behind open_clip's adapter as plain tensors. Anything unknown is refused, never guessed."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from pixray.perceptors.frozen.parts import Affine, Norm
from pixray.perceptors.frozen.read import read_activation, read_linear, read_norm, require


@dataclass(frozen=True)
class PatchParts:
    """A convolution that moves by its own size, and the norm before or after it.

    Attributes:
        convolution: E x C x P x P with its bias.
    """

    convolution: Affine
    norm: Norm


@dataclass(frozen=True)
class ConvBlockParts:
    """A 7 x 7 convolution of each channel by itself, a norm and an MLP, beside a shortcut.

    Attributes:
        depthwise: C x 1 x K x K with its bias.
        activation: "gelu", "gelu_tanh" or "quick_gelu", between `fc_1` and `fc_2`.
        scale: factors per channel (LayerScale), or None.
    """

    depthwise: Affine
    norm: Norm
    fc_1: Affine
    activation: str
    fc_2: Affine
    scale: Tensor | None


@dataclass(frozen=True)
class StageParts:
    """Blocks at one resolution; `shrink` comes before them, norm first, where they see half as many rows."""

    shrink: PatchParts | None
    blocks: Sequence[ConvBlockParts]


@dataclass(frozen=True)
class ConvNeXtParts:
    """A whole image tower. `stem`: patches, then their norm; `head`: N C H W after the last block to N D."""

    stem: PatchParts
    stages: Sequence[StageParts]
    head: nn.Module


def is_convnext(visual: Any) -> bool:
    """Whether an image tower of open_clip is such a network."""
    return type(visual).__name__ == "TimmModel" and type(visual.trunk).__name__ == "ConvNeXt"


def read_convnext(visual: Any) -> ConvNeXtParts:
    """The parts of open_clip's adapter around timm's ConvNeXt.

    Raises:
        CannotFold: it has something that would be lost.
    """
    trunk = visual.trunk
    require(len(trunk.stem) == 2, "its stem overlaps")
    return ConvNeXtParts(
        stem=PatchParts(_patch(trunk.stem[0]), read_norm(trunk.stem[1])),
        stages=[_stage(stage) for stage in trunk.stages],
        head=_Head(visual),
    )


def _stage(stage: Any) -> StageParts:
    shrink = None
    if not isinstance(stage.downsample, nn.Identity):
        norm, convolution = stage.downsample
        shrink = PatchParts(_patch(convolution), read_norm(norm))
    return StageParts(shrink, [_block(block) for block in stage.blocks])


def _block(block: Any) -> ConvBlockParts:
    require(type(block).__name__ == "ConvNeXtBlock", f"its blocks are {type(block).__name__}")
    require(isinstance(block.shortcut, nn.Identity), "its shortcuts change their input")
    convolution, mlp = block.conv_dw, block.mlp
    require(type(mlp).__name__ == "Mlp" and isinstance(mlp.norm, nn.Identity), f"its MLP is {type(mlp).__name__}")
    side = convolution.kernel_size[0]
    plain = convolution.stride == (1, 1) and convolution.dilation == (1, 1) and side % 2 == 1
    padded = tuple(convolution.padding) == (side // 2, side // 2) and convolution.padding_mode == "zeros"
    require(type(convolution) is nn.Conv2d and plain and padded, "its convolutions are not plain ones")
    require(convolution.groups == convolution.out_channels == convolution.in_channels, "its convolutions mix channels")
    return ConvBlockParts(
        depthwise=Affine(convolution.weight, convolution.bias),
        norm=read_norm(block.norm),
        fc_1=read_linear(mlp.fc1),
        activation=read_activation(mlp.act),
        fc_2=read_linear(mlp.fc2),
        scale=block.gamma,
    )


def _patch(convolution: Any) -> Affine:
    require(type(convolution) is nn.Conv2d, f"{type(convolution).__name__} stands where a convolution was expected")
    apart = tuple(convolution.stride) == tuple(convolution.kernel_size) and convolution.dilation == (1, 1)
    require(apart and tuple(convolution.padding) == (0, 0) and convolution.groups == 1, "its patches overlap")
    return Affine(convolution.weight, convolution.bias)


class _Head(nn.Module):
    """What timm and open_clip's adapter do after the last block; it is a small share, and stays as it is."""

    def __init__(self, visual: Any) -> None:
        super().__init__()
        trunk = visual.trunk
        parts = (trunk.stem, trunk.stages)
        trunk.stem, trunk.stages = nn.Identity(), nn.Identity()
        try:
            self.visual = copy.deepcopy(visual)
        finally:
            trunk.stem, trunk.stages = parts

    def forward(self, x: Tensor) -> Tensor:
        trunk = self.visual.trunk
        return self.visual.head(trunk.forward_head(trunk.norm_pre(x)))
