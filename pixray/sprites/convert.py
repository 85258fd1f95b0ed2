"""Any picture to a sprite: onto a grid that is given, or onto the one that it was drawn on; then into few colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from pixray.errors import PixrayError
from pixray.sprites.cells import cells_of, palette_of
from pixray.sprites.colors import choose_colors
from pixray.sprites.discover import Grid, discover
from pixray.sprites.dither import in_palette

MOST_COLORS = 255
_SEEN = 128
_SHADES = 15


@dataclass(frozen=True)
class SpriteOptions:
    """How a sprite is to be.

    Attributes:
        size: columns and rows; None: those of the grid that the picture was drawn on.
        colors: at most so many; None: as many as the picture or the palette has, at most 255.
        palette: the only colours allowed, each (red, green, blue) from 0 to 1; empty: any.
        dither: one of `pixray.sprites.dither.DITHERS`.
        soft: whether pixels may be transparent in part.
    """

    size: tuple[int, int] | None = None
    colors: int | None = None
    palette: Sequence[tuple[float, float, float]] = ()
    dither: str = "none"
    soft: bool = False


@dataclass(frozen=True)
class Converted:
    """A sprite.

    Attributes:
        pixels: rows x columns x 4 uint8.
        palette: K 3 uint8, the colours that may be in it.
        grid: where its cells lie in the picture; None: it was scaled to a size that was given.
    """

    pixels: np.ndarray
    palette: np.ndarray
    grid: Grid | None


def to_sprite(picture: Image.Image, options: SpriteOptions, name: str = "the picture") -> Converted:
    """A picture as a sprite.

    Args:
        name: how messages call the picture.

    Raises:
        PixrayError: no grid can be seen in it, or the palette holds more colours than a sprite may.
    """
    own = own_cells(picture, name) if options.size is None else None
    cells = own.cells if own else _scaled(np.asarray(picture.convert("RGBA")), options.size or (1, 1))
    opacity = cells[..., 3]
    seen = opacity >= (1 if options.soft else _SEEN)
    rgb = cells[..., :3] / 255
    palette = _palette(rgb[seen], options, own.palette if own else None)
    numbers = in_palette(rgb, palette, options.dither, seen)
    colors = (palette * 255).round().astype(np.uint8)
    shades = np.where(seen, 255, 0)
    if options.soft:
        steps = min(_SHADES, MOST_COLORS // len(colors))
        shades = (opacity / 255 * steps).round() / steps * 255
    pixels = np.dstack([colors[numbers], shades.round().astype(np.uint8)])
    return Converted(pixels, colors, own.grid if own else None)


@dataclass(frozen=True)
class OwnCells:
    """A picture on the grid that it was drawn on.

    Attributes:
        cells: rows x columns x 4 uint8; palette: K 3 uint8.
    """

    grid: Grid
    cells: np.ndarray
    palette: np.ndarray


def own_cells(picture: Image.Image, name: str) -> OwnCells:
    """The cells of a picture that was drawn on a grid.

    Args:
        name: how messages call the picture.

    Raises:
        PixrayError: there is no grid to be seen.
    """
    rgba = np.asarray(picture.convert("RGBA"))
    opaque = bool((rgba[..., 3] == 255).all())
    grid = discover(rgba[..., :3] if opaque else rgba)
    if grid is None:
        raise PixrayError(f"{name}: no grid of pixels can be seen in it; say how many there are, such as 32x32")
    cells = cells_of(rgba, grid)
    return OwnCells(grid, cells.colors, palette_of(cells))


def _scaled(rgba: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The mean of what each cell covers, rows x columns x 4 uint8; what is transparent adds no colour."""
    opacity = rgba[..., 3:].astype(np.float32) / 255
    layers = [Image.fromarray(layer) for layer in np.dstack([rgba[..., :3] * opacity, opacity]).transpose(2, 0, 1)]
    small = np.dstack([np.asarray(layer.resize(size, Image.Resampling.BOX)) for layer in layers])
    colors = small[..., :3] / small[..., 3:].clip(1e-4)
    return np.dstack([colors, small[..., 3] * 255]).round().clip(0, 255).astype(np.uint8)


def _palette(rgb: np.ndarray, options: SpriteOptions, own_colors: np.ndarray | None) -> np.ndarray:
    """The colours of the sprite, K 3 in [0, 1].

    Args:
        rgb: N 3, of the cells that are seen.
        own_colors: those of the picture's own grid.
    """
    allowed = np.array(options.palette, np.float64).reshape(-1, 3)
    count = min(options.colors or MOST_COLORS, MOST_COLORS)
    if len(allowed) > count and options.colors is None:
        raise PixrayError(
            f"the palette holds {len(allowed):,} colours, and a sprite at most {MOST_COLORS}: choose fewer"
        )
    if not len(rgb):
        return allowed[:1] if len(allowed) else np.zeros((1, 3))
    if len(allowed):
        return allowed if len(allowed) <= count else _commonest(rgb, allowed, count)
    if own_colors is not None and len(own_colors) <= count:
        return own_colors / 255
    return choose_colors(rgb, count)


def _commonest(rgb: np.ndarray, allowed: np.ndarray, count: int) -> np.ndarray:
    """Those of the given colours that most cells are nearest to, in the palette's order."""
    used = np.bincount(in_palette(rgb[None], allowed)[0], minlength=len(allowed))
    return allowed[np.sort(np.argsort(-used, kind="stable")[:count])]
