"""Covered pixels to colours and back: coverage, compositing in order, and both derivatives by hand."""

from __future__ import annotations

import torch
from torch import Tensor

from pixray.drawers.strokes.branches import SharedPixels
from pixray.drawers.strokes.plan import Plan
from pixray.drawers.strokes.tiles import EDGE, Grid


class Layers:
    """The hits of one plan with everything that the way back needs.

    Args:
        plan: what is to be composited where; span: the tiles it was made for.
        ends: N+1 2 2; widths: P; colours: P 4.
    """

    def __init__(
        self, plan: Plan, grid: Grid, span: tuple[int, int], ends: Tensor, widths: Tensor, colours: Tensor
    ) -> None:
        self.plan, self.grid, self.span = plan, grid, span
        self.pieces, self.paths = ends.shape[0], widths.shape[0]
        begin, end = ends[plan.piece].unbind(1)
        begin, along = begin.t(), (end - begin).t()
        away = plan.xy - begin
        self.t = ((away * along).sum(0) / along.square().sum(0).clamp_min(1e-12)).clamp(0, 1)
        away = away - self.t * along
        gap = away.square().sum(0).sqrt()
        self.direction = away / gap.clamp_min(1e-12)
        self.coverage, self.by_gap, self.by_half = covered(gap, widths[plan.path] / 2, plan.side)
        self.shared: SharedPixels | None = None
        if plan.further is not None:
            self.shared = SharedPixels(plan.further, plan.piece, plan.path, plan.xy, ends, widths)
            self.coverage[self.shared.hit] = self.shared.coverage.detach()
        self.opacity = colours[plan.path, 3]
        self.alpha = colours.new_zeros(len(plan.slot_path), grid.lanes)
        self.alpha.view(-1)[plan.place] = self.coverage * self.opacity
        self.colour = colours[plan.slot_path]
        self.below = colours.new_empty(0)

    def composite(self, ground: Tensor) -> Tensor:
        """Lay the paths over one another.

        Args:
            ground: 3, or 4 zeros for a transparent one.

        Returns:
            tiles of the span x C x lanes; with four channels, colours are multiplied with opacity.
        """
        plan, channels, lanes = self.plan, ground.shape[0], self.grid.lanes
        colour = self.colour[:, :3]
        if channels == 4:
            colour = torch.cat([colour, torch.ones_like(colour[:, :1])], 1)
        self.colour = colour[:, :, None]
        top = ground[None, :, None].expand(len(plan.tiles), channels, lanes).contiguous()
        self.below = top.new_empty(len(plan.slot_path), channels, lanes)
        begin = 0
        for count in plan.ranks:
            slots = slice(begin, begin + count)
            over = top[:count]
            self.below[slots] = over
            over.lerp_(self.colour[slots].expand_as(over), self.alpha[slots, None].expand_as(over))
            begin += count
        canvas = ground[None, :, None].expand(self.span[1] - self.span[0], channels, lanes).contiguous()
        canvas[plan.tiles - self.span[0]] = top
        return canvas

    def backward(self, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Gradients of ends, widths, colours and ground from that of the tiles."""
        plan = self.plan
        canvas = gradient.clone()
        flow = canvas[plan.tiles - self.span[0]]
        by_alpha = torch.empty_like(self.alpha)
        by_colour = gradient.new_empty(self.below.shape[:2])
        begin = len(plan.slot_path)
        for count in reversed(plan.ranks):
            slots = slice(begin - count, begin)
            grad, alpha = flow[:count], self.alpha[slots, None]
            by_alpha[slots] = ((self.colour[slots] - self.below[slots]) * grad).sum(1)
            by_colour[slots] = (grad * alpha).sum(2)
            grad.mul_(1 - alpha)
            begin -= count
        canvas[plan.tiles - self.span[0]] = flow
        return (*self._shapes_back(by_alpha, by_colour), canvas.sum((0, 2)))

    def _shapes_back(self, by_alpha: Tensor, by_colour: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradients of ends, widths and colours from those of the slots."""
        plan = self.plan
        colours = by_alpha.new_zeros(self.paths, 4)
        colours[:, :3].index_add_(0, plan.slot_path, by_colour[:, :3])
        by_hit = by_alpha.view(-1)[plan.place]
        colours[:, 3].index_add_(0, plan.path, by_hit * self.coverage)
        by_hit = by_hit * self.opacity
        widths, ends = by_alpha.new_zeros(self.paths), by_alpha.new_zeros(self.pieces, 4)
        if self.shared is not None:
            self.shared.backward(by_hit[self.shared.hit], ends, widths)
            by_hit[self.shared.hit] = 0
        widths.index_add_(0, plan.path, by_hit * self.by_half / 2)
        pull = by_hit * self.by_gap * self.direction
        ends.index_add_(0, plan.piece, torch.cat([pull * (self.t - 1), pull * -self.t]).t())
        return ends.view(-1, 2, 2), widths, colours


def covered(gap: Tensor, half: Tensor, side: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Coverage of pixels and its derivatives by distance and by half width.

    Args:
        gap: M, distance from the path in pixels; half: M, half the width.
        side: M, +1 inside and -1 outside of filled paths, 0 for strokes; None: strokes only.
    """
    inner, inner_slope = soft_step(half - gap)
    outer, outer_slope = soft_step(half + gap)
    coverage, by_gap, by_half = inner + outer - 1, outer_slope - inner_slope, outer_slope + inner_slope
    if side is not None:
        area, slope = soft_step(side * gap)
        stroked = side == 0
        coverage = torch.where(stroked, coverage, area)
        by_gap = torch.where(stroked, by_gap, side * slope)
        by_half = by_half * stroked
    return coverage, by_gap, by_half


def soft_step(s: Tensor) -> tuple[Tensor, Tensor]:
    """F(s), from 0 at -EDGE to 1 at EDGE, and its derivative."""
    u = (s / (2 * EDGE) + 0.5).clamp(0, 1)
    return u * u * (3 - 2 * u), u * (1 - u) * (3 / EDGE)
