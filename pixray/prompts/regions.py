"""Spots: parts of the picture that some prompts see alone. The rest of it is painted black for them."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from pixray.images.glob import expand
from pixray.images.io import open_mask, resized, to_tensor

SPOT, SPOT_OFF = "spot", "spot_off"
SQUARE_DISC, WIDE_DISC = 0.47, 0.6
"""Diameter of the default spot as a share of the shorter side, for square pictures and for others."""


def spot_masks(sides: Collection[str], file: str | None, size: tuple[int, int], device: str) -> dict[str, Tensor]:
    """Masks 1 1 H W by side, 1 where prompts of that side see the picture. Greys of the file stay greys.

    Args:
        sides: those wanted: SPOT is the dark part of the mask file, SPOT_OFF the white one.
        file: the mask file (a colour counts by its brightness, transparency as white); None: a dark disc in the middle.
        size: width and height of the picture.

    Raises:
        PixrayError: the file cannot be read.
    """
    if not sides:
        return {}
    white = _disc(size) if file is None else _brightness(file, size)
    white = white.to(device)
    masks = {SPOT: 1 - white, SPOT_OFF: white}
    return {side: masks[side] for side in sides}


def _brightness(file: str, size: tuple[int, int]) -> Tensor:
    return to_tensor(resized(open_mask(expand(file, "spot_file")[0], "spot_file"), size))[:, :1]


def _disc(size: tuple[int, int]) -> Tensor:
    """White with a dark disc, its edge one pixel soft."""
    width, height = size
    radius = (SQUARE_DISC if width == height else WIDE_DISC) * min(size) / 2
    x = torch.arange(width) + 0.5 - width / 2
    y = torch.arange(height) + 0.5 - height / 2
    return ((x[None] ** 2 + y[:, None] ** 2).sqrt() - radius + 0.5).clamp(0, 1)[None, None]
