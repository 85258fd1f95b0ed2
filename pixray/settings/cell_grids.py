"""Grids of cells and the canvas that they need: whole pixels a cell, and as many cells as a start picture has.

Late imports keep PIL and numpy out of start-up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pixray.errors import PixrayError
from pixray.settings.declare import Declaration, Role
from pixray.settings.namespace import Origin

_MOST_PIXELS_A_SIDE = 16384


def fit_canvas(
    declared: Mapping[str, Declaration], values: dict[str, Any], origins: Mapping[str, Origin], problems: list[str]
) -> None:
    """Put the grid of the start picture in the place of "auto", and make the canvas a whole multiple of its grid.

    Args:
        values: changed in place.
        problems: receives one line per problem.
    """
    from pixray.sprites.size import AUTO

    for name, declaration in declared.items():
        if not declaration.role & (Role.SHAPES_CANVAS | Role.OWN_GRID) or not values[name]:
            continue
        auto = values[name] == AUTO
        if auto:
            values[name] = _own_grid(name, values["init_image"], problems)
        if values[name] and (auto or Role.SHAPES_CANVAS in declaration.role):
            _make_multiple(name, values, asked_for=origins["size"].asked_for, problems=problems)


def _own_grid(name: str, text: str | None, problems: list[str]) -> tuple[int, int] | None:
    """Columns and rows of the grid that the start picture was drawn on."""
    from pixray.images.glob import expand, is_address
    from pixray.images.io import open_picture
    from pixray.sprites.convert import own_cells

    try:
        if not text:
            raise PixrayError("it takes the grid of a start picture: give init_image too")
        if is_address(text):
            raise PixrayError("it needs a start picture on this machine, not at an address")
        path = expand(text, "init_image")[0]
        cells = own_cells(open_picture(path, "init_image"), path).cells
    except PixrayError as error:
        problems.append(f"{name}=auto: {error}")
        return None
    return cells.shape[1], cells.shape[0]


def _make_multiple(name: str, values: dict[str, Any], *, asked_for: bool, problems: list[str]) -> None:
    """A canvas of about the same area; a size that was asked for has to be a whole multiple already."""
    (columns, rows), (width, height) = values[name], values["size"]
    factor = max(1, round(math.sqrt(width * height / (columns * rows))))
    factor = max(1, min(factor, _MOST_PIXELS_A_SIDE // max(columns, rows)))
    if asked_for and (width % columns or height % rows or width // columns != height // rows):
        problems.append(
            f"size={width} {height}: {name}={columns}x{rows} needs a whole multiple of it, such as "
            f"{columns * factor} {rows * factor}"
        )
    values["size"] = [columns * factor, rows * factor]
