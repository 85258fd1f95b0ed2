"""What is drawn in ink by formula, and tiles of it for guides that know line drawings among other things."""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import Tensor

from training.ink.animals import ANIMALS
from training.ink.creatures import CREATURES
from training.ink.food import FOOD
from training.ink.household import HOUSEHOLD
from training.ink.nature import NATURE
from training.ink.pen import Pen
from training.ink.people import PEOPLE
from training.ink.places import PLACES
from training.ink.raster import bent, raster
from training.ink.things import THINGS

DRAWN = {**ANIMALS, **CREATURES, **NATURE, **FOOD, **PEOPLE, **PLACES, **HOUSEHOLD, **THINGS}
"""What is drawn by formula, by name."""
VARIANTS = 6
"""Tiles of each thing."""
_WIDTHS = (0.07, 0.09)
"""Of the pen, as shares of the side: thinner lines are not painted on a grid of 40 cells."""
_BEND = 0.015


def line_tiles(thing: str, side: int) -> Tensor:
    """Line drawings of a thing: N 4 S S, uint8, black, and their coverage."""
    chance = random.Random(thing)
    tiles = torch.zeros(VARIANTS, 4, side, side, dtype=torch.uint8)
    for tile in tiles:
        pen = Pen(chance)
        DRAWN[thing](pen)
        strokes = [(stroke * 0.45 + 0.5) * side for stroke in bent(pen.strokes, chance, _BEND)]
        coverage = raster(strokes, chance.uniform(*_WIDTHS) * side, side)
        tile[3] = torch.from_numpy((coverage * 255).round().astype(np.uint8))
    return tiles
