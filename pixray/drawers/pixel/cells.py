"""The cells of a pixel grid: how many, which shape, and which of them shows at a point.

Units: a cell's own coordinates (u, v) run from 0 to 1 over its box of width W/cols and height H/rows; polygons may
reach beyond the box. Canvas coordinates are pixels, y down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

CELL_TYPES = ("rect", "rectshift", "hex", "tri", "diamond", "knit")
SHIFTED = frozenset({"rectshift", "hex", "diamond"})
"""Every other row of these is half a cell further right and one cell shorter; with a filled border half a cell further
left and one cell longer."""
BORDERS = ("filled", "open")
_REACHING = frozenset({"hex", "diamond", "knit"})
"""Cells of these reach into the rows above and below, and leave gaps where such a row is missing."""
_BOXES = frozenset({"rect", "rectshift"})
"""Cells of these fill their own box and nothing else."""

Rows = TypeVar("Rows", int, Tensor)
"""One number, or several as a tensor."""
_UP = ((0.5, 0.0), (-0.5, 1.0), (1.5, 1.0))
_DOWN = ((0.5, 1.0), (1.5, 0.0), (-0.5, 0.0))
_POLYGONS: dict[str, tuple[tuple[float, float], ...]] = {
    "rect": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "rectshift": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "hex": ((0.5, 7 / 6), (0, 5 / 6), (0, 1 / 6), (0.5, -1 / 6), (1, 1 / 6), (1, 5 / 6)),
    "diamond": ((0.5, -0.5), (0, 0.5), (0.5, 1.5), (1, 0.5)),
    "tri": _UP,
    # A V stitch. Its arms reach into the row below, whose stitches lie on top.
    "knit": ((0.5, 1.3), (1, 0.55), (1, -0.45), (0.9, -0.45), (0.5, 0.3), (0.1, -0.45), (0, -0.45), (0, 0.55)),
}


def default_grid(width: int, height: int) -> tuple[int, int]:
    """Columns and rows by the shape of the canvas, whatever its size."""
    if width == height:
        return 40, 40
    return (80, 45) if width > height else (40, 50)


def grid_shape(
    cell_type: str,
    canvas: tuple[int, int],
    size: tuple[int, int] | None = None,
    scale: float | None = None,
    even_out: bool = True,
    fit_edges: bool = True,
) -> tuple[int, int]:
    """Columns and rows of the grid.

    Args:
        cell_type: one of CELL_TYPES.
        canvas: width and height in pixels; there are never more cells than pixels.
        size: columns and rows asked for; default by the shape of the canvas.
        scale: makes cells this much larger.
        even_out: without `size`, add columns or rows until cells look as wide as high.
        fit_edges: make the counts odd or even as the type needs to meet the border alike on both sides.
    """
    columns, rows = size or default_grid(*canvas)
    if even_out and size is None:
        columns = int(columns * 1.414) if cell_type == "tri" else columns
        rows = int(rows * {"hex": 1.414, "diamond": 2.0}.get(cell_type, 1.0))
    if scale is not None:
        columns, rows = int(columns / scale), int(rows / scale)
    columns, rows = max(1, min(columns, canvas[0])), max(1, min(rows, canvas[1]))
    if fit_edges and cell_type in SHIFTED:
        columns, rows = columns + (columns + 1) % 2, rows + (rows + 1) % 2
    elif fit_edges and cell_type == "tri":
        columns, rows = columns + (columns + 1) % 2, rows + rows % 2
    return columns, rows


@dataclass(frozen=True)
class Cells:
    """All cells of a grid, row by row from the top left.

    Attributes:
        cell_type: one of CELL_TYPES.
        columns, rows: the grid.
        width, height: the canvas in pixels.
        filled: other cells, cut off by the border, lie where those of the grid leave gaps along it.
    """

    cell_type: str
    columns: int
    rows: int
    width: int
    height: int
    filled: bool = False

    @property
    def cell_width(self) -> float:
        return self.width / self.columns

    @property
    def cell_height(self) -> float:
        return self.height / self.rows

    @property
    def first_row(self) -> int:
        """Number of the topmost row: 0, or -1 for one that only reaches into the canvas."""
        return -1 if self.filled and self.cell_type in _REACHING else 0

    @property
    def end_row(self) -> int:
        """One more than the number of the lowest row."""
        return self.rows - self.first_row

    def row_length(self, row: Rows) -> Rows:
        """Cells in one row, or in each of several (a tensor)."""
        if self.cell_type in SHIFTED:
            return self.columns + (1 if self.filled else -1) * (1 - row % 2)
        return self.columns + (2 if self.filled and self.cell_type == "tri" else 0) + 0 * row

    def row_offset(self, row: Rows) -> Any:
        """How far right a row begins, in cells; of several rows, as a tensor."""
        if self.cell_type in SHIFTED:
            return (-0.5 if self.filled else 0.5) * (1 - row % 2)
        return (-1.0 if self.filled and self.cell_type == "tri" else 0.0) + 0 * row

    def row_start(self, row: Rows) -> Rows:
        """Number of the first cell of a row."""
        start = (row - self.first_row) * self.row_length(1)
        if self.cell_type in SHIFTED:
            # Even rows differ in length; `first_row` is 0 or -1, so those before `row` are this many.
            start = start + (1 if self.filled else -1) * ((row + 1) // 2)
        return start

    def __len__(self) -> int:
        return self.row_start(self.end_row)

    def points_up(self, row: Rows, column: Rows) -> Rows:
        """Whether a triangle has its tip at the top; numbers of columns begin at 0 in every row."""
        return (row + column + (1 if self.filled else 0)) % 2 == 0

    def outline(self, row: int, column: int) -> tuple[tuple[float, float], ...]:
        """The polygon of a cell in its own coordinates."""
        if self.cell_type == "tri" and not self.points_up(row, column):
            return _DOWN
        return _POLYGONS[self.cell_type]

    def polygon(self, row: int, column: int) -> list[tuple[float, float]]:
        """The polygon of a cell on the canvas, in pixels."""
        left = (column + self.row_offset(row)) * self.cell_width
        top = row * self.cell_height
        return [(left + u * self.cell_width, top + v * self.cell_height) for u, v in self.outline(row, column)]

    def polygons(self) -> list[list[tuple[float, float]]]:
        """Every polygon in drawing order; later ones lie on top."""
        return [self.polygon(row, column) for row, column in self.places()]

    def places(self) -> Iterator[tuple[int, int]]:
        """Row and column of every cell, in drawing order."""
        for row in range(self.first_row, self.end_row):
            for column in range(self.row_length(row)):
                yield row, column

    def boxes(self) -> Tensor:
        """Left and top of every cell's box, cells x 2, in pixels."""
        corners = [
            ((column + self.row_offset(row)) * self.cell_width, row * self.cell_height) for row, column in self.places()
        ]
        return torch.tensor(corners)


def topmost_cell(cells: Cells, x: Tensor, y: Tensor) -> Tensor:
    """Which cell shows at each crossing of a sampling grid.

    Args:
        x: sampling columns in pixels; y: sampling rows in pixels.

    Returns:
        len(y) x len(x), the number of the cell drawn last there, or -1 where there is none.
    """
    home_row = torch.div(y, cells.cell_height, rounding_mode="floor").long()
    if cells.cell_type in _BOXES:
        return _boxes_by_row(cells, x)[home_row]
    shown = torch.full((len(y), len(x)), -1, dtype=torch.int32)
    # A polygon reaches at most into the rows and columns next to its own, so three of each are enough.
    near = (-1, 0, 1)
    for row_step in near:
        row = home_row + row_step
        v = y / cells.cell_height - row
        u_row = x[None] / cells.cell_width - cells.row_offset(row)[:, None]
        length, first = cells.row_length(row), cells.row_start(row)
        exists = (row >= cells.first_row) & (row < cells.end_row)
        for column_step in near:
            column = torch.floor(u_row).long() + column_step
            inside = _inside(cells, u_row - column, v, row, column)
            inside &= (column >= 0) & (column < length[:, None]) & exists[:, None]
            shown = torch.where(inside, (first[:, None] + column).int(), shown)
    return shown


def _boxes_by_row(cells: Cells, x: Tensor) -> Tensor:
    """rows x len(x): the number of the cell at every sampling column of each row of boxes, or -1."""
    rows = torch.arange(cells.rows)
    column = torch.floor(x[None] / cells.cell_width - cells.row_offset(rows)[:, None]).long()
    exists = (column >= 0) & (column < cells.row_length(rows)[:, None])
    return torch.where(exists, cells.row_start(rows)[:, None] + column, -1).int()


def _inside(cells: Cells, u: Tensor, v: Tensor, row: Tensor, column: Tensor) -> Tensor:
    if cells.cell_type != "tri":
        return _in_polygon(_POLYGONS[cells.cell_type], u, v)
    up = cells.points_up(row[:, None], column)
    return torch.where(up, _in_polygon(_UP, u, v), _in_polygon(_DOWN, u, v))


def _in_polygon(outline: tuple[tuple[float, float], ...], u: Tensor, v: Tensor) -> Tensor:
    """Even-odd test of a row-by-row grid; where an edge crosses a sampling row depends on the row alone.

    Args:
        u: rows x columns; v: rows.
    """
    inside = torch.zeros(u.shape, dtype=torch.bool)
    for (u0, v0), (u1, v1) in zip(outline, (*outline[1:], outline[0]), strict=True):
        if v0 == v1:
            continue
        crosses = (v0 > v) != (v1 > v)
        at = u0 + (v - v0) * ((u1 - u0) / (v1 - v0))
        inside ^= crosses[:, None] & (u < at[:, None])
    return inside
