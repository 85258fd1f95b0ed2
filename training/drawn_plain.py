"""Plain things by formula that an outline and two or three colours tell, drawn boldly."""

from __future__ import annotations

import math
from collections.abc import Callable

from training.pen import Pen, arc, darker


def _sun(pen: Pen) -> None:
    gold = pen.paint("yellow", "yellow", "orange")
    for number in range(8):
        turn = math.pi * number / 4
        away, aside = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
        foot = [(0.66 * away[0] + s * 0.22 * aside[0], 0.66 * away[1] + s * 0.22 * aside[1]) for s in (-1, 1)]
        pen.part(gold, *foot, (0.99 * away[0], 0.99 * away[1]))
    size = pen.near(0.56, 0.04)
    pen.disc(0, 0, size, size, gold)


def _palm(pen: Pen) -> None:
    leaf, bark = pen.paint("green", "dark green"), pen.paint("brown")
    lean = pen.near(0.2)
    pen.part(bark, (-0.1, -0.4), (0.08, -0.4), (lean + 0.14, 1.0), (lean - 0.16, 1.0))
    for end, droop in ((-0.98, 0.16), (-0.7, -0.56), (0.7, -0.6), (0.98, 0.12)):
        bow = min(-0.84, droop - 0.5)
        pen.part(leaf, (0, -0.5), (end * 0.5, bow), (end, droop), (end * 0.55, bow + 0.3), (0, -0.24))
    pen.part(leaf, (-0.16, -0.4), (0, -1.0), (0.16, -0.4))
    for x in (-0.14, 0.12):
        pen.disc(x, -0.3, 0.12, 0.12, pen.paint("orange", "brown"))


def _fir(pen: Pen) -> None:
    green = pen.paint("dark green", "green")
    pen.box(-0.13, 0.6, 0.13, 1.0, pen.paint("brown"))
    for top, low, wide in ((-1.0, -0.24, 0.46), (-0.62, 0.24, 0.64), (-0.2, 0.74, pen.near(0.82, 0.05))):
        pen.part(green, (0, top), (wide, low), (-wide, low))


def _christmas_tree(pen: Pen) -> None:
    _fir(pen)
    for x, y, colour in ((-0.1, -0.36, "red"), (0.24, 0.0, "yellow"), (-0.3, 0.16, "blue"), (0.38, 0.54, "red")):
        pen.disc(x, y, 0.11, 0.11, pen.paint(colour))
    pen.disc(-0.2, 0.54, 0.11, 0.11, pen.paint("yellow"))
    radii = [0.24, 0.1] * 5
    corners = [(r * math.sin(math.pi * k / 5), -0.86 - r * math.cos(math.pi * k / 5)) for k, r in enumerate(radii)]
    pen.part(pen.paint("yellow"), *corners)


def _grapes(pen: Pen) -> None:
    purple = pen.paint("purple")
    pen.box(-0.06, -1.0, 0.06, -0.5, pen.paint("brown"))
    pen.part(pen.paint("green"), *arc(0.36, -0.78, 0.38, 0.2, 0, 340))
    size = pen.near(0.25, 0.04)
    for row, xs in enumerate(((-0.48, 0.0, 0.48), (-0.25, 0.25), (0.0,))):
        for x in xs:
            pen.disc(x, -0.36 + 0.42 * row, size + 0.02, size + 0.02, darker(purple))
            pen.disc(x - 0.03, -0.39 + 0.42 * row, size * 0.76, size * 0.76, purple)
    pen.disc(0, 0.8, size * 0.8, size * 0.7, purple)


def _pear(pen: Pen) -> None:
    skin = pen.paint("light green", "yellow")
    pen.part(pen.paint("brown"), (-0.06, -0.6), (0.07, -0.6), (0.16, -1.0), (0.04, -1.0))
    pen.part(pen.paint("green"), *arc(0.42, -0.8, 0.3, 0.15, 0, 340))
    pen.part(skin, (-0.34, -0.4), (0.34, -0.4), (0.6, 0.3), (-0.6, 0.3))
    pen.disc(0, -0.38, 0.35, 0.38, skin)
    pen.disc(0, 0.38, pen.near(0.68, 0.04), 0.6, skin)


def _pineapple(pen: Pen) -> None:
    fruit, leaf = pen.paint("golden", "yellow"), pen.paint("green")
    for lean in (-0.55, -0.28, 0.0, 0.28, 0.55):
        pen.part(leaf, (-0.2, -0.2), (0.2, -0.2), (lean, -1.0 + abs(lean) * 0.5))
    pen.disc(0, 0.36, pen.near(0.56, 0.05), 0.64, fruit)
    for step in (-0.3, 0.0, 0.3):
        for side in (-1, 1):
            pen.part(pen.paint("brown"), *((side * x, y + 0.36 + step) for x, y in
                     ((-0.36, -0.28), (-0.3, -0.32), (0.36, 0.26), (0.3, 0.32))))  # fmt: skip


def _bottle(pen: Pen) -> None:
    glass = pen.paint("green", "green", "blue")
    pen.box(-0.15, -1.0, 0.15, -0.8, pen.paint("brown"))
    pen.box(-0.15, -0.82, 0.15, -0.2, glass)
    pen.part(glass, (-0.15, -0.4), (0.15, -0.4), (0.42, 0.0), (0.42, 1.0), (-0.42, 1.0), (-0.42, 0.0))
    pen.box(-0.42, 0.2, 0.42, pen.near(0.7, 0.08), pen.paint("white", "beige"))


def _tent(pen: Pen) -> None:
    cloth = pen.paint("orange", "red", "green")
    pen.part(cloth, (0, pen.near(-0.8, 0.05)), (0.98, 0.8), (-0.98, 0.8))
    pen.part(pen.paint("black"), (0, -0.3), (0.36, 0.8), (-0.36, 0.8))


def _church(pen: Pen) -> None:
    wall, roof = pen.paint("white", "beige"), pen.paint("red", "brown")
    pen.part(roof, (-0.3, 0.0), (0.6, -0.2), (0.98, 0.3), (-0.3, 0.3))
    pen.box(-0.2, 0.28, 0.9, 1.0, wall)
    pen.box(-0.84, -0.3, -0.16, 1.0, wall)
    pen.part(roof, (-0.94, -0.26), (-0.5, pen.near(-0.74, 0.04)), (-0.06, -0.26))
    pen.box(-0.55, -1.0, -0.45, -0.6, pen.paint("black"))
    pen.box(-0.68, -0.9, -0.32, -0.8, pen.paint("black"))
    for x in (0.18, 0.6):
        pen.box(x - 0.1, 0.46, x + 0.1, 0.76, pen.paint("blue"))
    pen.box(-0.64, 0.46, -0.36, 1.0, pen.paint("brown"))


def _truck(pen: Pen) -> None:
    cab, load = pen.paint("red", "blue"), pen.paint("gray", "white")
    pen.box(-0.98, pen.near(-0.62, 0.06), 0.28, 0.44, load)
    pen.part(cab, (0.32, 0.44), (0.32, -0.32), (0.7, -0.32), (0.98, 0.06), (0.98, 0.44))
    pen.part(pen.paint("light blue"), (0.46, 0.04), (0.46, -0.18), (0.64, -0.18), (0.82, 0.04))
    for x in (-0.56, 0.56):
        pen.disc(x, 0.48, 0.27, 0.27, pen.paint("black"))
        pen.disc(x, 0.48, 0.11, 0.11, pen.paint("gray"))


def _anchor(pen: Pen) -> None:
    iron = pen.paint("dark blue", "black", "gray")
    pen.part(iron, *arc(0, -0.74, 0.24, 0.24, 90, 450), *arc(0, -0.74, 0.1, 0.1, 450, 90))
    half = pen.near(0.1)
    pen.box(-half, -0.52, half, 0.9, iron)
    pen.box(-0.44, -0.38, 0.44, -0.2, iron)
    pen.part(iron, *arc(0, 0.14, 0.82, 0.84, 0, 180), *arc(0, 0.14, 0.6, 0.6, 180, 0))
    for side in (-1, 1):
        pen.part(iron, (side * 0.44, 0.3), (side * 0.76, -0.1), (side * 1.0, 0.34))


def _bell(pen: Pen) -> None:
    gold = pen.paint("golden", "yellow")
    pen.disc(0, 0.78, 0.2, 0.2, darker(gold))
    pen.disc(0, -0.82, 0.14, 0.16, gold)
    pen.part(
        gold, *arc(0, -0.2, pen.near(0.56, 0.04), 0.62, 180, 360), (0.66, 0.4), (0.94, 0.7), (-0.94, 0.7), (-0.66, 0.4)
    )
    pen.box(-0.94, 0.6, 0.94, 0.76, darker(gold))


def _book(pen: Pen) -> None:
    cover = pen.paint("red", "blue", "green")
    pen.box(-0.66, -0.94, 0.72, 0.98, darker(cover))
    pen.box(-0.5, 0.66, 0.66, 0.88, pen.paint("white"))
    pen.box(-0.6, -0.94, pen.near(0.72, 0.03), 0.66, cover)
    for y in (-0.52, -0.22):
        pen.box(-0.28, y - 0.08, 0.44, y + 0.08, pen.paint("golden", "white"))


def _camera(pen: Pen) -> None:
    body = pen.paint("black", "gray")
    pen.box(-0.4, -0.7, 0.24, -0.3, body)
    pen.box(-0.96, pen.near(-0.48, 0.06), 0.96, 0.74, body)
    for size, colour in ((0.5, "white"), (0.4, "blue"), (0.2, "light blue")):
        pen.disc(0, 0.14, size, size, pen.paint(colour))
    pen.disc(0.72, -0.26, 0.1, 0.1, pen.paint("red"))


def _bulb(pen: Pen) -> None:
    glass, metal = pen.paint("yellow"), pen.paint("gray")
    pen.disc(0, -0.3, pen.near(0.66, 0.03), 0.68, glass)
    pen.part(glass, (-0.5, 0.0), (0.5, 0.0), (0.28, 0.5), (-0.28, 0.5))
    for y in (0.54, 0.74):
        pen.box(-0.28, y - 0.08, 0.28, y + 0.08, metal)
    pen.disc(0, 0.9, 0.15, 0.1, pen.paint("black"))
    pen.part(pen.paint("orange"), (-0.2, -0.2), (0, 0.1), (0.2, -0.2), (0.07, 0.46), (-0.07, 0.46))


def _fire(pen: Pen) -> None:
    lean = pen.near(0.1)
    for size, colour in ((1.0, "red"), (0.68, "orange"), (0.38, "yellow")):
        low = 0.94 - 0.2 * (1 - size)
        tops = ((-0.7, -0.05), (-0.44, 0.12), (lean - 0.1, -0.95), (0.3, -0.1), (0.52, -0.4), (0.74, 0.3))
        pen.part(pen.paint(colour), *((x * size, low + (y - 0.94) * size) for x, y in tops),
                 *arc(0, low - 0.55 * size, 0.74 * size, 0.55 * size, 0, 180))  # fmt: skip


def _drop(pen: Pen) -> None:
    water, size = pen.paint("blue", "light blue"), pen.near(0.64, 0.04)
    pen.disc(0, 0.34, size, size, water)
    pen.part(water, (0, -1.0), (size * 0.93, 0.14), (-size * 0.93, 0.14))
    pen.disc(-0.26, 0.36, 0.1, 0.2, pen.paint("white"))


def _volcano(pen: Pen) -> None:
    rock, lava = pen.paint("brown", "gray"), pen.paint("red")
    top = pen.near(-0.2)
    pen.part(rock, (-0.26, top), (0.26, top), (0.98, 0.9), (-0.98, 0.9))
    for x in (-0.34, 0.0, 0.34):
        pen.part(
            pen.paint("orange", "red"), (-0.14, top), (0.14, top), (x * 1.2 + 0.12, -0.95), (x * 1.2 - 0.12, -0.95)
        )
    pen.part(lava, (-0.28, top), (0.28, top), (0.2, 0.3), (0.06, 0.05), (-0.04, 0.54), (-0.16, 0.1))


def _earth(pen: Pen) -> None:
    land, size = pen.paint("green"), pen.near(0.94, 0.03)
    pen.disc(0, 0, size, size, pen.paint("blue"))
    pen.part(land, (-0.7, -0.5), (-0.3, -0.8), (0.02, -0.6), (-0.16, -0.3), (-0.36, -0.06), (-0.66, -0.2))
    pen.part(land, (-0.36, 0.06), (0.0, 0.16), (-0.06, 0.46), (-0.26, 0.78))
    pen.part(land, (0.24, -0.5), (0.62, -0.6), (0.8, -0.1), (0.64, 0.5), (0.44, 0.5), (0.3, 0.06))


def _hat(pen: Pen) -> None:
    felt = pen.paint("black")
    pen.box(-0.54, pen.near(-0.76, 0.05), 0.54, 0.5, felt)
    pen.box(-0.54, 0.22, 0.54, 0.46, pen.paint("red"))
    pen.disc(0, 0.56, 0.98, 0.18, felt)


def _shirt(pen: Pen) -> None:
    cloth = pen.paint("blue", "red", "green")
    pen.part(cloth, (-0.34, -0.8), (0.34, -0.8), (0.98, -0.36), (0.76, 0.06), (0.54, -0.1), (0.54, 0.9), (-0.54, 0.9),
             (-0.54, -0.1), (-0.76, 0.06), (-0.98, -0.36))  # fmt: skip
    pen.disc(0, -0.8, pen.near(0.24), 0.22, darker(cloth))


def _glasses(pen: Pen) -> None:
    frame, size = pen.paint("black"), pen.near(0.4, 0.04)
    pen.box(-0.2, -0.12, 0.2, 0.02, frame)
    for side in (-1, 1):
        pen.part(frame, (side * 0.9, -0.14), (side * 1.0, -0.4), (side * 0.86, -0.34))
        pen.disc(side * 0.52, 0.04, size + 0.06, size + 0.04, frame)
        pen.disc(side * 0.52, 0.04, size - 0.1, size - 0.1, pen.paint("light blue"))


def _chair(pen: Pen) -> None:
    wood = pen.paint("brown", "brown", "red")
    pen.box(-0.64, -0.98, -0.44, 1.0, wood)
    pen.box(-0.64, pen.near(-0.9, 0.04), -0.4, 0.0, wood)
    pen.box(-0.64, 0.0, 0.66, 0.24, darker(wood))
    pen.box(0.46, 0.1, 0.66, 1.0, wood)


def _bomb(pen: Pen) -> None:
    iron = pen.paint("black")
    size = pen.near(0.66, 0.04)
    pen.part(pen.paint("brown"), (0.32, -0.5), (0.44, -0.42), (0.8, -0.78), (0.7, -0.86))
    pen.disc(0.78, -0.82, 0.2, 0.2, pen.paint("orange"))
    pen.disc(0.78, -0.82, 0.1, 0.1, pen.paint("yellow"))
    pen.part(iron, (0.1, -0.5), (0.38, -0.66), (0.58, -0.32), (0.3, -0.16))
    pen.disc(-0.14, 0.26, size, size, iron)
    pen.disc(-0.4, 0.0, 0.14, 0.14, pen.paint("white"))


def _diamond(pen: Pen) -> None:
    gem, light = pen.paint("light blue", "turquoise"), pen.paint("white")
    wide = pen.near(0.94, 0.03)
    pen.part(gem, (-0.56, -0.7), (0.56, -0.7), (wide, -0.2), (0, 0.94), (-wide, -0.2))
    pen.part(light, (-0.28, -0.2), (0, -0.7), (0.28, -0.2))
    pen.part(darker(gem), (-0.28, -0.2), (0.28, -0.2), (0, 0.94))


PLAIN: dict[str, Callable[[Pen], None]] = {
    "sun": _sun,
    "palm tree": _palm,
    "pine tree": _fir,
    "christmas tree": _christmas_tree,
    "grapes": _grapes,
    "pear": _pear,
    "pineapple": _pineapple,
    "bottle": _bottle,
    "tent": _tent,
    "church": _church,
    "truck": _truck,
    "anchor": _anchor,
    "bell": _bell,
    "book": _book,
    "camera": _camera,
    "light bulb": _bulb,
    "fire": _fire,
    "water drop": _drop,
    "volcano": _volcano,
    "earth": _earth,
    "hat": _hat,
    "shirt": _shirt,
    "glasses": _glasses,
    "chair": _chair,
    "bomb": _bomb,
    "diamond": _diamond,
}
