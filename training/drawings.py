"""Bold drawings of the things asked for first, made of a few large parts.

The sets draw each of them seven to sixteen times, every time with other details, and what a small model painted of it
was the mean: a green lozenge for a tree. Drawings of the same form in which the parts that tell a thing from a lump
are large (a trunk, a tail, wheels, ears) and stay in their places give it something definite to aim at.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from training.drawn_beasts import BEASTS
from training.drawn_creatures import CREATURES
from training.drawn_critters import CRITTERS
from training.drawn_food import FOOD
from training.drawn_household import HOUSEHOLD
from training.drawn_kitchen import KITCHEN
from training.drawn_mammals import MAMMALS
from training.drawn_music import MUSIC
from training.drawn_objects import OBJECTS
from training.drawn_outdoors import OUTDOORS
from training.drawn_people import PEOPLE
from training.drawn_plain import PLAIN
from training.drawn_things import THINGS
from training.drawn_vehicles import VEHICLES
from training.pen import Pen, darker

VARIANTS = 24
"""Drawings of each thing."""


def _tree(pen: Pen) -> None:
    bark, leaves = pen.paint("brown"), pen.paint("green", "green", "dark green")
    thick, wide = pen.near(0.17), pen.near(0.78)
    pen.box(-thick, 0.0, thick, 1.0, bark)
    pen.disc(0, -0.38, wide, 0.6, leaves)
    if pen.chance.random() < 0.5:
        for side in (-1, 1):
            pen.disc(side * 0.45, -0.15, 0.42, 0.38, leaves)


def _house(pen: Pen) -> None:
    wall, roof = pen.paint("beige", "beige", "white"), pen.paint("red", "red", "brown")
    eaves, half = pen.near(-0.15), pen.near(0.7, 0.06)
    pen.box(0.35, -0.85, 0.58, eaves, roof)
    pen.box(-half, eaves, half, 0.95, wall)
    pen.part(roof, (-0.98, eaves), (0, -1.0), (0.98, eaves))
    pen.box(-0.42, 0.25, -0.02, 0.95, pen.paint("brown"))
    pen.box(0.18, 0.2, 0.52, 0.58, pen.paint("light blue", "blue"))


def _fish(pen: Pen) -> None:
    body, tails = pen.paint("blue"), pen.paint("orange")
    down, tail = pen.near(0.56, 0.08), pen.near(0.86, 0.06)
    # The tail is higher than the body and has a colour of its own: a blue one was painted as a lump, and a low one
    # made it a whale. It hangs on a wide waist, since a thin one is not painted and the tail comes off.
    pen.part(tails, (0.05, -0.3), (0.98, -tail), (0.88, 0.0), (0.98, tail), (0.05, 0.3))
    pen.disc(-0.3, 0, 0.68, down, body)
    pen.disc(-0.58, -0.12, 0.19, 0.19, pen.paint("white"))
    pen.disc(-0.6, -0.12, 0.1, 0.1, pen.paint("black"))


def _car(pen: Pen) -> None:
    body = pen.paint("red")
    roof, belt = pen.near(-0.66), pen.near(-0.04, 0.5)
    pen.part(body, (-0.68, belt), (-0.44, roof), (0.4, roof), (0.72, belt))
    pen.part(pen.paint("light blue"), (-0.5, belt), (-0.33, roof + 0.15), (0.3, roof + 0.15), (0.52, belt))
    pen.part(body, (-0.98, 0.1), (-0.85, belt), (0.86, belt), (0.98, 0.14), (0.98, 0.46), (-0.98, 0.46))
    for x in (-0.53, 0.53):
        pen.disc(x, 0.46, 0.33, 0.33, pen.paint("black"))
        pen.disc(x, 0.46, 0.14, 0.14, pen.paint("gray", "white"))


def _eyes(pen: Pen, apart: float, y: float, size: float) -> None:
    black = pen.paint("black")
    for side in (-1, 1):
        pen.disc(side * apart, y, size, size * 1.2, black)


def _cat(pen: Pen) -> None:
    fur = pen.paint("orange", "orange", "golden")
    high = pen.near(-0.98, 0.05)
    for side in (-1, 1):
        pen.part(fur, (side * 0.92, 0.1), (side * 0.82, high), (side * 0.12, -0.45))
        pen.part(pen.paint("pink"), (side * 0.74, -0.3), (side * 0.7, high + 0.28), (side * 0.38, -0.45))
    pen.disc(0, 0.22, 0.92, pen.near(0.74, 0.05), fur)
    _eyes(pen, 0.4, 0.08, pen.near(0.13))
    pen.part(pen.paint("pink", "brown"), (-0.14, 0.3), (0.14, 0.3), (0, 0.46))
    pen.disc(0, 0.62, 0.2, 0.1, pen.paint("white"))


def _dog(pen: Pen) -> None:
    fur, ears = pen.paint("beige", "golden"), pen.paint("brown")
    pen.disc(0, 0, 0.72, pen.near(0.84, 0.05), fur)
    for side in (-1, 1):
        pen.part(ears, (side * 0.35, -0.8), (side * 0.8, -0.75), (side * 0.98, 0.2), (side * 0.66, 0.3))
    _eyes(pen, 0.3, -0.18, pen.near(0.12))
    pen.disc(0, 0.38, 0.4, 0.34, pen.paint("white"))
    pen.disc(0, 0.2, 0.18, 0.13, pen.paint("black"))
    pen.box(-0.12, 0.56, 0.12, 0.86, pen.paint("red", "pink"))


def _bird(pen: Pen) -> None:
    feathers = pen.paint("blue", "blue", "light blue")
    wing = darker(feathers)
    for x in (-0.1, 0.24):
        pen.box(x, 0.6, x + 0.13, 1.0, pen.paint("orange"))
    pen.part(wing, (0.4, 0.3), (0.9, -0.5), (1.0, 0.1))
    pen.part(pen.paint("orange"), (-0.6, -0.66), (-1.0, -0.36), (-0.6, -0.06))
    pen.disc(0.1, 0.22, 0.66, pen.near(0.52, 0.08), feathers)
    pen.disc(-0.36, -0.4, 0.44, 0.44, feathers)
    pen.disc(0.22, 0.2, 0.4, 0.26, wing)
    pen.disc(-0.46, -0.48, 0.17, 0.17, pen.paint("white"))
    pen.disc(-0.48, -0.48, 0.09, 0.09, pen.paint("black"))


def _flower(pen: Pen) -> None:
    petal, leaf = pen.paint("pink", "pink", "white", "red"), pen.paint("green")
    pen.box(-0.08, 0.0, 0.08, 1.0, leaf)
    pen.disc(0.32, 0.76, 0.28, 0.14, leaf)
    pen.disc(-0.32, 0.76, 0.28, 0.14, leaf)
    for x, y in ((0, -0.42), (0.4, -0.13), (0.25, 0.33), (-0.25, 0.33), (-0.4, -0.13)):
        pen.disc(x, y - 0.22, pen.near(0.31, 0.05), 0.31, petal)
    pen.disc(0, -0.24, 0.24, 0.24, pen.paint("yellow", "golden"))


def _boat(pen: Pen) -> None:
    sail = pen.paint("white", "orange", "yellow")
    top = pen.near(-0.95, 0.05)
    pen.box(-0.05, top, 0.05, 0.4, pen.paint("brown"))
    pen.part(sail, (0.1, top), (0.1, 0.25), (0.75, 0.25))
    pen.part(sail, (-0.1, top + 0.25), (-0.1, 0.25), (-0.6, 0.25))
    pen.part(pen.paint("brown", "red"), (-0.9, 0.38), (0.9, 0.38), (0.6, 0.8), (-0.6, 0.8))
    pen.box(-1.0, 0.76, 1.0, 1.0, pen.paint("blue"))


def _star(pen: Pen) -> None:
    radii = [1.0, pen.near(0.41)] * 5
    turns = [math.pi * corner / 5 for corner in range(10)]
    corners = [(r * math.sin(turn), 0.06 - r * math.cos(turn)) for r, turn in zip(radii, turns, strict=True)]
    pen.part(pen.paint("yellow", "yellow", "golden"), *corners)


def _heart(pen: Pen) -> None:
    red, notch = pen.paint("red"), pen.near(0.42)
    turns = [math.pi * step / 24 for step in range(25)]
    arch = [(0.5 - 0.49 * math.cos(turn), -0.35 - 0.6 * math.sin(turn)) for turn in turns]
    right = [(0.0, notch - 0.75), *arch[1:], (0.88, 0.05), (0.0, 0.95)]
    pen.part(red, *right)
    pen.part(red, *((-x, y) for x, y in right))


def _face(pen: Pen) -> None:
    skin, dark = pen.paint("yellow", "yellow", "golden"), pen.paint("brown", "black")
    pen.disc(0, 0, 0.96, 0.96, skin)
    for side in (-1, 1):
        pen.disc(side * 0.36, -0.25, pen.near(0.13), 0.2, dark)
    smile = pen.near(0.58, 0.08)
    turns = [math.pi * step / 16 for step in range(17)]
    pen.part(dark, *((smile * math.cos(turn), 0.2 + 0.45 * math.sin(turn)) for turn in turns))


def _ghost(pen: Pen) -> None:
    white, hem = pen.paint("white"), pen.near(0.64, 0.06)
    pen.disc(0, -0.22, 0.76, 0.76, white)
    pen.box(-0.76, -0.22, 0.76, hem, white)
    for x in (-0.51, 0.0, 0.51):
        pen.disc(x, hem, 0.25, 0.32, white)
    _eyes(pen, 0.3, -0.26, pen.near(0.15))
    pen.disc(0, 0.2, 0.15, 0.2, pen.paint("black"))


DRAWN: dict[str, Callable[[Pen], None]] = {
    "tree": _tree,
    "house": _house,
    "fish": _fish,
    "car": _car,
    "cat": _cat,
    "dog": _dog,
    "bird": _bird,
    "flower": _flower,
    "boat": _boat,
    "star": _star,
    "heart": _heart,
    "face": _face,
    "smiley": _face,
    "smiling face": _face,
    "ghost": _ghost,
    **CREATURES,
    **OBJECTS,
    **FOOD,
    **BEASTS,
    **THINGS,
    **PLAIN,
    **VEHICLES,
    **PEOPLE,
    **OUTDOORS,
    **MUSIC,
    **MAMMALS,
    **KITCHEN,
    **HOUSEHOLD,
    **CRITTERS,
}
"""What is drawn so, by name."""


def drawings(thing: str, side: int) -> Tensor:
    """VARIANTS 4 side side, uint8, of other proportions and colours; the same ones every time."""
    chance = random.Random(thing)
    tiles = []
    for _ in range(VARIANTS):
        pen = Pen(chance)
        DRAWN[thing](pen)
        # Premultiplied while it gets smaller, or the nothing around it would darken the edges.
        small = pen.image.convert("RGBa").resize((side, side), Image.Resampling.BOX).convert("RGBA")
        tiles.append(torch.from_numpy(np.array(small)).permute(2, 0, 1))
    return torch.stack(tiles)
