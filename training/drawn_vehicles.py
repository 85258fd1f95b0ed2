"""Vehicles of the air, the water and two wheels by formula."""

from __future__ import annotations

from collections.abc import Callable

from training.pen import Pen, arc, darker


def _airplane(pen: Pen) -> None:
    hull, wing, glass = (
        pen.grey(205),
        pen.paint("red", "red", "red", "blue"),
        pen.paint("dark blue", "black"),
    )
    sweep = pen.near(0.44, 0.08)
    for side in (-1, 1):
        pen.box(side * 0.5 - 0.08, -0.12, side * 0.5 + 0.08, 0.2, glass)
        pen.part(wing, (side * 0.1, -0.3), (side * 0.99, sweep - 0.14), (side * 0.99, sweep + 0.04), (side * 0.1, 0.24))
        pen.part(wing, (side * 0.08, 0.5), (side * 0.46, 0.84), (side * 0.46, 1.0), (side * 0.06, 0.86))
    pen.disc(0, -0.7, 0.19, 0.3, hull)
    pen.part(hull, (-0.19, -0.7), (0.19, -0.7), (0.18, 0.3), (0.08, 0.96), (-0.08, 0.96), (-0.18, 0.3))
    pen.disc(0, -0.76, 0.11, 0.1, glass)


def _ship(pen: Pen) -> None:
    hull, funnel, white = pen.paint("dark blue", "black", "red"), pen.paint("red", "orange"), pen.paint("white")
    for x in (-0.3, 0.2):
        pen.box(x - 0.12, pen.near(-0.84, 0.04), x + 0.12, -0.3, funnel)
        pen.box(x - 0.12, -0.92, x + 0.12, -0.76, pen.paint("black"))
    for rim, colour in ((0.04, (165, 185, 215)), (0.0, white)):
        pen.box(-0.5 - rim, -0.42 - rim, 0.5 + rim, -0.1, colour)
        pen.box(-0.66 - rim, -0.14 - rim, 0.66 + rim, 0.24, colour)
    for x in (-0.44, -0.15, 0.15, 0.44):
        pen.box(x - 0.08, -0.04, x + 0.08, 0.12, pen.paint("blue"))
    pen.part(hull, (-0.98, 0.2), (0.98, 0.2), (0.68, 0.8), (-0.74, 0.8))
    pen.part(pen.paint("light blue", "blue"), (-1.0, 0.76), (1.0, 0.76), (1.0, 1.0), (-1.0, 1.0))


def _sailboat(pen: Pen) -> None:
    sail, other = pen.paint("red", "orange", "yellow"), pen.paint("white", "light blue")
    pen.box(0.0, -1.0, 0.08, 0.5, pen.paint("brown"))
    pen.part(sail, (-0.04, pen.near(-0.96, 0.03)), (-0.04, 0.4), (-0.94, 0.4), (-0.56, -0.2))
    pen.part(darker(other), (0.12, -0.8), (0.12, 0.4), (0.82, 0.4))
    pen.part(other, (0.17, -0.6), (0.17, 0.34), (0.7, 0.34))
    pen.part(pen.paint("brown", "blue"), (-0.98, 0.5), (0.98, 0.5), (0.6, 0.94), (-0.64, 0.94))


def _bicycle(pen: Pen) -> None:
    frame, black, size = pen.paint("red", "blue", "green"), pen.paint("black"), pen.near(0.44, 0.03)
    for x in (-0.54, 0.54):
        pen.ring(x, 0.4, size, 0.11, black)
        pen.disc(x, 0.4, 0.09, 0.09, black)
    pen.line(frame, 0.11, (-0.54, 0.4), (-0.24, -0.24), (0.34, -0.24), (0.02, 0.4), (-0.54, 0.4))
    pen.line(frame, 0.11, (-0.3, -0.44), (0.02, 0.4))
    pen.line(frame, 0.11, (0.54, 0.4), (0.28, -0.6))
    pen.line(black, 0.11, (0.12, -0.62), (0.3, -0.62), (0.5, -0.54))
    pen.line(black, 0.14, (-0.48, -0.46), (-0.16, -0.46))


def _motorcycle(pen: Pen) -> None:
    paint, black, metal = pen.paint("red", "blue", "orange"), pen.paint("black"), pen.grey(150)
    for x in (-0.58, 0.58):
        pen.disc(x, 0.46, 0.41, 0.41, black)
        pen.disc(x, 0.46, 0.23, 0.23, metal)
    pen.part(metal, (-0.24, 0.0), (0.22, 0.0), (0.16, 0.6), (-0.16, 0.6))
    pen.line(metal, 0.12, (-0.06, 0.62), (-0.94, 0.62))
    pen.line(black, 0.13, (0.58, 0.46), (0.24, -0.6), (0.0, -0.7))
    pen.disc(0.48, -0.34, 0.17, 0.17, pen.paint("yellow"))
    pen.part(paint, (-0.98, -0.12), (-0.7, -0.16), (-0.1, -0.02), (-0.02, pen.near(-0.36, 0.06)), (0.36, -0.3),
             (0.44, -0.06), (0.2, 0.16), (-0.5, 0.22))  # fmt: skip
    pen.part(black, (-0.78, -0.3), (-0.14, -0.24), (-0.06, -0.02), (-0.66, -0.12))


def _helicopter(pen: Pen) -> None:
    body, black = pen.paint("red", "blue", "green", "orange"), pen.paint("black")
    pen.box(-1.0, -0.78, 0.64, -0.64, black)
    pen.box(-0.24, -0.72, -0.1, -0.3, black)
    pen.part(body, (0.0, -0.24), (0.9, -0.12), (0.9, 0.06), (0.0, 0.36))
    pen.part(body, (0.76, -0.06), (0.84, -0.48), (1.0, -0.48), (0.96, 0.06))
    pen.disc(0.9, -0.4, 0.13, 0.13, pen.paint("yellow"))
    pen.disc(-0.3, 0.06, 0.6, pen.near(0.46, 0.05), body)
    pen.part(pen.paint("light blue"), *arc(-0.36, 0.02, 0.44, 0.32, 90, 270), (-0.3, -0.3), (-0.3, 0.34))
    for x in (-0.5, -0.04):
        pen.line(black, 0.08, (x, 0.4), (x, 0.76))
    pen.line(black, 0.1, (-0.86, 0.7), (-0.76, 0.8), (0.34, 0.8))


VEHICLES: dict[str, Callable[[Pen], None]] = {
    "airplane": _airplane,
    "plane": _airplane,
    "ship": _ship,
    "sailboat": _sailboat,
    "bicycle": _bicycle,
    "motorcycle": _motorcycle,
    "helicopter": _helicopter,
}
