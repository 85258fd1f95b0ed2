"""What lies in a kitchen, by formula: fruit that must not be an apple, bread, eggs and drinks."""

from __future__ import annotations

from collections.abc import Callable

from training.drawn_objects import OBJECTS
from training.pen import Pen, arc, darker


def _lemon(pen: Pen) -> None:
    skin = pen.paint("yellow")
    pen.part(pen.paint("green"), *arc(0.4, -0.58, 0.38, 0.22, 0, 340))
    pen.part(skin, (-0.6, -0.3), (-1.0, 0.0), (-1.0, 0.24), (-0.6, 0.5))
    pen.part(skin, (0.6, -0.3), (0.98, 0.0), (0.98, 0.24), (0.6, 0.5))
    pen.disc(0, 0.12, 0.8, pen.near(0.62, 0.04), skin)
    pen.disc(-0.32, -0.12, 0.2, 0.1, pen.paint("white"))


def _peach(pen: Pen) -> None:
    skin = (255, pen.chance.randint(150, 175), pen.chance.randint(100, 130))
    for side in (-1, 1):
        pen.part(pen.paint("green"), (0, -0.52), (side * 0.26, -0.94), (side * 0.84, -0.82), (side * 0.5, -0.5))
    size = pen.near(0.82, 0.03)
    pen.disc(0, 0.2, size, 0.72, skin)
    pen.part(skin, (-0.34, 0.84), (0.34, 0.84), (0, 1.0))
    pen.disc(0.4, 0.26, 0.38, 0.48, (250, 110, 100))
    pen.part((215, 80, 80), *arc(-0.4, 0.14, 0.42, 0.72, -70, 60), *arc(-0.46, 0.14, 0.4, 0.7, 60, -70))


def _tomato(pen: Pen) -> None:
    red, leaf = pen.paint("red"), pen.paint("green")
    pen.disc(0, 0.2, 0.96, pen.near(0.74, 0.03), red)
    pen.disc(-0.54, -0.04, 0.12, 0.18, pen.paint("white"))
    for x, y in ((-0.62, -0.32), (-0.34, 0.08), (0.0, 0.22), (0.34, 0.08), (0.62, -0.32)):
        pen.part(leaf, (-0.16, -0.5), (0.16, -0.5), (x, y))
    pen.line(leaf, 0.14, (0, -0.46), (0.06, -0.9))


def _bread(pen: Pen) -> None:
    crust, crumb = pen.paint("brown"), (248, pen.chance.randint(215, 235), pen.chance.randint(155, 190))
    half = pen.near(0.7, 0.03)
    for rim, colour in ((0.0, crust), (0.14, crumb)):
        for side in (-1, 1):
            pen.disc(side * 0.42, -0.46, 0.52 - rim, 0.44 - rim, colour)
        pen.box(-0.42, -0.9 + rim, 0.42, 0.0, colour)
        pen.box(-half + rim, -0.3, half - rim, 0.94 - rim, colour)


def _egg(pen: Pen) -> None:
    yolk = pen.paint("orange", "yellow")
    for rim, colour in ((0.06, (175, 165, 150)), (0.0, pen.paint("white"))):
        for x, y, wide, tall in ((-0.3, -0.2, 0.6, 0.58), (0.36, -0.16, 0.54, 0.5), (0.1, 0.36, 0.7, 0.5)):
            pen.disc(x, y, wide + rim, tall + rim, colour)
    size = pen.near(0.42, 0.04)
    pen.disc(0.0, 0.0, size, size, yolk)
    pen.disc(-0.14, -0.14, 0.11, 0.1, pen.paint("white"))


def _wine(pen: Pen) -> None:
    glass, wine = (150, 185, 215), (pen.chance.randint(120, 150), 10, 50)
    wide = pen.near(0.6, 0.1)
    pen.disc(0, 0.92, 0.52, 0.09, glass)
    pen.box(-0.07, 0.2, 0.07, 0.92, glass)
    pen.part(glass, (-wide + 0.06, -1.0), (wide - 0.06, -1.0), *arc(0, -0.36, wide, 0.7, 0, 180))
    pen.part((225, 238, 248), (-wide + 0.14, -0.94), (wide - 0.14, -0.94), (wide - 0.09, -0.4), (-wide + 0.09, -0.4))
    pen.part(wine, *arc(0, -0.42, wide - 0.08, 0.68, 0, 180))


def _pumpkin(pen: Pen) -> None:
    skin, black = pen.paint("orange"), pen.paint("black")
    pen.part(pen.paint("green", "brown"), (-0.14, -0.5), (0.12, -0.5), (0.26, -0.98), (0.02, -0.98))
    for side in (-1, 1):
        pen.disc(side * 0.52, 0.2, 0.46, 0.7, darker(skin))
        pen.disc(side * 0.32, 0.2, 0.44, 0.74, skin)
    pen.disc(0, 0.2, 0.4, pen.near(0.76, 0.02), skin)
    for side in (-1, 1):
        pen.part(black, (side * 0.14, 0.12), (side * 0.6, 0.12), (side * 0.36, -0.3))
    pen.part(black, (-0.66, 0.32), (0.66, 0.32), (0.36, 0.74), (-0.36, 0.74))
    pen.box(-0.3, 0.3, -0.08, 0.48, skin)
    pen.box(0.08, 0.56, 0.3, 0.76, skin)


KITCHEN: dict[str, Callable[[Pen], None]] = {
    "lemon": _lemon,
    "peach": _peach,
    "tomato": _tomato,
    "bread": _bread,
    "egg": _egg,
    "wine": _wine,
    "coffee": OBJECTS["cup"],
    "pumpkin": _pumpkin,
}
