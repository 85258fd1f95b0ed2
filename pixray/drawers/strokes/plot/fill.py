"""Areas as lines that a pen can draw: hatching, cross-hatching, contours, dots.

Late imports: shapely is an extra.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pixray.drawers.strokes.plot.shapes import lines_of, polygons_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

MOST_LINES = 200_000
"""Lines of one area."""


def hatched(area: BaseGeometry, spacing: float, angle: float) -> list[np.ndarray]:
    """Parallel lines, N 2 each.

    Args:
        spacing: millimetres from line to line; the lines of all areas lie on one grid.
        angle: in degrees, anticlockwise from the right.
    """
    from shapely import MultiLineString
    from shapely.affinity import rotate

    turned = rotate(area, angle, origin=(0, 0))
    left, low, right, high = turned.bounds
    rows = np.arange(math.ceil(low / spacing), math.floor(high / spacing) + 1) * spacing
    if not len(rows):
        return []
    lines = MultiLineString([[(left - 1, row), (right + 1, row)] for row in rows])
    return lines_of(rotate(turned.intersection(lines), -angle, origin=(0, 0)))


def cross_hatched(area: BaseGeometry, spacing: float, angle: float) -> list[np.ndarray]:
    """The same along two directions at right angles."""
    return [*hatched(area, spacing, angle), *hatched(area, spacing, angle + 90)]


def contoured(area: BaseGeometry, spacing: float, angle: float) -> list[np.ndarray]:
    """Closed lines along the outline, each a spacing further inside; the angle does not matter."""
    lines: list[np.ndarray] = []
    inner = area.buffer(-spacing)
    while not inner.is_empty and len(lines) < MOST_LINES:
        lines += [np.asarray(ring.coords) for polygon in polygons_of(inner) for ring in rings_of(polygon)]
        inner = inner.buffer(-spacing)
    return lines


def stippled(area: BaseGeometry, spacing: float, angle: float) -> list[np.ndarray]:
    """Dots on a grid of triangles, each a line that is as short as a pen can draw one."""
    from shapely import contains_xy
    from shapely.affinity import rotate

    turned = rotate(area, angle, origin=(0, 0))
    left, low, right, high = turned.bounds
    height = spacing * math.sqrt(3) / 2
    rows = np.arange(math.ceil(low / height), math.floor(high / height) + 1)
    columns = np.arange(math.floor(left / spacing), math.ceil(right / spacing) + 1)
    x = (columns[None] + 0.5 * (rows[:, None] % 2)) * spacing
    y = np.broadcast_to(rows[:, None] * height, x.shape)
    inside = contains_xy(turned, x, y)
    centres = np.stack([x[inside], y[inside]], 1)
    radians = math.radians(-angle)
    turn = np.array([[math.cos(radians), math.sin(radians)], [-math.sin(radians), math.cos(radians)]])
    dot = np.array([_DOT, 0.0])
    return [np.stack([centre, centre + dot]) for centre in centres @ turn]


_DOT = 0.05
"""Length of a dot in millimetres."""


def unfilled(area: BaseGeometry, spacing: float, angle: float) -> list[np.ndarray]:
    """Nothing inside; the outline is drawn all the same."""
    return []


FILLS: dict[str, Callable[[BaseGeometry, float, float], list[np.ndarray]]] = {
    "hatch": hatched,
    "cross": cross_hatched,
    "contour": contoured,
    "stipple": stippled,
    "none": unfilled,
}


def rings_of(polygon: BaseGeometry) -> list[BaseGeometry]:
    """The outer border of a polygon and those of its holes."""
    return [polygon.exterior, *polygon.interiors]
