"""Path data of SVG, every command, absolute and relative, as cubic segments."""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Point = tuple[float, float]

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_PART = re.compile(r"([A-DF-Za-df-z])([^A-DF-Za-df-z]*)")  # a command and its numbers; e belongs to numbers
_COUNT = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
LONGEST_DATA = 16 << 20
"""Characters of path data that one element may have."""
MOST_SEGMENTS = 600_000
"""Segments that a file may have; the largest drawing of `line_sketch` has somewhat fewer."""
LARGEST = 1e9
"""Beyond this, numbers are not taken for places and sizes."""


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

    def area(self) -> Outline | None:
        """What filling paints: each subpath that does not end where it began gets a straight segment back.

        Subpaths without an area, such as straight lines, are left out; None when there is no other.
        """
        breaks = np.flatnonzero(self.index[1:, 0] != self.index[:-1, 3]) + 1
        begins, ends = np.append(0, breaks), np.append(breaks, len(self.index))
        extra: list[np.ndarray] = []
        rows: list[np.ndarray] = []
        for begin, end in zip(begins, ends, strict=True):
            if _on_one_line(self.points[self.index[begin:end]].reshape(-1, 2)):
                continue
            rows.append(self.index[begin:end])
            first, last = self.index[begin, 0], self.index[end - 1, 3]
            if first != last:
                number = len(self.points) + 2 * len(extra)
                step = (self.points[first] - self.points[last]) / 3
                extra.append(np.stack([self.points[last] + step, self.points[first] - step]))
                rows.append(np.array([[last, number, number + 1, first]]))
        return Outline(np.concatenate([self.points, *extra]), np.concatenate(rows)) if rows else None

    def box(self) -> np.ndarray:
        """2 2: the smallest and largest x and y of points along the curves."""
        t = np.linspace(0, 1, 9)[:, None]
        weights = np.hstack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3])
        along = np.einsum("tk,ckd->ctd", weights, self.points[self.index]).reshape(-1, 2)
        return np.stack([along.min(0), along.max(0)])

    def is_a_point(self) -> bool:
        """Whether it has no extent at all."""
        return bool((self.points == self.points[0]).all())


def _on_one_line(points: np.ndarray) -> bool:
    """Whether points, N 2, lie on one straight line."""
    away = points - points[0]
    farthest = away[np.square(away).sum(1).argmax()]
    across = np.abs(away[:, 0] * farthest[1] - away[:, 1] * farthest[0])
    return bool(across.max() <= 1e-9 * np.square(farthest).sum())


class Pen:
    """Where the pen is, and what it drew."""

    def __init__(self) -> None:
        self.here: Point = (0.0, 0.0)
        self._points: list[Point] = []
        self._index: list[list[int]] = []
        self._begin: Point = (0.0, 0.0)
        self._number, self._first = -1, -1

    def outline(self) -> Outline | None:
        """What was drawn; None for nothing.

        Raises:
            ValueError: it leads too far away.
        """
        if not self._index:
            return None
        points = np.array(self._points)
        if not (np.abs(points) <= LARGEST).all():
            raise ValueError(f"path data leads beyond {LARGEST:g}")
        return Outline(points, np.array(self._index))

    def move(self, point: Point) -> None:
        self.here = self._begin = point
        self._number = self._first = -1

    def line(self, end: Point) -> None:
        (x, y), (u, v) = self.here, end
        self.curve((x + (u - x) / 3, y + (v - y) / 3), (x + (u - x) * 2 / 3, y + (v - y) * 2 / 3), end)

    def quadratic(self, control: Point, end: Point) -> None:
        (x, y), (p, q), (u, v) = self.here, control, end
        self.curve((x + (p - x) * 2 / 3, y + (q - y) * 2 / 3), (u + (p - u) * 2 / 3, v + (q - v) * 2 / 3), end)

    def arc(self, radii: Point, angle: float, large: bool, sweep: bool, end: Point) -> None:
        """Part of an ellipse; a straight line where a radius is zero, as the specification wants it.

        Raises:
            ValueError: radii that no number can hold.
        """
        if 0 in radii:
            self.line(end)
            return
        begin = complex(*self.here)
        try:
            curves = _arc_curves(begin, radii, math.radians(angle), large, sweep, complex(*end))
        except (ArithmeticError, ValueError):
            raise ValueError(f"an arc of radii {radii[0]:g} and {radii[1]:g} cannot be drawn") from None
        for first, second, to in curves:
            self.curve(_pair(first), _pair(second), _pair(to))

    def curve(self, first: Point, second: Point, end: Point) -> None:
        if len(self._index) >= MOST_SEGMENTS:
            raise ValueError(f"path data has more than {MOST_SEGMENTS} segments")
        if self._number < 0:
            self._number = self._first = len(self._points)
            self._points.append(self.here)
        number = len(self._points)
        self._index.append([self._number, number, number + 1, number + 2])
        self._points += [first, second, end]
        self._number, self.here = number + 2, end

    def close(self) -> None:
        if self._first >= 0:
            if self.here != self._begin:
                self.line(self._begin)
            # The end is the beginning, not a point in the same place.
            self._index[-1][3] = self._first
            self._points.pop()
        self.move(self._begin)


def _arc_curves(
    begin: complex, radii: Point, angle: float, large: bool, sweep: bool, end: complex
) -> list[tuple[complex, complex, complex]]:
    """An elliptical arc as cubic curves of at most a quarter turn each; none where it ends where it begins.

    Worked out on the unit circle that the ellipse becomes when it is turned back and divided by its radii, around the
    middle between both ends; see the implementation notes of SVG 1.1, F.6.
    """
    tilt, (rx, ry) = cmath.rect(1, angle), radii
    away = (begin - end) / 2 / tilt
    start = complex(away.real / rx, away.imag / ry)
    reach = abs(start)
    if reach == 0:
        return []
    if reach > 1:  # too small an ellipse grows until it reaches both ends
        rx, ry, start = rx * reach, ry * reach, start / reach
    centre = 1j * start * math.sqrt(max(1 / abs(start) ** 2 - 1, 0))
    if large != sweep:
        centre = -centre
    spoke = start - centre
    turn = cmath.phase((-start - centre) / spoke)
    if sweep != (turn > 0):
        turn += 2 * math.pi if sweep else -2 * math.pi
    count = max(1, math.ceil(abs(turn) / (math.pi / 2) - 1e-6))
    step = turn / count
    handle = 4 / 3 * math.tan(step / 4)

    def placed(z: complex) -> complex:
        z += centre
        return complex(z.real * rx, z.imag * ry) * tilt + (begin + end) / 2

    curves = []
    for number in range(count):
        from_, there = spoke * cmath.rect(1, number * step), spoke * cmath.rect(1, (number + 1) * step)
        curves.append((placed(from_ * (1 + 1j * handle)), placed(there * (1 - 1j * handle)), placed(there)))
    first, second, _ = curves[-1]
    return [*curves[:-1], (first, second, end)]


def _pair(z: complex) -> Point:
    return z.real, z.imag


def read_outline(data: str) -> Outline | None:
    """Path data as cubic segments; None when it draws nothing.

    Raises:
        ValueError: a command that there is not, or broken data.
    """
    if len(data) > LONGEST_DATA:
        raise ValueError(f"path data of {len(data)} characters; at most {LONGEST_DATA} are read")
    pen = Pen()
    control: Point | None = None
    before = ""
    for command, values in _commands(data):
        mirrors = before in ("C", "S") if command in "Ss" else command in "Tt" and before in ("Q", "T")
        control = _draw(pen, command, values, control if mirrors else None)
        before = command.upper()
    return pen.outline()


def _draw(pen: Pen, command: str, values: list[float], before: Point | None) -> Point | None:
    """Draw one command.

    Args:
        before: the last control point that S or T mirror.

    Returns:
        the control point that the next one may mirror.
    """
    point, (dx, dy) = pen.here, pen.here if command.islower() else (0.0, 0.0)
    kind = command.upper()
    if kind == "Z":
        pen.close()
        return None
    if kind in "HV":
        pen.line((values[0] + dx, point[1]) if kind == "H" else (point[0], values[0] + dy))
        return None
    end = (values[-2] + dx, values[-1] + dy)
    if kind == "A":
        pen.arc((abs(values[0]), abs(values[1])), values[2], bool(values[3]), bool(values[4]), end)
        return None
    if kind in "ML":
        (pen.move if kind == "M" else pen.line)(end)
        return None
    pairs = [(x + dx, y + dy) for x, y in zip(values[:-2:2], values[1:-2:2], strict=True)]
    if kind in "ST":
        pairs.insert(0, point if before is None else (2 * point[0] - before[0], 2 * point[1] - before[1]))
    if kind in "CS":
        pen.curve(pairs[0], pairs[1], end)
    else:
        pen.quadratic(pairs[0], end)
    return pairs[-1]


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    """One entry per drawn piece: repeated numbers repeat the command (after M as L)."""
    text = data.strip()
    first = _PART.search(text)
    if text and (first is None or first.start() or first.group(1) not in "Mm"):
        raise ValueError(f"path data begins with {text[:12]!r} instead of M")
    for part in _PART.finditer(text):
        command, inner = part.groups()
        count = _COUNT.get(command.upper())
        if count is None:
            raise ValueError(f"there is no path command {command}; expected one of M L H V C S Q T A Z")
        values = _arc_numbers(inner) if count == 7 else numbers(inner)
        if count == 0:
            if values:
                raise ValueError("path data has numbers after Z")
            yield command, values
            continue
        if not values or len(values) % count:
            raise ValueError(f"the path command {command} takes {count} numbers at a time, not {len(values)}")
        line = {"M": "L", "m": "l"}.get(command, command)
        yield command, values[:count]
        for start in range(count, len(values), count):
            yield line, values[start : start + count]


def numbers(text: str) -> list[float]:
    """Numbers between blanks and commas, or without anything between where they can be told apart.

    Raises:
        ValueError: there is something else.
    """
    left = NUMBER.sub(" ", text).replace(",", " ").strip()
    if left:
        raise ValueError(f"there is {left[0]!r}, which is neither a command nor a number")
    return [float(word) for word in NUMBER.findall(text)]


def _arc_numbers(text: str) -> list[float]:
    """The same for arcs, where the fourth and fifth of seven numbers are one digit each."""
    values: list[float] = []
    index = _after_blanks(text, 0)
    while index < len(text):
        flag = len(values) % 7 in (3, 4)
        match = None if flag else NUMBER.match(text, index)
        if flag and text[index] not in "01":
            raise ValueError(f"a flag of an arc is {text[index]!r} instead of 0 or 1")
        if not flag and match is None:
            raise ValueError(f"an arc has {text[index]!r} where a number is due")
        word = text[index] if match is None else match.group()
        values.append(float(word))
        index = _after_blanks(text, index + len(word))
    return values


def _after_blanks(text: str, index: int) -> int:
    while index < len(text) and (text[index] == "," or text[index].isspace()):
        index += 1
    return index
