"""The differentiable stroke renderer: paths of cubic Bezier segments to pixels, in plain PyTorch.

Coverage. A pixel's coverage by a stroke of half width h is F(h - d) + F(h + d) - 1, where d is the distance of the
pixel's centre from the path and F(s) a smooth step from 0 at s = -0.65 to 1 at s = 0.65 pixels. It follows the area
that a straight edge leaves of a square pixel within 0.04 whatever the direction, lines thinner than a pixel become
fainter instead of jagged, and it can be differentiated once everywhere. The distance is the smallest over the whole
path, so that a stroke that crosses itself covers the union, as in SVG. Where several parts of a stroke come near a
pixel that none covers wholly, as in hatching, what the others add is counted, too (`branches`).

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

from pixray.drawers.strokes.layers import Layers
from pixray.drawers.strokes.plan import FAR, Shapes, make_plan
from pixray.drawers.strokes.scene import Scene, flatten
from pixray.drawers.strokes.tiles import Boxes, Grid

BUDGET = 512 * 2**20
"""Bytes that a scene may take while it is drawn, apart from the picture itself; larger scenes go in bands."""
_BYTES = 96
"""Taken for each pixel of each pair of a piece and a tile; on the safe side, see `benchmarks/strokes.py --memory`."""


def render(scene: Scene, size: tuple[int, int], paper: Tensor | None = None, budget: int = BUDGET) -> Tensor:
    """Draw a scene.

    Args:
        scene: what to draw; gradients flow to control points, widths, colours and opacity.
        size: width and height of the picture in pixels.
        paper: 3, the colour beneath everything, gradients flow to it as well; None: nothing, and the picture has a
            fourth channel, its opacity.
        budget: bytes of working memory. A scene that needs more is drawn band by band, and each band is drawn once
            more for the gradient, so that no more than this is ever held.

    Returns:
        1 3 H W, or 1 4 H W without paper, in [0, 1]; colours are not multiplied with opacity.
    """
    grid = Grid(*size, side=_tile_side(scene))
    ends, owner = flatten(scene.cubics, longest=16 * grid.side)
    ends = torch.cat([ends, ends.new_full((1, 2, 2), FAR)])
    path = scene.path[owner]
    ground = scene.colours.new_zeros(4) if paper is None else paper
    shapes = Shapes(ends.detach(), path, scene.widths.detach() / 2, scene.filled, scene.evenodd)
    spans = bands(shapes, grid, budget)
    keep = len(spans) == 1
    drawn = [_Paint.apply(ends, scene.widths, scene.colours, ground, shapes, grid, span, keep) for span in spans]
    image = from_tiles(drawn[0] if keep else torch.cat(drawn), grid)
    if paper is None:
        image = torch.cat([image[:, :3] / image[:, 3:].clamp_min(1e-4), image[:, 3:]], 1)
    return image


def _tile_side(scene: Scene) -> int:
    """Small tiles waste little around thin strokes; large ones cost less for fat strokes and areas."""
    if scene.filled is not None and bool(scene.filled.all()):
        return 8
    mean = float(scene.widths.detach().mean()) if len(scene) else 0.0
    return 4 if mean < 6 else 8


def bands(shapes: Shapes, grid: Grid, budget: int) -> list[tuple[int, int]]:
    """Spans of tiles, each cheap enough for the budget, that cover the canvas; a single tile is the smallest."""
    everything = [(0, grid.rows * grid.columns)]
    ends, reach = shapes.ends[:-1], shapes.reach[shapes.path, None]
    boxes = Boxes.around(ends.amin(1) - reach, ends.amax(1) + reach, grid)
    affordable = max(1, budget // (_BYTES * grid.lanes))
    if int(boxes.count.prod(1).sum()) <= affordable:
        return everything
    cost = boxes.per_tile(grid).cumsum(0).cpu()
    spans, begin, spent = [], 0, 0
    while begin < len(cost):
        end = max(begin + 1, int(torch.searchsorted(cost, spent + affordable, right=True)))
        spans.append((begin, end))
        begin, spent = end, int(cost[end - 1])
    return spans


class _Paint(torch.autograd.Function):
    """Straight pieces, widths and colours to the tiles of one span: tiles x C x lanes."""

    @staticmethod
    def forward(
        ctx: Any,
        ends: Tensor,
        widths: Tensor,
        colours: Tensor,
        ground: Tensor,
        shapes: Shapes,
        grid: Grid,
        span: tuple[int, int],
        keep: bool,
    ) -> Tensor:
        layers = Layers(make_plan(shapes, grid, span), grid, span, ends, widths, colours)
        tiles = layers.composite(ground)
        ctx.save_for_backward(ends, widths, colours, ground)
        ctx.facts = shapes, grid, span
        ctx.layers = layers if keep else None
        return tiles

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        layers = ctx.layers
        if layers is None:
            ends, widths, colours, ground = ctx.saved_tensors
            shapes, grid, span = ctx.facts
            layers = Layers(make_plan(shapes, grid, span), grid, span, ends, widths, colours)
            layers.composite(ground)
        return (*layers.backward(gradient), None, None, None, None)


def from_tiles(tiles: Tensor, grid: Grid) -> Tensor:
    """All tiles x C x lanes to 1 C H W."""
    side, channels = grid.side, tiles.shape[1]
    image = tiles.view(grid.rows, grid.columns, channels, side, side).permute(2, 0, 3, 1, 4)
    image = image.reshape(1, channels, grid.rows * side, grid.columns * side)
    return image[..., : grid.height, : grid.width].contiguous()
