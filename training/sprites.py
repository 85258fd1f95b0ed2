"""Reading the atlases of captioned sprites, and adding what is drawn by formula."""

from __future__ import annotations

import collections
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from kornia.color import rgb_to_lab
from PIL import Image
from torch import Tensor

from training import vocabulary as words
from training.drawings import DRAWN, VARIANTS, drawings
from training.ink import drawings as ink
from training.shapes import shape_tile

TILE = 72
PER_ROW = 96
BESIDE_DRAWN = 2
"""Sprites of a thing that has bold drawings: what lies between several forms is none of them."""
_TAIL_SETS = 4
_TAIL_WORDS = 3
_UNWANTED = re.compile(
    r"\b(button|flag|man|woman|person|people|men|women|keycap|couple|kiss|family|finger|sign|skin|thirty|symbol|"
    r"japanese|input|mark|no|zodiac|cigarette|syringe|pistol|heart|face|moon|o clock|off)\b"
)


@dataclass(frozen=True)
class Sprite:
    """One tile.

    Attributes:
        kind: "coloured", "silhouette", "line" or "pixel".
        name: what it is called in its set; thing: what captions call it.
        common: whether it shows one of the commonest things.
    """

    kind: str
    name: str
    thing: str
    common: bool

    @property
    def plain(self) -> bool:
        """Whether it has no colour of its own."""
        return self.kind in ("silhouette", "line")


@dataclass(frozen=True)
class Sprites:
    """Tiles and what they show.

    Attributes:
        tiles: N 4 72 72, uint8; the colours of plain ones are black.
        about: one Sprite per tile.
        by_thing: numbers of the tiles, by kind and thing.
        colours: the colour word that fits most of a coloured sprite, or None.
        large: the colour words of its large parts, which it cannot be told from.
    """

    tiles: Tensor
    about: tuple[Sprite, ...]
    by_thing: dict[str, dict[str, list[int]]]
    colours: tuple[str | None, ...]
    large: tuple[tuple[str, ...], ...]


def load_sprites(folder: Path) -> Sprites:
    """Read the sprites that show something in the vocabulary.

    Args:
        folder: holds <set>.webp or <set>.png and <set>.json for every set.

    Raises:
        FileNotFoundError: a set is missing.
    """
    names = {name: _names(folder, name) for name in _sets()}
    tail = _tail(names)
    tiles, about = [], []
    for kind, sets in _kinds().items():
        taken: collections.Counter[str] = collections.Counter()
        for name in sets:
            for number, things in _chosen(kind, names[name], tail):
                for thing in things:
                    taken[thing] += 1
                    if kind == "coloured" and thing in DRAWN and taken[thing] > BESIDE_DRAWN:
                        continue
                    if kind == "line" and thing in ink.DRAWN:
                        continue
                    about.append(Sprite(kind, names[name][number], thing, thing in words.COMMON))
                    tiles.append((name, number))
    about += [Sprite("coloured", thing, thing, True) for thing in DRAWN for _ in range(VARIANTS)]
    drawn = [drawings(thing, TILE) for thing in DRAWN]
    lines = [thing for thing in words.COMMON if thing in ink.DRAWN]
    about += [Sprite("line", thing, thing, True) for thing in lines for _ in range(ink.VARIANTS)]
    drawn += [ink.line_tiles(thing, TILE) for thing in lines]
    shapes = [shape_tile(shape, TILE, line)[None] for shape, line in _shape_list()]
    stacked = torch.cat([_cut(folder, tiles), *drawn, *shapes])
    first_shape = len(about)
    about += [Sprite("line" if line else "silhouette", shape, shape, False) for shape, line in _shape_list()]
    by_thing: dict[str, dict[str, list[int]]] = {}
    for number, sprite in enumerate(about):
        kind = sprite.kind if number < first_shape else f"shape_{sprite.kind}"
        by_thing.setdefault(kind, {}).setdefault(sprite.thing, []).append(number)
    colours, large = main_colours(stacked)
    return Sprites(stacked, tuple(about), by_thing, tuple(colours), tuple(large))


def _kinds() -> dict[str, tuple[str, ...]]:
    return {
        "coloured": tuple(words.COLOURED_SETS),
        "silhouette": words.SILHOUETTE_SETS,
        "line": words.LINE_SETS,
        "pixel": words.PIXEL_SETS,
    }


def _sets() -> list[str]:
    return [name for sets in _kinds().values() for name in sets]


def _shape_list() -> list[tuple[str, bool]]:
    return [(shape, line) for shape in words.SHAPES for line in (False, True)]


def _names(folder: Path, name: str) -> list[str]:
    tiles = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return [re.sub(r"[_\-\s]+", " ", (tile["names"] or [""])[0]).strip().lower() for tile in tiles]


def _tail(names: dict[str, list[str]]) -> frozenset[str]:
    """Names that several coloured sets share: things that are drawn everywhere, but are not in the first circle."""
    count = collections.Counter(name for group in words.COLOURED_SETS for name in set(names[group]))
    covered = {alias for aliases in words.COMMON.values() for alias in aliases} | set(words.COMMON)
    return frozenset(
        name
        for name, sets in count.items()
        if sets >= _TAIL_SETS
        and name
        and name not in covered
        and len(name.split()) <= _TAIL_WORDS
        and not _UNWANTED.search(name)
    )


def _chosen(kind: str, names: list[str], tail: frozenset[str]) -> list[tuple[int, list[str]]]:
    meaning: dict[str, list[str]] = {}
    for thing, aliases in words.COMMON.items():
        for name in (thing, *aliases):
            meaning.setdefault(name, []).append(thing)
    if kind == "coloured":
        meaning |= {name: [name] for name in tail}
    return [(number, meaning[name]) for number, name in enumerate(names) if name in meaning]


def _cut(folder: Path, tiles: list[tuple[str, int]]) -> Tensor:
    atlases: dict[str, np.ndarray] = {}
    cut = []
    for name, number in tiles:
        if name not in atlases:
            atlases = {name: _atlas(folder, name)}
        top, left = number // PER_ROW * TILE, number % PER_ROW * TILE
        cut.append(torch.from_numpy(atlases[name][top : top + TILE, left : left + TILE].copy()).permute(2, 0, 1))
    return torch.stack(cut).contiguous()


def _atlas(folder: Path, name: str) -> np.ndarray:
    path = folder / f"{name}.webp"
    if path.exists():
        return np.asarray(Image.open(path).convert("RGBA"))
    coverage = np.asarray(Image.open(folder / f"{name}.png").convert("L"))
    return np.concatenate([np.zeros((*coverage.shape, 3), np.uint8), coverage[..., None]], -1)


def main_colours(tiles: Tensor) -> tuple[list[str | None], list[tuple[str, ...]]]:
    """The colour word that fits more than half of what each sprite shows, and those that fit a fifth of it.

    Vivid parts count more. Hues tell colours apart better than light: leaves in the shade are nearer to gray than to
    green in RGB, and a tree that is called gray is put on a green ground.
    """
    names = list(words.COLOURS)
    called = ["yellow" if name == "golden" else name.split()[-1] for name in names]
    known = torch.tensor([words.COLOURS[name] for name in names], dtype=torch.float32)
    coarse = tiles[:, :, 4::8, 4::8].float().flatten(2)
    rgb, weight = coarse[:, :3].transpose(1, 2), coarse[:, 3] / 255
    vivid = (rgb.amax(-1) - rgb.amin(-1)) / 255
    nearest = torch.cdist(_hued(rgb), _hued(known[None]).expand(len(rgb), -1, -1)).argmin(-1)
    share = torch.zeros(len(rgb), len(names)).scatter_add_(1, nearest, weight * (0.3 + vivid))
    share = share / share.sum(1, keepdim=True).clamp(min=1e-6)
    by_word = torch.stack([share[:, [c == word for c in called]].sum(1) for word in called], 1)
    best, which = by_word.max(1)
    main = [called[k] if value > 0.5 else None for value, k in zip(best.tolist(), which.tolist(), strict=True)]
    large = [tuple(name for name, part in zip(names, parts, strict=True) if part > 0.2) for parts in share.tolist()]
    return main, large


def _hued(rgb: Tensor) -> Tensor:
    """N K 3 of 0 to 255 in CIE Lab, in which light counts half."""
    lab = rgb_to_lab(rgb.transpose(1, 2)[..., None] / 255)[..., 0].transpose(1, 2)
    return lab * torch.tensor([0.5, 1.0, 1.0])
