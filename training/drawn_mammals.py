"""Further mammals by formula, most of them faces, each told by ears, marks and muzzle of its own."""

from __future__ import annotations

import math
from collections.abc import Callable

from training.pen import Pen, arc, darker


def _eyes(pen: Pen, apart: float, y: float, size: float) -> None:
    for side in (-1, 1):
        pen.disc(side * apart, y, size, size * 1.2, pen.paint("black"))


def _cow(pen: Pen) -> None:
    white, black, muzzle = pen.paint("white"), pen.paint("black"), pen.paint("pink")
    for side in (-1, 1):
        pen.part(pen.paint("beige", "golden"), (side * 0.2, -0.66), (side * 0.56, -0.6), (side * 0.66, -1.0))
        pen.disc(side * 0.74, -0.4, 0.26, 0.15, black)
    pen.part(white, (-0.54, -0.72), (0.54, -0.72), (0.64, -0.1), (0.44, 0.6), (-0.44, 0.6), (-0.64, -0.1))
    pen.part(black, (0.16, -0.72), (0.54, -0.72), (0.64, -0.1), (0.56, 0.2), (0.2, -0.04))
    pen.part(black, (-0.22, -0.72), (-0.54, -0.72), (-0.64, -0.1), (-0.5, 0.4), (-0.16, 0.0))
    for side in (-1, 1):
        pen.disc(side * 0.36, -0.28, 0.18, 0.19, white)
        pen.disc(side * 0.35, -0.26, 0.11, 0.13, black)
    pen.disc(0, 0.56, pen.near(0.66, 0.04), 0.42, muzzle)
    for side in (-1, 1):
        pen.disc(side * 0.27, 0.52, 0.1, 0.15, black)


def _mouse(pen: Pen) -> None:
    fur, inside, dark = pen.grey(135), pen.paint("pink"), pen.paint("black")
    size = pen.near(0.46, 0.04)
    for side in (-1, 1):
        pen.disc(side * 0.54, -0.5, size, size, fur)
        pen.disc(side * 0.54, -0.5, size - 0.15, size - 0.15, inside)
    pen.part(fur, *arc(0, 0.04, 0.68, 0.5, 180, 360), (0.6, 0.4), (0.16, 0.94), (-0.16, 0.94), (-0.6, 0.4))
    for side in (-1, 1):
        for y in (0.5, 0.84):
            pen.line(dark, 0.04, (side * 0.2, 0.68), (side * 0.9, y))
    _eyes(pen, 0.28, 0.12, 0.13)
    pen.disc(0, 0.8, 0.2, 0.17, inside)


def _tiger(pen: Pen) -> None:
    fur, black, white = pen.paint("orange"), pen.paint("black"), pen.paint("white")
    for side in (-1, 1):
        pen.disc(side * 0.64, -0.62, 0.3, 0.3, fur)
        pen.disc(side * 0.64, -0.62, 0.16, 0.16, black)
    pen.disc(0, 0.08, pen.near(0.92, 0.03), 0.84, fur)
    for side in (-1, 1):
        for y, tip in ((-0.2, -0.06), (0.14, 0.2), (0.46, 0.42)):
            pen.part(black, (side * 0.96, y - 0.12), (side * 0.96, y + 0.1), (side * 0.54, tip))
        pen.part(black, (side * 0.22, -0.78), (side * 0.42, -0.7), (side * 0.22, -0.3))
        pen.disc(side * 0.2, 0.5, 0.27, 0.24, white)
    pen.part(black, (-0.1, -0.78), (0.1, -0.78), (0, -0.24))
    _eyes(pen, 0.36, -0.06, 0.12)
    pen.part(pen.paint("pink"), (-0.2, 0.2), (0.2, 0.2), (0, 0.42))
    pen.box(-0.03, 0.4, 0.03, 0.62, black)


def _lion(pen: Pen) -> None:
    mane, fur, black = pen.paint("brown"), pen.paint("golden", "yellow"), pen.paint("black")
    radii = [0.99, pen.near(0.84, 0.03)] * 14
    turns = [math.pi * corner / 14 for corner in range(28)]
    pen.part(mane, *((r * math.sin(turn), -r * math.cos(turn)) for r, turn in zip(radii, turns, strict=True)))
    for side in (-1, 1):
        pen.disc(side * 0.44, -0.5, 0.2, 0.2, fur)
    pen.disc(0, 0.06, 0.6, 0.6, fur)
    _eyes(pen, 0.25, -0.08, 0.1)
    for side in (-1, 1):
        pen.disc(side * 0.15, 0.36, 0.2, 0.17, pen.paint("white"))
    pen.part(black, (-0.18, 0.14), (0.18, 0.14), (0, 0.34))
    pen.box(-0.03, 0.3, 0.03, 0.5, black)


def _wolf(pen: Pen) -> None:
    fur, light, black = pen.grey(120), pen.grey(238), pen.paint("black")
    high = pen.near(-0.96, 0.03)
    for side in (-1, 1):
        pen.part(fur, (side * 0.72, high), (side * 0.1, -0.4), (side * 0.8, 0.0))
        pen.part(darker(fur), (side * 0.64, high + 0.24), (side * 0.34, -0.42), (side * 0.66, -0.26))
        cheek = ((0.0, -0.54), (0.6, -0.4), (0.78, 0.0), (0.98, 0.3), (0.7, 0.3), (0.78, 0.6), (0.42, 0.54), (0, 0.6))
        pen.part(fur, *((side * x, y) for x, y in cheek))
        pen.part(light, (side * 0.14, 0.1), (side * 0.8, 0.26), (side * 0.5, 0.5), (side * 0.14, 0.6))
        pen.part(pen.paint("yellow"), (side * 0.14, -0.04), (side * 0.54, -0.22), (side * 0.46, 0.08))
        pen.disc(side * 0.34, -0.06, 0.08, 0.09, black)
    pen.part(fur, (-0.2, -0.1), (0.2, -0.1), (0.3, 0.6), (-0.3, 0.6))
    pen.part(light, (-0.3, 0.5), (0.3, 0.5), (0.16, 0.96), (-0.16, 0.96))
    pen.disc(0, 0.56, 0.2, 0.14, black)


def _monkey(pen: Pen) -> None:
    fur, skin, dark = pen.paint("brown"), pen.paint("beige"), pen.paint("black")
    for side in (-1, 1):
        pen.disc(side * 0.74, -0.06, 0.25, 0.28, fur)
        pen.disc(side * 0.74, -0.06, 0.14, 0.17, skin)
    pen.disc(0, -0.06, pen.near(0.7, 0.04), 0.86, fur)
    for side in (-1, 1):
        pen.disc(side * 0.24, -0.16, 0.3, 0.34, skin)
    pen.disc(0, 0.4, 0.6, 0.46, skin)
    _eyes(pen, 0.24, -0.14, 0.11)
    for side in (-1, 1):
        pen.disc(side * 0.09, 0.22, 0.06, 0.07, dark)
    pen.part(pen.paint("red", "brown"), *arc(0, 0.42, 0.36, 0.26, 0, 180))


def _unicorn(pen: Pen) -> None:
    coat = pen.paint("white")
    for hue, x, y in (("blue", 0.78, 0.74), ("purple", 0.76, 0.28), ("pink", 0.62, -0.16), ("purple", 0.38, -0.5)):
        pen.disc(x, y, 0.22, 0.3, pen.paint(hue))
    pen.part(pen.paint("golden", "yellow"), (-0.34, -0.3), (0.0, -0.52), (pen.near(-0.56, 0.05), -1.0))
    # A bluish rim keeps the white head from vanishing on white paper.
    for rim, colour in ((0.06, (170, 185, 215)), (0.0, coat)):
        pen.part(colour, (0.0 - rim, -0.5), (0.14, -0.9 - rim), (0.32 + rim, -0.44))
        pen.part(colour, (0.2, -0.6 - rim), (0.56 + rim, 0.0), (0.72 + rim, 1.0), (-0.1 - rim, 1.0), (0.0 - rim, 0.4))
        pen.part(colour, (0.2, -0.6 - rim), (-0.3, -0.36 - rim), (-0.86, 0.26), (-0.9 - rim, 0.52), (-0.7, 0.7 + rim),
                 (-0.4, 0.64 + rim), (0.1, 0.44 + rim), (0.5, 0.0))  # fmt: skip
    pen.disc(-0.16, -0.08, 0.1, 0.13, pen.paint("black"))
    pen.disc(-0.72, 0.42, 0.07, 0.07, pen.paint("pink"))


MAMMALS: dict[str, Callable[[Pen], None]] = {
    "cow": _cow,
    "mouse": _mouse,
    "tiger": _tiger,
    "lion": _lion,
    "wolf": _wolf,
    "monkey": _monkey,
    "unicorn": _unicorn,
}
