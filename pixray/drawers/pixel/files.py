"""What a pixel drawing can be delivered as: one pixel per cell, or one polygon per cell."""

from __future__ import annotations

import io

import torch
from PIL import Image
from torch import Tensor

from pixray.drawers.pixel.cells import Cells
from pixray.drawers.pixel.coverage import Coverage
from pixray.images.color import hex_of

_EDGES = {True: 'shape-rendering="crispEdges" stroke-width="0"', False: 'stroke-width="0.1" stroke-linejoin="round"'}
"""How polygons meet: upright rectangles without smoothing, all others by a hairline of their own colour."""


def shown_colors(cover: Coverage, colors: Tensor, canvas: Tensor, shown: Tensor) -> Tensor:
    """The colours of the cells as the saved picture shows them, after all filters.

    That is the colour of the pixel that shows most of a cell, or the cell's own where that pixel shows other cells,
    too, and the filters leave it as it is.

    Args:
        cover: on the CPU; colors: cells x 3 or x 4; canvas: 1 C H W, the picture before the filters; shown: after them.

    Returns:
        cells x 3 or x 4, as `shown` has channels.
    """
    pixel, share = cover.clearest_pixels()
    visible = pixel >= 0
    at = pixel[visible]
    before, after = (image[0].flatten(1).t()[at] for image in (canvas, shown))
    result = colors.new_zeros(len(colors), after.shape[1])
    result[:, : colors.shape[1]] = colors[:, : after.shape[1]]
    if before.shape == after.shape:
        unchanged = (before == after).all(1) & (share[visible] < 1)
        after = torch.where(unchanged[:, None], result[visible], after)
    result[visible] = after
    return result


def cells_png(cells: Cells, colours: Tensor) -> bytes:
    """A PNG of columns x rows pixels, for games and for scaling up without blur.

    Args:
        colours: cells x 3 or cells x 4, in [0, 1].
    """
    pixels = (colours.clamp(0, 1) * 255).round().byte().view(cells.rows, cells.columns, -1).numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def cells_svg(cells: Cells, colours: Tensor) -> bytes:
    """An SVG with one polygon per cell in drawing order, in canvas pixels.

    Where cells leave gaps along an open border it is black, as the picture is, or empty where that is transparent.

    Args:
        colours: cells x 3 or cells x 4, in [0, 1].
    """
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{cells.width}" height="{cells.height}" '
        f'viewBox="0 0 {cells.width} {cells.height}">',
        f'<g id="cells" {_EDGES[cells.cell_type.startswith("rect")]}>',
    ]
    if colours.shape[1] == 3 and not cells.filled and cells.cell_type != "rect":
        lines.append(f'<rect width="{cells.width}" height="{cells.height}" fill="#000000"/>')
    levels = (colours.clamp(0, 1) * 255).round().int().tolist()
    for polygon, level in zip(cells.polygons(), levels, strict=True):
        points = " ".join(f"{x:.6g},{y:.6g}" for x, y in polygon)
        color = hex_of(value / 255 for value in level[:3])
        opaque = len(level) == 3 or level[3] == 255
        # Smoothed edges that meet let the ground through, unless each polygon reaches a little over its edge.
        more = f' stroke="{color}"' if opaque else f' fill-opacity="{level[3] / 255:.4g}"'
        lines.append(f'<polygon points="{points}" fill="{color}"{more}/>')
    return "\n".join([*lines, "</g>", "</svg>", ""]).encode()
