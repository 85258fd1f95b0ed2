"""Palette colours for the pixels of a grid: the nearest, or mixtures by ordered or error-diffusion dithering."""

from __future__ import annotations

import numpy as np

from pixray.sprites.colors import nearest, to_oklab

DITHERS = ("none", "bayer2", "bayer4", "bayer8", "diffusion")
_AHEAD = ((0, 1, 7 / 16), (1, -1, 3 / 16), (1, 0, 5 / 16), (1, 1, 1 / 16))
"""Floyd and Steinberg (1976): down, right, and the share of the error that goes there."""


def in_palette(
    rgb: np.ndarray, palette: np.ndarray, dither: str = "none", seen: np.ndarray | None = None
) -> np.ndarray:
    """Which palette colour each pixel is shown in.

    Args:
        rgb: H W 3 in [0, 1]; palette: K 3 in [0, 1], at least one.
        dither: one of DITHERS.
        seen: H W, true where a pixel counts; errors are not carried into others.

    Returns:
        H W, numbers of colours.
    """
    if dither == "diffusion":
        return _diffused(rgb, palette, np.ones(rgb.shape[:2], bool) if seen is None else seen)
    if dither != "none":
        rgb = rgb + _thresholds(int(dither.removeprefix("bayer")), rgb.shape[:2])[..., None] * _spread(palette)
    lab = to_oklab(rgb.reshape(-1, 3).clip(0, 1))
    return nearest(lab, to_oklab(palette)).reshape(rgb.shape[:2])


def bayer(side: int) -> np.ndarray:
    """The matrix of Bayer (1973), side x side with side a power of two, each of 0 … side² - 1 once."""
    matrix = np.zeros((1, 1))
    while len(matrix) < side:
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return matrix


def _thresholds(side: int, shape: tuple[int, ...]) -> np.ndarray:
    """H W, from just above -0.5 to just below 0.5 with mean 0."""
    tile = (bayer(side) + 0.5) / side**2 - 0.5
    return np.tile(tile, (-(-shape[0] // side), -(-shape[1] // side)))[: shape[0], : shape[1]]


def _spread(palette: np.ndarray) -> float:
    """How far apart neighbouring colours of a palette are, in the mean over red, green and blue."""
    if len(palette) < 2:
        return 0.0
    apart = np.abs(palette[:, None] - palette).mean(-1)
    np.fill_diagonal(apart, np.inf)
    nearest_ones = apart.min(1)
    return float(nearest_ones[np.isfinite(nearest_ones)].mean())


def _diffused(rgb: np.ndarray, palette: np.ndarray, seen: np.ndarray) -> np.ndarray:
    height, width = rgb.shape[:2]
    values, lab = rgb.astype(np.float64).copy(), to_oklab(palette)
    chosen = np.zeros((height, width), np.int64)
    for row in range(height):
        forward = row % 2 == 0  # to and fro, so that errors do not drift to one side
        for column in range(width) if forward else range(width - 1, -1, -1):
            if not seen[row, column]:
                continue
            value = values[row, column].clip(0, 1)
            number = int(((to_oklab(value) - lab) ** 2).sum(1).argmin())
            chosen[row, column] = number
            error = value - palette[number]
            for down, right, share in _AHEAD:
                y, x = row + down, column + (right if forward else -right)
                if y < height and 0 <= x < width and seen[y, x]:
                    values[y, x] += error * share
    return chosen
