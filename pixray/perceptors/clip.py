"""CLIP: an image tower and a text tower that place pictures and texts in one space, whoever made their weights.

Source: Radford et al., Learning Transferable Visual Models From Natural Language Supervision (2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixray.perceptors.base import Perceptor
from pixray.perceptors.frozen.tower import PlainTower
from pixray.perceptors.reading import Tokenize, unread_part

_ENLARGED = 4096.0


class _ScaledGradient(torch.autograd.Function):
    """The same values; the gradient is multiplied."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad * ctx.factor, None


class Clip(Perceptor):
    """A frozen CLIP.

    Args:
        name: what users call it.
        image_tower: N 3 S S in about [0, 1] to N D, frozen, on the device.
        text_tower: N x context tokens to N D, frozen, on the device, in float32.
        tokenize: texts to N x context token numbers.
        input_size: side of the pictures, in pixels.
        dtype: number format of the image tower's weights and activations.
        contrast: "plain", or "minmax" to stretch each batch to 0..1 first, as the old pixray did.
    """

    def __init__(
        self,
        name: str,
        image_tower: nn.Module,
        text_tower: nn.Module,
        tokenize: Tokenize,
        input_size: int,
        device: str,
        dtype: torch.dtype,
        contrast: str,
    ) -> None:
        self.name, self.input_size = name, input_size
        self._image_tower, self._text_tower, self._tokenize = image_tower, text_tower, tokenize
        self._device, self._dtype, self._contrast = device, dtype, contrast
        self.capturable = not isinstance(image_tower, PlainTower)  # nobody knows what an unknown network does
        self.dim = self.encode_text(["a"]).shape[1]

    def encode_image(self, crops: Tensor) -> Tensor:
        if self._contrast == "minmax":
            low, high = crops.min(), crops.max()
            crops = (crops - low) / (high - low).clamp_min(1e-6)
        if self._dtype == torch.float16 and crops.requires_grad:
            # Gradients of single pixels are smaller than the smallest half-precision number, so they travel enlarged.
            crops = _ScaledGradient.apply(crops, 1 / _ENLARGED)
            embeds = _ScaledGradient.apply(self._image_tower(crops).float(), _ENLARGED)
        else:
            embeds = self._image_tower(crops).float()
        return F.normalize(embeds, dim=-1)

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Tensor:
        tokens = self._tokenize(list(texts)).to(self._device)
        return F.normalize(self._text_tower(tokens).float(), dim=-1)

    def unread(self, text: str) -> str:
        return unread_part(self._tokenize, text)
