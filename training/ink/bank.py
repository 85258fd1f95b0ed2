"""Drawings in ink of every thing, ready to be shown, and renewed a few at a time."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from training import vocabulary as words
from training.ink.drawings import DRAWN
from training.ink.pen import Pen
from training.ink.raster import bent, placed, raster, scribble, shaky
from training.sprites import PER_ROW, TILE

LINE_SETS = ("line_tabler", "ph_regular", "noto_mono", "fluent_mono", "freehand", "icon_park", "lucide")
THINGS = tuple(dict.fromkeys([*words.COMMON, *DRAWN]))
"""What the guide for ink knows."""
SIDE = 64
WIDTHS = (1.8, 3.0)
"""Of the pen, in pixels."""
BEND = 0.035
"""How far drawings are stretched by waves, as a share of half the side."""
BY_FORMULA = 0.97
"""Share of drawings by formula, of things that have one."""
_SEVERAL = re.compile(r"\b(one|two|three|four|five|six|alt|simple|outline|line|rounded|new|\d+)\b")


class Bank:
    """Drawings of every thing, and each of them as it looks before it is right.

    Args:
        folder: with the atlases of line art; seed: of all chance; slots: drawings of each thing.

    Attributes:
        goals, drafts: things x slots x 64 x 64, uint8: coverage of the drawing, and of the same with strokes that are
            missing, misplaced or too many.
    """

    def __init__(self, folder: Path, seed: int, slots: int = 10) -> None:
        self.chance = random.Random(seed)
        self.tiles = _line_art(folder)
        self.goals = torch.zeros(len(THINGS), slots, SIDE, SIDE, dtype=torch.uint8)
        self.drafts = torch.zeros_like(self.goals)
        for thing in range(len(THINGS)):
            for slot in range(slots):
                self._renew(thing, slot)

    def renew(self, count: int) -> None:
        """Draw some anew."""
        for _ in range(count):
            self._renew(self.chance.randrange(len(THINGS)), self.chance.randrange(self.goals.shape[1]))

    def take(self, things: list[int]) -> tuple[Tensor, Tensor]:
        """A drawing of each thing and its draft: N 1 64 64 each, coverage in [0, 1]."""
        slots = [self.chance.randrange(self.goals.shape[1]) for _ in things]
        return self.goals[things, slots][:, None] / 255, self.drafts[things, slots][:, None] / 255

    def _renew(self, thing: int, slot: int) -> None:
        name = THINGS[thing]
        tiles = self.tiles.get(name, [])
        if name in DRAWN and (not tiles or self.chance.random() < BY_FORMULA):
            goal, draft = self._by_formula(name)
        else:
            goal, draft = self._by_sprite(tiles)
        self.goals[thing, slot] = torch.from_numpy((goal * 255).astype(np.uint8))
        self.drafts[thing, slot] = torch.from_numpy((draft * 255).astype(np.uint8))

    def _by_formula(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        chance, pen = self.chance, Pen(self.chance)
        DRAWN[name](pen)
        strokes = placed(bent(pen.strokes, chance, BEND), chance, SIDE)
        width, shift = chance.uniform(*WIDTHS), chance.uniform(0.5, 4.0)
        kept = [stroke for stroke in strokes if chance.random() > self.missing()] or strokes[:1]
        wrong = shaky(kept, chance, shift)
        wrong += [scribble(chance, SIDE) for _ in range(chance.choice((0, 0, 1, 2, 4)))]
        return raster(strokes, width, SIDE), raster(wrong, chance.uniform(*WIDTHS), SIDE)

    def missing(self) -> float:
        """The share of strokes that a draft lacks."""
        return self.chance.choice((0.0, 0.1, 0.3, 0.6))

    def _by_sprite(self, tiles: list[Image.Image]) -> tuple[np.ndarray, np.ndarray]:
        chance = self.chance
        tile = chance.choice(tiles)
        thick = chance.random()
        if thick < 0.4:
            tile = tile.filter(ImageFilter.MaxFilter(3))
        goal = _moved(tile, chance)
        waves = _warped(goal, chance, chance.uniform(0.5, 4.0))
        draft = np.asarray(waves, dtype=np.float32) / 255
        for _ in range(chance.choice((0, 1, 2, 3))):
            left, top, size = chance.randrange(SIDE), chance.randrange(SIDE), chance.randint(6, 24)
            draft[top : top + size, left : left + size] = 0
        extra = [scribble(chance, SIDE) for _ in range(chance.choice((0, 0, 1, 2, 4)))]
        if extra:
            draft = np.maximum(draft, raster(extra, chance.uniform(*WIDTHS), SIDE))
        return np.asarray(goal, dtype=np.float32) / 255, draft


def _moved(tile: Image.Image, chance: random.Random) -> Image.Image:
    """The tile at some size, place and tilt."""
    size = chance.uniform(0.72, 0.96)
    stretch, turn = 1 + chance.gauss(0, 0.06), chance.gauss(0, 0.07)
    room = (1 - size) / 2
    x, y = SIDE * (0.5 + chance.uniform(-room, room)), SIDE * (0.5 + chance.uniform(-room, room))
    scale = TILE / (SIDE * size)
    cos, sin = np.cos(turn) * scale, np.sin(turn) * scale
    a, b, d, e = cos * stretch, sin * stretch, -sin / stretch, cos / stretch
    middle = TILE / 2
    plan = (a, b, middle - a * x - b * y, d, e, middle - d * x - e * y)
    return tile.transform((SIDE, SIDE), Image.Transform.AFFINE, plan, Image.Resampling.BILINEAR)


def _warped(image: Image.Image, chance: random.Random, shift: float) -> Image.Image:
    """The picture with its parts moved by about so many pixels."""
    cells = 4
    step = SIDE // cells
    knots = np.array(
        [[(x * step, y * step) for x in range(cells + 1)] for y in range(cells + 1)], dtype=np.float64
    ) + np.array(
        [[(chance.gauss(0, shift), chance.gauss(0, shift)) for _ in range(cells + 1)] for _ in range(cells + 1)]
    )
    mesh = []
    for row in range(cells):
        for column in range(cells):
            box = (column * step, row * step, column * step + step, row * step + step)
            corners = knots[row, column], knots[row + 1, column], knots[row + 1, column + 1], knots[row, column + 1]
            mesh.append((box, tuple(float(value) for corner in corners for value in corner)))
    return image.transform((SIDE, SIDE), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def _line_art(folder: Path) -> dict[str, list[Image.Image]]:
    """Tiles of line art, by the name that captions use."""
    meaning: dict[str, list[str]] = {}
    for thing in THINGS:
        for name in (thing, *words.COMMON.get(thing, ())):
            meaning.setdefault(name, []).append(thing)
    found: dict[str, list[Image.Image]] = {}
    for name in LINE_SETS:
        listed = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        atlas = Image.open(folder / f"{name}.png").convert("L")
        for number, about in enumerate(listed):
            called = re.sub(r"[_\-\s]+", " ", (about["names"] or [""])[0]).strip().lower()
            short = " ".join(_SEVERAL.sub(" ", called).split())
            things = {thing for one in (called, short) for thing in meaning.get(one, ())}
            if things:
                left, top = number % PER_ROW * TILE, number // PER_ROW * TILE
                tile = atlas.crop((left, top, left + TILE, top + TILE))
                for thing in sorted(things):
                    found.setdefault(thing, []).append(tile)
    return found


def weights(first: Mapping[str, float] | None = None) -> list[float]:
    """How often each thing is shown, the others being 1."""
    return [
        (first or {}).get(thing, 3.0 if thing in words.FIRST else 2.0 if thing in DRAWN else 1.0) for thing in THINGS
    ]
