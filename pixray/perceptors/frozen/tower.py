"""From a network of open_clip to the fastest equal one that we know of."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pixray.perceptors.frozen.convnext import FrozenConvNeXt
from pixray.perceptors.frozen.convnext_parts import is_convnext, read_convnext
from pixray.perceptors.frozen.parts import CannotFold
from pixray.perceptors.frozen.read import read_transformer
from pixray.perceptors.frozen.resnet import FrozenResNet
from pixray.perceptors.frozen.resnet_parts import is_resnet, read_resnet
from pixray.perceptors.frozen.transformer import FrozenTransformer

logger = logging.getLogger(__name__)


class PlainTower(nn.Module):
    """A network as it is, with the input's mean and deviation taken out first.

    Args:
        visual: N 3 S S, normalised, to N D.
        mean, std: of the three channels.
        dtype: number format of its weights and activations.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, visual: nn.Module, mean: Sequence[float], std: Sequence[float], dtype: torch.dtype) -> None:
        super().__init__()
        self.visual = visual.to(dtype).to(memory_format=torch.channels_last)
        self.dtype = dtype
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).view(1, 3, 1, 1))

    def forward(self, crops: Tensor) -> Tensor:
        """N 3 S S in about [0, 1] to N D, not normalised."""
        return self.visual(((crops - self.mean) / self.std).to(self.dtype))


def compile_tower(
    visual: Any, mean: Sequence[float], std: Sequence[float], dtype: torch.dtype = torch.float32, device: str = "cpu"
) -> nn.Module:
    """The image encoder of a CLIP model, frozen.

    Args:
        visual: an image tower of open_clip, with its weights; it is left as it is, and its weights may be shared.
        mean, std: what its input is normalised with.
        dtype: number format of weights and activations.

    Returns:
        a module that takes N 3 S S in about [0, 1] (float32) and gives N D in `dtype`, differentiable in its input.
    """
    tower: nn.Module
    with torch.no_grad():
        try:
            if is_resnet(visual):
                tower = FrozenResNet(read_resnet(visual), mean, std, dtype)
            elif is_convnext(visual):
                tower = FrozenConvNeXt(read_convnext(visual), mean, std, dtype)
            else:
                tower = FrozenTransformer(read_transformer(visual), mean, std, dtype)
        except CannotFold as reason:
            logger.debug("%s runs as it is: %s", type(visual).__name__, reason)
            tower = PlainTower(visual, mean, std, dtype)
    return freeze(tower, device)


def freeze(tower: nn.Module, device: str) -> nn.Module:
    """A tower whose weights take no gradients any more, on a device."""
    return tower.eval().requires_grad_(False).to(device)
