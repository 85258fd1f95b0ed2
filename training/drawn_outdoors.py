"""The sky, the weather and what people built, by formula."""

from __future__ import annotations

import math
from collections.abc import Callable

from training.pen import Pen, arc, darker


def _moon(pen: Pen) -> None:
    pale = (pen.chance.randint(245, 255), pen.chance.randint(228, 242), pen.chance.randint(125, 165))
    size = pen.near(0.95, 0.02)
    pen.disc(0, 0, size, size, pale)
    for x, y, crater in ((-0.34, -0.36, 0.26), (0.4, 0.02, 0.2), (-0.2, 0.48, 0.18), (0.22, -0.58, 0.12)):
        pen.disc(x, y, crater, crater, (175, 170, 145))
        pen.disc(x + 0.03, y + 0.04, crater - 0.05, crater - 0.05, (200, 195, 160))


def _crescent(pen: Pen) -> None:
    # Both circles meet in the two horns.
    middle, horn = pen.near(0.52, 0.08), math.radians(60)
    x, y = 0.16 + 0.96 * math.cos(horn), 0.96 * math.sin(horn)
    size, turn = math.hypot(x - middle, y), math.degrees(math.atan2(y, x - middle))
    hollow = arc(middle, 0, size, size, 360 - turn, turn)
    pen.part(pen.paint("yellow", "yellow", "golden"), *arc(0.16, 0, 0.96, 0.96, 60, 300), *hollow)


def _cloud(pen: Pen) -> None:
    high = pen.near(0.5, 0.05)
    shade = (150, 178, 218)
    for rim, low, colour in ((0.06, 0.1, shade), (0.06, -0.04, shade), (0.0, -0.04, pen.grey(246))):
        for x, y, size in ((-0.58, 0.2, 0.34), (-0.16, -0.16, high), (0.34, 0.0, 0.38), (0.6, 0.26, 0.28)):
            pen.disc(x, y + low, size + rim, size + rim, colour)
        pen.box(-0.58, 0.2, 0.6, 0.54 + low + rim, colour)


def _snowflake(pen: Pen) -> None:
    ice, long = pen.paint("light blue", "blue"), pen.near(0.92, 0.02)
    for number in range(6):
        turn = math.radians(60 * number - 90)

        def at(away: float, aside: float, turn: float = turn) -> tuple[float, float]:
            return away * math.cos(turn) - aside * math.sin(turn), away * math.sin(turn) + aside * math.cos(turn)

        pen.line(ice, 0.13, (0, 0), at(long, 0))
        for side in (-1, 1):
            pen.line(ice, 0.11, at(0.5, 0), at(0.78, side * 0.26))


def _wave(pen: Pen) -> None:
    water, foam = pen.paint("blue"), pen.paint("light blue")
    lean = pen.near(0.3, 0.1)
    back = ((-1.0, 1.0), (-0.98, 0.5), (-0.8, -0.1), (-0.4, -0.62), (0.1, -0.82))
    front = ((-0.2, 0.2), (0.0, 0.54), (0.4, 0.66), (1.0, 0.6), (1.0, 1.0))
    lip = (*arc(lean, -0.3, 0.5, 0.52, -100, 90), *arc(lean, -0.14, 0.26, 0.26, 60, -160))
    pen.part(water, *back, *lip, *front)
    pen.line(pen.paint("light blue"), 0.1, (-0.76, 0.66), (-0.6, 0.1), (-0.3, -0.36))
    for x, y in ((0.06, -0.78), (0.4, -0.78), (0.7, -0.54), (0.8, -0.2), (0.66, 0.1), (0.4, 0.2)):
        pen.disc(x, y, 0.17, 0.17, foam)


def _tower(pen: Pen) -> None:
    iron, half = pen.paint("brown"), pen.near(0.1, 0.05)
    pen.box(-0.04, -1.0, 0.04, -0.7, iron)
    for side in (-1, 1):
        leg = (
            (0.0, -0.84),
            (half * 0.6, -0.84),
            (half + 0.08, -0.2),
            (0.34, 0.4),
            (0.7, 1.0),
            (0.36, 1.0),
            (0.2, 0.62),
            (0.0, 0.5),
        )
        pen.part(iron, *((side * x, y) for x, y in leg))
    for y, wide in ((-0.24, 0.28), (0.3, 0.46)):
        pen.box(-wide, y - 0.06, wide, y + 0.06, darker(iron))


def _bridge(pen: Pen) -> None:
    red, deck = pen.paint("red", "orange"), pen.paint("gray", "black")
    pen.box(-1.0, 0.66, 1.0, 0.94, pen.paint("blue"))
    for x in (-0.76, -0.26, 0.26, 0.76):
        pen.box(x - 0.025, -0.1 if abs(x) < 0.7 else -0.2, x + 0.025, 0.3, red)
    sag = [(x / 10, 0.16 - 0.76 * (x / 5) ** 2) for x in range(-5, 6)]
    pen.line(red, 0.08, (-1.0, 0.2), (-0.5, -0.6), *sag, (0.5, -0.6), (1.0, 0.2))
    pen.box(-1.0, 0.24, 1.0, 0.4, deck)
    for x in (-0.5, 0.5):
        pen.box(x - 0.1, pen.near(-0.76, 0.04), x + 0.1, 0.84, red)


def _city(pen: Pen) -> None:
    blocks = ((-0.98, -0.5, -0.2), (0.52, 0.98, -0.1), (-0.56, -0.14, -0.74), (0.16, 0.6, -0.5), (-0.2, 0.22, 0.06))
    pen.box(-0.38, -1.0, -0.32, -0.7, pen.paint("gray"))
    for number, (left, right, top) in enumerate(blocks):
        wall = pen.paint("dark blue", "gray") if number < 4 else pen.paint("brown", "red")
        pen.box(left, pen.near(top, 0.05), right, 0.94, wall)
        middle = (left + right) / 2
        for y in range(3 if top > -0.4 else 5):
            for x in (middle - 0.1, middle + 0.1):
                pen.box(x - 0.055, top + 0.14 + 0.28 * y, x + 0.055, top + 0.28 + 0.28 * y, pen.paint("yellow"))


OUTDOORS: dict[str, Callable[[Pen], None]] = {
    "moon": _moon,
    "crescent moon": _crescent,
    "cloud": _cloud,
    "snowflake": _snowflake,
    "wave": _wave,
    "tower": _tower,
    "bridge": _bridge,
    "city": _city,
}
