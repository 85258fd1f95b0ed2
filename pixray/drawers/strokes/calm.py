"""Keeping strokes from tangles: neighbouring control points move together."""

from __future__ import annotations

import torch
from torch import Tensor

from pixray.drawers.strokes.sketch import Sketch


class Calm:
    """Evens out how far control points have moved, so that a stroke bends as a whole and keeps its form.

    Args:
        sketch: whose paths tell which points are neighbours.
        form: N 2, the points that strokes are to keep the form of; None: none, and they grow straight.
    """

    def __init__(self, sketch: Sketch, form: Tensor | None) -> None:
        pairs = torch.cat([sketch.index[:, :2], sketch.index[:, 1:3], sketch.index[:, 2:]])
        self.pairs = torch.cat([pairs, pairs.flip(1)])
        ones = torch.ones(len(self.pairs), device=sketch.points.device)
        self.neighbours = torch.zeros(len(sketch.points), device=ones.device).index_add_(0, self.pairs[:, 0], ones)
        self.form = torch.zeros_like(sketch.points, requires_grad=False) if form is None else form

    @torch.no_grad()
    def settle(self, points: Tensor, share: float) -> None:
        """Move points N 2 by a share of the way, 0 to 1, to where their neighbours would take them; ends stay."""
        moved = points - self.form
        around = torch.zeros_like(moved).index_add_(0, self.pairs[:, 0], moved[self.pairs[:, 1]])
        away = around / self.neighbours.clamp_min(1)[:, None] - moved
        points += share * away * (self.neighbours > 1)[:, None]
