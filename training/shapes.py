"""The plain shapes that no atlas holds: filled, or as outlines."""

from __future__ import annotations

import math

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor


def shape_tile(shape: str, side: int, line: bool) -> Tensor:
    """A plain shape or its outline, black on nothing: 4 side side, uint8."""
    large = side * 4
    mask = Image.new("L", (large, large))
    _draw(ImageDraw.Draw(mask), shape, large)
    if line and shape not in ("line", "spiral"):
        inner = mask.filter(ImageFilter.MinFilter(21))
        mask = Image.fromarray(np.asarray(mask) - np.asarray(inner))
    coverage = np.asarray(mask.resize((side, side), Image.Resampling.BOX))
    return torch.cat([torch.zeros(3, side, side, dtype=torch.uint8), torch.from_numpy(coverage.copy())[None]])


def _draw(pen: ImageDraw.ImageDraw, shape: str, side: int) -> None:
    def at(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [((x * 0.46 + 0.5) * side, (y * 0.46 + 0.5) * side) for x, y in points]

    def disc(x: float, y: float, across: float, down: float, fill: int = 255) -> None:
        (left, top), (right, bottom) = at([(x - across, y - down), (x + across, y + down)])
        pen.ellipse((left, top, right, bottom), fill=fill)

    if shape in _POLYGONS:
        pen.polygon(at(_POLYGONS[shape]), fill=255)
    elif shape == "heart":
        turns = [i / 100 * 2 * math.pi for i in range(100)]
        pen.polygon(
            at(
                [
                    (math.sin(t) ** 3, -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t)) / 16)
                    for t in turns
                ]
            ),
            fill=255,
        )
    elif shape == "spiral":
        turns = [i / 300 * 6 * math.pi for i in range(300)]
        path = [(math.cos(t) * t / 19, math.sin(t) * t / 19) for t in turns]
        pen.line(at(path), fill=255, width=side // 14, joint="curve")
    elif shape == "crescent":
        disc(0, 0, 1, 1)
        disc(0.45, -0.1, 0.85, 0.85, 0)
    elif shape == "ring":
        disc(0, 0, 1, 1)
        disc(0, 0, 0.55, 0.55, 0)
    elif shape == "cloud":
        for x, y, r in ((-0.55, 0.2, 0.4), (0, -0.1, 0.55), (0.55, 0.2, 0.4), (0, 0.3, 0.35)):
            disc(x, y, r, r)
    elif shape == "drop":
        disc(0, 0.35, 0.62, 0.62)
        pen.polygon(at([(0, -1), (0.57, 0.1), (-0.57, 0.1)]), fill=255)
    else:
        across, down = {"circle": (1, 1), "dot": (0.5, 0.5), "oval": (0.65, 1)}[shape]
        disc(0, 0, across, down)


def _regular(corners: int, turn: float = 0.0) -> list[tuple[float, float]]:
    angles = [2 * math.pi * (i + turn) / corners for i in range(corners)]
    return [(math.sin(angle), -math.cos(angle)) for angle in angles]


_POLYGONS: dict[str, list[tuple[float, float]]] = {
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "rectangle": [(-1, -0.55), (1, -0.55), (1, 0.55), (-1, 0.55)],
    "triangle": [(0, -0.9), (1, 0.85), (-1, 0.85)],
    "diamond": [(0, -1), (0.8, 0), (0, 1), (-0.8, 0)],
    "hexagon": _regular(6, 0.5),
    "pentagon": _regular(5),
    "star": [
        (x * (1 if i % 2 == 0 else 0.42), y * (1 if i % 2 == 0 else 0.42)) for i, (x, y) in enumerate(_regular(10))
    ],
    "cross": [
        (x * s, y * s)
        for s in (0.9,)
        for x, y in (
            (-0.33, -1), (0.33, -1), (0.33, -0.33), (1, -0.33), (1, 0.33), (0.33, 0.33),
            (0.33, 1), (-0.33, 1), (-0.33, 0.33), (-1, 0.33), (-1, -0.33), (-0.33, -0.33),
        )
    ],
    "arrow": [(-1, -0.25), (0.1, -0.25), (0.1, -0.7), (1, 0), (0.1, 0.7), (0.1, 0.25), (-1, 0.25)],
    "line": [(-1, -0.12), (1, -0.12), (1, 0.12), (-1, 0.12)],
}  # fmt: skip
