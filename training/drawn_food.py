"""Fruit and small things by formula, drawn boldly from a few large parts."""

from __future__ import annotations

from collections.abc import Callable

from training.pen import Pen, arc


def _banana(pen: Pen) -> None:
    peel, tip, thick = pen.paint("yellow"), pen.paint("brown"), pen.near(0.86, 0.06)
    # Lying like a smile, so that it is neither a moon that stands nor a fish with a tail; thick, since a thin one is
    # painted as a chain of lumps.
    outer, inner = arc(0, -0.62, 0.98, 1.44, 4, 176), arc(0, -0.66, 0.74, 1.44 - thick, 176, 4)
    pen.part(peel, *outer, *inner)
    pen.part(tip, (-1.0, -0.5), (-0.72, -0.5), (-0.78, -0.82), (-0.98, -0.82))
    pen.part(tip, (0.99, -0.5), (0.73, -0.5), (0.8, -0.66), (0.95, -0.66))


def _apple(pen: Pen) -> None:
    skin = pen.paint("red", "red", "red", "green")
    half = pen.near(0.5, 0.05)
    for side in (-1, 1):
        pen.disc(side * 0.36, 0.02, half + 0.1, 0.62, skin)
        pen.disc(side * 0.26, 0.5, 0.44, 0.46, skin)
    pen.part(pen.paint("brown"), (-0.07, -0.4), (0.08, -0.4), (0.16, -0.98), (0.02, -0.98))
    pen.part(pen.paint("green"), *arc(0.44, -0.72, 0.36, 0.2, 0, 340))
    pen.disc(-0.5, -0.16, 0.13, 0.2, pen.paint("white"))


def _strawberry(pen: Pen) -> None:
    red, leaf = pen.paint("red"), pen.paint("green")
    wide = pen.near(0.78, 0.06)
    pen.part(red, *arc(0, -0.2, wide, 0.5, 180, 360), (0.5, 0.5), (0.14, 0.96), (-0.14, 0.96), (-0.5, 0.5))
    for x, y in ((-0.42, -0.1), (0, 0.0), (0.42, -0.1), (-0.22, 0.32), (0.22, 0.32), (0, 0.64)):
        pen.disc(x, y, 0.07, 0.1, pen.paint("yellow"))
    for x in (-0.5, 0.0, 0.5):
        pen.part(leaf, (x - 0.32, -0.68), (x + 0.32, -0.68), (x, -0.24))
    pen.box(-0.08, -1.0, 0.08, -0.6, leaf)


def _cherries(pen: Pen) -> None:
    red, stem = pen.paint("red"), pen.paint("green")
    size = pen.near(0.44, 0.06)
    pen.part(stem, (0.1, -0.95), (0.24, -0.9), (-0.42, 0.4), (-0.56, 0.4))
    pen.part(stem, (0.1, -0.95), (0.24, -0.95), (0.6, 0.3), (0.46, 0.3))
    pen.part(stem, *arc(0.52, -0.76, 0.4, 0.2, 0, 340))
    for x, y in ((-0.5, 0.5), (0.52, 0.46)):
        pen.disc(x, y, size, size, red)
        pen.disc(x - 0.14, y - 0.16, 0.1, 0.1, pen.paint("white"))


def _watermelon(pen: Pen) -> None:
    for size, colour in ((1.0, "green"), (0.86, "white"), (0.76, "red")):
        pen.part(pen.paint(colour), *arc(0, -0.4, size, size * pen.near(1.2, 0.02), 0, 180))
    for x, y in ((-0.4, -0.16), (0, -0.1), (0.4, -0.16), (-0.2, 0.2), (0.2, 0.2)):
        pen.disc(x, y, 0.07, 0.11, pen.paint("black"))


def _carrot(pen: Pen) -> None:
    leaf = pen.paint("green")
    for lean in (-0.4, 0.0, 0.4):
        pen.part(leaf, (-0.12, -0.4), (0.12, -0.4), (lean + 0.13, -1.0), (lean - 0.13, -1.0))
    half = pen.near(0.44, 0.08)
    pen.part(pen.paint("orange"), (-half, -0.36), (-0.2, -0.52), (0.2, -0.52), (half, -0.36), (0.06, 1.0), (-0.06, 1.0))


def _mushroom(pen: Pen) -> None:
    pen.part(pen.paint("beige", "white"), (-0.26, 0.0), (0.26, 0.0), (0.36, 0.98), (-0.36, 0.98))
    pen.part(pen.paint("red"), *arc(0, 0.14, 0.98, pen.near(1.08, 0.05), 180, 360))
    for x, y, size in ((-0.5, -0.2, 0.18), (0.08, -0.55, 0.2), (0.52, -0.14, 0.17)):
        pen.disc(x, y, size, size, pen.paint("white"))


def _pizza(pen: Pen) -> None:
    pen.part(pen.paint("yellow", "golden"), (-0.86, -0.6), (0.86, -0.6), (0, 1.0))
    pen.disc(0, -0.66, 0.96, pen.near(0.26), pen.paint("brown"))
    for x, y in ((-0.36, -0.16), (0.34, -0.12), (0, 0.36)):
        pen.disc(x, y, 0.2, 0.2, pen.paint("red"))


def _hamburger(pen: Pen) -> None:
    bun = pen.paint("orange", "golden")
    pen.part(bun, *arc(0, -0.12, 0.96, pen.near(0.8, 0.05), 180, 360))
    pen.box(-1.0, -0.14, 1.0, 0.1, pen.paint("green"))
    pen.box(-0.92, 0.08, 0.92, 0.4, pen.paint("brown"))
    for x in (-0.6, 0.0, 0.6):
        pen.part(pen.paint("yellow"), (x - 0.3, 0.06), (x + 0.3, 0.06), (x, 0.3))
    pen.part(bun, *arc(0, 0.4, 0.92, 0.46, 0, 180))


FOOD: dict[str, Callable[[Pen], None]] = {
    "banana": _banana,
    "apple": _apple,
    "strawberry": _strawberry,
    "cherries": _cherries,
    "watermelon": _watermelon,
    "carrot": _carrot,
    "mushroom": _mushroom,
    "pizza": _pizza,
    "hamburger": _hamburger,
}
