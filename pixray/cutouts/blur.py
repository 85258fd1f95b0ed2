"""Blurred cutouts: what is far from its place is felt from further away."""

from __future__ import annotations

import torch
from torch import Tensor


def blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Each picture under a Gaussian of its own width; 0 leaves it as it is.

    Args:
        images: N C S S; sigma: N, in pixels.
    """
    side = images.shape[-1]
    place = torch.arange(side, device=images.device, dtype=images.dtype)
    away = (place[:, None] - place).square()
    spread = (2 * sigma.to(images).square()).clamp_min(1e-3)
    kernel = torch.exp(-away / spread.view(-1, 1, 1))
    kernel = (kernel / kernel.sum(2, keepdim=True))[:, None]
    return kernel @ images @ kernel.transpose(2, 3)
