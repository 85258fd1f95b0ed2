"""Looking at all of a picture from slightly different positions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

ZOOM, SHIFT, SHEAR = 0.12, 0.07, 0.05


def jitter(count: int, generator: torch.Generator) -> Tensor:
    """Affine maps N 2 3, from cutouts to the picture: a little nearer or farther, aside, turned and sheared.

    Args:
        generator: the only source of chance, on the CPU.
    """
    zoom = 1 + ZOOM * (2 * torch.rand(count, generator=generator) - 1)
    shift = SHIFT * (2 * torch.rand(2, count, generator=generator) - 1)
    shear = SHEAR * torch.randn(2, count, generator=generator)
    return torch.stack([torch.stack([zoom, shear[0], shift[0]], 1), torch.stack([shear[1], zoom, shift[1]], 1)], 1)


def jittered(images: Tensor, generator: torch.Generator) -> Tensor:
    """One look at each of the pictures N C S S; what lies outside is as the border."""
    maps = jitter(len(images), generator).to(images)
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False, padding_mode="border")
