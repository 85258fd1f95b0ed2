"""Plants, weather and landscapes in a few pen strokes."""

from __future__ import annotations

from collections.abc import Callable

from training.ink.pen import Pen, polar


def _puffs(pen: Pen, x: float, y: float, across: float, down: float, count: int, out: float = 0.2) -> None:
    """A round outline of bulges, as of a crown of leaves."""
    for k in range(count):
        begin, end = 360 * k / count, 360 * (k + 1) / count
        first, last = polar(1, begin), polar(1, end)
        middle = polar(1 + out, (begin + end) / 2)
        pen.curve(*((x + across * a, y + down * b) for a, b in (first, middle, last)))


def tree(pen: Pen) -> None:
    _puffs(pen, 0, -0.34, pen.near(0.6), 0.46, 7)
    thick = pen.near(0.15)
    pen.curve((-thick, 0.14), (-thick, 0.6), (-thick - 0.12, 0.98))
    pen.curve((thick, 0.14), (thick, 0.6), (thick + 0.12, 0.98))
    if pen.maybe():
        pen.line((-0.9, 0.98), (0.9, 0.98))


def pine_tree(pen: Pen) -> None:
    wide = pen.near(0.7)
    for side in (1, -1):
        pen.line((0, -0.98), (side * wide * 0.5, -0.36), (side * wide * 0.28, -0.36), (side * wide * 0.78, 0.16),
                 (side * wide * 0.42, 0.16), (side * wide, 0.7), (0, 0.7))  # fmt: skip
    pen.line((-0.12, 0.7), (-0.12, 0.98), (0.12, 0.98), (0.12, 0.7))


def christmas_tree(pen: Pen) -> None:
    pine_tree(pen)
    star(pen, 0, -0.9, 0.2)
    for x, y in ((0.0, -0.4), (-0.2, 0.0), (0.24, 0.06), (-0.36, 0.5), (0.04, 0.44), (0.4, 0.52)):
        pen.ring(x, y, 0.07)


def palm_tree(pen: Pen) -> None:
    lean = pen.near(0.2)
    pen.curve((-0.1, 0.96), (lean - 0.1, 0.3), (lean - 0.06, -0.4))
    pen.curve((0.14, 0.96), (lean + 0.08, 0.3), (lean + 0.06, -0.4))
    for x, y, bend in ((-0.9, -0.3, -0.8), (-0.62, -0.86, -0.94), (0.6, -0.9, -0.96), (0.98, -0.3, -0.8)):
        pen.curve((lean, -0.44), ((x + lean) / 2, bend + 0.06), (x, y), ((x + lean) / 2, bend + 0.28), (lean, -0.4))
    for x in (-0.08, 0.1):
        pen.ring(lean + x, -0.32, 0.09)
    pen.line((-0.6, 0.97), (0.7, 0.97))


def flower(pen: Pen) -> None:
    count, across = pen.chance.choice((5, 5, 6)), pen.near(0.15)
    for k in range(count):
        a, b, c = (
            polar(across, 360 * k / count - 90),
            polar(0.56, 360 * (k + 0.5) / count - 90),
            polar(across, 360 * (k + 1) / count - 90),
        )
        left, right = polar(0.5, 360 * (k + 0.12) / count - 90), polar(0.5, 360 * (k + 0.88) / count - 90)
        pen.curve(*((x, y - 0.42) for x, y in (a, left, b, right, c)))
    pen.ring(0, -0.42, across)
    pen.curve((0, 0.14), (0.05, 0.55), (0, 0.98))
    for side in (1, -1):
        pen.curve((0.02, 0.78), (side * 0.24, 0.42), (side * 0.56, 0.4), (side * 0.4, 0.7), (0.02, 0.78))


def tulip(pen: Pen) -> None:
    pen.curve((-0.4, -0.9), (-0.46, -0.3), (0, 0.06), (0.46, -0.3), (0.4, -0.9))
    pen.line((-0.4, -0.9), (-0.18, -0.56), (0, -0.94), (0.18, -0.56), (0.4, -0.9))
    pen.line((0, 0.06), (0, 0.98))
    for side in (1, -1):
        pen.curve((0, 0.96), (side * 0.2, 0.5), (side * 0.54, 0.12), (side * 0.42, 0.6), (0, 0.96))


def sunflower(pen: Pen) -> None:
    for k in range(12):
        tip = polar(0.56, 30 * k + 15)
        first, last = polar(0.28, 30 * k), polar(0.28, 30 * k + 30)
        pen.line(*((x, y - 0.38) for x, y in (first, tip, last)))
    pen.ring(0, -0.38, 0.28)
    for turn in (-0.14, 0, 0.14):
        pen.line((turn - 0.12, -0.52), (turn + 0.12, -0.24))
        pen.line((turn + 0.12, -0.52), (turn - 0.12, -0.24))
    pen.line((0, 0.18), (0, 0.98))
    for side in (1, -1):
        pen.curve((0, 0.8), (side * 0.24, 0.42), (side * 0.6, 0.44), (side * 0.4, 0.74), (0, 0.8))


def rose(pen: Pen) -> None:
    pen.curve(*[polar(0.04 + 0.3 * k / 22, 40 * k, 0, -0.5) for k in range(23)])
    pen.both((0.0, 0.04), (0.4, -0.1), (0.5, -0.6), (0.3, -0.86))
    pen.curve((-0.48, -0.5), (-0.2, -0.14), (0.2, -0.16), (0.48, -0.5))
    pen.curve((0, 0.04), (0.06, 0.5), (0, 0.98))
    pen.curve((0.04, 0.6), (0.26, 0.26), (0.56, 0.3), (0.34, 0.58), (0.04, 0.6))


def leaf(pen: Pen) -> None:
    pen.curve((-0.7, 0.66), (-0.74, -0.2), (-0.1, -0.72), (0.9, -0.86))
    pen.curve((-0.7, 0.66), (0.2, 0.6), (0.74, 0.1), (0.9, -0.86))
    pen.curve((-0.96, 0.94), (-0.4, 0.3), (0.5, -0.5))
    for x, y in ((-0.3, 0.2), (0.02, -0.1), (0.3, -0.34)):
        pen.line((x, y), (x - 0.06, y - 0.34))
        pen.line((x, y), (x + 0.34, y + 0.04))


def cactus(pen: Pen) -> None:
    pen.curve((-0.22, 0.94), (-0.22, 0), (-0.2, -0.76), (0, -0.94), (0.2, -0.76), (0.22, 0), (0.22, 0.94))
    for side, y in ((1, pen.near(-0.1, 1)), (-1, pen.near(0.1, 1))):
        pen.curve((side * 0.22, y + 0.4), (side * 0.6, y + 0.38), (side * 0.74, y + 0.1), (side * 0.74, y - 0.3),
                  (side * 0.6, y - 0.42), (side * 0.46, y - 0.3), (side * 0.44, y), (side * 0.22, y + 0.1))  # fmt: skip
    pen.line((-0.8, 0.95), (0.8, 0.95))
    for x, y in ((0, -0.5), (-0.06, -0.1), (0.06, 0.3), (-0.04, 0.64)):
        pen.line((x, y), (x, y + 0.12))


def mushroom(pen: Pen) -> None:
    wide = pen.near(0.86, 0.08)
    pen.arc(0, 0.02, wide, 0.86, 180, 360)
    pen.curve((-wide, 0.02), (0, 0.18), (wide, 0.02))
    pen.curve((-0.26, 0.14), (-0.22, 0.5), (-0.34, 0.88), (0, 0.96), (0.34, 0.88), (0.22, 0.5), (0.26, 0.14))
    for x, y, size in ((-0.36, -0.36, 0.15), (0.2, -0.54, 0.14), (0.46, -0.2, 0.12)):
        pen.ring(x, y, size)


def sun(pen: Pen) -> None:
    size, count = pen.near(0.46, 0.1), pen.chance.choice((8, 8, 10, 12))
    pen.ring(0, 0, size)
    for k in range(count):
        turn = 360 * k / count
        pen.line(polar(size + 0.15, turn), polar(pen.near(0.95, 0.05), turn))


def moon(pen: Pen) -> None:
    pen.curve((0.3, -0.9), (-0.5, -0.76), (-0.86, 0), (-0.5, 0.76), (0.3, 0.9))
    deep = pen.near(-0.2)
    pen.curve((0.3, -0.9), (-0.1, -0.5), (deep, 0), (-0.1, 0.5), (0.3, 0.9))


def star(pen: Pen, x: float = 0, y: float = 0.06, size: float = 1.0) -> None:
    inner = pen.near(0.42, 0.08)
    corners = [polar(size * (inner if k % 2 else 1.0), 36 * k - 90, x, y) for k in range(10)]
    pen.line(*corners, closed=True)


def planet(pen: Pen) -> None:
    pen.ring(0, 0, 0.52)
    pen.curve((-0.44, 0.26), (-0.9, 0.46), (-0.94, 0.3), (0.0, 0.1), (0.9, -0.46), (0.96, -0.32), (0.46, 0.06))
    pen.curve((-0.5, 0.1), (-0.98, 0.4), (-0.9, 0.52), (0.1, 0.26), (0.98, -0.36), (0.9, -0.5), (0.42, -0.28))


def cloud(pen: Pen) -> None:
    pen.curve((-0.66, 0.46), (-0.96, 0.3), (-0.9, -0.04), (-0.58, -0.08))
    pen.curve((-0.58, -0.08), (-0.5, -0.5), (-0.06, -0.6), (0.22, -0.26))
    pen.curve((0.22, -0.26), (0.54, -0.4), (0.74, -0.06))
    pen.curve((0.7, -0.06), (0.98, 0.06), (0.94, 0.4), (0.66, 0.46))
    pen.line((-0.66, 0.46), (0.66, 0.46))


def rain(pen: Pen) -> None:
    cloud(pen)
    for stroke in pen.strokes:
        stroke[:, 1] = stroke[:, 1] * 0.8 - 0.3
    for x in (-0.5, -0.1, 0.3, 0.62):
        pen.line((x, 0.3), (x - 0.12, 0.62))
        if pen.maybe():
            pen.line((x - 0.14, 0.7), (x - 0.2, 0.9))


def rainbow(pen: Pen) -> None:
    for size in (0.96, 0.78, 0.6, 0.42):
        pen.arc(0, 0.5, size, size * 1.06, 180, 360)
    for side in (1, -1):
        pen.line((side * 0.96, 0.5), (side * 0.42, 0.5))


def lightning(pen: Pen) -> None:
    pen.line((0.2, -0.98), (-0.5, 0.14), (-0.06, 0.14), (-0.24, 0.98), (0.54, -0.26), (0.08, -0.26), closed=True)


def snowflake(pen: Pen) -> None:
    for k in range(6):
        turn = 60 * k + 30
        pen.line((0, 0), polar(0.95, turn))
        x, y = polar(0.6, turn)
        for side in (40, -40):
            pen.line((x, y), polar(0.3, turn + side, x, y))


def water_drop(pen: Pen) -> None:
    pen.curve((0, -0.95), (0.4, -0.2), (0.58, 0.34), (0.3, 0.84), (-0.3, 0.84), (-0.58, 0.34), (-0.4, -0.2), (0, -0.95))
    pen.curve((-0.32, 0.36), (-0.22, 0.6), (-0.02, 0.66))


def fire(pen: Pen) -> None:
    pen.curve((0.02, 0.92), (-0.56, 0.7), (-0.62, 0.1), (-0.24, -0.3), (-0.1, -0.92))
    pen.curve((-0.1, -0.92), (0.3, -0.5), (0.36, -0.16), (0.5, -0.36))
    pen.curve((0.5, -0.36), (0.76, 0.24), (0.5, 0.8), (0.02, 0.92))
    pen.curve((0.02, 0.9), (-0.26, 0.64), (-0.04, 0.2), (0.26, 0.56), (0.02, 0.9))


def mountain(pen: Pen) -> None:
    peak, other = pen.near(-0.2), pen.near(0.46)
    pen.line((-0.98, 0.66), (peak, -0.76), (0.26, 0.04))
    pen.line((0.06, 0.36), (other, -0.3), (0.98, 0.66))
    pen.line((peak - 0.24, -0.3), (peak - 0.08, -0.16), (peak, -0.34), (peak + 0.1, -0.16), (peak + 0.22, -0.32))
    pen.line((-0.98, 0.66), (0.98, 0.66))


def volcano(pen: Pen) -> None:
    pen.curve((-0.98, 0.9), (-0.5, 0.4), (-0.26, -0.26))
    pen.curve((0.98, 0.9), (0.5, 0.4), (0.26, -0.26))
    pen.line((-0.98, 0.9), (0.98, 0.9))
    pen.curve((-0.26, -0.26), (-0.14, -0.14), (0, -0.24), (0.12, -0.12), (0.26, -0.26))
    pen.curve((-0.1, -0.2), (-0.14, 0.1), (0, 0.2), (0.1, -0.02), (0.2, 0.3))
    _puffs(pen, 0, -0.66, 0.36, 0.2, 6)


def wave(pen: Pen) -> None:
    for y in (-0.4, 0.1, 0.6):
        pen.curve(*[(-0.96 + 0.24 * k, y + (0.14 if k % 2 else -0.14)) for k in range(9)])


def sunset(pen: Pen) -> None:
    pen.arc(0, 0.2, 0.44, 0.44, 180, 360)
    for k in range(7):
        turn = 180 + 30 * k
        pen.line(polar(0.56, turn, 0, 0.2), polar(0.88, turn, 0, 0.2))
    pen.line((-0.98, 0.2), (0.98, 0.2))
    for y, wide in ((0.42, 0.6), (0.62, 0.42), (0.82, 0.24)):
        pen.line((-wide, y), (wide, y))


def earth(pen: Pen) -> None:
    pen.ring(0, 0, 0.9)
    pen.ring(0, 0, 0.4, 0.9)
    pen.line((-0.9, 0), (0.9, 0))
    for y in (-0.46, 0.46):
        pen.line((-0.77, y), (0.77, y))


NATURE: dict[str, Callable[[Pen], None]] = {
    "tree": tree, "pine tree": pine_tree, "christmas tree": christmas_tree, "palm tree": palm_tree, "flower": flower,
    "tulip": tulip, "sunflower": sunflower, "rose": rose, "leaf": leaf, "cactus": cactus, "mushroom": mushroom,
    "sun": sun, "moon": moon, "crescent moon": moon, "star": star, "planet": planet, "cloud": cloud, "rain": rain,
    "rainbow": rainbow, "lightning": lightning, "snowflake": snowflake, "water drop": water_drop, "fire": fire,
    "mountain": mountain, "mountains": mountain, "volcano": volcano, "wave": wave, "sunset": sunset, "earth": earth,
}  # fmt: skip
