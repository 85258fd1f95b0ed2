"""The palette colour next to every pixel."""

from __future__ import annotations

import torch
from torch import Tensor

_AT_ONCE = 1 << 24
"""Distances held in memory at a time (64 MB)."""


@torch.no_grad()
def nearest_colors(image: Tensor, palette: Tensor) -> Tensor:
    """The nearest palette colour for every pixel, by Euclidean distance in sRGB; of equals the first.

    Args:
        image: 1 3 H W in [0, 1]; palette: P 3.

    Returns:
        1 3 H W, without gradient.
    """
    height, width = image.shape[2:]
    pixels = image[0].flatten(1).t()
    # |pixel - colour|^2 without |pixel|^2, which is the same for every colour.
    offsets = palette.square().sum(1)
    rows = max(1, _AT_ONCE // len(palette))
    index = torch.cat([(offsets - 2 * part @ palette.t()).argmin(1) for part in pixels.split(rows)])
    return palette[index].t().reshape(1, 3, height, width)
