"""The grid that a picture was drawn on: how wide its cells are and where they begin.

Edges of enlarged pixel art lie on lines at equal distances. Every edge is a point with a weight, and the sum of
exp(2 pi i x / width) over all edges says how well a width of cells explains them: its size, from 0 to 1, is the share
of the edges in step, and its phase says where the lines lie. That is a Fourier transform of the edges, whose greatest
peak is the width looked for; blur moves no edge, noise and details between the lines lower every peak alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NARROWEST = 2.5
"""Pixels; cells of two pixels cannot be told from sharp edges."""
FEWEST_CELLS = 4
CLEAR = 0.35
"""Share of edges in step from which a grid is one, if there are many edges."""
CERTAIN = 0.9
"""The same, however few edges there are."""
_BY_CHANCE = 0.02
"""How often edges without a grid may look like one."""
_BINS = 4
"""Bins a pixel into which edges are sorted."""
_FINER = 8
"""How many frequencies are looked at for each that edges of this length can tell apart."""
_AS_GOOD = 0.95
_LEAST_CONTRAST = 0.03


@dataclass(frozen=True)
class Axis:
    """Lines at `offset + k * width` for whole k, in pixels of the picture; `clear`: the share of edges in step."""

    width: float
    offset: float
    clear: float

    def count(self, length: int) -> int:
        """Cells along so many pixels, those of which more than half is there."""
        return len(self.centres(length))

    def centres(self, length: int) -> np.ndarray:
        """The middle of each cell, in pixels."""
        first = np.ceil((0.0 - self.offset) / self.width - 0.5)
        last = np.floor((length - self.offset) / self.width - 0.5)
        numbers = np.arange(first, last + 1) + 0.5
        return (self.offset + numbers * self.width).clip(0, length - 1e-6)


@dataclass(frozen=True)
class Grid:
    """A grid over a picture.

    Attributes:
        across, down: its columns and its rows.
    """

    across: Axis
    down: Axis

    @property
    def clear(self) -> float:
        """The share of edges in step, of the axis where fewer are."""
        return min(self.across.clear, self.down.clear)


def discover(pixels: np.ndarray) -> Grid | None:
    """The grid of a picture, or None if there is none to be seen.

    Args:
        pixels: H W 3 or H W 4 uint8.
    """
    values = _visible(pixels)
    height, width = values.shape[:2]
    if min(height, width) < NARROWEST * FEWEST_CELLS:
        return None
    across, down = _edges(values, 1), _edges(values, 0)
    if not (across.any() and down.any()):
        return None
    frequencies, spectra = _spectra([across, down], min(height, width))
    # Edges of both directions speak for one width of cells, each as loudly as there are many of it.
    weights = np.array([across.sum(), down.sum()])
    together = np.average(spectra, axis=0, weights=weights)
    frequency = _fundamental(frequencies, together)
    axes = [_refined(edges, frequency) for edges in (across, down)]
    grid = Grid(*axes)
    by_chance = _share_by_chance([across, down], len(frequencies) / _FINER)
    needed = max(CLEAR, min(CERTAIN, by_chance))
    return grid if together.max() >= needed and grid.clear >= CLEAR / 2 else None


def _visible(pixels: np.ndarray) -> np.ndarray:
    """H W 3 or 4 in [0, 1]; colours that nobody sees are black."""
    values = pixels.astype(np.float32) / 255
    if values.shape[2] == 4:
        values = np.concatenate([values[..., :3] * values[..., 3:], values[..., 3:]], 2)
    return values


def _edges(values: np.ndarray, axis: int) -> np.ndarray:
    """How much edge lies where along an axis, in bins of a quarter pixel.

    An edge is where the step between neighbours is greater than the steps beside it; where exactly between pixels, the
    parabola through the three tells.
    """
    lines = values if axis == 1 else values.transpose(1, 0, 2)
    step = np.abs(np.diff(lines, axis=1)).max(-1)
    left, here, right = step[:, :-2], step[:, 1:-1], step[:, 2:]
    floor = max(_LEAST_CONTRAST, 3 * float(np.median(step)))
    tops = (here > floor) & (here >= left) & (here > right)
    row, place = np.nonzero(tops)
    low, high, peak = left[row, place], right[row, place], here[row, place]
    bend = (low - 2 * peak + high).clip(max=-1e-6)
    position = place + 2 + 0.5 * (low - high) / bend  # the step between pixels k and k + 1 lies at k + 1
    weight = np.sqrt(peak - floor)
    return np.bincount((position * _BINS).astype(int), weight, minlength=lines.shape[1] * _BINS)


def _spectra(axes: Sequence[np.ndarray], shorter: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Cells a pixel, from the widest cells to the narrowest, and for each axis the share of edges in step with each."""
    bins = max(len(edges) for edges in axes) * _FINER
    frequencies = np.fft.rfftfreq(bins, 1 / _BINS)
    looked_at = (frequencies >= FEWEST_CELLS / shorter) & (frequencies <= 1 / NARROWEST)
    return frequencies[looked_at], [np.abs(np.fft.rfft(edges, bins))[looked_at] / edges.sum() for edges in axes]


def _in_step(edges: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """For each of a few frequencies the complex share of edges in step."""
    used = np.nonzero(edges)[0]
    positions = (used + 0.5) / _BINS
    waves = np.exp(2j * np.pi * frequencies[:, None] * positions)
    return waves @ edges[used] / edges.sum()


def _share_by_chance(axes: Sequence[np.ndarray], widths: float) -> float:
    """The share of edges in step that edges without a grid reach at one of so many widths, once in fifty pictures.

    The square of the share of N edges anywhere is about exponentially distributed with mean 1 / N. Edges on one line
    count as one, and few long ones for fewer than there are.
    """
    lines = [edges.reshape(-1, _BINS).sum(1) for edges in axes]
    independent = sum(line.sum() for line in lines) ** 2 / sum((line**2).sum() for line in lines)
    return float(np.sqrt(np.log(max(2.0, widths / _BY_CHANCE)) / independent))


def _fundamental(frequencies: np.ndarray, share: np.ndarray) -> float:
    """The frequency of the greatest peak, or of a whole part of it that explains as much."""
    best = int(share.argmax())
    for part in (4, 3, 2):
        frequency = frequencies[best] / part
        if frequency < frequencies[0]:
            continue
        near = np.abs(frequencies - frequency) <= 1.5 * (frequencies[1] - frequencies[0]) * _FINER / 2
        if near.any() and share[near].max() >= _AS_GOOD * share[best]:
            return float(frequencies[near][share[near].argmax()])
    return float(frequencies[best])


def _refined(edges: np.ndarray, frequency: float) -> Axis:
    """The lines of one axis, whose cells may be a little wider or narrower than those of the other."""
    length = len(edges) / _BINS
    near = frequency + np.linspace(-1.0, 1.0, 81) / length
    near = near[near > 0]
    sums = _in_step(edges, near)
    best = int(np.abs(sums).argmax())
    width = 1 / near[best]
    offset = float(np.angle(sums[best]) / (2 * np.pi) * width) % width
    return Axis(float(width), offset, float(np.abs(sums[best])))
