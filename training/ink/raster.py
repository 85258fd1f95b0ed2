"""From strokes to coverage: what a pen of some width leaves on paper."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

FINER = 4
"""How many times as many pixels a side are drawn before they are averaged."""


def raster(strokes: Sequence[np.ndarray], width: float, side: int) -> np.ndarray:
    """Coverage side x side in [0, 1].

    Args:
        strokes: K x 2 each, in pixels; width: of the pen in pixels.
    """
    mask = Image.new("L", (side * FINER, side * FINER))
    draw = ImageDraw.Draw(mask)
    wide = max(1, round(width * FINER))
    half = wide / 2
    for stroke in strokes:
        points = [(float(x) * FINER, float(y) * FINER) for x, y in stroke]
        draw.line(points, fill=255, width=wide, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - half, y - half, x + half, y + half), fill=255)
    return np.asarray(mask.reduce(FINER), dtype=np.float32) / 255


def bent(strokes: Sequence[np.ndarray], chance: random.Random, amount: float) -> list[np.ndarray]:
    """Strokes of other proportions: the plane they lie in is stretched by slow waves."""
    waves = [
        (chance.uniform(0.8, 2.6), chance.uniform(0.8, 2.6), chance.uniform(0, 6.3), chance.gauss(0, amount))
        for _ in range(4)
    ]
    result = []
    for stroke in strokes:
        x, y = stroke[:, 0], stroke[:, 1]
        dx = sum(a * np.sin(u * x + v * y + p) for u, v, p, a in waves[:2])
        dy = sum(a * np.sin(u * x + v * y + p) for u, v, p, a in waves[2:])
        result.append(np.stack([x + dx, y + dy], 1))
    return result


def placed(strokes: Sequence[np.ndarray], chance: random.Random, side: int) -> list[np.ndarray]:
    """Strokes from the square -1 to 1 to pixels: at some size, place and tilt."""
    size = chance.uniform(0.39, 0.45) * side
    stretch, tilt = 1 + chance.gauss(0, 0.04), chance.gauss(0, 0.03)
    cos, sin = math.cos(tilt), math.sin(tilt)
    turn = np.array([[cos, sin], [-sin, cos]]) @ np.diag([size * stretch, size / stretch])
    room = max(0.0, side * 0.48 - size)
    centre = np.array([side / 2 + chance.uniform(-room, room), side / 2 + chance.uniform(-room, room)])
    return [stroke @ turn + centre for stroke in strokes]


def shaky(strokes: Sequence[np.ndarray], chance: random.Random, shift: float) -> list[np.ndarray]:
    """Each stroke moved, turned and stretched by itself, as in a drawing that is not right yet; pixels."""
    result = []
    for stroke in strokes:
        middle = stroke.mean(0)
        scale, turn = math.exp(chance.gauss(0, 0.04 * shift)), chance.gauss(0, 0.05 * shift)
        cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
        moved = (stroke - middle) @ np.array([[cos, sin], [-sin, cos]]) + middle
        result.append(moved + np.array([chance.gauss(0, shift), chance.gauss(0, shift)]))
    return result


def scribble(chance: random.Random, side: int) -> np.ndarray:
    """A wandering stroke, in pixels."""
    x, y = chance.uniform(0.1, 0.9), chance.uniform(0.1, 0.9)
    turn, bend, step = chance.uniform(0, 6.3), chance.gauss(0, 0.25), chance.uniform(0.015, 0.05)
    points = []
    for _ in range(chance.randint(8, 40)):
        points.append((x * side, y * side))
        bend = 0.8 * bend + chance.gauss(0, 0.2)
        turn += bend
        x, y = x + step * math.cos(turn), y + step * math.sin(turn)
        if not (0.03 < x < 0.97 and 0.03 < y < 0.97):
            break
    return np.array(points if len(points) > 1 else [*points, (x * side + 1, y * side)])
