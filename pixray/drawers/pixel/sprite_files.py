"""A grid of cells as a sprite: what `--sprite` means, and the files it is delivered in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from pixray.drawers.base import Canvas
from pixray.errors import SettingsError
from pixray.images.glob import expand
from pixray.images.io import open_picture
from pixray.sprites.aseprite import aseprite_bytes
from pixray.sprites.convert import own_cells
from pixray.sprites.indexed import MOST_COLORS, indexed, indexed_png
from pixray.sprites.size import AUTO

if TYPE_CHECKING:
    from pixray.settings.namespace import Settings as RunSettings

COLORS = 16
"""Of a sprite that says nothing about its colours."""


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
        other_sizes = [name for name in ("pixel_size", "pixel_scale") if getattr(settings, name) is not None]
        if other_sizes:
            problems.append(f"sprite={size} and {other_sizes[0]} both say how many cells there are: leave one out")
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


def own_colours(settings: RunSettings, channels: int) -> Tensor | None:
    """The cells of the start picture, cells x channels, if its own grid was asked for by "auto"."""
    asked = {settings.origins[name].raw for name in ("sprite", "pixel_size") if settings.origins[name].asked_for}
    if AUTO not in {value for value in asked if isinstance(value, str)}:
        return None
    path = expand(settings.init_image, "init_image")[0]
    cells = own_cells(open_picture(path, "init_image"), path).cells
    return torch.from_numpy(cells.reshape(-1, 4)[:, :channels].astype("float32") / 255)


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
