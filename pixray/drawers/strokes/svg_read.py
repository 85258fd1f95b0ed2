"""SVG files as sketches: what strokes and areas of one colour can draw; everything else is refused by name."""

from __future__ import annotations

from pathlib import Path

from pixray.drawers.strokes.sketch import Sketch
from pixray.drawers.strokes.svg_document import open_svg
from pixray.drawers.strokes.svg_marks import marks_sketch
from pixray.drawers.strokes.svg_walk import Walk, own_size
from pixray.errors import PixrayError
from pixray.runtime.files import user_path

_LONGER_SIDE = 2000
"""Pixels of the canvas of a drawing that is read at its own proportions."""


def read_drawing(path: str | Path, name: str) -> tuple[Sketch, tuple[int, int]]:
    """What an SVG file draws, at its own proportions, and the size of its canvas in pixels.

    Args:
        name: of what brings the file, for messages.

    Raises:
        PixrayError: as `read_svg`.
    """
    where = f"{name}='{path}'"
    root = open_svg(user_path(path, name), where)
    try:
        width, height = own_size(root)
        longer = max(width, height)
        size = max(1, round(width / longer * _LONGER_SIDE)), max(1, round(height / longer * _LONGER_SIDE))
        return _sketch(Walk(root, size), where), size
    except (ValueError, OverflowError) as error:
        raise PixrayError(f"{where}: {error}") from None


def read_svg(path: str | Path, size: tuple[int, int]) -> Sketch:
    """What an SVG file draws, scaled to a canvas.

    A path with fill and stroke becomes two. The background of the file, or an opaque rectangle that fills the whole
    canvas before anything else is drawn, becomes the paper.

    Args:
        path: an .svg or .svgz file.
        size: width and height of the canvas in pixels; the file's viewport is fitted into it and centred.

    Raises:
        PixrayError: no such file, no SVG, or something in it that is not supported.
    """
    where = f"init_svg='{path}'"
    try:
        path = Path(path).expanduser()
    except RuntimeError as error:
        raise PixrayError(f"{where}: {error}") from None
    root = open_svg(path, where)
    try:
        return _sketch(Walk(root, size), where)
    except (ValueError, OverflowError) as error:
        raise PixrayError(f"{where}: {error}") from None


def _sketch(walk: Walk, where: str) -> Sketch:
    if not walk.marks:
        raise PixrayError(f"{where}: holds no path that can be seen")
    return marks_sketch(walk.marks, walk.paper)
