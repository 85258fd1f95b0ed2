"""What the cells of a discovered grid show, and the few colours that they were painted in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pixray.sprites.colors import nearest, to_oklab
from pixray.sprites.discover import Grid

LEAST_APART, MOST_APART = 0.004, 0.06
"""Distances in Oklab below which colours of a clean picture, and of the noisiest one, are the same."""
_OF_NOISE = 5
_CALM = 0.8
"""Share of the cells, the less noisy ones, that tell the palette of a noisy picture."""
_FEWEST = 3
"""Calm cells that a colour of a noisy picture has."""
_MOST_COMPARED = 4096


@dataclass(frozen=True)
class CellColors:
    """The cells of a picture.

    Attributes:
        colors: rows x columns x 3 or 4, uint8: the median of the pixels around each middle.
        spread: rows x columns: how far these pixels lie from it, in Oklab.
    """

    colors: np.ndarray
    spread: np.ndarray


def cells_of(pixels: np.ndarray, grid: Grid) -> CellColors:
    """The cells of a picture, H W 3 or H W 4 uint8."""
    colors = np.median(_sampled(pixels, grid, _inner), axis=2).round().astype(np.uint8)
    around = _sampled(pixels, grid, _outer)[..., :3]
    away = to_oklab(around / 255) - to_oklab(colors[..., None, :3] / 255)
    return CellColors(colors, np.sqrt((away**2).sum(-1)).mean(-1))


def _sampled(pixels: np.ndarray, grid: Grid, reach: Callable[[float], float]) -> np.ndarray:
    """Pixels around the middle of each cell, up to 7 x 7: rows x columns x pixels x C."""
    indices = []
    for axis, length in ((grid.down, pixels.shape[0]), (grid.across, pixels.shape[1])):
        far = reach(axis.width)
        steps = np.linspace(-far, far, 2 * min(3, math.ceil(far)) + 1)
        indices.append((axis.centres(length)[:, None] + steps).astype(int).clip(0, length - 1))
    rows, columns = indices
    samples = pixels[rows[:, None, :, None], columns[None, :, None, :]]
    return samples.reshape(len(rows), len(columns), -1, pixels.shape[2])


def _inner(width: float) -> float:
    """Pixels from its middle up to which a cell has its colour, also where blur reaches in from its borders."""
    return max(0.0, width * 0.12 - 0.5)


def _outer(width: float) -> float:
    """Pixels up to which noise shows and neighbours do not, unless they are blurred."""
    return max(width * 0.12, min(1.0, width / 2 - 1))


def palette_of(cells: CellColors) -> np.ndarray:
    """The colours that cells were painted in, K 3 uint8, the commonest first: what differs by noise alone is one.

    The noise of a picture is what pixels within one cell differ by. In a noisy picture the calmer cells tell its
    colours, and what only one or two of them have is noise.
    """
    seen = np.ones(cells.spread.shape, bool) if cells.colors.shape[2] == 3 else cells.colors[..., 3] >= 128
    if not seen.any():
        return np.zeros((1, 3), np.uint8)
    noise = float(np.quantile(cells.spread[seen], _CALM))
    apart = float(np.clip(_OF_NOISE * noise, LEAST_APART, MOST_APART))
    clean = apart == LEAST_APART
    told = seen if clean else seen & (cells.spread <= noise)
    unique, counts = _unique(cells.colors[told][:, :3])
    lab = to_oklab(unique / 255)
    groups = _groups(lab, counts, apart)
    if not clean:
        kept = [group for group in groups if counts[group].sum() >= _FEWEST] or groups[:1]
        middles = to_oklab(np.array([_middle(unique[group], counts[group]) for group in kept]) / 255)
        member = nearest(lab, middles)
        groups = [group for number in range(len(kept)) if len(group := np.flatnonzero(member == number))]
    groups.sort(key=lambda group: -counts[group].sum())
    return np.array([_middle(unique[group], counts[group]) for group in groups], np.uint8)


def _unique(colors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different colours and how often they are there; of very many, rounded ones."""
    unique, counts = np.unique(colors, axis=0, return_counts=True)
    step = 1
    while len(unique) > _MOST_COMPARED:
        step *= 2
        unique, counts = np.unique(colors // step * step + step // 2, axis=0, return_counts=True)
    return unique, counts


def _groups(lab: np.ndarray, counts: np.ndarray, apart: float) -> list[np.ndarray]:
    """Numbers of colours that are one each: around the densest colour, then around the densest of the others, …"""
    squares = (lab**2).sum(1)
    distance = np.sqrt((squares[:, None] + squares - 2 * lab @ lab.T).clip(0))
    density = (distance <= apart / 2) @ counts
    left = np.ones(len(lab), bool)
    groups = []
    while left.any():
        leader = int(np.where(left, density, -1).argmax())
        group = np.flatnonzero(left & (distance[leader] <= apart))
        groups.append(group)
        left[group] = False
    return groups


def _middle(colors: np.ndarray, counts: np.ndarray) -> list[int]:
    """The median of red, green and blue, each colour as often as it is there."""
    return [int(np.median(np.repeat(channel, counts))) for channel in colors.T]
