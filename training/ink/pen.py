"""A pen for drawings by formula: a few strokes in a square from -1 to 1 whose y grows downwards."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np

Point = tuple[float, float]

_STEPS = 8
"""Points of a smooth line between two of those that it runs through."""


class Pen:
    """Collects strokes; no two drawings have quite the same proportions.

    Args:
        chance: decides all that varies.

    Attributes:
        strokes: each K x 2.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.strokes: list[np.ndarray] = []

    def near(self, value: float, spread: float = 0.15) -> float:
        """The value, or up to `spread` of it more or less."""
        return value * (1 + self.chance.uniform(-spread, spread))

    def maybe(self, share: float = 0.5) -> bool:
        """Whether a part that not every drawing has is drawn."""
        return self.chance.random() < share

    def line(self, *points: Point, closed: bool = False) -> None:
        """Straight from point to point."""
        corners = [*points, points[0]] if closed else list(points)
        self.strokes.append(np.array(corners, dtype=np.float64))

    def curve(self, *points: Point, closed: bool = False) -> None:
        """A smooth line through the points."""
        self.strokes.append(smooth(points, closed))

    def ring(self, x: float, y: float, across: float, down: float | None = None) -> None:
        """An ellipse around (x, y) with these half axes."""
        self.arc(x, y, across, down, 0, 360)

    def arc(
        self, x: float, y: float, across: float, down: float | None = None, begin: float = 0, end: float = 360
    ) -> None:
        """A part of an ellipse, from one angle to another in degrees, clockwise from the right."""
        steps = max(4, round(abs(end - begin) / 18))
        turns = np.radians(np.linspace(begin, end, steps + 1))
        high = across if down is None else down
        self.strokes.append(np.stack([x + across * np.cos(turns), y + high * np.sin(turns)], 1))

    def dot(self, x: float, y: float, size: float = 0.05) -> None:
        """A small filled spot: a ring too small to have an inside."""
        self.ring(x, y, size * 0.6)

    def box(self, left: float, top: float, right: float, bottom: float) -> None:
        """A rectangle."""
        self.line((left, top), (right, top), (right, bottom), (left, bottom), closed=True)

    def both(self, *points: Point, curved: bool = True) -> None:
        """A line on the right, and its mirror image on the left."""
        for side in (1, -1):
            mirrored = [(side * x, y) for x, y in points]
            if curved:
                self.curve(*mirrored)
            else:
                self.line(*mirrored)


def smooth(points: Sequence[Point], closed: bool) -> np.ndarray:
    """A Catmull-Rom spline through the points, as K x 2."""
    knots = np.array(points, dtype=np.float64)
    ends = (
        np.concatenate([knots[-1:], knots, knots[:2]])
        if closed
        else np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    )
    t = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    parts = []
    for before, begin, end, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        parts.append(
            begin
            + 0.5 * t * (end - before)
            + t**2 * (before - 2.5 * begin + 2 * end - 0.5 * after)
            + t**3 * (-0.5 * before + 1.5 * begin - 1.5 * end + 0.5 * after)
        )
    return np.concatenate([*parts, knots[:1] if closed else knots[-1:]])


def polar(radius: float, degrees: float, x: float = 0.0, y: float = 0.0) -> Point:
    """The point at a distance and an angle from (x, y)."""
    turn = math.radians(degrees)
    return x + radius * math.cos(turn), y + radius * math.sin(turn)
