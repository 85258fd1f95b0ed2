"""Buildings and vehicles in a few pen strokes."""

from __future__ import annotations

from collections.abc import Callable

from training.ink.pen import Pen


def house(pen: Pen) -> None:
    wide, eaves = pen.near(0.68, 0.1), pen.near(-0.1, 0.8)
    pen.line((-wide, eaves), (-wide, 0.92), (wide, 0.92), (wide, eaves))
    pen.line((-0.96, eaves + 0.04), (0, -0.92), (0.96, eaves + 0.04))
    pen.line((-wide, eaves), (wide, eaves))
    pen.line((-0.16, 0.92), (-0.16, 0.36), (0.18, 0.36), (0.18, 0.92))
    if pen.maybe(0.7):
        for side in (1, -1):
            pen.box(side * 0.3, 0.16, side * 0.54, 0.44)
    if pen.maybe():
        pen.line((0.42, -0.52), (0.42, -0.84), (0.64, -0.84), (0.64, -0.3))


def castle(pen: Pen) -> None:
    for left in (-0.9, 0.46):
        pen.line((left, 0.9), (left, -0.6), (left, -0.86), (left + 0.14, -0.86), (left + 0.14, -0.66),
                 (left + 0.3, -0.66),
                 (left + 0.3, -0.86), (left + 0.44, -0.86), (left + 0.44, 0.9))  # fmt: skip
        pen.line((left + 0.22, -0.3), (left + 0.22, -0.06))
    pen.line((-0.46, -0.1), (-0.3, -0.1), (-0.3, 0.08), (-0.1, 0.08), (-0.1, -0.1), (0.1, -0.1), (0.1, 0.08),
             (0.3, 0.08),
             (0.3, -0.1), (0.46, -0.1))  # fmt: skip
    pen.curve((-0.2, 0.9), (-0.2, 0.5), (0, 0.3), (0.2, 0.5), (0.2, 0.9))
    pen.line((-0.9, 0.9), (0.9, 0.9))


def church(pen: Pen) -> None:
    pen.line((-0.5, 0.92), (-0.5, 0.1), (0, -0.36), (0.5, 0.1), (0.5, 0.92), (-0.5, 0.92))
    pen.line((0, -0.36), (0, -0.96))
    pen.line((-0.16, -0.76), (0.16, -0.76))
    pen.curve((-0.14, 0.92), (-0.14, 0.6), (0, 0.48), (0.14, 0.6), (0.14, 0.92))
    pen.ring(0, 0.16, 0.13)


def tower(pen: Pen) -> None:
    pen.both((0.6, 0.95), (0.26, 0.2), (0.1, -0.4), (0.03, -0.95))
    for y, wide in ((0.2, 0.3), (-0.2, 0.2)):
        pen.line((-wide, y), (wide, y))
    pen.arc(0, 0.95, 0.3, 0.36, 180, 360)


def tent(pen: Pen) -> None:
    pen.line((-0.95, 0.74), (0, -0.74), (0.95, 0.74), closed=True)
    pen.line((-0.26, 0.74), (0, 0.06), (0.26, 0.74))
    pen.line((0, 0.06), (0, -0.74), (0.1, -0.9))


def bridge(pen: Pen) -> None:
    pen.line((-0.98, 0.3), (0.98, 0.3))
    for x in (-0.5, 0.5):
        pen.line((x, -0.6), (x, 0.7))
    pen.curve((-0.5, -0.6), (0, 0.14), (0.5, -0.6))
    pen.curve((-0.98, 0.14), (-0.7, -0.2), (-0.5, -0.6))
    pen.curve((0.98, 0.14), (0.7, -0.2), (0.5, -0.6))
    for x in (-0.26, 0, 0.26):
        pen.line((x, 0.3), (x, 0.1 - x * x * 5))


def car(pen: Pen) -> None:
    roof = pen.near(-0.46)
    pen.curve((-0.82, 0.4), (-0.98, 0.3), (-0.94, 0.02), (-0.56, -0.06))
    pen.line((-0.56, -0.06), (-0.34, roof), (0.32, roof), (0.58, -0.06))
    pen.curve((0.58, -0.06), (0.94, 0.02), (0.98, 0.34), (0.82, 0.4))
    for x in (-0.5, 0.52):
        pen.ring(x, 0.42, pen.near(0.25, 0.08))
        pen.ring(x, 0.42, 0.09)
    pen.line((-0.24, 0.42), (0.26, 0.42))
    pen.line((-0.56, -0.06), (0.58, -0.06))
    pen.line((0.0, roof), (0.0, -0.06))


def bus(pen: Pen) -> None:
    pen.line((-0.92, 0.5), (-0.92, -0.5), (0.92, -0.5), (0.92, 0.5), closed=True)
    for x in (-0.76, -0.36, 0.04, 0.44):
        pen.box(x, -0.34, x + 0.32, 0.0)
    for x in (-0.5, 0.5):
        pen.ring(x, 0.52, 0.2)
    pen.line((-0.92, 0.18), (0.92, 0.18))


def truck(pen: Pen) -> None:
    pen.box(-0.96, -0.56, 0.26, 0.44)
    pen.line((0.26, -0.24), (0.62, -0.24), (0.96, 0.1), (0.96, 0.44), (0.26, 0.44))
    pen.line((0.4, -0.12), (0.58, -0.12), (0.76, 0.08), (0.4, 0.08), closed=True)
    for x in (-0.56, 0.6):
        pen.ring(x, 0.5, 0.22)
        pen.ring(x, 0.5, 0.08)


def train(pen: Pen) -> None:
    pen.box(-0.9, -0.6, -0.2, 0.4)
    pen.box(-0.74, -0.44, -0.38, -0.06)
    pen.line((-0.2, -0.2), (0.76, -0.2), (0.76, 0.4), (-0.2, 0.4))
    pen.line((0.36, -0.2), (0.3, -0.7), (0.66, -0.7), (0.6, -0.2))
    for x in (-0.62, -0.1, 0.44):
        pen.ring(x, 0.58, 0.22)
    pen.line((0.76, 0.4), (0.98, 0.66), (0.7, 0.66))
    pen.line((-0.98, 0.82), (0.98, 0.82))


def bicycle(pen: Pen) -> None:
    for x in (-0.56, 0.56):
        pen.ring(x, 0.34, pen.near(0.4, 0.05))
    pen.line((-0.56, 0.34), (-0.24, -0.2), (0.34, -0.2), (0.0, 0.34), (-0.56, 0.34))
    pen.line((0.0, 0.34), (-0.3, -0.36))
    pen.line((-0.44, -0.38), (-0.16, -0.38))
    pen.line((0.56, 0.34), (0.3, -0.48), (0.54, -0.54))


def motorcycle(pen: Pen) -> None:
    for x in (-0.58, 0.6):
        pen.ring(x, 0.4, 0.36)
        pen.ring(x, 0.4, 0.1)
    pen.curve((-0.9, -0.1), (-0.5, -0.16), (-0.1, 0.0), (0.2, -0.24), (0.4, -0.14))
    pen.line((-0.58, 0.4), (-0.2, 0.0), (0.2, 0.4), (-0.3, 0.4))
    pen.line((0.6, 0.4), (0.3, -0.5), (0.06, -0.56))
    pen.ring(0.44, -0.3, 0.1)


def boat(pen: Pen) -> None:
    pen.line((-0.86, 0.34), (0.86, 0.34), (0.54, 0.74), (-0.58, 0.74), closed=True)
    pen.line((0, 0.34), (0, -0.9))
    pen.line((0.08, -0.8), (0.08, 0.2), (pen.near(0.66), 0.2), closed=True)
    pen.line((-0.08, -0.6), (-0.08, 0.2), (-0.56, 0.2), closed=True)
    if pen.maybe(0.7):
        pen.curve((-1, 0.9), (-0.7, 0.82), (-0.4, 0.9), (-0.1, 0.82), (0.2, 0.9), (0.5, 0.82), (0.8, 0.9), (1, 0.84))


def ship(pen: Pen) -> None:
    pen.line((-0.96, 0.2), (0.96, 0.2), (0.7, 0.72), (-0.74, 0.72), closed=True)
    pen.line((-0.56, 0.2), (-0.56, -0.16), (0.6, -0.16), (0.6, 0.2))
    for x in (-0.3, 0.14):
        pen.line((x, -0.16), (x, -0.66), (x + 0.24, -0.66), (x + 0.24, -0.16))
    for x in (-0.44, 0.0, 0.44):
        pen.ring(x, 0.44, 0.09)
    pen.curve((-1, 0.9), (-0.6, 0.82), (-0.2, 0.9), (0.2, 0.82), (0.6, 0.9), (1, 0.82))


def airplane(pen: Pen) -> None:
    pen.curve((0.0, -0.96), (0.14, -0.7), (0.14, 0.7), (0, 0.9), (-0.14, 0.7), (-0.14, -0.7), (0, -0.96))
    for side in (1, -1):
        pen.line((side * 0.14, -0.26), (side * 0.96, pen.near(0.24)), (side * 0.96, 0.42), (side * 0.14, 0.16))
        pen.line((side * 0.13, 0.56), (side * 0.42, 0.82), (side * 0.42, 0.94), (side * 0.08, 0.84))


def helicopter(pen: Pen) -> None:
    pen.curve((-0.2, -0.3), (-0.74, -0.24), (-0.92, 0.2), (-0.5, 0.44), (0.1, 0.44), (0.3, 0.1), (0.9, -0.06))
    pen.curve((0.9, -0.16), (0.4, -0.24), (-0.2, -0.3))
    pen.line((0.9, 0.1), (0.96, -0.42))
    pen.line((-0.3, -0.3), (-0.3, -0.6))
    pen.line((-0.98, -0.6), (0.4, -0.6))
    pen.line((-0.8, 0.8), (0.34, 0.8))
    pen.line((-0.5, 0.44), (-0.54, 0.8))
    pen.line((0.0, 0.44), (0.04, 0.8))
    pen.curve((-0.86, 0.06), (-0.5, 0.06), (-0.46, -0.26))


def rocket(pen: Pen) -> None:
    pen.curve((-0.3, 0.5), (-0.38, -0.2), (0, -0.96), (0.38, -0.2), (0.3, 0.5))
    pen.line((-0.3, 0.5), (0.3, 0.5))
    pen.ring(0, -0.2, 0.14)
    for side in (1, -1):
        pen.line((side * 0.34, 0.06), (side * 0.66, 0.44), (side * 0.62, 0.72), (side * 0.3, 0.5))
    pen.curve((-0.2, 0.56), (-0.14, 0.8), (0, 0.98), (0.14, 0.8), (0.2, 0.56))


def anchor(pen: Pen) -> None:
    pen.ring(0, -0.76, 0.17)
    pen.line((0, -0.58), (0, 0.86))
    pen.line((-0.36, -0.38), (0.36, -0.38))
    pen.curve((-0.78, 0.24), (-0.6, 0.7), (0, 0.88), (0.6, 0.7), (0.78, 0.24))
    for side in (1, -1):
        pen.line((side * 0.58, 0.34), (side * 0.8, 0.2), (side * 0.94, 0.44))


def balloon(pen: Pen) -> None:
    pen.curve((0, 0.3), (-0.4, 0.0), (-0.52, -0.44), (0, -0.94), (0.52, -0.44), (0.4, 0.0), (0, 0.3))
    pen.line((0, 0.3), (-0.09, 0.4), (0.09, 0.4), closed=True)
    pen.curve((0, 0.4), (0.12, 0.6), (-0.1, 0.78), (0.04, 0.98))
    pen.curve((-0.3, -0.5), (-0.2, -0.68), (-0.06, -0.74))


def city(pen: Pen) -> None:
    tops = [pen.chance.uniform(-0.9, 0.3) for _ in range(5)]
    for k, top in enumerate(tops):
        left = -0.95 + 0.38 * k
        pen.line((left, 0.9), (left, top), (left + 0.34, top), (left + 0.34, 0.9))
        y = top + 0.2
        while y < 0.7:
            pen.line((left + 0.1, y), (left + 0.24, y))
            y += 0.28
    pen.line((-0.98, 0.9), (0.98, 0.9))


PLACES: dict[str, Callable[[Pen], None]] = {
    "house": house, "castle": castle, "church": church, "tower": tower, "tent": tent, "bridge": bridge, "car": car,
    "bus": bus, "truck": truck, "train": train, "bicycle": bicycle, "motorcycle": motorcycle, "boat": boat,
    "sailboat": boat, "ship": ship, "airplane": airplane, "plane": airplane, "helicopter": helicopter,
    "rocket": rocket, "anchor": anchor, "balloon": balloon, "city": city,
}  # fmt: skip
