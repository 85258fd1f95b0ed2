"""A colour-blind referee without a network: what the outline and the light and dark parts of a picture look like most.

The thing in a picture is what differs from the edges of its own rows, so that it stands out from a plain ground and
from a landscape alike. Cut out, of one size and without colour it is compared with drawings of all things, cut out
alike; the likeness of a thing is that of its most similar drawing. It knows nothing but forms: whether a sea is one it
cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from benchmarks.blind import SAME
from training import vocabulary as words
from training.drawings import DRAWN, drawings
from training.shapes import shape_tile
from training.sprites import load_sprites

PIXELS = 48
"""Side to which a picture is shrunk."""
CELLS, MARGIN = 24, 3
"""Side of what is cut out, and the empty cells around it: without these a full square would be like nothing."""
APART = 0.2
"""Distance from the ground, as a root of summed squares of shares of full colour, at which half of a point counts."""
FLAT = 1.0
"""Contrast within a thing that is as good as none."""
MOST_DRAWINGS = 22
INSIDE = 0.5
"""How much the parts within count, the outline being 1."""
NAMED = 25
"""Below this rank a picture counts as named; fitted to half of the pictures that people named blind."""
_GREY = torch.tensor([0.299, 0.587, 0.114])[:, None, None]


class Forms:
    """Drawings of things, to compare pictures with.

    Args:
        data: folder of atlases, for all things of the vocabulary; None: those that are drawn by formula.
    """

    def __init__(self, data: Path | None = None) -> None:
        named = list(_by_formula() if data is None else _from_atlases(data))
        self.things = sorted({thing for thing, _ in named})
        cut = [
            (thing, form) for thing, tile in named if (form := _cut_out(tile[3], (tile[:3] * _GREY).sum(0))) is not None
        ]
        self._thing = torch.tensor([self.things.index(thing) for thing, _ in cut])
        self._outlines, self._insides = (
            torch.stack(part) for part in zip(*(_features(form) for _, form in cut), strict=True)
        )

    def rank(self, picture: Image.Image, thing: str) -> int:
        """How many other things the picture is more like; a picture of nothing is like none of them.

        Raises:
            ValueError: the thing is not among `things`.
        """
        form = _cut_out(*_thing_in(picture))
        if form is None:
            return len(self.things)
        outline, inside = _features(form)
        likeness = self._outlines @ outline + INSIDE * (self._insides @ inside)
        best = torch.full((len(self.things),), -torch.inf).scatter_reduce(0, self._thing, likeness, "amax")
        own = [number for number, name in enumerate(self.things) if name in _called(thing)]
        if not own:
            raise ValueError(f"no drawing of {thing!r}")
        others = torch.ones(len(self.things), dtype=torch.bool).index_fill(0, torch.tensor(own), False)
        return int((best[others] > best[own].max()).sum())

    def ranks(self, pictures: Sequence[Image.Image], things: Sequence[str]) -> list[int]:
        """The rank of each."""
        return [self.rank(picture, thing) for picture, thing in zip(pictures, things, strict=True)]


def _called(thing: str) -> set[str]:
    """The names under which somebody would name it."""
    return {thing}.union(*(group for group in SAME if thing in group))


def _by_formula():
    for thing in DRAWN:
        for tile in drawings(thing, PIXELS):
            yield thing, tile.float() / 255
    for shape in words.SHAPES:
        yield shape, shape_tile(shape, PIXELS, False).float() / 255


def _from_atlases(data: Path):
    sprites = load_sprites(data)
    for kind in ("coloured", "shape_silhouette"):
        for thing, tiles in sprites.by_thing[kind].items():
            if thing in words.COMMON or thing in words.SHAPES:
                for number in tiles[-MOST_DRAWINGS:]:  # drawings by formula come last
                    yield thing, sprites.tiles[number].float() / 255


def _thing_in(picture: Image.Image) -> tuple[Tensor, Tensor]:
    """What stands out from the edges of its rows, and the grey of all, each PIXELS x PIXELS."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.convert("RGB").crop((left, top, left + side, top + side))
    small = square.resize((PIXELS, PIXELS), Image.Resampling.BOX)
    colours = torch.from_numpy(np.array(small)).float().permute(2, 0, 1) / 255
    ground = (colours[..., :2].mean(-1) + colours[..., -2:].mean(-1)) / 2
    apart = (colours - ground[..., None]).square().sum(0).sqrt()
    return ((apart - 0.6 * APART) / (0.8 * APART)).clamp(0, 1), (colours * _GREY).sum(0)


def _cut_out(cover: Tensor, grey: Tensor) -> Tensor | None:
    """Cover and grey of a thing, 2 x CELLS + 2 MARGIN each way, whatever its size and place; None where nothing is."""
    rows, columns = (cover > 0.5).nonzero(as_tuple=True)
    if len(rows) < 8:
        return None
    top, left = int(rows.min()), int(columns.min())
    height, width = int(rows.max()) + 1 - top, int(columns.max()) + 1 - left
    side = max(height, width)
    square = torch.zeros(2, side, side)
    y, x = (side - height) // 2, (side - width) // 2
    both = torch.stack([cover, grey * cover])[:, top : top + height, left : left + width]
    square[:, y : y + height, x : x + width] = both
    small = F.interpolate(square[None], size=(CELLS, CELLS), mode="bilinear", antialias=True)[0]
    return F.pad(small, (MARGIN,) * 4)


def _features(form: Tensor) -> tuple[Tensor, Tensor]:
    """Outline and light and dark of what was cut out, blurred, as vectors whose products tell how alike they are."""
    cover, grey = form
    outline = _blurred(cover)
    outline = outline - outline.mean()
    inside = _blurred(grey - cover * grey.sum() / cover.sum().clamp(min=1e-3))
    return (outline / (outline.norm() + 1e-3)).flatten(), (inside / (inside.norm() + FLAT)).flatten()


def _blurred(image: Tensor) -> Tensor:
    return F.avg_pool2d(F.pad(image[None, None], (1, 1, 1, 1), mode="replicate"), 3, 1)[0, 0]
