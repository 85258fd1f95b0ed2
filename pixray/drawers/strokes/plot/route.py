"""The way of the pen: lines that meet become one, and all are drawn in an order with little travel in the air.

Late imports: shapely is an extra.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pixray.drawers.strokes.travel import pen_order

_PASSES = 30
_WINDOW = 400
"""Lines over which an exchange may reach."""


def joined(lines: Sequence[np.ndarray], gap: float) -> list[np.ndarray]:
    """Lines whose ends are at most a gap apart as one; longer ones come out, in the order of their first parts.

    Args:
        lines: N 2 each, in millimetres.
    """
    ends: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def cell(point: np.ndarray) -> tuple[int, int]:
        return int(np.floor(point[0] / gap)), int(np.floor(point[1] / gap))

    open_lines = dict(enumerate(lines))
    for number, line in open_lines.items():
        for end in (0, -1):
            ends.setdefault(cell(line[end]), []).append((number, end))

    def neighbour(point: np.ndarray) -> tuple[int, int] | None:
        column, row = cell(point)
        near = [
            (float(np.hypot(*(open_lines[number][end] - point))), number, end)
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for number, end in ends.get((x, y), ())
            if number in open_lines
        ]
        return min(near)[1:] if near and min(near)[0] <= gap else None

    whole = []
    for number in range(len(lines)):
        if number not in open_lines:
            continue
        line = open_lines.pop(number)
        for backwards in (False, True):
            line = line[::-1] if backwards else line
            while len(line) > 1 and (touching := neighbour(line[-1])) is not None:
                other = open_lines.pop(touching[0])
                line = np.concatenate([line, other if touching[1] == 0 else other[::-1]])
        whole.append(line)
    return whole


def ordered(lines: Sequence[np.ndarray], pen: np.ndarray) -> list[np.ndarray]:
    """The same lines, some of them backwards, so that the pen travels little; closed ones begin where it comes by.

    First each nearest line in turn, then exchanges of two ways of travel while they shorten it (2-opt, Croes 1958).

    Args:
        pen: 2, where the pen is before.
    """
    if not lines:
        return []
    first, last = np.stack([line[0] for line in lines]), np.stack([line[-1] for line in lines])
    order, backwards, _ = pen_order(first, last, pen)
    path = [lines[number][::-1] if turned else lines[number] for number, turned in zip(order, backwards, strict=True)]
    path = _exchanged(path, pen)
    return _begun_nearby(path, pen)


def _exchanged(path: list[np.ndarray], pen: np.ndarray) -> list[np.ndarray]:
    ends = np.stack([np.stack([line[0], line[-1]]) for line in path])  # N 2 2
    turned = np.zeros(len(path), dtype=bool)
    order = np.arange(len(path))
    for _ in range(_PASSES):
        improved = False
        for begin in range(len(path)):
            before = pen if begin == 0 else ends[begin - 1, 1]
            stop = min(len(path), begin + _WINDOW)
            after = np.concatenate([ends[begin + 1 : stop, 0], np.full((1, 2), np.nan)])[: stop - begin]
            if stop < len(path):
                after[-1] = ends[stop, 0]
            tail, head = ends[begin:stop, 1], ends[begin, 0]
            now = _length(before - head) + np.nan_to_num(_length(tail - after))
            then = _length(before - tail) + np.nan_to_num(_length(head - after))
            gain = now - then
            best = int(gain.argmax())
            if gain[best] > 1e-6:
                piece = slice(begin, begin + best + 1)
                ends[piece] = ends[piece][::-1, ::-1]
                order[piece] = order[piece][::-1].copy()
                turned[piece] = ~turned[piece][::-1]
                improved = True
        if not improved:
            break
    return [path[number][::-1] if backwards else path[number] for number, backwards in zip(order, turned, strict=True)]


def _begun_nearby(path: list[np.ndarray], pen: np.ndarray) -> list[np.ndarray]:
    """Let every closed line begin at its point nearest to where the pen comes from."""
    result = []
    for line in path:
        if len(line) > 3 and (line[0] == line[-1]).all():
            start = int(_length(line[:-1] - pen).argmin())
            line = np.concatenate([line[start:-1], line[: start + 1]])
        result.append(line)
        pen = line[-1]
    return result


def simplified(line: np.ndarray, tolerance: float) -> np.ndarray:
    """The same line with fewer points, none of which was further than the tolerance from it (Douglas and Peucker)."""
    from shapely import LineString

    return np.asarray(LineString(line).simplify(tolerance).coords)


def travel(lines: Sequence[np.ndarray], pen: np.ndarray) -> float:
    """Millimetres that a pen moves in the air, from where it is to the first line and from each line to the next."""
    total = 0.0
    for line in lines:
        total += float(_length(line[0] - pen))
        pen = line[-1]
    return total


def drawn(lines: Sequence[np.ndarray]) -> float:
    """Millimetres of ink."""
    return float(sum(_length(np.diff(line, axis=0)).sum() for line in lines))


def _length(steps: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(steps).sum(-1))
