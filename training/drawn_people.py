"""Faces, parts of the body and beings like people by formula."""

from __future__ import annotations

from collections.abc import Callable

from training.pen import Colour, Pen, arc, darker

SHADE: Colour = (165, 185, 215)
"""Rim of white parts, which would vanish on white paper."""


def _eyes(pen: Pen, apart: float, y: float, size: float) -> None:
    for side in (-1, 1):
        pen.disc(side * apart, y, size, size * 1.2, pen.paint("black"))


def _sad_face(pen: Pen) -> None:
    skin, dark = pen.paint("yellow"), pen.paint("brown", "black")
    pen.disc(0, 0, 0.96, 0.96, skin)
    for side in (-1, 1):
        pen.disc(side * 0.36, -0.2, pen.near(0.13), 0.18, dark)
        pen.line(dark, 0.08, (side * 0.2, -0.56), (side * 0.56, -0.42))
    pen.part(dark, *arc(0, 0.72, 0.5, 0.44, 180, 360), *arc(0, 0.76, 0.4, 0.26, 360, 180))
    pen.disc(0.52, 0.34, 0.17, 0.2, pen.paint("blue"))
    pen.part(pen.paint("blue"), (0.36, 0.28), (0.52, -0.04), (0.68, 0.28))


def _alien(pen: Pen) -> None:
    skin, black = pen.paint("green", "light green"), pen.paint("black")
    wide = pen.near(0.84, 0.03)
    pen.part(skin, *arc(0, -0.2, wide, 0.78, 180, 360), (0.66, 0.36), (0.24, 0.96), (-0.24, 0.96), (-0.66, 0.36))
    for side in (-1, 1):
        eye = ((0.08, 0.2), (0.16, -0.1), (0.44, -0.34), (0.72, -0.3), (0.7, 0.0), (0.42, 0.24))
        pen.part(black, *((side * x, y) for x, y in eye))
        pen.disc(side * 0.54, -0.16, 0.08, 0.08, pen.paint("white"))
    pen.box(-0.18, 0.6, 0.18, 0.68, black)


def _snowman(pen: Pen) -> None:
    black, size = pen.paint("black"), pen.near(0.6, 0.04)
    for x in (-1, 1):
        pen.line(pen.paint("brown"), 0.08, (x * 0.4, 0.2), (x * 0.94, -0.2))
    for rim, colour in ((0.06, SHADE), (0.0, pen.paint("white"))):
        pen.disc(0, 0.44, size + rim - 0.06, 0.52 + rim, colour)
        pen.disc(0, -0.28, 0.44 + rim, 0.42 + rim, colour)
    pen.box(-0.48, -0.68, 0.48, -0.56, black)
    pen.box(-0.3, -1.0, 0.3, -0.6, black)
    _eyes(pen, 0.19, -0.38, 0.08)
    pen.part(pen.paint("orange"), (-0.06, -0.3), (-0.06, -0.1), (0.48, -0.16))
    for y in (0.34, 0.64):
        pen.disc(0, y, 0.08, 0.08, black)
    pen.box(-0.38, 0.0, 0.38, 0.14, pen.paint("red"))


def _baby(pen: Pen) -> None:
    skin, toy = (250, 205, 165), pen.paint("light blue", "turquoise")
    for side in (-1, 1):
        pen.disc(side * 0.84, 0.06, 0.15, 0.2, darker(skin))
    pen.disc(0, 0.06, pen.near(0.84, 0.03), 0.86, skin)
    pen.part(pen.paint("brown"), *arc(0.06, -0.78, 0.3, 0.22, 130, 420), *arc(0.04, -0.78, 0.14, 0.1, 420, 130))
    _eyes(pen, 0.36, -0.04, 0.13)
    for side in (-1, 1):
        pen.disc(side * 0.58, 0.3, 0.17, 0.12, pen.paint("pink"))
    pen.disc(0, 0.5, 0.34, 0.22, toy)
    pen.ring(0, 0.62, 0.22, 0.08, darker(toy))


def _angel(pen: Pen) -> None:
    skin, hair, gown = (250, 205, 165), pen.paint("golden", "brown"), pen.paint("white")
    for side in (-1, 1):
        pen.part(pen.paint("light blue"), (side * 0.1, 0.2), (side * 0.5, -0.3), (side * 0.98, -0.44),
                 (side * 0.96, 0.1), (side * 0.7, 0.46), (side * 0.2, 0.5))  # fmt: skip
    for rim, colour in ((0.06, SHADE), (0.0, gown)):
        pen.part(colour, (-0.16 - rim, -0.06), (0.16 + rim, -0.06), (0.56 + rim, 1.0), (-0.56 - rim, 1.0))
    pen.disc(0, -0.32, 0.36, 0.36, hair)
    pen.disc(0, -0.24, 0.28, 0.28, skin)
    _eyes(pen, 0.12, -0.26, 0.05)
    pen.part(
        pen.paint("yellow"), *arc(0, -0.82, pen.near(0.42, 0.05), 0.17, 0, 360), *arc(0, -0.82, 0.26, 0.07, 360, 0)
    )
    for side in (-1, 1):
        pen.line(darker(SHADE), 0.08, (side * 0.26, 0.2), (0, 0.4))


def _santa(pen: Pen) -> None:
    red, white, skin = pen.paint("red"), pen.paint("white"), (250, 205, 165)
    for rim, colour in ((0.05, SHADE), (0.0, white)):
        pen.disc(0, 0.4, 0.76 + rim, 0.54 + rim, colour)
        pen.disc(0.78, -0.36, 0.15 + rim, 0.15 + rim, colour)
    pen.disc(0, 0.1, 0.58, 0.5, skin)
    pen.part(red, (-0.66, -0.2), (-0.4, -0.76), (0.04, -1.0), (0.5, -0.86), (0.86, -0.42), (0.6, -0.2))
    for rim, colour in ((0.05, SHADE), (0.0, white)):
        pen.box(-0.74 - rim, -0.36 - rim, 0.7 + rim, -0.1 + rim, colour)
    _eyes(pen, 0.24, 0.06, pen.near(0.09))
    for side in (-1, 1):
        pen.disc(side * 0.26, 0.42, 0.3, 0.16, white)
    pen.disc(0, 0.26, 0.15, 0.13, (235, 130, 120))
    pen.disc(0, 0.58, 0.16, 0.08, red)


def _clown(pen: Pen) -> None:
    red, hair = pen.paint("red"), pen.paint("orange", "red", "green", "blue")
    for side in (-1, 1):
        for x, y in ((0.7, -0.34), (0.78, 0.02), (0.64, -0.56)):
            pen.disc(side * x, y, 0.26, 0.26, hair)
    pen.disc(0, 0.14, 0.7, pen.near(0.8, 0.03), (250, 225, 205))
    pen.part(pen.paint("blue", "purple"), (-0.34, -0.54), (0.34, -0.54), (0, -1.0))
    for side in (-1, 1):
        pen.disc(side * 0.3, -0.12, 0.19, 0.26, pen.paint("light blue"))
        pen.disc(side * 0.3, -0.1, 0.1, 0.13, pen.paint("black"))
    pen.part(red, *arc(0, 0.4, 0.54, 0.48, 0, 180))
    pen.part(pen.paint("white"), *arc(0, 0.48, 0.34, 0.22, 0, 180))
    pen.disc(0, 0.22, 0.22, 0.2, red)


def _eye(pen: Pen) -> None:
    black, iris = pen.paint("black"), pen.paint("blue", "blue", "green", "brown")
    for x in (-0.6, 0.0, 0.6):
        pen.line(black, 0.1, (x * 0.7, -0.3), (x * 1.15, -0.9 + abs(x) * 0.3))
    for rim, colour in ((0.1, black), (0.0, pen.paint("white"))):
        pen.part(colour, *arc(0, 0.3, 0.88 + rim, 0.78 + rim, 180, 360), *arc(0, 0.08, 0.88 + rim, 0.56 + rim, 0, 180))
    size = pen.near(0.42, 0.04)
    pen.disc(0, 0.1, size, size, iris)
    pen.disc(0, 0.1, 0.22, 0.22, black)
    pen.disc(-0.14, -0.06, 0.1, 0.1, pen.paint("white"))


def _hand(pen: Pen) -> None:
    light = pen.grey(220)[0]
    skin = pen.chance.choice((pen.paint("golden"), pen.paint("yellow"), (min(255, light + 20), light - 35, light - 80)))
    for x, y in ((-0.64, -0.56), (-0.24, -0.86), (0.18, -0.86), (0.56, -0.58)):
        pen.line(skin, 0.24, (x * 0.5, 0.3), (x, y))
    pen.line(skin, 0.26, (0.1, 0.66), (0.6, 0.42), (0.86, 0.1))
    wide = pen.near(0.44, 0.04)
    pen.part(skin, (-wide, 0.0), (0.42, 0.0), (0.44, 0.5), (0.26, 1.0), (-0.26, 1.0), (-wide, 0.6))
    pen.line(darker(skin), 0.06, (-0.24, 0.3), (0.1, 0.44), (0.16, 0.66))


def _mouth(pen: Pen) -> None:
    red, high = pen.paint("red"), pen.near(-0.56, 0.06)
    bow = ((-0.98, -0.04), (-0.4, high), (-0.14, high), (0, high + 0.14), (0.14, high), (0.4, high), (0.98, -0.04))
    pen.part(red, *bow, *arc(0, -0.04, 0.8, 0.7, 0, 180))
    pen.part(
        darker(darker(red)), (-0.74, -0.04), (-0.3, -0.24), (0.3, -0.24), (0.74, -0.04), *arc(0, 0, 0.6, 0.3, 0, 180)
    )
    pen.part(pen.paint("white"), (-0.5, -0.1), (-0.26, -0.22), (0.26, -0.22), (0.5, -0.1), (0.36, 0.04), (-0.36, 0.04))


PEOPLE: dict[str, Callable[[Pen], None]] = {
    "sad face": _sad_face,
    "alien": _alien,
    "snowman": _snowman,
    "baby": _baby,
    "angel": _angel,
    "santa claus": _santa,
    "clown": _clown,
    "eye": _eye,
    "hand": _hand,
    "mouth": _mouth,
}
