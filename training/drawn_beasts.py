"""Animals and beings by formula, told by their outlines, drawn boldly from a few large parts."""

from __future__ import annotations

from collections.abc import Callable

from training.pen import Pen, arc, darker


def _eyes(pen: Pen, apart: float, y: float, size: float) -> None:
    for side in (-1, 1):
        pen.disc(side * apart, y, size, size * 1.2, pen.paint("black"))


def _robot(pen: Pen) -> None:
    metal, dark = pen.paint("gray", "gray", "light blue"), pen.paint("black")
    pen.box(-0.05, -1.0, 0.05, -0.7, dark)
    pen.disc(0, -0.94, 0.11, 0.11, pen.paint("red"))
    pen.box(-0.5, -0.76, 0.5, 0.02, metal)
    for side in (-1, 1):
        pen.disc(side * 0.22, -0.46, 0.15, 0.15, pen.paint("yellow"))
        pen.box(side * 0.84 - 0.12, 0.1, side * 0.84 + 0.12, 0.66, metal)
        pen.box(side * 0.3 - 0.14, 0.7, side * 0.3 + 0.14, 1.0, dark)
    pen.box(-0.28, -0.22, 0.28, -0.1, dark)
    pen.box(-0.14, 0.0, 0.14, 0.14, dark)
    pen.box(-0.86, 0.1, 0.86, 0.28, metal)
    pen.box(-0.56, 0.1, pen.near(0.56, 0.04), 0.76, metal)
    pen.box(-0.3, 0.3, 0.3, 0.56, pen.paint("red", "blue"))


def _horse(pen: Pen) -> None:
    coat, mane = pen.paint("brown"), pen.paint("black")
    for x in (-0.44, -0.2, 0.4, 0.64):
        pen.box(x - 0.09, 0.2, x + 0.09, 1.0, coat)
        pen.box(x - 0.1, 0.88, x + 0.1, 1.0, mane)
    pen.part(mane, (0.7, -0.1), (1.0, 0.1), (0.98, 0.66), (0.78, 0.4))
    pen.part(mane, (-0.5, -0.98), (-0.3, -0.98), (0.06, -0.1), (-0.2, -0.1))
    pen.disc(0.12, 0.12, 0.7, pen.near(0.34, 0.06), coat)
    pen.part(coat, (-0.62, -0.96), (-0.4, -0.9), (-0.02, 0.0), (-0.5, 0.26))
    pen.part(coat, (-0.5, -0.98), (-0.4, -0.5), (-0.84, -0.22), (-1.0, -0.42))
    pen.disc(-0.6, -0.66, 0.07, 0.08, mane)


def _dragon(pen: Pen) -> None:
    skin, wing, black = pen.paint("green"), pen.paint("red"), pen.paint("black")
    for side in (-1, 1):
        # From the front: of a dragon from the side, a puzzle of coloured parts was painted.
        edge = ((0.1, 0.1), (0.56, -0.6), (1.0, -0.96), (1.0, 0.36), (0.8, 0.12), (0.62, 0.4), (0.46, 0.16), (0.2, 0.5))
        pen.part(wing, *((side * x, y) for x, y in edge))
        pen.part(pen.paint("yellow"), (side * 0.14, -0.66), (side * 0.38, -0.6), (side * 0.44, -1.0))
        pen.disc(side * 0.28, 0.9, 0.2, 0.1, skin)
    pen.disc(0, 0.44, pen.near(0.42, 0.04), 0.52, skin)
    pen.disc(0, 0.5, 0.22, 0.38, pen.paint("yellow"))
    pen.disc(0, -0.4, 0.44, 0.34, skin)
    pen.disc(0, -0.2, 0.34, 0.22, skin)
    _eyes(pen, 0.22, -0.46, 0.11)
    for side in (-1, 1):
        pen.disc(side * 0.13, -0.14, 0.06, 0.06, black)


def _rabbit(pen: Pen) -> None:
    fur, inside = pen.paint("gray", "beige", "white"), pen.paint("pink")
    long = pen.near(0.56, 0.05)
    for side in (-1, 1):
        pen.disc(side * 0.36, -0.42, 0.25, long, fur)
        pen.disc(side * 0.36, -0.42, 0.13, long - 0.14, inside)
    pen.disc(0, 0.42, 0.74, 0.56, fur)
    _eyes(pen, 0.36, 0.28, pen.near(0.12))
    pen.part(inside, (-0.16, 0.44), (0.16, 0.44), (0, 0.6))
    pen.box(-0.16, 0.66, 0.16, 0.9, pen.paint("white"))


def _owl(pen: Pen) -> None:
    feathers, ring, branch = pen.paint("brown"), pen.paint("white"), pen.paint("orange")
    for side in (-1, 1):
        pen.part(feathers, (side * 0.78, -0.2), (side * 0.74, -1.0), (side * 0.1, -0.62))
        pen.disc(side * 0.26, 0.94, 0.16, 0.07, branch)
    pen.disc(0, 0.1, pen.near(0.76, 0.03), 0.82, feathers)
    pen.disc(0, 0.5, 0.46, 0.42, pen.paint("beige"))
    for side in (-1, 1):
        pen.disc(side * 0.72, 0.3, 0.24, 0.46, darker(feathers))
        pen.disc(side * 0.36, -0.24, 0.37, 0.37, ring)
        pen.disc(side * 0.34, -0.24, 0.21, 0.23, pen.paint("black"))
    pen.part(branch, (-0.15, -0.06), (0.15, -0.06), (0, 0.24))


def _pig(pen: Pen) -> None:
    skin, snout = pen.paint("pink"), (235, 90, 140)
    for side in (-1, 1):
        pen.part(snout, (side * 0.9, -0.9), (side * 0.2, -0.7), (side * 0.8, -0.2))
    pen.disc(0, 0.06, 0.94, pen.near(0.84, 0.04), skin)
    _eyes(pen, 0.44, -0.2, 0.12)
    pen.disc(0, 0.3, 0.42, 0.32, snout)
    for side in (-1, 1):
        pen.disc(side * 0.16, 0.3, 0.09, 0.14, pen.paint("black"))


def _bear(pen: Pen) -> None:
    fur = pen.paint("brown")
    for side in (-1, 1):
        pen.disc(side * 0.66, -0.6, 0.32, 0.32, fur)
        pen.disc(side * 0.66, -0.6, 0.16, 0.16, pen.paint("beige"))
    pen.disc(0, 0.1, 0.9, pen.near(0.82, 0.04), fur)
    _eyes(pen, 0.38, -0.1, 0.12)
    pen.disc(0, 0.44, 0.42, 0.34, pen.paint("beige"))
    pen.disc(0, 0.3, 0.19, 0.13, pen.paint("black"))


def _panda(pen: Pen) -> None:
    black = pen.paint("black")
    for side in (-1, 1):
        pen.disc(side * 0.68, -0.62, 0.32, 0.32, black)
    pen.disc(0, 0.1, 0.92, pen.near(0.82, 0.04), pen.paint("white"))
    for side in (-1, 1):
        pen.disc(side * 0.4, -0.02, 0.26, 0.3, black)
        pen.disc(side * 0.36, -0.04, 0.1, 0.1, pen.paint("white"))
    pen.disc(0, 0.4, 0.2, 0.13, black)


def _fox(pen: Pen) -> None:
    fur, white = pen.paint("orange"), pen.paint("white")
    for side in (-1, 1):
        pen.part(fur, (side * 0.96, -0.98), (side * 0.1, -0.44), (side * 0.86, 0.1))
        pen.part(pen.paint("black"), (side * 0.84, -0.76), (side * 0.44, -0.46), (side * 0.76, -0.24))
    pen.part(fur, (-0.9, -0.1), (-0.4, -0.5), (0.4, -0.5), (0.9, -0.1), (pen.near(0.2), 0.96), (-0.2, 0.96))
    for side in (-1, 1):
        pen.part(white, (side * 0.9, -0.06), (side * 0.3, 0.2), (side * 0.1, 0.9))
    _eyes(pen, 0.36, -0.02, 0.12)
    pen.disc(0, 0.86, 0.18, 0.13, pen.paint("black"))


def _frog(pen: Pen) -> None:
    skin = pen.paint("green")
    for side in (-1, 1):
        pen.disc(side * 0.54, -0.54, 0.42, 0.42, skin)
        pen.disc(side * 0.54, -0.56, 0.29, 0.29, pen.paint("white"))
        pen.disc(side * 0.54, -0.54, 0.16, 0.17, pen.paint("black"))
    pen.disc(0, 0.26, 0.96, pen.near(0.64, 0.04), skin)
    pen.part(pen.paint("red"), *arc(0, 0.26, 0.7, 0.36, 0, 180))


def _elephant(pen: Pen) -> None:
    skin = pen.paint("gray", "gray", "light blue")
    inner = darker(skin)
    for side in (-1, 1):
        pen.disc(side * 0.66, -0.2, 0.34, pen.near(0.58, 0.06), inner)
    pen.disc(0, -0.2, 0.56, 0.6, skin)
    pen.part(skin, (-0.24, 0.0), (0.24, 0.0), (0.17, 0.98), (-0.17, 0.98))
    for side in (-1, 1):
        pen.part(pen.paint("white"), (side * 0.24, 0.26), (side * 0.44, 0.2), (side * 0.42, 0.7))
    _eyes(pen, 0.28, -0.24, 0.1)


def _turtle(pen: Pen) -> None:
    skin, shell = pen.paint("light green"), pen.paint("dark green", "brown")
    for x in (-0.36, 0.52):
        pen.disc(x, 0.62, 0.2, 0.26, skin)
    pen.disc(-0.76, 0.14, 0.27, 0.27, skin)
    pen.box(-0.7, 0.2, 0.0, 0.5, skin)
    pen.part(skin, (0.7, 0.3), (1.0, 0.56), (0.7, 0.56))
    pen.part(shell, *arc(0.1, 0.46, 0.74, pen.near(0.98, 0.05), 180, 360))
    for x, y in ((-0.24, 0.18), (0.1, -0.14), (0.44, 0.18)):
        pen.disc(x, y, 0.15, 0.16, pen.paint("green"))
    pen.disc(-0.82, 0.08, 0.07, 0.08, pen.paint("black"))


BEASTS: dict[str, Callable[[Pen], None]] = {
    "robot": _robot,
    "horse": _horse,
    "dragon": _dragon,
    "rabbit": _rabbit,
    "owl": _owl,
    "pig": _pig,
    "bear": _bear,
    "panda": _panda,
    "fox": _fox,
    "frog": _frog,
    "elephant": _elephant,
    "turtle": _turtle,
}
