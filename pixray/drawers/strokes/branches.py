"""Where several parts of one stroke come near a pixel: hatching, crossings, the inside of sharp bends.

The distance from the nearest piece says how much of a pixel that piece's part of the stroke, its branch, covers. Of
parallel branches, what they do not share with the nearest is added. Those at right angles cover that share of what is
left. Others are taken for partly the one and partly the other, by the square of the cosine of the angle.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.drawers.strokes.tiles import EDGE
from pixray.ops.carry import carry

_SHARP = 0.3
"""Cosine of the turn, about 72 degrees, beyond which two pieces that meet are branches of their own."""
_NEARBY = 0.01
"""Square of the distance in pixels at which two points are half taken for one."""


@dataclass(frozen=True)
class Further:
    """Branches near a pixel besides the nearest.

    Attributes:
        hit: E, the number of the hit that they add to, in no order; piece: E, the nearest piece of each.
    """

    hit: Tensor
    piece: Tensor


def branch_begins(slot: Tensor, piece: Tensor, ends: Tensor) -> Tensor:
    """Q: whether a row begins a branch: a run of pieces of one slot that follow one another without a sharp bend.

    Args:
        slot, piece: Q each, sorted by slot and then by piece; ends: N 2 2.
    """
    begins = torch.ones_like(slot, dtype=torch.bool)
    begin, end = ends[piece].unbind(1)
    along = end - begin
    turn = (along[1:] * along[:-1]).sum(1)
    length = along.square().sum(1)
    follows = (piece[1:] == piece[:-1] + 1) & (begin[1:] == end[:-1]).all(1)
    follows &= (turn > 0) & (turn.square() > _SHARP**2 * length[1:] * length[:-1])
    begins[1:] = (slot[1:] != slot[:-1]) | ~follows
    return begins


class SharedPixels:
    """The coverage of pixels that several branches come near, differentiable.

    Args:
        further: the other branches; piece, path: M, the nearest piece and the path of every hit; xy: 2 x M.
        ends: N+1 2 2; widths: P.

    Attributes:
        hit: H, the numbers of these hits; coverage: H.
    """

    def __init__(self, further: Further, piece: Tensor, path: Tensor, xy: Tensor, ends: Tensor, widths: Tensor) -> None:
        self.hit, owner = torch.unique(further.hit, return_inverse=True)
        self._pieces = piece[self.hit], further.piece
        self._path = path[self.hit]
        nearest, others = (ends[pieces].detach().requires_grad_(True) for pieces in self._pieces)
        half = (widths[self._path].detach() / 2).requires_grad_(True)
        self._free = nearest, others, half
        with torch.enable_grad():
            self.coverage = _union(nearest, others, half, owner, xy.t()[self.hit])

    def backward(self, gradient: Tensor, ends: Tensor, widths: Tensor) -> None:
        """Add the derivatives by ends, N+1 4, and widths, P, to these.

        Args:
            gradient: H, that of the coverage.
        """
        *by_pieces, by_half = torch.autograd.grad(carry(self.coverage, gradient), self._free, retain_graph=True)
        for pieces, by_piece in zip(self._pieces, by_pieces, strict=True):
            ends.index_add_(0, pieces, by_piece.view(-1, 4))
        widths.index_add_(0, self._path, by_half / 2)


def _union(nearest: Tensor, others: Tensor, half: Tensor, owner: Tensor, xy: Tensor) -> Tensor:
    """H: how much of each pixel the branches cover together.

    Args:
        nearest: H 2 2, the nearest piece; others: E 2 2, those of the other branches; owner: E, their pixels.
        half: H, half the width; xy: H 2, the centres of the pixels.
    """
    away, gap, along = _way_from(nearest, xy)
    first = _band(-gap - half, half - gap)
    away_2, gap_2, along_2 = _way_from(others, xy[owner])
    half, gap, along = half[owner], gap[owner], along[owner]
    second = _band(-gap_2 - half, half - gap_2)
    # Both on an axis across the nearest branch, with the pixel's centre at 0 and that branch at -gap.
    signed_gap = torch.where((away[owner] * away_2).sum(1) < 0, gap_2, -gap_2)
    joined = _band(torch.maximum(-gap, signed_gap) - half, torch.minimum(-gap, signed_gap) + half)
    # Where branches meet, the end of one lies on the other and covers nothing besides.
    foot = xy[owner] - away_2
    for end in others.unbind(1):
        beyond = _nearby(foot - end) * _nearby(_way_from(nearest[owner], end)[0])
        second = second * (1 - beyond)
    parallel = (along * along_2).sum(1).square()
    beside = first.index_add(0, owner, parallel * (second - joined).clamp_min(0)).clamp_max(1)
    across = torch.zeros_like(first).index_add(0, owner, (1 - parallel) * second).clamp_max(1)
    return beside + across - beside * across


def _way_from(pieces: Tensor, xy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The vector to a pixel from the nearest point of a piece, N 2; its length; and the piece's direction, N 2."""
    begin, end = pieces.unbind(1)
    along = end - begin
    length = along.square().sum(1, keepdim=True).clamp_min(1e-12)
    t = ((xy - begin) * along).sum(1, keepdim=True) / length
    away = xy - begin - t.clamp(0, 1) * along
    return away, away.square().sum(1).clamp_min(1e-12).sqrt(), along / length.sqrt()


def _nearby(offset: Tensor) -> Tensor:
    """1 for no distance at all, falling to 0."""
    return _NEARBY / (_NEARBY + offset.square().sum(1))


def _band(low: Tensor, high: Tensor) -> Tensor:
    """How much of a pixel at 0 lies between two parallel lines; nothing where they change sides."""
    u, v = ((edge / (2 * EDGE) + 0.5).clamp(0, 1) for edge in (low, torch.maximum(low, high)))
    return v * v * (3 - 2 * v) - u * u * (3 - 2 * u)
