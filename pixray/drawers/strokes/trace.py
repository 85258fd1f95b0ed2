"""From a picture of lines to the strokes that draw it: thinning, following, joining, fitting."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image

_FINER = 3
"""How many times as fine a picture is traced."""
_SHORTEST = 2.5
"""Shortest line that is drawn, in pixels of the picture."""
_TOLERANCE = 0.5
"""How far a path may lie from its line, in pixels of the picture."""
_TURN = 0.55
"""Cosine up to which two lines that meet are one stroke."""
_CORNER = 0.5
"""Cosine of the turn from which on a bend is a corner."""


def paths_of(ink: np.ndarray, side: int, strokes: int) -> list[np.ndarray]:
    """Paths of pen strokes that draw what a picture of ink shows.

    Args:
        ink: S S in [0, 1], dark lines on nothing; side: of the drawing in pixels.
        strokes: at most so many, the longest ones.

    Returns:
        (3 segments + 1) x 2 control points each, in pixels of the drawing.
    """
    fine = Image.fromarray((ink * 255).round().astype(np.uint8)).resize(
        (ink.shape[1] * _FINER, ink.shape[0] * _FINER), Image.Resampling.BICUBIC
    )
    levels = np.asarray(fine, dtype=np.float32) / 255
    dark = levels > min(max(_threshold(levels), 0.25), 0.6)
    lines = traced(dark, strokes, least=_SHORTEST * _FINER)
    scale = side / len(dark)
    return [fitted(line, tolerance=_TOLERANCE * _FINER, reach=2 * _FINER) * scale for line in lines]


def _threshold(levels: np.ndarray) -> float:
    """The level that parts paper from ink best (Otsu 1979)."""
    counts, _ = np.histogram(levels, 64, (0, 1))
    share = np.cumsum(counts / counts.sum())
    mean = np.cumsum(counts / counts.sum() * (np.arange(64) + 0.5) / 64)
    apart = (mean[-1] * share - mean) ** 2 / (share * (1 - share)).clip(1e-9)
    return float(np.argmax(apart) + 1) / 64


def traced(dark: np.ndarray, strokes: int, least: float) -> list[np.ndarray]:
    """The longest lines of a picture, and its dots.

    Args:
        dark: H W, whether there is ink; strokes: at most so many; least: shortest line that counts, in pixels.

    Returns:
        K x 2 each, x and y in pixels, longest first; a closed line ends where it began.
    """
    thin = thinned(dark)
    lines = _joined(_pruned(_lines(thin), least))
    lines = [line for line in lines if _length(line) >= least]
    lines = sorted(lines, key=_length, reverse=True)
    return (lines + _dots(dark, lines, least))[:strokes]


def _dots(dark: np.ndarray, lines: list[np.ndarray], least: float) -> list[np.ndarray]:
    """A short stroke for each spot that no line runs through, such as an eye."""
    label, count = _spots(dark)
    drawn = {int(label[int(y), int(x)]) for line in lines for x, y in line[:: max(1, len(line) // 50)]}
    dots = []
    for number in range(1, count + 1):
        rows, columns = np.nonzero(label == number)
        if number in drawn or len(rows) < least:
            continue
        middle = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
        spread = np.stack([columns + 0.5, rows + 0.5], 1) - middle
        _, axes = np.linalg.eigh(spread.T @ spread)
        short, long = np.abs(spread @ axes).max(0)
        half = max(0.5, float(long - short)) * axes[:, 1]
        dots.append(np.stack([middle + half * t for t in np.linspace(-1, 1, 5)]))
    return dots


def _spots(dark: np.ndarray) -> tuple[np.ndarray, int]:
    """Connected areas, numbered from 1, and how many there are."""
    label = np.zeros(dark.shape, dtype=np.int64)
    count = 0
    for row, column in zip(*np.nonzero(dark), strict=True):
        if label[row, column]:
            continue
        count += 1
        label[row, column] = count
        waiting = [(int(row), int(column))]
        while waiting:
            y, x = waiting.pop()
            for down, right in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                inside = 0 <= down < dark.shape[0] and 0 <= right < dark.shape[1]
                if inside and dark[down, right] and not label[down, right]:
                    label[down, right] = count
                    waiting.append((down, right))
    return label, count


def thinned(ink: np.ndarray) -> np.ndarray:
    """Lines of one pixel's width (Zhang and Suen 1984, "A fast parallel algorithm for thinning digital patterns")."""
    image = np.pad(ink.astype(bool), 1)
    while True:
        before = int(image.sum())
        for first in (True, False):
            n = _neighbours(image)
            count = sum(part.astype(np.int8) for part in n)
            around = [*n, n[0]]
            rises = sum((~a & b).astype(np.int8) for a, b in pairwise(around))
            north, east, south, west = n[0], n[2], n[4], n[6]
            if first:
                free = ~(north & east & south) & ~(east & south & west)
            else:
                free = ~(north & east & west) & ~(north & south & west)
            image &= ~((count >= 2) & (count <= 6) & (rises == 1) & free)
        if int(image.sum()) == before:
            return image[1:-1, 1:-1]


def _neighbours(image: np.ndarray) -> list[np.ndarray]:
    """The eight neighbours of each pixel, clockwise from the north."""
    steps = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    return [np.roll(image, (-down, -right), (0, 1)) for down, right in steps]


def _lines(skeleton: np.ndarray) -> list[np.ndarray]:
    """Follow thin lines from end or crossing to end or crossing, then the closed ones."""
    pixels = {(int(y), int(x)) for y, x in zip(*np.nonzero(skeleton), strict=True)}
    near = {pixel: _near(pixel, pixels) for pixel in pixels}
    nodes = {pixel for pixel, others in near.items() if len(others) != 2}
    walked: set[frozenset[tuple[int, int]]] = set()
    lines = []
    for start in [*sorted(nodes), *sorted(pixels - nodes)]:
        for follower in near[start]:
            if frozenset((start, follower)) in walked:
                continue
            path = [start, follower]
            walked.add(frozenset((start, follower)))
            while path[-1] not in nodes and path[-1] != start:
                unwalked = [pixel for pixel in near[path[-1]] if frozenset((path[-1], pixel)) not in walked]
                if not unwalked:
                    break
                walked.add(frozenset((path[-1], unwalked[0])))
                path.append(unwalked[0])
            lines.append(np.array([(x + 0.5, y + 0.5) for y, x in path]))
    return lines


def _near(pixel: tuple[int, int], pixels: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbours; diagonal ones only where no straight way leads to them."""
    y, x = pixel
    straight = [(y + dy, x + dx) for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)) if (y + dy, x + dx) in pixels]
    diagonal = [
        (y + dy, x + dx)
        for dy, dx in ((1, 1), (1, -1), (-1, -1), (-1, 1))
        if (y + dy, x + dx) in pixels and (y + dy, x) not in pixels and (y, x + dx) not in pixels
    ]
    return straight + diagonal


def _pruned(lines: list[np.ndarray], least: float) -> list[np.ndarray]:
    """Without the short spurs that thinning leaves at the sides of thick lines: one end is free, the other is not."""
    ends: dict[tuple[float, float], int] = {}
    for line in lines:
        for end in (line[0], line[-1]):
            ends[tuple(end)] = ends.get(tuple(end), 0) + 1
    kept = []
    for line in lines:
        free = [ends[tuple(end)] == 1 for end in (line[0], line[-1])]
        if _length(line) >= least or not any(free) or all(free):
            kept.append(line)
    return kept


def _joined(lines: list[np.ndarray]) -> list[np.ndarray]:
    """Lines that go on into one another, the straightest pairs first."""
    lines = list(lines)
    while True:
        best, pair = _TURN, None
        for number, first in enumerate(lines):
            for other in range(number + 1, len(lines)):
                for flip_one in (False, True):
                    for flip_other in (False, True):
                        a = first[::-1] if flip_one else first
                        b = lines[other][::-1] if flip_other else lines[other]
                        if np.abs(a[-1] - b[0]).max() > 1.5:
                            continue
                        turn = float(_direction(a[::-1]) @ -_direction(b))
                        if turn > best:
                            best, pair = turn, (number, other, np.concatenate([a, b[1:]]))
        if pair is None:
            return lines
        number, other, joint = pair
        lines[number] = joint
        del lines[other]


def _direction(line: np.ndarray) -> np.ndarray:
    """Where a line goes from its first point on, of length 1."""
    step = line[min(len(line) - 1, 6)] - line[0]
    return step / max(1e-9, float(np.linalg.norm(step)))


def _length(line: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def fitted(line: np.ndarray, tolerance: float, reach: int) -> np.ndarray:
    """Control points, 3 segments + 1 x 2, of a path through a line: smooth between its corners.

    Args:
        tolerance: how far the path may lie from the line, in pixels.
        reach: over how many points a corner turns.
    """
    closed = bool(np.abs(line[0] - line[-1]).max() < 1.5) and len(line) > 8
    corners = _corners(line, reach, closed)
    if closed and corners:
        line = np.concatenate([line[corners[0] :], line[1 : corners[0] + 1]])
        corners = [corner - corners[0] for corner in corners[1:]]
    bounds = [0, *corners, len(line) - 1]
    smooth_ring = closed and len(bounds) == 2
    parts = [_through(line[first : last + 1], tolerance, smooth_ring) for first, last in pairwise(bounds)]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def _corners(line: np.ndarray, reach: int, closed: bool) -> list[int]:
    """Where a line turns by more than about sixty degrees at once."""
    count = len(line)
    places = np.arange(count) if closed else np.arange(reach, count - reach)
    if len(places) == 0 or count < 3 * reach:
        return []
    ring = line[:-1] if closed else line
    before, after = ((places + step) % len(ring) if closed else places + step for step in (-reach, reach))
    points = ring[places % len(ring)]
    back, ahead = points - ring[before], ring[after] - points
    straight = (back * ahead).sum(1) / (np.linalg.norm(back, axis=1) * np.linalg.norm(ahead, axis=1)).clip(1e-9)
    corners: list[int] = []
    for index in np.argsort(straight):
        if straight[index] > _CORNER:
            break
        if all(abs(int(places[index]) - other) > reach for other in corners):
            corners.append(int(places[index]))
    return sorted(corners)


def _through(line: np.ndarray, tolerance: float, closed: bool) -> np.ndarray:
    """The smooth path of the fewest segments that stays near a line."""
    smooth = _smoothed(line, closed)
    most = max(1, len(line) // 3)
    for segments in range(3 if closed else 1, most + 1):
        points = _catmull_rom(smooth, segments, closed)
        if _away(points, smooth) <= tolerance:
            return points
    return _catmull_rom(smooth, max(most, 3 if closed else 1), closed)


def _catmull_rom(line: np.ndarray, segments: int, closed: bool) -> np.ndarray:
    """A path through points of the line at equal distances."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    places = np.linspace(0, along[-1], segments + 1)
    knots = np.stack([np.interp(places, along, line[:, axis]) for axis in (0, 1)], 1)
    if closed:
        knots[-1] = knots[0]
        around = np.concatenate([knots[-2:-1], knots, knots[1:2]])
    else:
        around = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    slopes = (around[2:] - around[:-2]) / 6
    points = np.empty((3 * segments + 1, 2))
    points[::3] = knots
    points[1::3] = knots[:-1] + slopes[:-1]
    points[2::3] = knots[1:] - slopes[1:]
    return points


def _away(points: np.ndarray, line: np.ndarray) -> float:
    """The largest distance of a point of the line from the path."""
    t = np.linspace(0, 1, 12)[:, None, None]
    a, b, c, d = (points[k : len(points) - 3 + k : 3][None] for k in range(4))
    path = ((1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d).reshape(-1, 2)
    return float(np.linalg.norm(line[:, None] - path[None], axis=2).min(1).max())


def _smoothed(line: np.ndarray, closed: bool, times: int = 4) -> np.ndarray:
    """The line without the steps of pixels; its ends stay."""
    for _ in range(times):
        inner = (line[:-2] + 2 * line[1:-1] + line[2:]) / 4
        if closed:
            seam = (line[-2:-1] + 2 * line[:1] + line[1:2]) / 4
            line = np.concatenate([seam, inner, seam])
        else:
            line = np.concatenate([line[:1], inner, line[-1:]])
    return line
