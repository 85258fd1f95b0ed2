"""The differentiable stroke renderer: paths of cubic Bezier segments to pixels, in plain PyTorch.

Coverage. A pixel's coverage by a stroke of half width h is F(h - d) + F(h + d) - 1, where d is the distance of the
pixel's centre from the path and F(s) a smooth step from 0 at s = -0.65 to 1 at s = 0.65 pixels. It follows the area
that a straight edge leaves of a square pixel within 0.04 whatever the direction, lines thinner than a pixel become
fainter instead of jagged, and it can be differentiated once everywhere. The distance is the smallest over the whole
path, so that a stroke that crosses itself covers the union, as in SVG.

Colour. Paths lie over one another in order: below * (1 - a) + colour * a, with a = coverage * opacity, in the picture's
own (sRGB) values, as browsers do it.

Gradients. The nearest piece of each pixel is searched without gradient; by the envelope theorem the derivative of a
minimum is the derivative of what attains it, so only the found pieces are differentiated, by hand.

Literature: Li, Lukac, Gharbi, Ragan-Kelley 2020, "Differentiable Vector Graphics Rasterization for Editing and
Learning" (https://people.csail.mit.edu/tzumao/diffvg/), which samples areas and edges instead of using distances;
Liu et al. 2025, "Bezier Splatting" (https://arxiv.org/abs/2503.16424), which uses Gaussians along the curve instead.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pixray.strokes.scene import Scene, flatten
from pixray.strokes.tiles import EDGE, Grid, Plan, make_plan


def render(scene: Scene, size: tuple[int, int], paper: Tensor | None = None) -> Tensor:
    """Draw a scene.

    Args:
        scene: what to draw; gradients flow to control points, widths, colours and opacity.
        size: width and height of the picture in pixels.
        paper: 3, the colour beneath everything, gradients flow to it as well; None: nothing, and the picture has a
            fourth channel, its opacity.

    Returns:
        1 3 H W, or 1 4 H W without paper, in [0, 1]; colours are not multiplied with opacity.
    """
    ends, owner = flatten(scene.cubics)
    piece_path = scene.path[owner]
    grid = Grid(*size, side=_tile_side(scene))
    ground = scene.colours.new_zeros(4) if paper is None else paper
    image = _Paint.apply(ends, scene.widths, scene.colours, ground, piece_path, grid)
    if paper is None:
        image = torch.cat([image[:, :3] / image[:, 3:].clamp_min(1e-4), image[:, 3:]], 1)
    return image


def _tile_side(scene: Scene) -> int:
    """Small tiles waste little around thin strokes; large ones cost less for fat strokes."""
    mean = float(scene.widths.detach().mean()) if len(scene) else 0.0
    return 4 if mean < 6 else 8


class _Paint(torch.autograd.Function):
    """Straight pieces, widths and colours to a picture."""

    @staticmethod
    def forward(
        ctx: Any, ends: Tensor, widths: Tensor, colours: Tensor, ground: Tensor, piece_path: Tensor, grid: Grid
    ) -> Tensor:
        plan = make_plan(ends, piece_path, widths[piece_path] / 2, widths.shape[0], grid)
        layers = _Layers(plan, grid, ends, widths, colours)
        picture, below = layers.composite(ground)
        ctx.layers, ctx.below = layers, below
        ctx.piece_path = piece_path
        ctx.shapes = ends.shape, widths.shape
        return picture

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return (*ctx.layers.backward(gradient, ctx.below), None, None)


class _Layers:
    """The covered pixels of one plan, and how they become a picture and back."""

    def __init__(self, plan: Plan, grid: Grid, ends: Tensor, widths: Tensor, colours: Tensor) -> None:
        self.plan, self.grid = plan, grid
        self.piece_count, self.path_count = ends.shape[0], widths.shape[0]
        begin, end = ends[plan.hit_piece].unbind(1)
        begin, along = begin.t(), (end - begin).t()
        away = plan.hit_xy - begin
        self.t = ((away * along).sum(0) / along.square().sum(0).clamp_min(1e-12)).clamp(0, 1)
        away = away - self.t * along
        gap = away.square().sum(0).sqrt()
        self.direction = away / gap.clamp_min(1e-12)
        half = widths[plan.hit_path] / 2
        inner, inner_slope = soft_step(half - gap)
        outer, outer_slope = soft_step(half + gap)
        self.coverage = inner + outer - 1
        self.by_gap, self.by_half = outer_slope - inner_slope, outer_slope + inner_slope
        self.opacity = colours[plan.hit_path, 3]
        self.alpha = colours.new_zeros(len(plan.slot_path), grid.lanes)
        self.alpha.view(-1)[plan.hit_place] = self.coverage * self.opacity
        self.colour = colours[plan.slot_path]

    def composite(self, ground: Tensor) -> tuple[Tensor, Tensor]:
        """The picture, 1 C H W with colours multiplied by opacity, and what lay below each slot: T C lanes."""
        plan, grid = self.plan, self.grid
        channels = ground.shape[0]
        colour = self.colour[:, :3]
        if channels == 4:
            colour = torch.cat([colour, torch.ones_like(colour[:, :1])], 1)
        self.colour = colour[:, :, None]
        top = ground[None, :, None].expand(len(plan.tiles), channels, grid.lanes).contiguous()
        below = top.new_empty(len(plan.slot_path), channels, grid.lanes)
        begin = 0
        for count in plan.ranks:
            slots = slice(begin, begin + count)
            below[slots] = top[:count]
            over = top[:count]
            over.lerp_(self.colour[slots].expand_as(over), self.alpha[slots, None].expand_as(over))
            begin += count
        canvas = ground[None, :, None].expand(grid.rows * grid.columns, channels, grid.lanes).contiguous()
        canvas[plan.tiles] = top
        return from_tiles(canvas, grid), below

    def backward(self, gradient: Tensor, below: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Gradients of ends, widths, colours and ground."""
        plan, grid = self.plan, self.grid
        canvas = to_tiles(gradient, grid)
        flow = canvas[plan.tiles]
        by_alpha = torch.empty_like(self.alpha)
        by_colour = below.new_empty(below.shape[:2])
        begin = len(plan.slot_path)
        for count in reversed(plan.ranks):
            slots = slice(begin - count, begin)
            here, alpha = flow[:count], self.alpha[slots, None]
            by_alpha[slots] = ((self.colour[slots] - below[slots]) * here).sum(1)
            by_colour[slots] = (here * alpha).sum(2)
            here.mul_(1 - alpha)
            begin -= count
        canvas[plan.tiles] = flow
        colours = gradient.new_zeros(self.path_count, 4)
        colours[:, :3].index_add_(0, plan.slot_path, by_colour[:, :3])
        by_hit = by_alpha.view(-1)[plan.hit_place]
        colours[:, 3].index_add_(0, plan.hit_path, by_hit * self.coverage)
        by_hit = by_hit * self.opacity
        widths = gradient.new_zeros(self.path_count).index_add_(0, plan.hit_path, by_hit * self.by_half / 2)
        pull = (by_hit * self.by_gap) * self.direction
        ends = gradient.new_zeros(self.piece_count, 4)
        ends.index_add_(0, plan.hit_piece, torch.cat([pull * (self.t - 1), pull * -self.t]).t())
        return ends.view(-1, 2, 2), widths, colours, canvas.sum((0, 2))


def soft_step(s: Tensor) -> tuple[Tensor, Tensor]:
    """F(s), from 0 at -EDGE to 1 at EDGE, and its derivative."""
    u = (s / (2 * EDGE) + 0.5).clamp(0, 1)
    return u * u * (3 - 2 * u), u * (1 - u) * (3 / EDGE)


def from_tiles(canvas: Tensor, grid: Grid) -> Tensor:
    """Tiles x C x lanes to 1 C H W."""
    side, channels = grid.side, canvas.shape[1]
    whole = canvas.view(grid.rows, grid.columns, channels, side, side).permute(2, 0, 3, 1, 4)
    whole = whole.reshape(1, channels, grid.rows * side, grid.columns * side)
    return whole[..., : grid.height, : grid.width].contiguous()


def to_tiles(image: Tensor, grid: Grid) -> Tensor:
    """1 C H W to tiles x C x lanes, zero beyond the canvas."""
    side, channels = grid.side, image.shape[1]
    right, bottom = grid.columns * side - grid.width, grid.rows * side - grid.height
    image = torch.nn.functional.pad(image[0], (0, right, 0, bottom))
    tiles = image.view(channels, grid.rows, side, grid.columns, side).permute(1, 3, 0, 2, 4)
    return tiles.reshape(-1, channels, grid.lanes)
