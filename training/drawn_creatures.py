"""Further creatures, drawn boldly from a few large parts."""

from __future__ import annotations

import math
from collections.abc import Callable

from training.pen import Pen


def _bee(pen: Pen) -> None:
    yellow, black, wing = pen.paint("yellow", "golden"), pen.paint("black"), pen.paint("white", "light blue")
    for x, lean in ((-0.1, -0.12), (0.42, 0.12)):
        pen.disc(x + lean, -0.52, 0.28, pen.near(0.42, 0.06), wing)
    pen.part(black, (0.7, 0.1), (1.0, 0.24), (0.7, 0.4))
    pen.disc(0.14, 0.24, 0.72, pen.near(0.5, 0.06), yellow)
    for x in (-0.04, 0.34):
        half = 0.47 * math.sqrt(1 - ((x - 0.14) / 0.72) ** 2)
        pen.box(x - 0.1, 0.24 - half, x + 0.1, 0.24 + half, black)
    pen.disc(-0.58, 0.18, 0.36, 0.36, yellow)
    pen.disc(-0.68, 0.1, 0.11, 0.13, black)
    for x in (-0.84, -0.5):
        pen.part(black, (x, -0.14), (x - 0.1, -0.48), (x + 0.04, -0.48))


def _snake(pen: Pen) -> None:
    green, belly = pen.paint("green", "light green"), pen.near(0.19, 0.08)
    for step in range(60):
        along = step / 59
        x = 0.95 - 1.7 * along
        y = 0.42 + 0.4 * math.sin(along * 9.0)
        thin = belly * min(1.0, 0.35 + 2.5 * along)
        pen.disc(x, y, thin, thin, green)
    pen.part(pen.paint("red"), (-0.98, -0.2), (-0.62, -0.36), (-0.62, -0.24))
    pen.part(green, (-0.75, 0.84), (-0.94, 0.5), (-0.72, -0.1), (-0.4, -0.1), (-0.5, 0.5))
    pen.disc(-0.48, -0.42, 0.4, 0.32, green)
    pen.disc(-0.56, -0.52, 0.13, 0.13, pen.paint("white"))
    pen.disc(-0.58, -0.52, 0.07, 0.07, pen.paint("black"))


def _whale(pen: Pen) -> None:
    blue, spray = pen.paint("blue", "light blue"), pen.paint("light blue", "white")
    for side in (-1, 1):
        pen.disc(-0.3 + side * 0.22, -0.82, 0.2, 0.14, spray)
    pen.box(-0.36, -0.8, -0.24, -0.3, spray)
    pen.part(blue, (0.2, 0.1), (0.78, -0.5), (0.98, 0.2), (0.5, 0.8))
    pen.part(blue, (0.78, -0.1), (0.5, -0.62), (0.8, -0.5), (1.0, -0.66), (0.98, -0.1))
    pen.disc(-0.2, 0.28, 0.8, pen.near(0.62, 0.05), blue)
    pen.disc(-0.32, 0.62, 0.6, 0.28, pen.paint("white"))
    pen.disc(-0.6, 0.14, 0.11, 0.13, pen.paint("black"))


def _octopus(pen: Pen) -> None:
    skin = pen.paint("red", "pink", "purple", "orange")
    for x in (-0.78, -0.28, 0.28, 0.78):
        outward = x * 1.12
        pen.part(skin, (x * 0.6 - 0.2, 0.0), (x * 0.6 + 0.2, 0.0), (outward + 0.15, 0.9), (outward - 0.15, 0.9))
        pen.disc(outward, 0.84, 0.15, 0.14, skin)
    pen.disc(0, -0.26, pen.near(0.68, 0.05), 0.7, skin)
    for side in (-1, 1):
        pen.disc(side * 0.27, -0.16, 0.19, 0.22, pen.paint("white"))
        pen.disc(side * 0.25, -0.12, 0.1, 0.12, pen.paint("black"))
    pen.disc(0, 0.18, 0.16, 0.07, pen.paint("black"))


def _penguin(pen: Pen) -> None:
    black, orange = pen.paint("black"), pen.paint("orange")
    for side in (-1, 1):
        pen.disc(side * 0.3, 0.9, 0.28, 0.12, orange)
        pen.part(black, (side * 0.4, -0.16), (side * 0.92, 0.42), (side * 0.5, 0.5))
    pen.disc(0, 0.28, pen.near(0.6, 0.05), 0.66, black)
    pen.disc(0, -0.5, 0.46, 0.46, black)
    pen.disc(0, 0.36, 0.42, 0.5, pen.paint("white"))
    for side in (-1, 1):
        pen.disc(side * 0.18, -0.5, 0.2, 0.24, pen.paint("white"))
        pen.disc(side * 0.16, -0.52, 0.09, 0.11, black)
    pen.part(orange, (-0.2, -0.38), (0.2, -0.38), (0, -0.08))


def _skull(pen: Pen) -> None:
    bone, hole = pen.paint("white", "white", "beige"), pen.paint("black")
    pen.box(-0.46, 0.2, 0.46, 0.92, bone)
    pen.disc(0, -0.24, pen.near(0.84, 0.04), 0.72, bone)
    for side in (-1, 1):
        pen.disc(side * 0.36, -0.12, 0.25, 0.27, hole)
    pen.part(hole, (0, 0.14), (0.14, 0.4), (-0.14, 0.4))
    for x in (-0.22, 0.0, 0.22):
        pen.box(x - 0.04, 0.58, x + 0.04, 0.92, hole)


CREATURES: dict[str, Callable[[Pen], None]] = {
    "bee": _bee,
    "snake": _snake,
    "whale": _whale,
    "octopus": _octopus,
    "penguin": _penguin,
    "skull": _skull,
}
