"""Buildings, plants, vehicles and tools by formula, drawn boldly from a few large parts."""

from __future__ import annotations

import math
from collections.abc import Callable

from training.pen import Pen, arc, darker


def _castle(pen: Pen) -> None:
    stone, dark = pen.paint("gray"), pen.paint("black")
    high = pen.near(-0.62, 0.06)
    pen.box(-0.5, -0.06, 0.5, 1.0, darker(stone))
    for x in (-0.3, 0.02, 0.34):
        pen.box(x - 0.12, -0.26, x + 0.04, 0.0, darker(stone))
    for side in (-1, 1):
        pen.box(side * 0.7 - 0.28, high, side * 0.7 + 0.28, 1.0, stone)
        for x in (-0.22, 0.0, 0.22):
            pen.box(side * 0.7 + x - 0.08, high - 0.2, side * 0.7 + x + 0.08, high + 0.05, stone)
        pen.box(side * 0.7 - 0.08, -0.2, side * 0.7 + 0.08, 0.14, dark)
    pen.box(-0.24, 0.5, 0.24, 1.0, dark)
    pen.disc(0, 0.5, 0.24, 0.24, dark)


def _cactus(pen: Pen) -> None:
    green, pot = pen.paint("green"), pen.paint("orange", "brown")
    thick = pen.near(0.26, 0.06)
    for side, y in ((-1, 0.16), (1, -0.04)):
        pen.box(min(0, side * 0.84), y - 0.02, max(0, side * 0.84), y + 0.26, green)
        pen.box(side * 0.72 - 0.14, y - 0.44, side * 0.72 + 0.14, y + 0.24, green)
        pen.disc(side * 0.72, y - 0.44, 0.14, 0.14, green)
    pen.box(-thick, -0.82, thick, 0.6, green)
    pen.disc(0, -0.82, thick, 0.18, green)
    pen.part(pot, (-0.46, 0.5), (0.46, 0.5), (0.34, 1.0), (-0.34, 1.0))


def _rocket(pen: Pen) -> None:
    hull, red = pen.paint("gray", "white", "light blue"), pen.paint("red")
    half = pen.near(0.3, 0.06)
    for wide, low, colour in ((0.3, 1.0, "orange"), (0.15, 0.84, "yellow")):
        pen.part(pen.paint(colour), (-wide, 0.5), (wide, 0.5), (0, low))
    for side in (-1, 1):
        pen.part(red, (side * half, 0.0), (side * 0.82, 0.4), (side * 0.82, 0.8), (side * half, 0.56))
    pen.part(hull, (-half, -0.4), (half, -0.4), (half, 0.58), (-half, 0.58))
    pen.part(red, (-half, -0.38), (-half * 0.6, -0.74), (0, -1.0), (half * 0.6, -0.74), (half, -0.38))
    pen.disc(0, -0.06, 0.17, 0.17, pen.paint("blue"))


def _umbrella(pen: Pen) -> None:
    cloth, other, handle = pen.paint("red", "blue"), pen.paint("yellow", "white"), pen.paint("black", "brown")
    high = pen.near(0.9, 0.05)
    pen.box(-0.05, -1.0, 0.05, 0.86, handle)
    pen.part(handle, *arc(0.2, 0.72, 0.25, 0.27, 0, 180), *arc(0.2, 0.72, 0.14, 0.15, 180, 0))
    # Panels of two colours and hollows at the hem tell it from the cap of a mushroom.
    for wide, colour, hollows in ((0.98, cloth, 5), (0.6, other, 3), (0.2, cloth, 1)):
        hem = [
            (wide - 2 * wide * step / 40, 0.1 - 0.2 * abs(math.sin(math.pi * hollows * step / 40)))
            for step in range(41)
        ]
        pen.part(colour, *arc(0, 0.1, wide, high, 180, 360), *hem)


def _crown(pen: Pen) -> None:
    gold = pen.paint("golden", "yellow")
    tall = pen.near(-0.8, 0.06)
    pen.part(gold, (-0.94, -0.5), (-0.46, 0.1), (0, tall), (0.46, 0.1), (0.94, -0.5), (0.78, 0.8), (-0.78, 0.8))
    for x, y in ((-0.9, -0.54), (0, tall), (0.9, -0.54)):
        pen.disc(x, y, 0.13, 0.13, pen.paint("red"))
    for x, colour in ((-0.42, "blue"), (0, "red"), (0.42, "blue")):
        pen.disc(x, 0.48, 0.12, 0.14, pen.paint(colour))


def _bus(pen: Pen) -> None:
    body = pen.paint("yellow", "red", "orange")
    pen.box(-0.98, pen.near(-0.6, 0.06), 0.98, 0.52, body)
    for x in (-0.72, -0.28, 0.16, 0.62):
        pen.box(x - 0.17, -0.4, x + 0.17, 0.0, pen.paint("light blue"))
    pen.box(-0.98, 0.14, 0.98, 0.24, pen.paint("black"))
    for x in (-0.56, 0.56):
        pen.disc(x, 0.52, 0.26, 0.26, pen.paint("black"))
        pen.disc(x, 0.52, 0.11, 0.11, pen.paint("gray"))


def _balloon(pen: Pen) -> None:
    skin = pen.paint("red", "red", "blue", "yellow")
    pen.box(-0.03, 0.4, 0.03, 1.0, pen.paint("black"))
    pen.disc(0, -0.28, pen.near(0.62, 0.04), 0.7, skin)
    pen.part(skin, (0, 0.34), (0.16, 0.56), (-0.16, 0.56))
    pen.disc(-0.24, -0.5, 0.12, 0.18, pen.paint("white"))


def _gift(pen: Pen) -> None:
    paper, ribbon = pen.paint("red", "blue", "green"), pen.paint("yellow", "golden")
    for side in (-1, 1):
        pen.disc(side * 0.3, -0.72, 0.28, 0.22, ribbon)
    pen.box(-0.74, -0.2, 0.74, 0.98, paper)
    pen.box(-0.88, -0.52, 0.88, -0.14, darker(paper))
    pen.box(-pen.near(0.15), -0.52, 0.15, 0.98, ribbon)


def _candle(pen: Pen) -> None:
    wax = pen.paint("white", "red", "beige")
    pen.disc(0, 0.88, 0.7, 0.12, pen.paint("golden"))
    pen.box(-0.28, pen.near(-0.2), 0.28, 0.9, wax)
    pen.box(-0.03, -0.4, 0.03, -0.1, pen.paint("black"))
    for wide, top in ((0.24, -1.0), (0.12, -0.76)):
        flame = pen.paint("orange") if wide > 0.2 else pen.paint("yellow")
        pen.disc(0, -0.5, wide, 0.24, flame)
        pen.part(flame, (-wide * 0.9, -0.6), (0, top), (wide * 0.9, -0.6))


def _sword(pen: Pen) -> None:
    steel, hilt = pen.paint("gray", "light blue"), pen.paint("brown", "golden")
    half = pen.near(0.15)
    pen.part(steel, (-half, 0.4), (-half, -0.7), (0, -1.0), (half, -0.7), (half, 0.4))
    pen.box(-0.52, 0.36, 0.52, 0.54, hilt)
    pen.box(-0.1, 0.5, 0.1, 0.9, hilt)
    pen.disc(0, 0.9, 0.16, 0.1, hilt)


def _rainbow(pen: Pen) -> None:
    size, band = 1.0, pen.near(0.13, 0.04)
    for colour in ("red", "orange", "yellow", "green", "blue", "purple"):
        outer, inner = arc(0, 0.5, size, size * 1.2, 180, 360), arc(0, 0.5, size - band, (size - band) * 1.2, 360, 180)
        pen.part(pen.paint(colour), *outer, *inner)
        size -= band


def _lightning(pen: Pen) -> None:
    lean = pen.near(0.2)
    pen.part(
        pen.paint("yellow"),
        (lean, -1.0),
        (-0.6, 0.16),
        (-0.06, 0.16),
        (-0.3, 1.0),
        (0.6, -0.28),
        (0.06, -0.28),
        (0.6, -1),
    )


def _key(pen: Pen) -> None:
    gold, hole = pen.paint("golden", "yellow", "gray"), pen.near(0.2)
    outer, inner = arc(-0.5, 0, 0.46, 0.46, 0, 360), arc(-0.5, 0, hole, hole, 360, 0)
    pen.part(gold, *outer, *inner)
    pen.box(-0.1, -0.11, 0.98, 0.11, gold)
    for x in (0.5, 0.82):
        pen.box(x - 0.1, 0.05, x + 0.1, 0.46, gold)


def _planet(pen: Pen) -> None:
    ball, ring = pen.paint("orange", "golden", "purple"), pen.paint("beige", "yellow")
    tilt = math.radians(-20)

    def turned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x * math.cos(tilt) - y * math.sin(tilt), x * math.sin(tilt) + y * math.cos(tilt)) for x, y in points]

    def half(begin: float, end: float) -> None:
        pen.part(ring, *turned([*arc(0, 0, 1.0, 0.36, begin, end), *arc(0, 0, 0.74, 0.2, end, begin)]))

    half(180, 360)
    size = pen.near(0.56, 0.04)
    pen.disc(0, 0, size, size, ball)
    half(0, 180)


THINGS: dict[str, Callable[[Pen], None]] = {
    "castle": _castle,
    "cactus": _cactus,
    "rocket": _rocket,
    "umbrella": _umbrella,
    "crown": _crown,
    "bus": _bus,
    "balloon": _balloon,
    "gift": _gift,
    "candle": _candle,
    "sword": _sword,
    "rainbow": _rainbow,
    "lightning": _lightning,
    "key": _key,
    "planet": _planet,
}
