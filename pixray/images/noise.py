"""Pictures to start from: three kinds of noise, and a picture laid over them."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def contrast_curve(values: Tensor) -> Tensor:
    """Push values in [0, 1] away from the middle: 0.1 -> 0.0122, 0.3 -> 0.1552, 0.5 -> 0.5."""
    values = 0.9998 * values + 0.0001  # keeps both ends off the poles
    return 1 / (1 + ((1 - values) / values) ** 2)


def noise_image(kind: str, size: tuple[int, int], generator: torch.Generator) -> Tensor | None:
    """The noise a run starts from.

    Args:
        kind: "pixels" (fractal noise of strong contrast), "gradient" (a ramp per channel), "snow" (every pixel by
            itself) or "none".
        size: width and height in pixels.

    Returns:
        1 3 H W in [0, 1], or None for "none".
    """
    makers = {"pixels": _fractal, "gradient": _gradient, "snow": _snow}
    return makers[kind](*size, generator) if kind in makers else None


def _snow(width: int, height: int, generator: torch.Generator) -> Tensor:
    return torch.rand(1, 3, height, width, generator=generator)


def _gradient(width: int, height: int, generator: torch.Generator) -> Tensor:
    """Red grows to the right, green downwards, blue from one random level to another."""

    def level(low: int, high: int) -> float:
        return float(torch.randint(low, high + 1, (), generator=generator)) / 255

    right = torch.linspace(0, level(1, 255), width).expand(height, width)
    down = torch.linspace(0, level(2, 255), height)[:, None].expand(height, width)
    blue = torch.linspace(level(0, 255), level(3, 128), height)[:, None].expand(height, width)
    return torch.stack([right, down, blue])[None]


def _fractal(width: int, height: int, generator: torch.Generator) -> Tensor:
    """Three independent planes of fractal Perlin noise (Perlin 1985), stretched and sharpened."""
    longest = max(width, height)
    sizes = {256: 3, 512: 4, 1024: 5}
    side = next((side for side in sizes if longest <= side), max(2048, 32 * math.ceil(longest / 32)))
    octaves = sizes.get(side, 6)
    planes = [_perlin_sum(side, (width, height), 32, octaves, generator) for _ in range(3)]
    image = torch.stack([(plane - plane.min()) / (plane.max() - plane.min()).clamp_min(1e-6) for plane in planes])
    return contrast_curve(image)[None]


def _perlin_sum(side: int, size: tuple[int, int], cells: int, octaves: int, generator: torch.Generator) -> Tensor:
    """Octaves of Perlin noise, each twice as fine and half as strong: the first columns and rows of side x side."""
    total = torch.zeros(size[1], size[0])
    for octave in range(octaves):
        count = min(cells * 2**octave, side)
        total += _perlin(side, size, count, generator) / 2**octave
    return total


def _perlin(side: int, size: tuple[int, int], cells: int, generator: torch.Generator) -> Tensor:
    """One octave: random gradients on a grid of cells, blended with Perlin's improved fade."""
    angle = torch.rand(cells + 1, cells + 1, generator=generator) * 2 * math.pi
    gradients = torch.stack([angle.cos(), angle.sin()])
    position = torch.arange(side) / side * cells
    cell = position.long().clamp(max=cells - 1)
    offset = position - cell
    fade = offset**3 * (offset * (offset * 6 - 15) + 10)
    column, across, fade_across = (values[: size[0]] for values in (cell, offset, fade))
    row, down, fade_down = (values[: size[1]] for values in (cell, offset, fade))

    def corner(below: int, right: int) -> Tensor:
        # Columns first, which takes half the time.
        gradient = gradients.index_select(2, column + right).index_select(1, row + below)
        return gradient[0] * (across - right)[None] + gradient[1] * (down - below)[:, None]

    top = torch.lerp(corner(0, 0), corner(0, 1), fade_across[None])
    bottom = torch.lerp(corner(1, 0), corner(1, 1), fade_across[None])
    return torch.lerp(top, bottom, fade_down[:, None])


def laid_over(image: Tensor, ground: Tensor | None, alpha: float) -> Tensor:
    """A picture laid over a ground.

    Args:
        image: 1 3 H W, or 1 4 H W with its own transparency; in [0, 1].
        ground: 1 3 H W, or None for nothing (the picture's own transparency then lies over white).
        alpha: opacity of the picture as a whole, 0 to 1; without a ground it has no effect.

    Returns:
        1 3 H W.
    """
    image_alpha = image[:, 3:] if image.shape[1] == 4 else torch.ones_like(image[:, :1])
    opacity = image_alpha if ground is None else image_alpha * alpha
    under = torch.ones_like(image[:, :3]) if ground is None else ground
    return image[:, :3] * opacity + under * (1 - opacity)


def fitted(image: Tensor, size: tuple[int, int]) -> Tensor:
    """An image tensor 1 C H W at another width and height, without aliasing."""
    width, height = size
    if image.shape[-2:] == (height, width):
        return image
    return F.interpolate(image, size=(height, width), mode="bilinear", antialias=True, align_corners=False)
