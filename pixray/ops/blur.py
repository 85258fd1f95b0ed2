"""Gaussian blurs, differentiable."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def gaussian_blur(image: Tensor, size: int, std: float) -> Tensor:
    """The image blurred by a Gaussian of standard deviation `std` pixels, cut off to `size` x `size` pixels.

    Borders are extended by their outermost pixels, so that a flat image stays flat.

    Args:
        image: N C H W; size: odd, at least 1; std: above 0.
    """
    offsets = torch.arange(size, device=image.device, dtype=image.dtype) - (size - 1) / 2
    weights = torch.exp(-(offsets**2) / (2 * std**2))
    weights = (weights / weights.sum()).expand(image.shape[1], 1, 1, size)
    margin = size // 2
    padded = F.pad(image, (margin, margin, margin, margin), mode="replicate")
    rows = F.conv2d(padded, weights, groups=image.shape[1])
    return F.conv2d(rows, weights.transpose(2, 3), groups=image.shape[1])


def blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Each picture under a Gaussian of its own width; 0 leaves it as it is.

    Args:
        images: N C S S; sigma: N, in pixels.
    """
    side = images.shape[-1]
    positions = torch.arange(side, device=images.device, dtype=images.dtype)
    away = (positions[:, None] - positions).square()
    spread = (2 * sigma.to(images).square()).clamp_min(1e-3)
    kernel = torch.exp(-away / spread.view(-1, 1, 1))
    kernel = (kernel / kernel.sum(2, keepdim=True))[:, None]
    return kernel @ images @ kernel.transpose(2, 3)
