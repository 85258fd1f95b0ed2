"""Which pixels filled paths wind around: one running sum over rows of pixels, whatever the number of paths."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.drawers.strokes.tiles import Boxes, Grid, rows_of


@dataclass(frozen=True)
class Winding:
    """Winding numbers of filled paths at the pixels of the tiles that they lie in.

    Attributes:
        path, tile: V each, by path and then by tile; number: V x lanes, zero outside.
    """

    path: Tensor
    tile: Tensor
    number: Tensor

    def at(self, path: Tensor, tile: Tensor, grid: Grid) -> Tensor:
        """The numbers for slots (path and tile, T each): T x lanes, zero where nothing is known."""
        tiles = grid.rows * grid.columns
        stored, queried = self.path * tiles + self.tile, path * tiles + tile
        if stored.shape[0] == 0:
            return self.number.new_zeros(queried.shape[0], grid.lanes)
        index = torch.searchsorted(stored, queried).clamp_max(stored.shape[0] - 1)
        return self.number[index] * (stored[index] == queried)[:, None]


def winding_of(ends: Tensor, path: Tensor, grid: Grid, span: tuple[int, int]) -> Winding:
    """Wind every pixel by the pieces left of it: +1 for each that goes down, -1 for each that goes up.

    Args:
        ends: N 2 2, pieces of filled paths only; path: N, in ascending order.
        span: tiles from the first number up to, but without, the second.
    """
    paths, owner = torch.unique_consecutive(path, return_inverse=True)
    low = _extreme(ends.amin(1), owner, paths.shape[0], "amin")
    high = _extreme(ends.amax(1), owner, paths.shape[0], "amax")
    boxes = Boxes.around(low, high, grid).within_rows(*rows_of(span, grid))
    size = boxes.count * grid.side  # of each box in pixels
    stride = size[:, 0] + 1  # one column more takes what ends at the right border, so that each row adds up to zero
    area = stride * size[:, 1]
    base = area.cumsum(0) - area
    marks = torch.zeros(int(area.sum()), dtype=torch.int32, device=ends.device)

    piece, row, column, sign = _crossings(ends, boxes.first[owner] * grid.side, size[owner])
    box = owner[piece]
    marks.index_add_(0, base[box] + row * stride[box] + column, sign)
    marks = marks.cumsum(0, dtype=torch.int32)

    box, tile = boxes.tiles(grid)
    corner = grid.corners(tile, ends).long() - boxes.first[box] * grid.side
    lane = torch.arange(grid.lanes, device=ends.device)
    down = torch.div(lane, grid.side, rounding_mode="floor")
    where = (base[box] + corner[:, 1] * stride[box] + corner[:, 0])[:, None]
    number = marks[where + down * stride[box][:, None] + (lane - down * grid.side)]
    keep = (number != 0).any(1) & (tile >= span[0]) & (tile < span[1])
    return Winding(paths[box[keep]], tile[keep], number[keep])


def _crossings(ends: Tensor, origin: Tensor, size: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Where pieces cross the middle lines of rows of pixels, relative to the box of their path.

    Returns:
        piece, row, column (of the first pixel to the right), sign (+1 downwards).
    """
    level, lowest = origin[:, 1], size[:, 1]
    top, bottom = ends[:, :, 1].amin(1), ends[:, :, 1].amax(1)
    zero = torch.zeros_like(lowest)
    first = ((top - 0.5).ceil().long() - level).maximum(zero).minimum(lowest)
    count = (((bottom - 0.5).ceil().long() - level).maximum(zero).minimum(lowest) - first).maximum(zero)
    piece = torch.repeat_interleave(count)
    row = first[piece] + torch.arange(piece.shape[0], device=ends.device) - (count.cumsum(0) - count)[piece]
    begin, end = ends[piece].unbind(1)
    down = end - begin
    # In the canvas' own coordinates, so that whoever asks for the side of a pixel gets the same answer to the last bit.
    x = begin[:, 0] + (row + level[piece] + 0.5 - begin[:, 1]) / down[:, 1] * down[:, 0]
    column = ((x - 0.5).ceil().long() - origin[piece, 0]).clamp_min(0).minimum(size[piece, 0])
    return piece, row, column, down[:, 1].sign().int()


def _extreme(values: Tensor, owner: Tensor, count: int, how: str) -> Tensor:
    """The smallest or largest of each owner's rows: count x 2."""
    result = values.new_zeros(count, 2)
    return result.scatter_reduce(0, owner[:, None].expand(-1, 2), values, how, include_self=False)
