"""The tiles of a canvas, and which straight pieces come near which of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

EDGE = 0.65
"""Half the width, in pixels, of the soft edge: coverage falls from 1 to 0 over distances of -EDGE to EDGE."""


@dataclass(frozen=True)
class Grid:
    """Square tiles over a canvas, numbered row by row.

    Attributes:
        width, height: of the canvas in pixels; side: of a tile.
    """

    width: int
    height: int
    side: int

    @property
    def columns(self) -> int:
        return -(-self.width // self.side)

    @property
    def rows(self) -> int:
        return -(-self.height // self.side)

    @property
    def lanes(self) -> int:
        """Pixels per tile."""
        return self.side * self.side

    @property
    def radius(self) -> float:
        """From the middle of a tile to its outermost pixel centres."""
        return (self.side - 1) * 0.5**0.5

    def offsets(self, like: Tensor) -> Tensor:
        """2 x lanes: pixel centres relative to the corner of their tile."""
        steps = torch.arange(self.side, device=like.device, dtype=like.dtype) + 0.5
        return torch.stack([steps.repeat(self.side), steps.repeat_interleave(self.side)])

    def corners(self, tile: Tensor, like: Tensor) -> Tensor:
        """N 2: the upper left corners of tiles in pixels."""
        row = torch.div(tile, self.columns, rounding_mode="floor")
        return torch.stack([tile - row * self.columns, row], 1).to(like.dtype) * self.side


@dataclass(frozen=True)
class Boxes:
    """Rectangles of tiles.

    Attributes:
        first: N 2, column and row of the first tile; count: N 2, how many, zero for a box outside of the canvas.
    """

    first: Tensor
    count: Tensor

    @classmethod
    def around(cls, low: Tensor, high: Tensor, grid: Grid) -> Boxes:
        """The tiles that hold pixel centres between two corners (N 2 each, in pixels)."""
        last = torch.tensor([grid.columns, grid.rows], device=low.device) - 1
        # The tile before the first may still be reached by rounding; one more is harmless.
        first = (low / grid.side).floor().clamp_min(0).minimum(last + 1).long()
        final = (high / grid.side).ceil().sub_(1).clamp_min(-1).minimum(last).long()
        count = (final - first + 1).clamp_min(0)
        return cls(first, count * (count > 0).all(1, keepdim=True))

    def within_rows(self, top: int, bottom: int) -> Boxes:
        """The parts in the rows of tiles from `top` up to, but without, `bottom`."""
        begin = self.first[:, 1].clamp_min(top)
        end = (self.first[:, 1] + self.count[:, 1]).clamp_max(bottom)
        count = torch.stack([self.count[:, 0], (end - begin).clamp_min(0)], 1)
        return Boxes(torch.stack([self.first[:, 0], begin], 1), count)

    def tiles(self, grid: Grid) -> tuple[Tensor, Tensor]:
        """owner and tile: the boxes one after the other, each row by row."""
        area = self.count.prod(1)
        owner = torch.repeat_interleave(area)
        inner = torch.arange(owner.shape[0], device=area.device) - (area.cumsum(0) - area)[owner]
        columns = self.count[:, 0][owner]
        down = torch.div(inner, columns, rounding_mode="floor")
        row = self.first[:, 1][owner] + down
        return owner, row * grid.columns + self.first[:, 0][owner] + inner - down * columns

    def per_tile(self, grid: Grid) -> Tensor:
        """How many boxes lie over each tile."""
        across = grid.columns + 1
        marks = torch.zeros((grid.rows + 1) * across, dtype=torch.long, device=self.first.device)
        nonempty = (self.count[:, 0] > 0) & (self.count[:, 1] > 0)
        left, top = self.first[nonempty].unbind(1)
        right, bottom = left + self.count[nonempty, 0], top + self.count[nonempty, 1]
        ones = torch.ones_like(left)
        for row, column, sign in ((top, left, 1), (top, right, -1), (bottom, left, -1), (bottom, right, 1)):
            marks.index_add_(0, row * across + column, sign * ones)
        return marks.view(grid.rows + 1, across).cumsum(0).cumsum(1)[:-1, :-1].reshape(-1)


def near_pairs(ends: Tensor, reach: Tensor, grid: Grid, span: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Pieces and the tiles that they come near.

    Args:
        ends: N 2 2 in pixels; reach: N, how far a piece has influence.
        span: only tiles from the first number up to, but without, the second.

    Returns:
        piece, tile: Q each; gap: Q, the distance of the piece from the middle of the tile.
    """
    boxes = Boxes.around(ends.amin(1) - reach[:, None], ends.amax(1) + reach[:, None], grid)
    boxes = boxes.within_rows(*rows_of(span, grid))
    piece, tile = boxes.tiles(grid)
    begin, end = ends[piece].unbind(1)
    middle = grid.corners(tile, ends) + grid.side / 2
    away, along = middle - begin, end - begin
    t = ((away * along).sum(1) / along.square().sum(1).clamp_min(1e-12)).clamp(0, 1)
    gap = torch.addcmul(away, t[:, None], along, value=-1).norm(dim=1)
    near = gap < reach[piece] + grid.radius
    near &= (tile >= span[0]) & (tile < span[1])
    near = near.nonzero()[:, 0]
    return piece[near], tile[near], gap[near]


def rows_of(span: tuple[int, int], grid: Grid) -> tuple[int, int]:
    """The rows of tiles that a span of tiles lies in."""
    return span[0] // grid.columns, (span[1] - 1) // grid.columns + 1


def stack_by_rank(tile: Tensor) -> tuple[Tensor, list[int], Tensor]:
    """Order slots rank by rank: the lowest of every tile, then the second of every tile that has two, and so on.

    Busier tiles come first, so that each rank is a prefix of the tiles, and compositing a rank of all tiles is one
    operation on contiguous memory.

    Args:
        tile: T, the tile of each slot, in ascending order; the slots of one tile from bottom to top.

    Returns:
        tiles: K, each once, the busiest first; ranks: how many tiles have a first slot, a second …; and
        place: T, where each slot belongs.
    """
    tiles, group, count = torch.unique_consecutive(tile, return_inverse=True, return_counts=True)
    if tiles.shape[0] == 0:
        return tiles, [], group
    rank = torch.arange(tile.shape[0], device=tile.device) - (count.cumsum(0) - count)[group]
    sizes = torch.bincount(rank)
    order = count.argsort(descending=True, stable=True)
    place_of = torch.empty_like(order)
    place_of[order] = torch.arange(order.shape[0], device=tile.device)
    return tiles[order], sizes.tolist(), (sizes.cumsum(0) - sizes)[rank] + place_of[group]
