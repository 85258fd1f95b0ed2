"""Musical instruments by formula."""

from __future__ import annotations

from collections.abc import Callable

from training.pen import Pen, arc, darker


def _guitar(pen: Pen) -> None:
    wood, neck = pen.paint("orange", "golden"), pen.paint("brown")
    pen.box(-0.16, -1.0, 0.16, -0.76, neck)
    for y in (-0.94, -0.82):
        pen.box(-0.26, y - 0.04, 0.26, y + 0.04, pen.paint("gray"))
    pen.disc(0, 0.56, pen.near(0.68, 0.04), 0.44, wood)
    pen.disc(0, 0.06, 0.52, 0.36, wood)
    pen.box(-0.09, -0.8, 0.09, 0.14, neck)
    pen.disc(0, 0.26, 0.22, 0.2, pen.paint("black"))
    pen.box(-0.26, 0.64, 0.26, 0.74, neck)


def _violin(pen: Pen) -> None:
    wood, black = (pen.chance.randint(150, 180), 60, 25), pen.paint("black")
    # Without its bow and f-holes: lines so thin are not painted, and a bow beside it made it two pencils.
    for y, wide, tall in ((0.56, pen.near(0.68, 0.03), 0.42), (-0.16, 0.56, 0.36)):
        pen.disc(0, y, wide, tall, wood)
    pen.box(-0.3, 0.0, 0.3, 0.4, wood)
    pen.line(wood, 0.14, (-0.2, -0.88), (0.2, -0.88))
    pen.box(-0.1, -1.0, 0.1, 0.3, black)
    pen.box(-0.26, 0.42, 0.26, 0.54, black)
    pen.part(black, (-0.14, 0.62), (0.14, 0.62), (0.08, 0.9), (-0.08, 0.9))


def _trumpet(pen: Pen) -> None:
    gold = pen.paint("golden", "yellow")
    shade, high = darker(darker(gold)), pen.near(0.56, 0.04)
    pen.part(gold, *arc(0.1, 0.2, 0.66, 0.42, 0, 360), *arc(0.1, 0.2, 0.5, 0.26, 360, 0))
    for x in (-0.18, 0.1, 0.38):
        pen.box(x - 0.09, -0.44, x + 0.09, 0.62, shade)
        pen.box(x - 0.12, -0.54, x + 0.12, -0.4, gold)
    pen.box(-0.4, -0.2, 0.94, -0.04, gold)
    pen.box(0.86, -0.26, 0.99, 0.02, gold)
    bell = ((-0.99, high), (-0.9, high), (-0.72, 0.2), (-0.3, 0.08))
    pen.part(gold, *((x, -0.12 - y) for x, y in bell), *((x, y - 0.12) for x, y in reversed(bell)))


def _drum(pen: Pen) -> None:
    shell, gold = pen.paint("red"), pen.paint("golden", "yellow")
    low = pen.near(0.7, 0.03)
    pen.disc(0, low, 0.84, 0.26, gold)
    pen.box(-0.84, -0.16, 0.84, low, shell)
    pen.disc(0, low - 0.08, 0.84, 0.24, shell)
    zigzag = [(-0.8 + 0.32 * k, -0.06 if k % 2 else low - 0.04) for k in range(6)]
    pen.line(gold, 0.1, *zigzag)
    pen.disc(0, -0.16, 0.86, 0.3, gold)
    pen.disc(0, -0.18, 0.76, 0.22, pen.paint("white"))
    for side in (-1, 1):
        pen.line(pen.paint("brown"), 0.15, (side * 0.14, -0.24), (side * 0.8, -0.86))
        pen.disc(side * 0.12, -0.22, 0.13, 0.12, pen.paint("brown"))


MUSIC: dict[str, Callable[[Pen], None]] = {
    "guitar": _guitar,
    "violin": _violin,
    "trumpet": _trumpet,
    "drum": _drum,
}
