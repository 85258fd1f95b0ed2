"""People, their parts and beings like them in a few pen strokes."""

from __future__ import annotations

from collections.abc import Callable

from training.ink.pen import Pen, polar


def face(pen: Pen) -> None:
    pen.ring(0, 0, 0.9, pen.near(0.92, 0.08))
    for side in (1, -1):
        pen.dot(side * 0.32, -0.24, pen.near(0.13))
    deep = pen.near(0.56, 0.1)
    pen.curve((-0.46, 0.24), (-0.26, deep - 0.06), (0, deep), (0.26, deep - 0.06), (0.46, 0.24))
    if pen.maybe(0.3):
        pen.line((0, -0.1), (-0.06, 0.14), (0.06, 0.14))


def sad_face(pen: Pen) -> None:
    pen.ring(0, 0, 0.92)
    for side in (1, -1):
        pen.dot(side * 0.32, -0.24, pen.near(0.13))
    pen.curve((-0.42, 0.56), (-0.24, 0.36), (0, 0.3), (0.24, 0.36), (0.42, 0.56))
    if pen.maybe(0.4):
        pen.curve((0.32, -0.1), (0.42, 0.1), (0.32, 0.16), (0.24, 0.1), (0.32, -0.1))


def heart(pen: Pen) -> None:
    notch = pen.near(-0.4, 0.2)
    pen.both((0, notch), (0.3, -0.8), (0.8, -0.7), (0.88, -0.14), (0.5, 0.4), (0, 0.9))


def eye(pen: Pen) -> None:
    pen.curve((-0.95, 0), (-0.4, -0.44), (0.4, -0.44), (0.95, 0), (0.4, 0.44), (-0.4, 0.44), (-0.95, 0))
    pen.ring(0, 0, 0.36)
    for size in (0.06, 0.13):
        pen.ring(0, 0, size)
    if pen.maybe():
        for turn in (-135, -110, -70, -45):
            pen.line(polar(0.56, turn), polar(0.8, turn))


def mouth(pen: Pen) -> None:
    pen.curve((-0.9, -0.04), (-0.3, -0.4), (0, -0.28), (0.3, -0.4), (0.9, -0.04))
    pen.curve((-0.9, -0.04), (0, 0.06), (0.9, -0.04))
    pen.curve((-0.9, -0.04), (-0.4, 0.42), (0.4, 0.42), (0.9, -0.04))


def hand(pen: Pen) -> None:
    pen.curve((-0.34, 0.96), (-0.36, 0.6), (-0.74, 0.2), (-0.86, -0.06), (-0.66, -0.1), (-0.42, 0.22))
    for x, top in ((-0.42, -0.7), (-0.12, -0.9), (0.18, -0.84), (0.46, -0.56)):
        pen.curve((x, 0.1), (x, top + 0.1), (x + 0.12, top), (x + 0.24, top + 0.1), (x + 0.24, 0.1))
    pen.curve((0.7, 0.0), (0.68, 0.5), (0.46, 0.96))


def skull(pen: Pen) -> None:
    pen.curve(
        (-0.4, 0.5), (-0.78, 0.3), (-0.8, -0.4), (-0.4, -0.88), (0.4, -0.88), (0.8, -0.4), (0.78, 0.3), (0.4, 0.5)
    )
    pen.line((-0.4, 0.5), (-0.4, 0.9), (0.4, 0.9), (0.4, 0.5))
    for side in (1, -1):
        pen.ring(side * 0.34, -0.14, 0.22)
        pen.ring(side * 0.34, -0.14, 0.12)
        pen.line((side * 0.14, 0.62), (side * 0.14, 0.9))
    pen.line((0, 0.14), (-0.1, 0.34), (0.1, 0.34), closed=True)


def ghost(pen: Pen) -> None:
    pen.curve((-0.66, 0.9), (-0.7, -0.1), (-0.46, -0.76), (0, -0.94), (0.46, -0.76), (0.7, -0.1), (0.66, 0.9))
    pen.curve((-0.66, 0.9), (-0.46, 0.64), (-0.22, 0.9), (0, 0.64), (0.22, 0.9), (0.46, 0.64), (0.66, 0.9))
    for side in (1, -1):
        pen.ring(side * 0.24, -0.3, 0.11, 0.16)
    if pen.maybe():
        pen.ring(0, 0.12, 0.12, 0.16)


def robot(pen: Pen) -> None:
    pen.box(-0.7, -0.5, 0.7, 0.6)
    for side in (1, -1):
        pen.ring(side * 0.3, -0.1, 0.16)
        pen.box(side * 0.7, -0.14, side * 0.88, 0.24)
    pen.box(-0.36, 0.24, 0.36, 0.42)
    pen.line((0, -0.5), (0, -0.8))
    pen.ring(0, -0.88, 0.09)
    pen.line((-0.12, 0.24), (-0.12, 0.42))
    pen.line((0.12, 0.24), (0.12, 0.42))


def alien(pen: Pen) -> None:
    pen.both((0, -0.92), (0.6, -0.76), (0.8, -0.2), (0.46, 0.5), (0, 0.92))
    for side in (1, -1):
        pen.curve(
            (side * 0.12, 0.16), (side * 0.2, -0.2), (side * 0.62, -0.36), (side * 0.5, 0.04), (side * 0.12, 0.16)
        )
    pen.curve((-0.14, 0.54), (0, 0.6), (0.14, 0.54))


def snowman(pen: Pen) -> None:
    pen.ring(0, 0.5, 0.48, 0.46)
    pen.ring(0, -0.22, 0.32, 0.3)
    for side in (1, -1):
        pen.dot(side * 0.1, -0.3, 0.06)
        pen.line((side * 0.3, -0.06), (side * 0.84, pen.near(-0.34)))
    pen.line((0.0, -0.22), (0.2, -0.16), (0, -0.14))
    pen.line((-0.4, -0.52), (0.4, -0.52))
    pen.line((-0.24, -0.52), (-0.24, -0.94), (0.24, -0.94), (0.24, -0.52))
    for y in (0.3, 0.5, 0.7):
        pen.dot(0, y, 0.06)


def person(pen: Pen) -> None:
    pen.ring(0, -0.68, 0.26)
    pen.line((0, -0.42), (0, 0.3))
    pen.line((-0.5, 0.06), (0, -0.24), (0.5, pen.near(0.06, 3)))
    pen.line((-0.4, 0.96), (0, 0.3), (0.4, 0.96))


def angel(pen: Pen) -> None:
    pen.ring(0, -0.5, 0.22)
    pen.ring(0, -0.88, 0.24, 0.08)
    pen.line((-0.12, -0.3), (-0.5, 0.9), (0.5, 0.9), (0.12, -0.3))
    pen.both((0.14, -0.2), (0.5, -0.6), (0.94, -0.5), (0.8, 0.1), (0.26, 0.16))


def baby(pen: Pen) -> None:
    pen.ring(0, 0, 0.76, 0.72)
    for side in (1, -1):
        pen.arc(side * 0.8, 0.04, 0.16, 0.18, -120 if side > 0 else 60, 120 if side > 0 else 300)
        pen.dot(side * 0.28, -0.1, 0.11)
    pen.curve((0, -0.72), (-0.16, -0.94), (0.12, -0.98), (0.16, -0.8), (0.02, -0.8))
    pen.curve((-0.2, 0.3), (0, 0.44), (0.2, 0.3))


def santa_claus(pen: Pen) -> None:
    pen.curve((-0.52, -0.3), (-0.3, -0.8), (0.2, -0.94), (0.66, -0.6), (0.8, -0.2))
    pen.ring(0.82, -0.1, 0.12)
    pen.line((0.52, -0.3), (0.4, -0.6))
    pen.line((-0.58, -0.3), (0.58, -0.3), (0.58, -0.1), (-0.58, -0.1), closed=True)
    pen.curve((-0.54, -0.08), (-0.7, 0.4), (-0.4, 0.8), (0, 0.98), (0.4, 0.8), (0.7, 0.4), (0.54, -0.08))
    for side in (1, -1):
        pen.dot(side * 0.2, 0.1, 0.08)
        pen.curve((0, 0.34), (side * 0.2, 0.3), (side * 0.4, 0.46), (side * 0.16, 0.46), (0, 0.4))
    pen.ring(0, 0.24, 0.09)


def clown(pen: Pen) -> None:
    pen.ring(0, 0.14, 0.56, 0.6)
    for side in (1, -1):
        pen.curve((side * 0.46, -0.3), (side * 0.8, -0.5), (side * 0.96, -0.2), (side * 0.86, 0.0), (side * 0.94, 0.3),
                  (side * 0.56, 0.34))  # fmt: skip
        pen.dot(side * 0.22, -0.06, 0.1)
    pen.ring(0, 0.16, 0.14)
    pen.curve((-0.34, 0.36), (0, 0.66), (0.34, 0.36))
    pen.line((-0.34, -0.36), (0, -0.98), (0.34, -0.36))


PEOPLE: dict[str, Callable[[Pen], None]] = {
    "face": face, "smiley": face, "smiling face": face, "sad face": sad_face, "heart": heart, "eye": eye,
    "mouth": mouth, "hand": hand, "skull": skull, "ghost": ghost, "robot": robot, "alien": alien, "snowman": snowman,
    "person": person, "man": person, "angel": angel, "baby": baby, "santa claus": santa_claus, "clown": clown,
}  # fmt: skip
