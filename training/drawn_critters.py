"""Poultry, insects and what lives in the sea by formula, told by wings, shells, claws and fins."""

from __future__ import annotations

from collections.abc import Callable

from training.pen import Pen, arc, darker


def _butterfly(pen: Pen) -> None:
    wing, spot, black = pen.paint("orange", "orange", "orange", "blue"), pen.paint("yellow"), pen.paint("black")
    wide = pen.near(0.46, 0.04)
    # The notches between the wings tell it, so no rim fills them.
    for side in (-1, 1):
        pen.part(wing, (0, 0.1), (side * 0.2, -0.8), (side * 0.96, -0.3))
        pen.disc(side * 0.54, -0.5, wide, 0.46, wing)
        pen.part(wing, (0, -0.1), (side * 0.7, 0.34), (side * 0.2, 0.8))
        pen.disc(side * 0.46, 0.52, 0.34, 0.38, wing)
        pen.disc(side * 0.58, -0.52, 0.2, 0.2, spot)
        pen.line(black, 0.09, (0, -0.5), (side * 0.2, -0.94))
    pen.disc(0, 0.06, 0.14, 0.7, black)


def _spider(pen: Pen) -> None:
    black = pen.paint("black")
    spread = pen.near(0.94, 0.03)
    legs = (
        ((0.5, -0.5), (0.66, -0.96)),
        ((0.64, -0.3), (1.0, -0.4)),
        ((0.66, 0.16), (1.0, 0.3)),
        ((0.5, 0.4), (0.7, 0.96)),
    )
    for side in (-1, 1):
        for (x, y), (foot, floor) in legs:
            pen.line(black, 0.1, (0, -0.1), (side * x, y), (side * foot * spread, floor))
    pen.disc(0, 0.34, 0.42, 0.5, black)
    pen.disc(0, -0.3, 0.32, 0.3, black)
    pen.part(pen.paint("red"), (-0.16, 0.14), (0.16, 0.14), (-0.16, 0.54), (0.16, 0.54))
    for side in (-1, 1):
        pen.disc(side * 0.13, -0.38, 0.09, 0.1, pen.paint("white"))


def _ladybug(pen: Pen) -> None:
    red, black = pen.paint("red"), pen.paint("black")
    for side in (-1, 1):
        for y in (-0.2, 0.2, 0.6):
            pen.line(black, 0.09, (0, y), (side * 0.94, y + 0.06))
        pen.line(black, 0.07, (side * 0.1, -0.7), (side * 0.34, -0.97))
    pen.disc(0, -0.56, 0.44, 0.34, black)
    pen.disc(0, 0.2, pen.near(0.76, 0.03), 0.78, red)
    pen.part(black, *arc(0, -0.3, 0.56, 0.26, 180, 360))
    pen.box(-0.05, -0.5, 0.05, 0.98, black)
    for side in (-1, 1):
        pen.disc(side * 0.2, -0.64, 0.1, 0.1, pen.paint("white"))
        for x, y, size in ((0.36, -0.04, 0.16), (0.46, 0.4, 0.15), (0.22, 0.66, 0.12)):
            pen.disc(side * x, y, size, size, black)


def _snail(pen: Pen) -> None:
    body, shell = pen.paint("yellow"), pen.paint("brown")
    pen.part(body, (-1.0, 0.5), (-0.96, 0.0), (-0.52, 0.0), (-0.46, 0.5), (1.0, 0.8), (0.9, 0.92), (-0.7, 0.92))
    for x in (-0.92, -0.54):
        pen.line(body, 0.13, (-0.72, 0.1), (x, -0.46))
        pen.disc(x, -0.5, 0.15, 0.15, body)
        pen.disc(x, -0.5, 0.08, 0.08, pen.paint("black"))
    size, inner = pen.near(0.68, 0.03), darker(darker(shell))
    for part, colour, shift in ((1.0, shell, 0.0), (0.66, inner, 0.04), (0.36, shell, 0.04)):
        pen.disc(0.26 - shift, 0.04 + shift, size * part, size * part, colour)


def _crab(pen: Pen) -> None:
    shell = pen.paint("red", "red", "orange")
    for side in (-1, 1):
        for y, foot in ((0.2, 0.34), (0.36, 0.68), (0.5, 0.96)):
            pen.line(shell, 0.11, (side * 0.3, y), (side * 0.82, foot - 0.2), (side * (1.1 - foot * 0.2), foot))
        pen.line(shell, 0.14, (side * 0.5, 0.1), (side * 0.84, -0.14), (side * 0.72, -0.5))
        claw = arc(side * 0.66, -0.64, pen.near(0.32, 0.04), 0.34, -50, 230)
        pen.part(shell, *claw, (side * 0.66, -0.5))
        pen.line(shell, 0.08, (side * 0.2, 0.0), (side * 0.2, -0.3))
        pen.disc(side * 0.2, -0.32, 0.14, 0.14, pen.paint("white"))
        pen.disc(side * 0.2, -0.32, 0.08, 0.08, pen.paint("black"))
    pen.disc(0, 0.3, 0.62, 0.42, shell)
    pen.part(darker(shell), *arc(0, 0.34, 0.3, 0.2, 0, 180))


def _chick(pen: Pen) -> None:
    down, orange = pen.paint("yellow"), pen.paint("orange")
    for side in (-1, 1):
        pen.box(side * 0.3 - 0.06, 0.8, side * 0.3 + 0.06, 1.0, orange)
        pen.disc(side * 0.32, 0.95, 0.2, 0.06, orange)
        pen.disc(side * 0.78, 0.28, 0.2, 0.32, pen.paint("golden"))
    for lean in (-0.12, 0.0, 0.12):
        pen.line(down, 0.08, (0, -0.7), (lean, -0.97))
    size = pen.near(0.78, 0.03)
    pen.disc(0, 0.08, size, 0.8, down)
    for side in (-1, 1):
        pen.disc(side * 0.32, -0.18, 0.12, 0.15, pen.paint("black"))
    pen.part(orange, (-0.26, 0.06), (0, -0.1), (0.26, 0.06), (0, 0.3))


def _duck(pen: Pen) -> None:
    feathers, bill = pen.paint("yellow"), pen.paint("orange")
    pen.part(bill, (-0.6, -0.64), (-0.98, -0.42), (-0.98, -0.24), (-0.6, -0.26))
    pen.part(feathers, (0.5, 0.2), (1.0, -0.22), (0.92, 0.6), (0.5, 0.8))
    pen.part(feathers, (-0.56, -0.3), (-0.06, -0.3), (0.2, 0.2), (-0.5, 0.5))
    pen.disc(0.12, 0.46, 0.82, pen.near(0.48, 0.05), feathers)
    pen.disc(-0.34, -0.5, 0.42, 0.42, feathers)
    pen.part(pen.paint("golden"), *arc(0.3, 0.3, 0.46, 0.34, 0, 180))
    pen.disc(-0.46, -0.58, 0.1, 0.12, pen.paint("black"))


def _chicken(pen: Pen) -> None:
    feathers, red, gold = pen.paint("brown", "orange"), pen.paint("red"), pen.paint("yellow", "orange")
    for x in (-0.1, 0.26):
        pen.line(gold, 0.09, (x, 0.6), (x, 0.95), (x - 0.16, 0.96))
    for x, y in ((-0.6, -0.82), (-0.42, -0.9), (-0.24, -0.8)):
        pen.disc(x, y, 0.12, 0.15, red)
    shade = darker(feathers)
    pen.part(shade, (0.3, 0.2), (0.5, -0.5), (0.72, -0.3), (0.86, -0.6), (1.0, 0.1), (0.7, 0.6))
    pen.part(gold, (-0.66, -0.68), (-0.98, -0.46), (-0.66, -0.36))
    pen.disc(-0.62, -0.22, 0.12, 0.2, red)
    pen.part(feathers, (-0.7, -0.5), (-0.16, -0.6), (0.3, 0.1), (-0.6, 0.3))
    pen.disc(-0.42, -0.52, 0.3, 0.3, feathers)
    pen.disc(0.1, 0.28, 0.72, pen.near(0.48, 0.05), feathers)
    pen.part(shade, *arc(0.2, 0.2, 0.42, 0.34, 0, 180))
    pen.disc(-0.5, -0.56, 0.08, 0.1, pen.paint("black"))


def _dolphin(pen: Pen) -> None:
    skin = pen.paint("blue", "blue", "light blue")
    belly = pen.paint("white")
    pen.part(skin, (0.66, 0.4), (0.7, 1.0), (0.84, 0.76), (1.0, 0.6))
    pen.part(skin, (0.02, -0.4), (0.36, -0.96), (0.44, -0.2))
    back, under = arc(0.0, 0.62, 0.84, pen.near(1.24, 0.03), 190, 372), arc(0.06, 0.7, 0.68, 0.7, 372, 200)
    pen.part(skin, *back, *under)
    pen.disc(-0.52, 0.12, 0.32, 0.34, skin)
    pen.part(belly, *arc(-0.02, 0.62, 0.66, 0.78, 200, 320), *arc(0.06, 0.72, 0.66, 0.68, 320, 200))
    pen.part(skin, (-0.6, 0.02), (-1.0, 0.4), (-0.94, 0.54), (-0.44, 0.44))
    pen.part(darker(skin), (-0.24, 0.0), (0.1, -0.06), (0.02, 0.5))
    pen.disc(-0.56, 0.08, 0.07, 0.08, pen.paint("black"))


def _shark(pen: Pen) -> None:
    skin, white, black = pen.grey(120), pen.paint("white"), pen.paint("black")
    pen.part(skin, (0.5, 0.0), (1.0, -0.66), (0.9, 0.04), (1.0, 0.6), (0.5, 0.3))
    pen.part(skin, (-0.3, -0.2), (0.2, pen.near(-0.94, 0.04)), (0.34, -0.1))
    pen.part(darker(skin), (-0.16, 0.3), (0.3, 0.3), (0.36, 0.92))
    pen.part(skin, (-0.98, 0.04), (-0.6, -0.26), (-0.1, -0.36), (0.4, -0.2), (0.8, 0.06), (0.7, 0.2), (-0.6, 0.3))
    pen.part(white, (-0.86, 0.16), (0.7, 0.16), (0.2, 0.44), (-0.3, 0.52), (-0.7, 0.44))
    pen.part(black, (-0.9, 0.14), (-0.36, 0.06), (-0.44, 0.28), (-0.72, 0.36))
    for x in (-0.78, -0.62, -0.46):
        pen.part(white, (x - 0.07, 0.1), (x + 0.07, 0.08), (x, 0.26))
    pen.disc(-0.5, -0.1, 0.08, 0.08, black)


CRITTERS: dict[str, Callable[[Pen], None]] = {
    "butterfly": _butterfly,
    "spider": _spider,
    "ladybug": _ladybug,
    "snail": _snail,
    "crab": _crab,
    "chick": _chick,
    "duck": _duck,
    "chicken": _chicken,
    "dolphin": _dolphin,
    "shark": _shark,
}
