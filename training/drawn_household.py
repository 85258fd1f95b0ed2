"""Furniture, clothes, tools and toys by formula."""

from __future__ import annotations

from collections.abc import Callable

from training.pen import Pen, arc, darker, turned


def _ball(pen: Pen) -> None:
    size = pen.near(0.95, 0.02)
    pen.disc(0, 0, size, size, pen.paint("white"))
    start = pen.chance.randint(-10, 10)
    for number, colour in enumerate(("red", "yellow", "blue", "green", "orange", "blue")):
        begin = start + number * 60
        pen.part(pen.paint(colour), (-0.16, -0.2), *arc(0, 0, size, size, begin, begin + 60))
    pen.disc(-0.16, -0.2, 0.2, 0.2, pen.paint("white"))


def _phone(pen: Pen) -> None:
    case, screen = pen.paint("black"), pen.paint("light blue", "blue", "white")
    half = pen.near(0.54, 0.03)
    pen.box(-half, -0.98, half, 0.98, case)
    pen.box(-half + 0.1, -0.8, half - 0.1, 0.68, screen)
    pen.disc(0, 0.83, 0.1, 0.1, pen.paint("white"))
    pen.box(-0.16, -0.92, 0.16, -0.87, pen.paint("gray"))
    for y, row in ((-0.56, ("red", "green")), (-0.1, ("yellow", "purple")), (0.36, ("orange", "turquoise"))):
        for x, colour in zip((-0.2, 0.2), row, strict=True):
            pen.box(x - 0.13, y - 0.13, x + 0.13, y + 0.13, pen.paint(colour))


def _computer(pen: Pen) -> None:
    case, dark = pen.grey(160), pen.paint("black")
    pen.box(-0.14, 0.3, 0.14, 0.6, darker(case))
    pen.box(-0.84, -0.96, 0.84, 0.36, dark)
    pen.box(-0.72, pen.near(-0.84, 0.02), 0.72, 0.22, pen.paint("light blue"))
    pen.box(-0.36, 0.5, 0.36, 0.58, darker(case))
    pen.part(case, (-0.82, 0.64), (0.82, 0.64), (0.98, 0.98), (-0.98, 0.98))
    for x in (-0.6, -0.3, 0.0, 0.3, 0.6):
        pen.box(x - 0.1, 0.7, x + 0.1, 0.78, dark)
    pen.box(-0.5, 0.85, 0.5, 0.92, dark)


def _lamp(pen: Pen) -> None:
    shade, metal = pen.paint("yellow", "yellow", "orange"), pen.paint("brown", "black", "blue")
    low = pen.near(0.14, 0.2)
    pen.box(-0.08, 0.1, 0.08, 0.9, metal)
    pen.disc(0, 0.52, 0.2, 0.22, metal)
    pen.box(-0.42, 0.84, 0.42, 0.98, metal)
    pen.part(shade, (-0.36, -0.94), (0.36, -0.94), (0.8, low), (-0.8, low))
    pen.box(-0.8, low - 0.08, 0.8, low + 0.04, darker(shade))


def _shoe(pen: Pen) -> None:
    cloth, sole = pen.paint("red", "blue"), pen.paint("white")
    high = pen.near(-0.6, 0.05)
    pen.part(cloth, (-0.94, high), (-0.3, high), (-0.1, -0.2), (0.5, 0.06), (0.9, 0.24), (0.98, 0.5), (-0.94, 0.5))
    pen.disc(0.66, 0.36, 0.32, 0.24, cloth)
    pen.box(-0.98, 0.46, 1.0, 0.7, (165, 185, 215))
    pen.box(-0.94, 0.46, 0.96, 0.64, sole)
    for x, y in ((-0.28, -0.36), (-0.1, -0.16), (0.14, -0.04)):
        pen.line(sole, 0.08, (x - 0.2, y + 0.18), (x + 0.06, y))
    pen.part(darker(cloth), (-0.94, high), (-0.94, high + 0.16), (-0.26, high + 0.16), (-0.3, high))


def _dress(pen: Pen) -> None:
    cloth = pen.paint("pink", "red", "purple", "blue")
    wide = pen.near(0.8, 0.05)
    for side in (-1, 1):
        pen.line(cloth, 0.13, (side * 0.26, -0.4), (side * 0.24, -0.92))
    pen.part(
        cloth, (-0.42, -0.62), (-0.2, -0.62), (0, -0.46), (0.2, -0.62), (0.42, -0.62), (0.26, -0.06), (-0.26, -0.06)
    )
    pen.part(cloth, (-0.26, -0.08), (0.26, -0.08), (wide, 0.86), (-wide, 0.86))
    for step in range(5):
        pen.disc(wide * (step - 2) * 0.4, 0.84, wide * 0.22, 0.14, cloth)
    pen.box(-0.29, -0.16, 0.29, 0.0, pen.paint("yellow", "white"))


def _door(pen: Pen) -> None:
    wood = pen.paint("brown", "brown", "red", "green")
    half = pen.near(0.5, 0.03)
    pen.box(-half - 0.14, -0.98, half + 0.14, 0.98, pen.paint("gray", "beige"))
    pen.box(-half, -0.86, half, 0.98, wood)
    for top, low in ((-0.7, -0.04), (0.2, 0.8)):
        for x in (-0.24, 0.2):
            pen.box(x - 0.14, top, x + 0.14, low, darker(wood))
    pen.disc(half - 0.12, 0.08, 0.1, 0.1, pen.paint("yellow"))


def _bed(pen: Pen) -> None:
    wood, cover, linen, rim = pen.paint("brown"), pen.paint("blue", "red", "green"), pen.paint("white"), (165, 185, 215)
    pen.box(-0.99, pen.near(-0.74, 0.04), -0.78, 0.9, wood)
    pen.box(0.8, -0.24, 0.99, 0.9, wood)
    pen.box(-0.9, 0.42, 0.9, 0.68, wood)
    pen.box(-0.78, 0.06, 0.8, 0.44, rim)
    pen.box(-0.78, 0.12, 0.8, 0.4, linen)
    pen.disc(-0.5, -0.08, 0.3, 0.22, rim)
    pen.disc(-0.5, -0.08, 0.25, 0.17, linen)
    pen.part(cover, (-0.2, -0.2), (0.66, -0.2), (0.8, -0.06), (0.8, 0.44), (-0.26, 0.44))


def _hammer(pen: Pen) -> None:
    wood, iron = pen.paint("brown", "orange"), pen.grey(125)
    half = pen.near(0.12, 0.05)
    pen.box(-half, -0.6, half, 1.0, wood)
    pen.box(-0.52, -0.92, 0.3, -0.44, iron)
    pen.box(-0.8, -0.98, -0.5, -0.38, darker(iron))
    pen.part(iron, (0.28, -0.92), (0.6, -0.86), (0.94, -0.4), (0.5, -0.6), (0.28, -0.5))


def _scissors(pen: Pen) -> None:
    steel, grip = pen.grey(140), pen.paint("red", "blue", "orange")
    size = pen.near(0.32, 0.04)
    for side in (-1, 1):
        pen.part(steel, (side * 0.34, -1.0), (side * 0.44, -0.7), (side * -0.1, 0.28), (side * -0.26, 0.2))
        pen.line(grip, 0.14, (side * -0.04, 0.12), (side * 0.3, 0.44))
        pen.ring(side * 0.44, 0.64, size, 0.13, grip)
    pen.disc(0, 0.06, 0.08, 0.08, pen.paint("black"))


def _pencil(pen: Pen) -> None:
    paint = pen.paint("yellow", "yellow", "orange")
    half = pen.near(0.24, 0.05)

    def band(top: float, low: float, colour: tuple[int, int, int], wide: float = half) -> None:
        pen.part(colour, *turned(45, (-wide, top), (wide, top), (wide, low), (-wide, low)))

    band(-1.16, -0.92, pen.paint("pink"))
    band(-0.94, -0.76, pen.paint("gray"))
    band(-0.78, 0.6, paint)
    pen.part(darker(paint), *turned(45, (half * 0.3, -0.78), (half, -0.78), (half, 0.6), (half * 0.3, 0.6)))
    pen.part(pen.paint("beige"), *turned(45, (-half, 0.6), (half, 0.6), (0, 1.2)))
    pen.part(pen.paint("black"), *turned(45, (-half * 0.45, 0.93), (half * 0.45, 0.93), (0, 1.24)))


def _shield(pen: Pen) -> None:
    metal, field, other = pen.paint("golden", "gray"), pen.paint("red", "blue"), pen.paint("white", "yellow")
    high = pen.near(-0.9, 0.03)
    for rim, colour in ((0.0, metal), (0.14, field)):
        half = (
            (0, high + rim),
            (0.82 - rim, high + rim),
            (0.8 - rim, 0.1),
            (0.5 - rim * 0.8, 0.6),
            (0, 0.98 - rim * 1.3),
        )
        pen.part(colour, *half, *((-x, y) for x, y in reversed(half)))
    pen.box(-0.12, high + 0.14, 0.12, 0.72, other)
    pen.box(-0.68, -0.36, 0.68, -0.1, other)


def _trophy(pen: Pen) -> None:
    gold, foot = pen.paint("golden", "yellow"), pen.paint("brown", "black")
    wide = pen.near(0.56, 0.03)
    for side in (-1, 1):
        pen.ring(side * 0.62, -0.46, 0.36, 0.12, gold)
    pen.part(gold, (-wide, -0.96), (wide, -0.96), (wide, -0.5), *arc(0, -0.4, wide, 0.66, 0, 180), (-wide, -0.5))
    pen.box(-0.12, 0.2, 0.12, 0.66, darker(gold))
    pen.box(-0.3, 0.5, 0.3, 0.66, gold)
    pen.box(-0.5, 0.64, 0.5, 0.98, foot)
    pen.disc(-0.28, -0.6, 0.09, 0.22, pen.paint("white"))


HOUSEHOLD: dict[str, Callable[[Pen], None]] = {
    "ball": _ball,
    "phone": _phone,
    "computer": _computer,
    "lamp": _lamp,
    "shoe": _shoe,
    "dress": _dress,
    "door": _door,
    "bed": _bed,
    "hammer": _hammer,
    "scissors": _scissors,
    "pencil": _pencil,
    "shield": _shield,
    "trophy": _trophy,
}
