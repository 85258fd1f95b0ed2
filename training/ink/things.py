"""Toys, clothes, instruments, arms and plain shapes in a few pen strokes."""

from __future__ import annotations

from collections.abc import Callable

from training.ink.pen import Pen, polar


def ball(pen: Pen) -> None:
    pen.ring(0, 0, 0.86)
    corners = [polar(0.32, 72 * k - 90) for k in range(5)]
    pen.line(*corners, closed=True)
    for k in range(5):
        pen.line(corners[k], polar(0.86, 72 * k - 90))


def sword(pen: Pen) -> None:
    pen.line((-0.12, 0.34), (-0.12, -0.7), (0, -0.96), (0.12, -0.7), (0.12, 0.34))
    pen.line((-0.42, 0.34), (0.42, 0.34), (0.42, 0.46), (-0.42, 0.46), closed=True)
    pen.line((-0.07, 0.46), (-0.07, 0.8), (0.07, 0.8), (0.07, 0.46))
    pen.ring(0, 0.88, 0.1)


def shield(pen: Pen) -> None:
    pen.both((0, -0.92), (0.4, -0.74), (0.76, -0.7), (0.72, 0.1), (0, 0.94))
    pen.line((0, -0.92), (0, 0.94))
    pen.line((-0.74, -0.06), (0.74, -0.06))


def bomb(pen: Pen) -> None:
    pen.ring(-0.14, 0.26, 0.62)
    pen.line((0.14, -0.36), (0.26, -0.52), (0.46, -0.38), (0.36, -0.2))
    pen.curve((0.36, -0.46), (0.5, -0.74), (0.76, -0.7))
    for turn in (-90, -40, 10, 60):
        pen.line(polar(0.08, turn, 0.82, -0.7), polar(0.22, turn, 0.82, -0.7))


def diamond(pen: Pen) -> None:
    pen.line((-0.5, -0.66), (0.5, -0.66), (0.92, -0.2), (0, 0.84), (-0.92, -0.2), closed=True)
    pen.line((-0.92, -0.2), (0.92, -0.2))
    pen.line((-0.5, -0.66), (-0.3, -0.2), (0, 0.84), (0.3, -0.2), (0.5, -0.66))


def trophy(pen: Pen) -> None:
    pen.both((0.5, -0.84), (0.46, -0.2), (0.2, 0.14), (0.08, 0.24))
    pen.line((-0.5, -0.84), (0.5, -0.84))
    pen.both((0.48, -0.64), (0.9, -0.66), (0.78, -0.16), (0.36, -0.02))
    pen.both((0.08, 0.24), (0.08, 0.6), curved=False)
    pen.box(-0.4, 0.6, 0.4, 0.86)


def crown(pen: Pen) -> None:
    pen.line(
        (-0.8, 0.6), (-0.92, -0.46), (-0.44, 0.02), (0, -0.76), (0.44, 0.02), (0.92, -0.46), (0.8, 0.6), closed=True
    )
    pen.line((-0.8, 0.36), (0.8, 0.36))
    for x, y in ((-0.92, -0.54), (0, -0.86), (0.92, -0.54)):
        pen.ring(x, y, 0.08)


def guitar(pen: Pen) -> None:
    pen.both((0.08, -0.1), (0.36, -0.02), (0.26, 0.3), (0.48, 0.64), (0.3, 0.94), (0, 0.98))
    pen.ring(0, 0.36, 0.13)
    for x in (-0.07, 0.07):
        pen.line((x, -0.1), (x, -0.7))
    pen.box(-0.13, -0.98, 0.13, -0.7)
    pen.line((-0.16, 0.72), (0.16, 0.72))


def drum(pen: Pen) -> None:
    pen.ring(0, -0.3, 0.76, 0.24)
    pen.line((-0.76, -0.3), (-0.76, 0.5))
    pen.line((0.76, -0.3), (0.76, 0.5))
    pen.arc(0, 0.5, 0.76, 0.24, 0, 180)
    pen.line((-0.76, 0.4), (-0.4, -0.04), (0, 0.7), (0.4, -0.04), (0.76, 0.4))
    pen.line((-0.9, -0.96), (-0.2, -0.36))
    pen.line((0.9, -0.96), (0.2, -0.36))


def hat(pen: Pen) -> None:
    pen.ring(0, 0.5, 0.94, 0.2)
    pen.curve((-0.5, 0.44), (-0.48, -0.5), (-0.4, -0.64))
    pen.curve((0.5, 0.44), (0.48, -0.5), (0.4, -0.64))
    pen.ring(0, -0.64, 0.44, 0.1)
    pen.curve((-0.5, 0.16), (0, 0.28), (0.5, 0.16))


def shoe(pen: Pen) -> None:
    pen.curve((-0.86, -0.3), (-0.4, -0.36), (-0.2, -0.4), (0.1, -0.02), (0.6, 0.12), (0.94, 0.4))
    pen.line((-0.86, -0.3), (-0.9, 0.4), (0.94, 0.4))
    pen.line((-0.9, 0.4), (-0.9, 0.58), (0.94, 0.58), (0.94, 0.4))
    for x in (-0.1, 0.08, 0.26):
        pen.line((x - 0.12, -0.02), (x + 0.04, -0.18))


def shirt(pen: Pen) -> None:
    pen.curve((-0.26, -0.74), (0, -0.54), (0.26, -0.74))
    pen.both((0.26, -0.74), (0.94, -0.4), (0.74, 0.06), (0.5, -0.1), (0.5, 0.8), (0, 0.8), curved=False)


def dress(pen: Pen) -> None:
    pen.both((0.2, -0.92), (0.3, -0.5), (0.2, -0.1), curved=False)
    pen.curve((-0.2, -0.8), (0, -0.56), (0.2, -0.8))
    pen.both((0.2, -0.1), (0.46, 0.4), (0.7, 0.92))
    pen.curve((-0.7, 0.92), (0, 0.98), (0.7, 0.92))
    pen.line((-0.2, -0.1), (0.2, -0.1))


def circle(pen: Pen) -> None:
    pen.ring(0, 0, pen.near(0.8))


def square(pen: Pen) -> None:
    side = pen.near(0.74)
    pen.box(-side, -side, side, side)


def triangle(pen: Pen) -> None:
    pen.line((0, -0.84), (0.9, 0.74), (-0.9, 0.74), closed=True)


def cross(pen: Pen) -> None:
    pen.line((0, -0.9), (0, 0.9))
    pen.line((-0.9, 0), (0.9, 0))


def arrow(pen: Pen) -> None:
    pen.line((-0.92, 0), (0.92, 0))
    pen.line((0.44, -0.44), (0.92, 0), (0.44, 0.44))


def spiral(pen: Pen) -> None:
    pen.curve(*[polar(0.9 * k / 48, 22.5 * k) for k in range(49)])


def trumpet(pen: Pen) -> None:
    pen.line((-0.94, -0.14), (0.3, -0.14))
    pen.curve((0.3, -0.14), (0.7, -0.24), (0.94, -0.56))
    pen.line((0.94, -0.56), (0.94, 0.4))
    pen.curve((0.94, 0.4), (0.7, 0.08), (0.3, 0.0), (-0.5, 0.0))
    pen.curve((-0.3, 0.0), (-0.56, 0.1), (-0.56, 0.4), (-0.3, 0.5), (0.2, 0.5), (0.44, 0.3), (0.3, 0.02))
    for x in (-0.2, 0, 0.2):
        pen.line((x, 0.46), (x, -0.36))
    pen.line((-0.94, -0.24), (-0.94, -0.04))


def violin(pen: Pen) -> None:
    pen.both((0.06, -0.2), (0.3, -0.14), (0.32, 0.1), (0.16, 0.3), (0.4, 0.6), (0.3, 0.9), (0, 0.96))
    pen.line((0, 0.6), (0, -0.8))
    pen.ring(0, -0.88, 0.1)
    pen.line((-0.16, 0.6), (0.16, 0.6))
    pen.line((0.5, -0.8), (0.8, 0.9))


THINGS: dict[str, Callable[[Pen], None]] = {
    "ball": ball, "sword": sword, "shield": shield, "bomb": bomb, "diamond": diamond, "trophy": trophy,
    "crown": crown, "guitar": guitar, "drum": drum, "hat": hat, "shoe": shoe, "shirt": shirt, "dress": dress,
    "circle": circle, "square": square, "triangle": triangle, "cross": cross, "arrow": arrow, "spiral": spiral,
    "trumpet": trumpet, "violin": violin,
}  # fmt: skip
