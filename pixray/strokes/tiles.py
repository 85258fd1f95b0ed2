"""Which pixels a scene touches: a search without gradients, whose cost follows the covered area.

The canvas is cut into square tiles. Every straight piece is listed with the tiles it comes near ("pairs"), pairs of
one path in one tile share a "slot", and within a slot each pixel keeps the nearest piece ("hits"). Slots lie rank by
rank: first the lowest path of every tile, then the second of every tile that has two, and so on; busier tiles come
first, so that each rank is a prefix of the tiles and compositing a rank is one operation on contiguous memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

EDGE = 0.65
"""Half the width, in pixels, of the soft edge: coverage falls from 1 to 0 over distances of -EDGE to EDGE."""


@dataclass(frozen=True)
class Grid:
    """The tiles of a canvas.

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

    def offsets(self, like: Tensor) -> Tensor:
        """2 x lanes: pixel centres relative to the corner of their tile."""
        steps = torch.arange(self.side, device=like.device, dtype=like.dtype) + 0.5
        return torch.stack([steps.repeat(self.side), steps.repeat_interleave(self.side)])

    def corners(self, tile: Tensor, like: Tensor) -> Tensor:
        """N 2: the upper left corners of tiles in pixels."""
        row = torch.div(tile, self.columns, rounding_mode="floor")
        return torch.stack([tile - row * self.columns, row], 1).to(like.dtype) * self.side


@dataclass(frozen=True)
class Plan:
    """What is to be composited where.

    Attributes:
        tiles: K, the touched tiles, busiest first.
        ranks: how many of them have a first path, a second …, as plain numbers; they add up to T slots.
        slot_path: T, the path of each slot, rank by rank.
        hit_place: M, where a hit lies in T x lanes; hit_piece: M, its straight piece; hit_xy: 2 x M, pixel centres.
        hit_path: M, the path of each hit.
    """

    tiles: Tensor
    ranks: list[int]
    slot_path: Tensor
    hit_place: Tensor
    hit_piece: Tensor
    hit_path: Tensor
    hit_xy: Tensor


def boxes(ends: Tensor, reach: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
    """The tiles around each piece.

    Args:
        ends: N 2 2; reach: N, how far in pixels a piece has influence.

    Returns:
        first: N 2, column and row of the first tile; count: N 2, how many columns and rows, zero outside the canvas.
    """
    last = torch.tensor([grid.columns, grid.rows], device=ends.device) - 1
    reach = reach[:, None]
    # A pixel is reached at its centre, half a pixel inside of its tile.
    low = ((ends.amin(1) - reach - 0.5) / grid.side).floor()
    high = ((ends.amax(1) + reach + 0.5) / grid.side).ceil() - 1
    first = low.clamp_min(0).minimum(last + 1).long()
    count = high.clamp_min(-1).minimum(last).long() - first + 1
    count = count.clamp_min(0)
    return first, count * (count > 0).all(1, keepdim=True)


def near_pairs(ends: Tensor, reach: Tensor, grid: Grid, span: tuple[int, int] | None) -> tuple[Tensor, Tensor, Tensor]:
    """Pieces and the tiles that they come near.

    Args:
        span: only tiles from the first number up to, but without, the second; None: all.

    Returns:
        piece, tile: Q each; gap: Q, the distance from the middle of the tile.
    """
    first, count = boxes(ends, reach, grid)
    if span is not None:
        top, bottom = span[0] // grid.columns, (span[1] - 1) // grid.columns
        begin = first[:, 1].clamp_min(top)
        end = (first[:, 1] + count[:, 1]).clamp_max(bottom + 1)
        first = torch.stack([first[:, 0], begin], 1)
        count = torch.stack([count[:, 0], (end - begin).clamp_min(0)], 1)
    area = count.prod(1)
    piece = torch.repeat_interleave(area)
    inner = torch.arange(piece.shape[0], device=ends.device) - (area.cumsum(0) - area)[piece]
    columns = count[:, 0][piece]
    down = torch.div(inner, columns, rounding_mode="floor")
    tile = (first[:, 1][piece] + down) * grid.columns + first[:, 0][piece] + inner - down * columns
    middle = grid.corners(tile, ends) + grid.side / 2
    gap = distance(middle.t(), ends[piece])
    near = gap < reach[piece] + (grid.side - 1) * 0.5**0.5
    if span is not None:
        near &= (tile >= span[0]) & (tile < span[1])
    near = near.nonzero()[:, 0]
    return piece[near], tile[near], gap[near]


def distance(points: Tensor, ends: Tensor) -> Tensor:
    """From points (2 x M) to straight pieces (M 2 2), in pixels."""
    begin = ends[:, 0].t()
    along = ends[:, 1].t() - begin
    away = points - begin
    t = ((away * along).sum(0) / along.square().sum(0).clamp_min(1e-12)).clamp(0, 1)
    return (away - t * along).square().sum(0).sqrt()


def nearest_rows(values: Tensor, rank: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """The smallest value per lane within each run of rows, by a tournament of about log2(longest run) rounds.

    Args:
        values: Q x lanes, changed in place; rank: Q, a row's place in its run; count: Q, the length of its run.

    Returns:
        values and the row each came from, both Q x lanes and valid in the first row of each run.
    """
    rows = torch.arange(values.shape[0], device=values.device, dtype=torch.int32)
    winner = rows[:, None].expand(values.shape).contiguous()
    stride, longest = 1, int(count.max()) if count.shape[0] else 0
    while stride < longest:
        here = ((rank % (2 * stride) == 0) & (rank + stride < count)).nonzero()[:, 0]
        other = here + stride
        mine, theirs = values[here], values[other]
        closer = theirs < mine
        values[here] = torch.where(closer, theirs, mine)
        winner[here] = torch.where(closer, winner[other], winner[here])
        stride *= 2
    return values, winner


def make_plan(
    ends: Tensor, piece_path: Tensor, half: Tensor, paths: int, grid: Grid, span: tuple[int, int] | None = None
) -> Plan:
    """Find the pixels that paths touch, and the piece nearest to each.

    Args:
        ends: N 2 2 in pixels; piece_path: N, the path of each piece; half: N, half its width in pixels.
        paths: how many there are; span: tiles from, and up to but without, these numbers.
    """
    reach = half + EDGE
    piece, tile, gap = near_pairs(ends, reach, grid, span)
    key, order = (tile * paths + piece_path[piece]).sort(stable=True)
    piece = piece[order]
    whole = gap[order] + (grid.side - 1) * 0.5**0.5 <= half[piece] - EDGE
    keep = _without_hidden(key, whole)
    key, piece = key[keep], piece[keep]
    key, count = torch.unique_consecutive(key, return_counts=True)
    begin = count.cumsum(0) - count
    slot = torch.repeat_interleave(count)
    rank = torch.arange(piece.shape[0], device=piece.device) - begin[slot]

    tile = torch.div(key, paths, rounding_mode="floor")
    squares = _squared_distances(ends[piece], grid.corners(tile[slot], ends), grid)
    squares, winner = nearest_rows(squares, rank, count[slot])
    path = key - tile * paths
    slot_reach = reach[piece[begin]]
    row, lane = (squares[begin] < slot_reach.square()[:, None]).nonzero(as_tuple=True)
    tiles, ranks, place = stack_by_rank(tile)
    xy = (grid.corners(tile, ends)[row] + grid.offsets(ends).t()[lane]).t()
    slot_path = torch.empty_like(path)
    slot_path[place] = path
    return Plan(tiles, ranks, slot_path, place[row] * grid.lanes + lane, piece[winner[begin[row], lane]], path[row], xy)


def _without_hidden(key: Tensor, whole: Tensor) -> Tensor:
    """Rows to keep: where one piece covers a whole tile, the others of its path there make no difference."""
    covered = torch.unique_consecutive(key, return_inverse=True)[1]
    solid = torch.zeros_like(whole).index_put_((covered,), whole, accumulate=True) if whole.any() else None
    return torch.ones_like(whole) if solid is None else whole | ~solid[covered]


def _squared_distances(ends: Tensor, corners: Tensor, grid: Grid) -> Tensor:
    """Q x lanes: from every pixel of a tile to one piece."""
    begin = ends[:, 0] - corners
    along = ends[:, 1] - ends[:, 0]
    slope = along / along.square().sum(1, keepdim=True).clamp_min(1e-12)
    x, y = grid.offsets(ends)
    t = torch.addmm(-(begin * slope).sum(1, keepdim=True), slope, torch.stack([x, y])).clamp_(0, 1)
    square = torch.addcmul(begin[:, :1] - x, t, along[:, :1]).square_()
    return square.addcmul_(right := torch.addcmul(begin[:, 1:] - y, t, along[:, 1:]), right)


def stack_by_rank(tile: Tensor) -> tuple[Tensor, list[int], Tensor]:
    """Order slots rank by rank.

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
