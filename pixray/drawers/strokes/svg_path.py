"""Path data of SVG: M L H V C S Q Z, absolute and relative, to cubic segments."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

_TOKEN = re.compile(r"([A-Za-z])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|([^\s,])")
_COUNT = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "Z": 0}


@dataclass(frozen=True)
class Outline:
    """One path.

    Attributes:
        points: N 2, in float64; index: C 4, the control points of each cubic segment.
    """

    points: np.ndarray
    index: np.ndarray

    def moved(self, transform: np.ndarray) -> Outline:
        """The same after a 3 x 3 transform."""
        return Outline(self.points @ transform[:2, :2].T + transform[:2, 2], self.index)

    def closed(self) -> Outline:
        """With a straight segment at each subpath that does not end where it began, as filling implies."""
        extra: list[np.ndarray] = []
        begins = [n for n in range(len(self.index)) if n == 0 or self.index[n, 0] != self.index[n - 1, 3]]
        rows: list[np.ndarray] = []
        for begin, end in zip(begins, [*begins[1:], len(self.index)], strict=True):
            rows.append(self.index[begin:end])
            first, last = self.index[begin, 0], self.index[end - 1, 3]
            if first != last:
                number = len(self.points) + 2 * len(extra)
                extra.append(_thirds(self.points[last], self.points[first]))
                rows.append(np.array([[last, number, number + 1, first]]))
        return Outline(np.concatenate([self.points, *extra]), np.concatenate(rows))


def read_outline(data: str) -> Outline | None:
    """Path data as cubic segments; None when it draws nothing.

    Raises:
        ValueError: a command that is not supported, or broken data.
    """
    pen = _Pen()
    for command, values in _commands(data):
        pen.draw(command, values)
    if not pen.index:
        return None
    return Outline(np.array(pen.points), np.array(pen.index))


def _commands(data: str) -> list[tuple[str, list[float]]]:
    """One entry per drawn piece: repeated numbers repeat the command (after M as L)."""
    found: list[tuple[str, list[float]]] = []
    command, values = "", []
    for letter, number, other in [*_TOKEN.findall(data), ("!", "", "")]:
        if other:
            raise ValueError(f"path data holds '{other}', which is neither a command nor a number")
        if number:
            values.append(float(number))
            continue
        if command or values:
            found += _pieces(command, values)
        command, values = letter, []
    return found


def _pieces(command: str, values: list[float]) -> list[tuple[str, list[float]]]:
    count = _COUNT.get(command.upper())
    if count is None:
        raise ValueError(
            f"the path command {command} is not supported; M L H V C S Q Z are" if command else "path data has no M"
        )
    if count == 0:
        if values:
            raise ValueError("path data has numbers after Z")
        return [(command, [])]
    if not values or len(values) % count:
        raise ValueError(f"the path command {command} takes {count} numbers at a time, not {len(values)}")
    groups = [values[start : start + count] for start in range(0, len(values), count)]
    line = {"M": "L", "m": "l"}.get(command, command)
    return [(command, groups[0]), *((line, group) for group in groups[1:])]


class _Pen:
    """Where the pen is, and what it drew."""

    def __init__(self) -> None:
        self.points: list[np.ndarray] = []
        self.index: list[list[int]] = []
        self.here = np.zeros(2)
        self.begin = np.zeros(2)
        self.last_control: np.ndarray | None = None
        self._number, self._first = -1, -1

    def draw(self, command: str, values: list[float]) -> None:
        upper = command.upper()
        if upper == "Z":
            self._close()
            return
        base = self.here if command.islower() else np.zeros(2)
        if upper in "HV":
            target = self.here.copy()
            axis = "HV".index(upper)
            target[axis] = base[axis] + values[0]
            self._curve(*_thirds(self.here, target), target)
            return
        pairs = np.array(values).reshape(-1, 2) + base
        if upper == "M":
            self.here = self.begin = pairs[0]
            self._number = self._first = -1
            self.last_control = None
        elif upper == "L":
            self._curve(*_thirds(self.here, pairs[0]), pairs[0])
        elif upper == "C":
            self._curve(*pairs, smooth=True)
        elif upper == "S":
            before = self.here if self.last_control is None else 2 * self.here - self.last_control
            self._curve(before, *pairs, smooth=True)
        else:
            control, target = pairs
            self._curve(self.here + (control - self.here) * 2 / 3, target + (control - target) * 2 / 3, target)

    def _close(self) -> None:
        if self._first < 0:
            return
        if np.array_equal(self.here, self.begin):
            self.index[-1][3] = self._first  # the end is the beginning, not a point in the same place
            if self._number == len(self.points) - 1 and self._number != self._first:
                self.points.pop()
        else:
            controls = _thirds(self.here, self.begin)
            self.index.append([self._number, len(self.points), len(self.points) + 1, self._first])
            self.points += list(controls)
        self.here = self.begin
        self._number = self._first = -1
        self.last_control = None

    def _curve(self, *controls: np.ndarray, smooth: bool = False) -> None:
        """Add a segment with these three further control points."""
        one, two, end = controls
        if self._number < 0:
            self._number = self._first = len(self.points)
            self.points.append(self.here)
        number = len(self.points)
        self.index.append([self._number, number, number + 1, number + 2])
        self.points += [one, two, end]
        self._number, self.here = number + 2, end
        self.last_control = two if smooth else None


def _thirds(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The inner control points of a straight segment."""
    return np.stack([begin + (end - begin) / 3, begin + (end - begin) * 2 / 3])
