"""Further objects, plants and food, drawn boldly from a few large parts."""

from __future__ import annotations

import math
from collections.abc import Callable

from training.pen import Pen


def _ice_cream(pen: Pen) -> None:
    cone, scoop = pen.paint("golden", "beige"), pen.paint("pink", "pink", "white", "light green")
    pen.part(cone, (-0.5, -0.05), (0.5, -0.05), (0, 1.0))
    pen.disc(0, -0.42, pen.near(0.58, 0.05), 0.52, scoop)
    for x in (-0.4, 0.0, 0.4):
        pen.disc(x, -0.04, 0.2, 0.15, scoop)
    pen.disc(0.1, -0.9, 0.14, 0.14, pen.paint("red"))


def _leaf(pen: Pen) -> None:
    green, vein = pen.paint("green", "green", "light green"), pen.paint("dark green")
    wide = pen.near(0.66, 0.06)
    turns = [step / 16 for step in range(17)]
    right = [(wide * math.sin(math.pi * t) ** 0.8, -1.0 + 1.6 * t) for t in turns]
    pen.part(green, *right, *((-x, y) for x, y in reversed(right)))
    pen.box(-0.05, -0.6, 0.05, 1.0, vein)
    for y in (-0.2, 0.2):
        for side in (-1, 1):
            pen.part(vein, (0, y + 0.1), (0, y), (side * 0.36, y - 0.3))


def _clock(pen: Pen) -> None:
    rim, hands = pen.paint("red", "red", "red", "brown"), pen.paint("black")
    pen.disc(0, 0, 0.96, 0.96, rim)
    pen.disc(0, 0, 0.78, 0.78, pen.paint("white"))
    for turn in range(0, 360, 90):
        pen.disc(0.64 * math.cos(math.radians(turn)), 0.64 * math.sin(math.radians(turn)), 0.08, 0.08, hands)
    pen.box(-0.07, -0.54, 0.07, 0.07, hands)
    pen.box(-0.07, -0.07, pen.near(0.42), 0.07, hands)


def _sunflower(pen: Pen) -> None:
    petal, leaf = pen.paint("yellow", "yellow", "golden"), pen.paint("green")
    pen.box(-0.08, 0.1, 0.08, 1.0, leaf)
    for side in (-1, 1):
        pen.disc(side * 0.34, 0.74, 0.3, 0.15, leaf)
    for number in range(10):
        turn = math.radians(36 * number)
        pen.disc(0.46 * math.cos(turn), -0.34 + 0.46 * math.sin(turn), 0.2, 0.2, petal)
    pen.disc(0, -0.34, pen.near(0.38, 0.05), 0.38, pen.paint("brown"))


def _cup(pen: Pen) -> None:
    china, steam = pen.paint("white", "red", "light blue"), pen.paint("gray", "white")
    for x in (-0.42, 0.0):
        pen.part(
            steam,
            (x, -0.5),
            (x - 0.1, -0.74),
            (x + 0.02, -0.98),
            (x + 0.14, -0.98),
            (x + 0.04, -0.74),
            (x + 0.14, -0.5),
        )
    hole = pen.near(0.17, 0.08)
    pen.disc(0.58, 0.2, 0.38, 0.38, china)
    pen.disc(0.6, 0.2, hole, hole, pen.paint("black"))
    pen.part(china, (-0.8, -0.26), (0.48, -0.26), (0.34, 0.8), (-0.66, 0.8))
    pen.disc(-0.16, -0.26, 0.64, 0.15, china)
    pen.disc(-0.16, -0.26, 0.54, 0.11, pen.paint("brown"))
    pen.disc(-0.16, 0.88, 0.84, 0.12, china)


def _mountain(pen: Pen) -> None:
    rock, snow = pen.paint("gray", "blue", "brown"), pen.paint("white")
    top = pen.near(-0.95, 0.04)
    pen.part(rock, (0.0, 0.9), (0.5, -0.2), (1.0, 0.9))
    pen.part(snow, (0.34, 0.15), (0.5, -0.2), (0.66, 0.15), (0.5, 0.05))
    pen.part(rock, (-1.0, 0.9), (-0.2, top), (0.6, 0.9))
    pen.part(snow, (-0.5, -0.25), (-0.2, top), (0.1, -0.25), (-0.05, -0.1), (-0.2, -0.3), (-0.35, -0.1))


def _cake(pen: Pen) -> None:
    sponge, icing = pen.paint("pink", "brown", "beige"), pen.paint("white", "pink")
    for x in (-0.4, 0.0, 0.4):
        pen.box(x - 0.06, -0.6, x + 0.06, -0.1, pen.paint("blue", "red", "green"))
        pen.disc(x, -0.76, 0.09, 0.18, pen.paint("orange", "yellow"))
    pen.box(-0.78, -0.1, 0.78, 0.84, sponge)
    pen.box(-0.78, -0.14, 0.78, 0.16, icing)
    for x in (-0.6, -0.2, 0.2, 0.6):
        pen.disc(x, 0.16, 0.2, pen.near(0.18), icing)
    pen.disc(0, 0.86, 0.98, 0.12, pen.paint("gray", "white"))


def _train(pen: Pen) -> None:
    body, black = pen.paint("red", "green", "blue"), pen.paint("black")
    pen.box(-0.66, pen.near(-0.78, 0.05), -0.4, -0.1, black)
    pen.disc(-0.53, -0.84, 0.22, 0.12, pen.paint("gray"))
    pen.box(-0.86, -0.24, 0.3, 0.44, body)
    pen.box(0.16, -0.7, 0.92, 0.44, body)
    pen.box(0.1, -0.86, 0.98, -0.64, black)
    pen.box(0.34, -0.48, 0.74, -0.06, pen.paint("light blue", "white"))
    pen.part(black, (-0.86, 0.3), (-0.6, 0.3), (-0.6, 0.72), (-1.0, 0.72))
    for x, size in ((-0.48, 0.22), (0.02, 0.22), (0.58, 0.32)):
        pen.disc(x, 0.82 - size, size, size, black)
        pen.disc(x, 0.82 - size, size * 0.45, size * 0.45, pen.paint("gray"))


OBJECTS: dict[str, Callable[[Pen], None]] = {
    "ice cream": _ice_cream,
    "leaf": _leaf,
    "clock": _clock,
    "sunflower": _sunflower,
    "cup": _cup,
    "mountain": _mountain,
    "cake": _cake,
    "train": _train,
}
