"""One line in place of several: a pen that is never lifted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_TOUCH = 1.0
"""Distance in pixels up to which two paths meet, so that no line lies between them."""


def single_line(paths: Sequence[np.ndarray]) -> np.ndarray:
    """All paths as one, each followed by the nearest of the others, with straight lines from one to the next.

    Args:
        paths: 3 segments + 1 x 2 control points each, in pixels; one that ends where it began may begin at any knot.

    Returns:
        the control points of the single path, which is the shortest of those that begin with each end of each path.
    """
    lines = [_from(paths, number, turned) for number in range(len(paths)) for turned in (False, True)]
    return min(lines, key=_length)


def _from(paths: Sequence[np.ndarray], first: int, turned: bool) -> np.ndarray:
    """The line that begins with one of the paths."""
    rest = list(paths)
    line = rest.pop(first)[:: -1 if turned else 1]
    while rest:
        ways = [(way, number) for number, path in enumerate(rest) for way in _ways(path, line[-1])]
        following, number = min(ways, key=lambda choice: _gap(line[-1], choice[0][0]))
        del rest[number]
        line = _continued(line, following)
    return line


def _ways(path: np.ndarray, pen: np.ndarray) -> list[np.ndarray]:
    """How a path may be drawn: forwards, backwards, and a closed one from the knot that is nearest to the pen."""
    if _gap(path[0], path[-1]) < _TOUCH and len(path) > 4:
        knots = path[:-1:3]
        start = 3 * int(np.linalg.norm(knots - pen, axis=1).argmin())
        path = np.concatenate([path[start:-1], path[: start + 1]])
    return [path, path[::-1]]


def _continued(line: np.ndarray, path: np.ndarray) -> np.ndarray:
    """The line, a straight way where the path does not begin at its end, and the path."""
    if _gap(line[-1], path[0]) < _TOUCH:
        return np.concatenate([line, path[1:]])
    way = np.linspace(line[-1], path[0], 4)[1:]
    return np.concatenate([line, way, path[1:]])


def _gap(point: np.ndarray, other_point: np.ndarray) -> float:
    return float(np.linalg.norm(point - other_point))


def _length(line: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
