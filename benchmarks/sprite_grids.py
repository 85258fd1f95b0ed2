"""Which grids and palettes are found again in enlarged and damaged sprites: ours beside proper-pixel-art and unfake.

    pip install --no-deps --target peers proper-pixel-art unfake opencv-python-headless scipy pyyaml
    python -m benchmarks.sprite_grids SPRITES [--peers peers] [--count 200]

SPRITES is a folder with crawl.webp, an atlas of sprites of 32 x 32 pixels (Dungeon Crawl Stone Soup, CC0), each in a
tile of 72 x 72. Every sprite is reduced to at most 16 colours, laid on a plain ground with a margin, and enlarged by 3
to 13.7; each tool is given the picture alone. A grid is right when the sprite lies pixel on pixel in the small picture
that the tool makes: at one place nine of ten pixels have the right colour. A palette is right when it has as many
colours as the sprite and its ground, and all of them are there.
"""

from __future__ import annotations

import argparse
import io
import logging
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.common import machine, table
from pixray.sprites.cells import cells_of, palette_of
from pixray.sprites.colors import nearest, to_oklab
from pixray.sprites.discover import discover

TILE, PER_ROW, SIDE = 72, 96, 32
CONDITIONS = ("whole factor", "any factor", "shifted", "JPEG", "blurred", "mixels", "all at once")
ALIKE = 0.05
"""Distance in Oklab within which a colour counts as the right one."""


@dataclass(frozen=True)
class Case:
    """A damaged picture, and the sprite that it was made of: H W 3, its ground included at one cell around it."""

    condition: str
    picture: Image.Image
    sprite: np.ndarray
    ground: np.ndarray


def sprites(folder: Path, count: int) -> list[np.ndarray]:
    """So many sprites of the atlas, evenly along it, H W 4, without those that are nearly empty."""
    atlas = np.asarray(Image.open(folder / "crawl.webp").convert("RGBA"))
    tiles = [(row, column) for row in range(atlas.shape[0] // TILE) for column in range(PER_ROW)]
    middles = ((np.arange(SIDE) + 0.5) * TILE / SIDE).astype(int)
    found = []
    for row, column in tiles:
        tile = atlas[row * TILE + middles][:, column * TILE + middles]
        content = tile[..., 3] >= 128
        if content.mean() > 0.15 and content.any(0).sum() >= 12 and content.any(1).sum() >= 12:
            found.append(np.dstack([tile[..., :3], content * np.uint8(255)]))
    return [found[number * len(found) // count] for number in range(count)]


def case(sprite: np.ndarray, number: int) -> Case:
    """The picture of one sprite, damaged as its number says."""
    chance = np.random.default_rng(number)
    condition = CONDITIONS[number % len(CONDITIONS)]
    every = condition == "all at once"
    rows, columns = (np.flatnonzero((sprite[..., 3] > 0).any(axis)) for axis in (1, 0))
    sprite = sprite[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    few = Image.fromarray(sprite[..., :3][sprite[..., 3] > 0][None]).quantize(int(chance.integers(4, 17)), 0)
    small = sprite.copy()
    small[small[..., 3] > 0, :3] = np.asarray(few.convert("RGB"))[0]
    ground = ground_beside(np.unique(small[small[..., 3] > 0][:, :3], axis=0), chance)
    flat = np.where(small[..., 3:] > 0, small[..., :3], ground).astype(np.uint8)
    factor = float(chance.integers(3, 14)) if condition == "whole factor" else chance.uniform(3, 13.7)
    margin = chance.uniform(1, 4, 4) if condition == "shifted" or every else np.full(4, 2.0)
    large = enlarged(flat, ground, factor, margin)
    if condition == "mixels" or every:
        add_mixels(large, factor, chance)
    picture = Image.fromarray(large)
    if condition == "blurred" or every:
        picture = picture.filter(ImageFilter.GaussianBlur(factor * chance.uniform(0.05, 0.2)))
    if condition == "JPEG" or every:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=int(chance.integers(60, 95)))
        picture = Image.open(buffer).convert("RGB")
    return Case(condition, picture, flat, ground)


def ground_beside(colors: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A colour that is unlike all others."""
    tried = chance.integers(0, 256, (200, 3))
    apart = np.sqrt(((to_oklab(tried / 255)[:, None] - to_oklab(colors / 255)) ** 2).sum(-1)).min(1)
    return tried[apart.argmax()].astype(np.uint8)


def enlarged(flat: np.ndarray, ground: np.ndarray, factor: float, margin: np.ndarray) -> np.ndarray:
    """Nearest neighbours; margins of left, top, right, bottom in cells need not be whole."""
    left, top, right, bottom = margin
    height, width = flat.shape[:2]
    x = (np.arange(round((left + width + right) * factor)) + 0.5) / factor - left
    y = (np.arange(round((top + height + bottom) * factor)) + 0.5) / factor - top
    inside = ((y >= 0) & (y < height))[:, None] & ((x >= 0) & (x < width))
    pixels = flat[y.astype(int).clip(0, height - 1)][:, x.astype(int).clip(0, width - 1)]
    return np.where(inside[..., None], pixels, ground).astype(np.uint8)


def add_mixels(large: np.ndarray, factor: float, chance: np.random.Generator) -> None:
    """Details smaller than a cell and beside the lines, one for every twenty-five cells."""
    height, width = large.shape[:2]
    side = max(1, round(factor / 2))
    for _ in range(int(height * width / factor**2 / 25)):
        y, x = chance.integers(0, height - side), chance.integers(0, width - side)
        large[y : y + side, x : x + side] = large[chance.integers(height), chance.integers(width)]


def ours(picture: Image.Image) -> np.ndarray | None:
    pixels = np.asarray(picture)
    grid = discover(pixels)
    if grid is None:
        return None
    cells = cells_of(pixels, grid)
    palette = palette_of(cells)
    return palette[nearest(to_oklab(cells.colors.reshape(-1, 3) / 255), to_oklab(palette / 255))].reshape(
        cells.colors.shape
    )


def proper_pixel_art(picture: Image.Image) -> np.ndarray:
    from proper_pixel_art import pixelate

    return np.asarray(pixelate(picture).image.convert("RGB"))


def unfake(picture: Image.Image) -> np.ndarray:
    import asyncio

    from unfake.pixel import process_image

    return np.asarray(asyncio.run(process_image(picture.convert("RGBA")))["image"].convert("RGB"))


TOOLS = {"ours": ours, "proper-pixel-art": proper_pixel_art, "unfake": unfake}


def judged(small: np.ndarray | None, truth: Case) -> tuple[bool, bool]:
    """Whether the grid is right, and whether the palette is."""
    if small is None:
        return False, False
    palette = palette_right(small, truth)
    lab, goal = to_oklab(small / 255), to_oklab(truth.sprite / 255)
    height, width = goal.shape[:2]
    for top in range(small.shape[0] - height + 1):
        for left in range(small.shape[1] - width + 1):
            away = np.sqrt(((lab[top : top + height, left : left + width] - goal) ** 2).sum(-1))
            if (away < 2 * ALIKE).mean() >= 0.9:
                return True, palette
    return False, palette


def palette_right(small: np.ndarray, truth: Case) -> bool:
    shown = np.unique(small.reshape(-1, 3), axis=0)
    goal = np.unique(np.concatenate([truth.sprite.reshape(-1, 3), truth.ground[None]]), axis=0)
    away = np.sqrt(((to_oklab(goal / 255)[:, None] - to_oklab(shown / 255)) ** 2).sum(-1))
    return len(shown) == len(goal) and bool((away.min(1) < ALIKE).all() and (away.min(0) < ALIKE).all())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sprites", type=Path, help="folder with crawl.webp")
    parser.add_argument(
        "--peers", help="folder in which the other tools are installed; without it, ours alone is measured"
    )
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    if options.peers:
        sys.path.append(options.peers)
        logging.disable(logging.WARNING)
    tools = {name: tool for name, tool in TOOLS.items() if options.peers or name == "ours"}
    cases = [case(sprite, number) for number, sprite in enumerate(sprites(options.sprites, options.count))]
    right: dict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
    seconds = dict.fromkeys(tools, 0.0)
    for one in cases:
        for name, tool in tools.items():
            begun = time.perf_counter()
            try:
                small = tool(one.picture)
            except Exception as error:  # a tool that fails has not found it
                print(f"{name}, {one.condition}: {error}", file=sys.stderr)
                small = None
            seconds[name] += time.perf_counter() - begun
            right[name, one.condition].append(judged(small, one))
    print(machine())
    rows = [[condition, *(share(right[name, condition]) for name in tools)] for condition in CONDITIONS]
    rows.append(["all", *(share([verdict for one in CONDITIONS for verdict in right[name, one]]) for name in tools)])
    rows.append(["seconds a picture", *(f"{spent / len(cases):.2f}" for spent in seconds.values())])
    print(table(f"{len(cases)} sprites: grids right / palettes right", ["picture", *tools], rows))


def share(verdicts: list[tuple[bool, bool]]) -> str:
    """Two shares in percent."""
    return " / ".join(f"{100 * np.mean([verdict[number] for verdict in verdicts]):.0f} %" for number in (0, 1))


if __name__ == "__main__":
    main()
