"""Which pixels a scene touches: a search without gradients, whose cost follows the covered area.

Every straight piece is listed with the tiles that it comes near ("pairs"). Pairs of one path in one tile share a
"slot", and within a slot each pixel keeps the nearest piece ("hits"), and, for strokes, that of each other branch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.drawers.strokes.branches import Further, branch_begins
from pixray.drawers.strokes.tiles import EDGE, Grid, near_pairs, stack_by_rank
from pixray.drawers.strokes.winding import Winding, winding_of

FAR = 1e6
"""Where, in pixels, the piece lies that stands for "no edge near here" inside of filled paths."""


@dataclass(frozen=True)
class Shapes:
    """What the search needs to know of a flattened scene.

    Attributes:
        ends: N+1 2 2 in pixels, the last far away; path: N, the path of each piece, in ascending order.
        half: P, half the widths; filled: P, or None when nothing is; evenodd: P, or None.
    """

    ends: Tensor
    path: Tensor
    half: Tensor
    filled: Tensor | None
    evenodd: Tensor | None = None

    @property
    def reach(self) -> Tensor:
        """P: how far a path's pieces have influence; a filled path has an edge only."""
        half = self.half if self.filled is None else self.half.masked_fill(self.filled, 0)
        return half + EDGE


@dataclass(frozen=True)
class Plan:
    """What is to be composited where.

    Attributes:
        tiles: K, the touched tiles, busiest first; ranks: see `stack_by_rank`; they add up to T slots.
        slot_path: T, the path of each slot, rank by rank.
        place: M, where a hit lies in T x lanes; piece: M, its nearest piece; path: M; xy: 2 x M, pixel centres.
        side: M, for filled paths +1 inside and -1 outside, for strokes 0; None when nothing is filled.
        further: other branches of strokes near the same pixels; None when there are none.
    """

    tiles: Tensor
    ranks: list[int]
    slot_path: Tensor
    place: Tensor
    piece: Tensor
    path: Tensor
    xy: Tensor
    side: Tensor | None
    further: Further | None = None


def make_plan(shapes: Shapes, grid: Grid, span: tuple[int, int]) -> Plan:
    """Find the pixels that paths touch within a span of tiles, and the piece nearest to each."""
    ends, paths, reach = shapes.ends, shapes.half.shape[0], shapes.reach
    piece, tile, gap = near_pairs(ends[:-1], reach[shapes.path], grid, span)
    path = shapes.path[piece]
    covered = gap + grid.radius <= reach[path] - 2 * EDGE
    winding = _winding(shapes, grid, span)
    if winding is not None:
        path, tile = torch.cat([path, winding.path]), torch.cat([tile, winding.tile])
        piece = torch.cat([piece, torch.full_like(winding.path, ends.shape[0] - 1)])
        covered = torch.cat([covered, torch.zeros_like(winding.path, dtype=torch.bool)])
    key, order = (tile * paths + path).sort(stable=True)
    keep = _not_hidden(key, covered[order])
    key, piece = key[keep], piece[order][keep]

    key, slot = torch.unique_consecutive(key, return_inverse=True)
    tile = torch.div(key, paths, rounding_mode="floor")
    path = key - tile * paths
    squares = _squared_distances(ends[piece], grid.corners(tile[slot], ends), grid)
    near = _nearest(squares, slot, piece, ends)

    hit = near.squares < reach[path].square()[:, None]
    number = None if winding is None else winding.at(path, tile, grid)
    if number is not None and shapes.evenodd is not None:
        number = torch.where(shapes.evenodd[path, None], number & 1, number)
    if number is not None:
        hit |= number != 0
    row, lane = hit.nonzero(as_tuple=True)
    tiles, ranks, place = stack_by_rank(tile)
    xy = (grid.corners(tile, ends)[row] + grid.offsets(ends).t()[lane]).t()
    further = _further(shapes, near, path, hit, piece)
    piece = piece[near.row[row, lane].long()]
    side = None
    if number is not None:
        piece, side = _sides(shapes, piece, path[row], xy, number[row, lane])
    slot_path = torch.empty_like(path)
    slot_path[place] = path
    return Plan(tiles, ranks, slot_path, place[row] * grid.lanes + lane, piece, path[row], xy, side, further)


@dataclass(frozen=True)
class _Near:
    """What is nearest to the pixels of slots.

    Attributes:
        squares: T x lanes, the squared distance; row: T x lanes, the row of the nearest piece.
        shared: S, the slots of the branches that share their slot, in ascending order; shared_squares, shared_row:
            S x lanes, the same for each of these branches.
    """

    squares: Tensor
    row: Tensor
    shared: Tensor
    shared_squares: Tensor
    shared_row: Tensor


def _nearest(squares: Tensor, slot: Tensor, piece: Tensor, ends: Tensor) -> _Near:
    """Look for the nearest first within branches, then among those of a slot.

    Args:
        squares: Q x lanes, not used afterwards; slot, piece: Q, by slot and then by piece.
    """
    begins = branch_begins(slot, piece, ends)
    row = _nearest_rows(squares, begins)
    slots = slot[begins]
    first = torch.ones_like(begins)
    first[1:] = slot[1:] != slot[:-1]
    alone = torch.bincount(slots)[slots] == 1
    branch = begins.nonzero()[:, 0][~alone]
    shared, shared_squares, shared_row = slots[~alone], squares[branch], row[branch]
    if branch.shape[0]:
        values, begins = shared_squares.clone(), first[branch]
        best = _nearest_rows(values, begins)[begins].long()
        row[branch[begins]] = shared_row.gather(0, best)
        squares[branch[begins]] = values[begins]
    return _Near(squares[first], row[first], shared, shared_squares, shared_row)


def _further(shapes: Shapes, near: _Near, path: Tensor, hit: Tensor, piece: Tensor) -> Further | None:
    """Branches of strokes, besides the nearest, near pixels that the nearest does not cover wholly.

    Args:
        path: T; hit: T x lanes; piece: Q, of the rows.
    """
    path = path[near.shared]
    half = shapes.half[path, None]
    touching = (near.shared_squares < (half + EDGE).square()) & (near.shared_row != near.row[near.shared])
    touching &= near.squares[near.shared] > torch.where(half > EDGE, (half - EDGE).square(), -1)
    if shapes.filled is not None:
        touching &= ~shapes.filled[path, None]
    branch, lane = touching.nonzero(as_tuple=True)
    if branch.shape[0] == 0:
        return None
    number = hit.view(-1).cumsum(0)[near.shared[branch] * hit.shape[1] + lane] - 1
    return Further(number, piece[near.shared_row[branch, lane].long()])


def _winding(shapes: Shapes, grid: Grid, span: tuple[int, int]) -> Winding | None:
    if shapes.filled is None:
        return None
    inked = shapes.filled[shapes.path]
    return winding_of(shapes.ends[:-1][inked], shapes.path[inked], grid, span)


def _not_hidden(key: Tensor, covered: Tensor) -> Tensor:
    """Rows to keep: where one piece covers a whole tile, the others of its path there make no difference."""
    if not covered.any():
        return torch.ones_like(covered)
    slot = torch.unique_consecutive(key, return_inverse=True)[1]
    solid = torch.zeros_like(covered)
    solid[slot[covered]] = True
    return covered | ~solid[slot]


def _squared_distances(ends: Tensor, corners: Tensor, grid: Grid) -> Tensor:
    """Q x lanes: from every pixel of a tile to one piece."""
    begin = ends[:, 0] - corners
    along = ends[:, 1] - ends[:, 0]
    slope = along / along.square().sum(1, keepdim=True).clamp_min(1e-12)
    x, y = offsets = grid.offsets(ends)
    t = torch.addmm(-(begin * slope).sum(1, keepdim=True), slope, offsets).clamp_(0, 1)
    across = torch.addcmul(begin[:, :1] - x, t, along[:, :1])
    down = torch.addcmul(begin[:, 1:] - y, t, along[:, 1:])
    return across.square_().addcmul_(down, down)


def _nearest_rows(values: Tensor, begins: Tensor) -> Tensor:
    """Reduce each run of rows to its smallest values, by a tournament of about log2(longest run) rounds.

    Args:
        values: Q x lanes, afterwards the smallest in the first row of each run; begins: Q, whether a row begins a run.

    Returns:
        Q x lanes: in the first row of each run, the row that each value came from.
    """
    first = begins.nonzero()[:, 0]
    run = begins.cumsum(0) - 1
    count = torch.bincount(run, minlength=first.shape[0])
    rank = torch.arange(values.shape[0], device=values.device) - first[run]
    count, longest = count[run], int(count.max()) if count.shape[0] else 0
    rows = torch.arange(values.shape[0], device=values.device, dtype=torch.int32)
    winner = rows[:, None].expand(values.shape).contiguous()
    stride = 1
    index = rows.long()
    while stride < longest:
        ranks = rank[index]
        index = index[(ranks % (2 * stride) == 0) & (ranks + stride < count[index])]
        other = index + stride
        value, other_value = values[index], values[other]
        closer = other_value < value
        values[index] = torch.where(closer, other_value, value)
        winner[index] = torch.where(closer, winner[other], winner[index])
        stride *= 2
    return winner


def _sides(shapes: Shapes, piece: Tensor, path: Tensor, xy: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
    """Inside or outside of filled paths, and the far piece for pixels whose nearest edge lies within the filled area.

    Args:
        piece, path: M; xy: 2 x M; number: M, winding numbers at the pixels.
    """
    assert shapes.filled is not None
    filled = shapes.filled[path]
    begin, end = shapes.ends[piece].unbind(1)
    away, along = xy - begin.t(), (end - begin).t()
    t = (away * along).sum(0) / along.square().sum(0).clamp_min(1e-12)
    larger = _number_is_larger(begin.t(), along, xy)
    beyond = torch.where(larger, number - 1, number + 1)
    within = filled & (number != 0) & (beyond != 0) & (t > 0) & (t < 1)
    if shapes.evenodd is not None:
        within &= ~shapes.evenodd[path]  # every edge parts inside from outside
    piece = torch.where(within, shapes.ends.shape[0] - 1, piece)
    inside = torch.where(number != 0, 1, -1)
    return piece, torch.where(filled, inside, 0).to(xy.dtype)


def _number_is_larger(begin: Tensor, along: Tensor, xy: Tensor) -> Tensor:
    """M: whether a pixel lies on the side of a piece where the winding number is larger by one.

    Pixels whose centre lies on the piece are counted as `winding_of` counts them, to the last bit: to the right of it,
    or below it where it is level.

    Args:
        begin, along, xy: 2 x M each.
    """
    crossing = begin[0] + (xy[1] - begin[1]) / along[1] * along[0]
    right = (crossing - 0.5).ceil() <= xy[0] - 0.5
    below = xy[1] >= begin[1]
    return torch.where(along[1] == 0, (along[0] > 0) != below, right == (along[1] > 0))
