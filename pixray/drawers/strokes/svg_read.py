"""SVG files as sketches: what strokes and areas of one colour can draw; everything else is refused by name."""

from __future__ import annotations

from pathlib import Path

from pixray.drawers.strokes.sketch import Sketch
from pixray.drawers.strokes.svg_document import open_svg
from pixray.drawers.strokes.svg_marks import marks_sketch
from pixray.drawers.strokes.svg_walk import Walk
from pixray.errors import PixrayError


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
        walk = Walk(root, size)
        if walk.marks:
            return marks_sketch(walk.marks, walk.paper)
    except (ValueError, OverflowError) as error:
        raise PixrayError(f"{where}: {error}") from None
    raise PixrayError(f"{where}: holds no path that can be seen")
