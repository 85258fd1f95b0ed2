"""What a pixel drawing can be delivered as: one pixel per cell, or one polygon per cell."""

from __future__ import annotations

import io

from PIL import Image
from torch import Tensor

from pixray.drawers.pixel.cells import Cells


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

    Args:
        colours: cells x 3 or cells x 4, in [0, 1].
    """
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{cells.width}" height="{cells.height}" '
        f'viewBox="0 0 {cells.width} {cells.height}">',
        f'<g id="cells" shape-rendering="{"crispEdges" if cells.cell_type.startswith("rect") else "auto"}">',
    ]
    levels = (colours.clamp(0, 1) * 255).round().int().tolist()
    for polygon, level in zip(cells.polygons(), levels, strict=True):
        points = " ".join(f"{x:.6g},{y:.6g}" for x, y in polygon)
        opacity = f' fill-opacity="{level[3] / 255:.4g}"' if len(level) == 4 and level[3] < 255 else ""
        lines.append(f'<polygon points="{points}" fill="#{level[0]:02x}{level[1]:02x}{level[2]:02x}"{opacity}/>')
    return "\n".join([*lines, "</g>", "</svg>", ""]).encode()
