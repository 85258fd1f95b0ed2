"""Homographies and colour matrices, as tensors. All maps go from the cutout to the canvas, both in [-1, 1].

A canvas point (-1, -1) is the top left corner of the top left pixel (`align_corners=False`).
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

_CORNERS = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
_INWARD = ((1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0))

# YIQ turns a hue shift into a plain rotation of the two colour axes (NTSC 1953).
_TO_YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))


def uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """`count` numbers between low and high."""
    return torch.rand(count, generator=generator) * (high - low) + low


def perspective(distortion: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Random perspectives: each corner of the picture moves inwards by up to distortion/2 of the side.

    Args:
        distortion: one number for each.

    Returns:
        N x 3 x 3, from the distorted picture to the straight one; the identity with 1 - probability.
    """
    count = len(distortion)
    corners, inward = torch.tensor(_CORNERS), torch.tensor(_INWARD)
    moved = corners + torch.rand(count, 4, 2, generator=generator) * distortion[:, None, None] * inward
    x, y = moved.unbind(-1)
    u, v = corners.expand(count, 4, 2).unbind(-1)
    ones, zeros = torch.ones_like(x), torch.zeros_like(x)
    equations = torch.cat(
        [
            torch.stack([x, y, ones, zeros, zeros, zeros, -u * x, -u * y], -1),
            torch.stack([zeros, zeros, zeros, x, y, ones, -v * x, -v * y], -1),
        ],
        1,
    )
    solved = torch.linalg.solve(equations, torch.cat([u, v], 1))
    maps = torch.cat([solved, torch.ones(count, 1)], 1).view(count, 3, 3)
    applied = torch.rand(count, generator=generator) < probability
    return torch.where(applied[:, None, None], maps, torch.eye(3))


def scale_and_shift(scale_x: Tensor, scale_y: Tensor, shift_x: Tensor, shift_y: Tensor) -> Tensor:
    """(x, y) -> (scale_x x + shift_x, scale_y y + shift_y), as N x 3 x 3."""
    maps = torch.zeros(len(scale_x), 3, 3)
    maps[:, 0, 0], maps[:, 0, 2] = scale_x, shift_x
    maps[:, 1, 1], maps[:, 1, 2] = scale_y, shift_y
    maps[:, 2, 2] = 1
    return maps


def random_crops(
    count: int,
    aspect: float,
    area: tuple[float, float],
    ratio: tuple[float, float],
    generator: torch.Generator,
) -> Tensor:
    """Crops of a random share of the picture and of a random shape, inside the picture.

    As in torchvision and kornia: up to ten tries for a crop that fits, else the largest centred one.

    Args:
        aspect: width / height of the picture; area: share of it, from and to; ratio: width / height of the crop.

    Returns:
        count x 3 x 3, from the crop to the picture.
    """
    tries = 10
    share = uniform(count * tries, *area, generator).view(count, tries)
    log_low, log_high = math.log(ratio[0]), math.log(ratio[1])
    shape = torch.exp(uniform(count * tries, log_low, log_high, generator)).view(count, tries)
    # In units of the picture's own sides: width = sqrt(area * ratio) pixels over the picture's width, and so on.
    width = (share * shape / aspect).sqrt()
    height = (share / shape * aspect).sqrt()
    fits = (width <= 1) & (height <= 1)
    first = fits.float().argmax(1, keepdim=True)
    fallback = min(max(aspect, ratio[0]), ratio[1]) / aspect  # 1 when the picture's own shape is allowed
    width = torch.where(fits.any(1), width.gather(1, first)[:, 0], torch.tensor(min(1.0, fallback)))
    height = torch.where(fits.any(1), height.gather(1, first)[:, 0], torch.tensor(min(1.0, 1 / fallback)))
    shift_x = (torch.rand(count, generator=generator) * 2 - 1) * (1 - width)
    shift_y = (torch.rand(count, generator=generator) * 2 - 1) * (1 - height)
    centred = ~fits.any(1)
    return scale_and_shift(width, height, shift_x.masked_fill(centred, 0), shift_y.masked_fill(centred, 0))


def colour_matrices(
    count: int, hue: float, saturation: float, probability: float, generator: torch.Generator
) -> Tensor:
    """Random hue rotations and saturation changes that leave greys alone.

    Args:
        hue: largest shift, in turns; saturation: largest change of the factor.

    Returns:
        count x 3 x 3, to multiply RGB columns with; the identity with 1 - probability.
    """
    angle = uniform(count, -hue, hue, generator) * 2 * math.pi
    factor = 1 + uniform(count, -saturation, saturation, generator)
    applied = (torch.rand(count, generator=generator) < probability).float()
    angle, factor = angle * applied, 1 + (factor - 1) * applied
    turn = torch.zeros(count, 3, 3)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = factor * angle.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -factor * angle.sin(), factor * angle.sin()
    to_yiq, from_yiq = _yiq()
    return from_yiq @ turn @ to_yiq


@lru_cache(maxsize=1)
def _yiq() -> tuple[Tensor, Tensor]:
    """RGB columns to YIQ, and back."""
    to_yiq = torch.tensor(_TO_YIQ)
    return to_yiq, torch.linalg.inv(to_yiq)
