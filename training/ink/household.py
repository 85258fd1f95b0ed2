"""Things of the household in a few pen strokes."""

from __future__ import annotations

from collections.abc import Callable

from training.ink.pen import Pen, polar


def cup(pen: Pen) -> None:
    pen.line((-0.66, -0.4), (-0.5, 0.62), (0.34, 0.62), (0.5, -0.4))
    pen.ring(-0.08, -0.4, 0.58, 0.12)
    pen.curve((0.46, -0.2), (0.86, -0.22), (0.86, 0.28), (0.4, 0.3))
    if pen.maybe():
        for x in (-0.3, 0.1):
            pen.curve((x, -0.6), (x - 0.08, -0.72), (x + 0.08, -0.84), (x, -0.98))
    if pen.maybe():
        pen.curve((-0.86, 0.7), (-0.1, 0.86), (0.7, 0.7))


def coffee(pen: Pen) -> None:
    pen.curve((-0.7, -0.14), (-0.64, 0.4), (-0.3, 0.64), (0.14, 0.64), (0.46, 0.4), (0.52, -0.14))
    pen.line((-0.7, -0.14), (0.52, -0.14))
    pen.curve((0.5, -0.04), (0.9, -0.06), (0.86, 0.34), (0.44, 0.36))
    pen.line((-0.9, 0.78), (0.76, 0.78))
    for x in (-0.42, -0.08, 0.26):
        pen.curve((x, -0.3), (x - 0.1, -0.48), (x + 0.1, -0.68), (x, -0.9))


def bottle(pen: Pen) -> None:
    pen.both((0.12, -0.94), (0.13, -0.5), (0.32, -0.2), (0.34, 0.3), (0.34, 0.94))
    pen.line((-0.12, -0.94), (0.12, -0.94))
    pen.line((-0.34, 0.94), (0.34, 0.94))
    pen.line((-0.34, 0.1), (0.34, 0.1))
    pen.line((-0.34, 0.6), (0.34, 0.6))


def wine(pen: Pen) -> None:
    pen.both((0.46, -0.94), (0.5, -0.4), (0.3, 0.02), (0, 0.12))
    pen.line((-0.46, -0.94), (0.46, -0.94))
    pen.line((-0.48, -0.5), (0.48, -0.5))
    pen.line((0, 0.12), (0, 0.9))
    pen.line((-0.4, 0.92), (0.4, 0.92))


def chair(pen: Pen) -> None:
    pen.line((-0.5, -0.95), (-0.46, 0.1), (-0.56, 0.95))
    pen.line((0.3, -0.95), (0.34, 0.1))
    for y in (-0.86, -0.5):
        pen.line((-0.49, y), (0.31, y))
    pen.line((-0.46, 0.1), (0.34, 0.1), (0.62, 0.3), (-0.3, 0.3), closed=True)
    pen.line((-0.3, 0.3), (-0.3, 0.98))
    pen.line((0.6, 0.3), (0.62, 0.98))
    pen.line((0.34, 0.3), (0.34, 0.8))


def table(pen: Pen) -> None:
    pen.line((-0.6, -0.3), (0.6, -0.3), (0.95, 0.06), (-0.95, 0.06), closed=True)
    for x in (-0.86, 0.86):
        pen.line((x, 0.06), (x, 0.86))
    for x in (-0.5, 0.5):
        pen.line((x, 0.06), (x, 0.56))


def bed(pen: Pen) -> None:
    pen.line((-0.92, -0.56), (-0.92, 0.7))
    pen.line((-0.92, 0.3), (0.92, 0.3), (0.92, 0.7))
    pen.line((-0.92, 0.5), (0.92, 0.5))
    pen.curve((-0.8, 0.28), (-0.8, 0.0), (-0.4, 0.0), (-0.36, 0.28))
    pen.curve((-0.36, 0.0), (0.5, -0.06), (0.9, 0.04), (0.92, 0.3))


def door(pen: Pen) -> None:
    pen.box(-0.46, -0.92, 0.46, 0.92)
    pen.dot(0.3, 0.06, 0.1)
    for y in (-0.74, 0.16):
        pen.box(-0.26, y, 0.14, y + 0.6)


def lamp(pen: Pen) -> None:
    pen.line((-0.3, -0.9), (0.3, -0.9), (0.6, -0.1), (-0.6, -0.1), closed=True)
    pen.line((0, -0.1), (0, 0.84))
    pen.line((-0.4, 0.88), (0.4, 0.88))


def light_bulb(pen: Pen) -> None:
    pen.curve(
        (-0.24, 0.5), (-0.3, 0.16), (-0.62, -0.3), (-0.36, -0.84), (0.36, -0.84), (0.62, -0.3), (0.3, 0.16), (0.24, 0.5)
    )
    for y in (0.5, 0.66, 0.82):
        pen.line((-0.24, y), (0.24, y))
    pen.line((-0.12, 0.5), (-0.16, -0.1), (0, 0.04), (0.16, -0.1), (0.12, 0.5))


def candle(pen: Pen) -> None:
    pen.box(-0.24, -0.2, 0.24, 0.86)
    pen.line((0, -0.2), (0, -0.38))
    pen.curve((0, -0.36), (-0.2, -0.56), (0, -0.96), (0.2, -0.56), (0, -0.36))
    pen.line((-0.54, 0.88), (0.54, 0.88))


def key(pen: Pen) -> None:
    pen.ring(-0.58, 0, 0.36)
    pen.ring(-0.66, 0, 0.12)
    pen.line((-0.22, -0.09), (0.94, -0.09), (0.94, 0.09), (0.8, 0.09), (0.8, 0.34), (0.64, 0.34),
             (0.64, 0.09), (0.5, 0.09),
             (0.5, 0.3), (0.34, 0.3), (0.34, 0.09), (-0.22, 0.09))  # fmt: skip


def umbrella(pen: Pen) -> None:
    pen.arc(0, 0.02, 0.94, 0.86, 180, 360)
    for left in (-0.94, -0.31, 0.31):
        pen.curve((left, 0.02), (left + 0.31, -0.14), (left + 0.63, 0.02))
    pen.line((0, -0.1), (0, 0.74))
    pen.curve((0, 0.74), (0.08, 0.94), (0.28, 0.9), (0.3, 0.7))
    pen.line((0, -0.84), (0, -0.98))
    if pen.maybe():
        pen.curve((-0.31, 0.02), (-0.24, -0.5), (0, -0.84))
        pen.curve((0.31, 0.02), (0.24, -0.5), (0, -0.84))


def glasses(pen: Pen) -> None:
    for side in (1, -1):
        pen.ring(side * 0.5, 0.1, pen.near(0.36, 0.06), 0.32)
        pen.curve((side * 0.86, 0.0), (side * 0.98, -0.16), (side * 0.84, -0.3))
    pen.curve((-0.16, 0.04), (0, -0.06), (0.16, 0.04))


def scissors(pen: Pen) -> None:
    for side in (1, -1):
        pen.ring(side * 0.42, 0.66, 0.26)
        pen.line((side * 0.28, 0.44), (-side * 0.4, -0.95), (-side * 0.06, -0.1))


def hammer(pen: Pen) -> None:
    pen.line((-0.6, -0.66), (0.3, -0.66), (0.66, -0.4), (0.3, -0.26), (-0.6, -0.26), closed=True)
    pen.line((-0.14, -0.26), (-0.14, 0.94), (0.12, 0.94), (0.12, -0.26))


def pencil(pen: Pen) -> None:
    pen.line((-0.9, 0.9), (-0.8, 0.5), (0.54, -0.84), (0.84, -0.54), (-0.5, 0.8), closed=True)
    pen.line((-0.8, 0.5), (-0.5, 0.8))
    pen.line((0.36, -0.66), (0.66, -0.36))


def bell(pen: Pen) -> None:
    pen.both((0, -0.8), (0.38, -0.66), (0.5, -0.1), (0.58, 0.3), (0.84, 0.56))
    pen.line((-0.84, 0.56), (0.84, 0.56))
    pen.arc(0, 0.6, 0.2, 0.22, 0, 180)
    pen.ring(0, -0.88, 0.09)


def book(pen: Pen) -> None:
    for side in (1, -1):
        pen.curve((0, -0.5), (side * 0.4, -0.66), (side * 0.92, -0.54))
        pen.line((side * 0.92, -0.54), (side * 0.92, 0.56))
        pen.curve((0, 0.62), (side * 0.4, 0.46), (side * 0.92, 0.56))
        for y in (-0.26, 0.0, 0.26):
            if pen.maybe(0.6):
                pen.line((side * 0.2, y - 0.02), (side * 0.74, y))
    pen.line((0, -0.5), (0, 0.62))


def clock(pen: Pen) -> None:
    pen.ring(0, 0, 0.9)
    pen.line((0, 0), (0, pen.near(-0.6, 0.1)))
    pen.line((0, 0), polar(0.4, pen.chance.uniform(0, 360)))
    for k in range(12 if pen.maybe() else 4):
        step = 30 if len(pen.strokes) > 40 else 90
        pen.line(polar(0.74, step * k), polar(0.84, step * k))


def camera(pen: Pen) -> None:
    pen.line((-0.92, 0.66), (-0.92, -0.4), (-0.42, -0.4), (-0.28, -0.66), (0.28, -0.66), (0.42, -0.4), (0.92, -0.4),
             (0.92, 0.66), closed=True)  # fmt: skip
    pen.ring(0, 0.1, 0.4)
    pen.ring(0, 0.1, 0.2)
    pen.dot(0.7, -0.22, 0.08)


def phone(pen: Pen) -> None:
    pen.line((-0.44, -0.9), (0.44, -0.9), (0.44, 0.9), (-0.44, 0.9), closed=True)
    pen.box(-0.34, -0.7, 0.34, 0.6)
    pen.ring(0, 0.75, 0.07)


def computer(pen: Pen) -> None:
    pen.box(-0.84, -0.74, 0.84, 0.34)
    pen.box(-0.72, -0.62, 0.72, 0.22)
    pen.line((-0.16, 0.34), (-0.2, 0.66))
    pen.line((0.16, 0.34), (0.2, 0.66))
    pen.line((-0.5, 0.68), (0.5, 0.68))


def gift(pen: Pen) -> None:
    pen.box(-0.72, -0.1, 0.72, 0.88)
    pen.box(-0.84, -0.4, 0.84, -0.1)
    pen.line((0, -0.4), (0, 0.88))
    pen.both((0, -0.4), (0.36, -0.92), (0.62, -0.7), (0, -0.4))


HOUSEHOLD: dict[str, Callable[[Pen], None]] = {
    "cup": cup, "coffee": coffee, "bottle": bottle, "wine": wine, "chair": chair, "table": table, "bed": bed,
    "door": door, "lamp": lamp, "light bulb": light_bulb, "candle": candle, "key": key, "umbrella": umbrella,
    "glasses": glasses, "scissors": scissors, "hammer": hammer, "pencil": pencil, "bell": bell, "book": book,
    "clock": clock, "camera": camera, "phone": phone, "computer": computer, "gift": gift,
}  # fmt: skip
