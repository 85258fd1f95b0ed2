"""A grid of cells as a sprite: what `--sprite` means, and the files it is delivered in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from pixray.drawers.base import Canvas
from pixray.errors import SettingsError
from pixray.sprites.aseprite import aseprite_bytes
from pixray.sprites.indexed import MOST_COLORS, indexed, indexed_png

MOST_SIDE = 1024
COLORS = 16
"""Of a sprite that says nothing about its colours."""


def grid_of(raw: Any) -> tuple[int, int] | None:
    """Columns and rows from "32x32", "32 32", [32, 32] or a single number for both.

    Raises:
        ValueError: it is something else, or out of range.
    """
    words = raw if isinstance(raw, list | tuple) else re.split(r"[\s,x×]+", str(raw).strip().lower())
    words = [word for part in words for word in re.split(r"[\s,x×]+", str(part).strip().lower()) if word]
    if words == ["none"] or not words:
        return None
    numbers = [int(word) for word in words if re.fullmatch(r"[0-9]{1,5}", word)]
    if len(numbers) != len(words) or len(words) > 2 or not all(1 <= number <= MOST_SIDE for number in numbers):
        raise ValueError(f"expected columns and rows from 1 to {MOST_SIDE}, such as 32x32")
    return numbers[0], numbers[-1]


def check_sprite(settings: Any, canvas: Canvas) -> None:
    """Whether settings that concern sprites fit together.

    Args:
        settings: those of the pixel drawer.

    Raises:
        SettingsError: they do not.
    """
    problems = []
    if settings.sprite:
        size = "{}x{}".format(*settings.sprite)
        further = [name for name in ("pixel_size", "pixel_scale") if getattr(settings, name) is not None]
        if further:
            problems.append(f"sprite={size} and {further[0]} both say how many cells there are: leave one out")
        if canvas.width % settings.sprite[0] or canvas.height % settings.sprite[1]:
            problems.append(
                f"sprite={size}: a canvas of {canvas.width}x{canvas.height} pixels has no whole pixels a cell"
            )
    if (settings.sprite or settings.dither != "none") and settings.pixel_type != "rect":
        what = f"sprite={size}" if settings.sprite else f"dither={settings.dither}"
        problems.append(f"{what}: cells are upright rectangles there: leave pixel_type={settings.pixel_type} out")
    count = len(canvas.palette)
    if (settings.sprite or settings.colors) and settings.colors is None and count > MOST_COLORS - 1:
        problems.append(
            f"palette: it holds {count:,} colours, and a sprite at most {MOST_COLORS - 1}: colors=16 chooses 16"
        )
    if problems:
        raise SettingsError(problems)


def sprite_files(colours: Tensor, rows: int, order: Sequence[Sequence[float]]) -> Mapping[str, bytes]:
    """The sprite as an indexed PNG of one pixel a cell, and for Aseprite.

    Args:
        colours: cells x 3 or x 4, in [0, 1], row by row; order: of the palette, where these colours occur.

    Raises:
        PixrayError: filters made more than 256 colours of it.
    """
    pixels = (colours.clamp(0, 1) * 255).round().byte().view(rows, -1, colours.shape[1]).numpy()
    picture = indexed(pixels, [tuple(round(value * 255) for value in color) for color in order])
    return {"_sprite.png": indexed_png(picture), ".aseprite": aseprite_bytes([picture])}
