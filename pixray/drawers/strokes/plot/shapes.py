"""A sketch as geometry in millimetres: lines with a width, and areas.

Late imports: shapely is an extra.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch

from pixray.drawers.strokes.plot.paper import Sheet
from pixray.drawers.strokes.scene import flatten
from pixray.drawers.strokes.sketch import Sketch
from pixray.errors import MissingPackage

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Color = tuple[float, float, float]
_OPAQUE = 0.999


def import_shapely() -> None:
    """Make sure that the geometry library is there.

    Raises:
        MissingPackage: with the command that installs it.
    """
    try:
        import shapely  # noqa: F401  (its submodules are imported where they are used)
    except ModuleNotFoundError:
        raise MissingPackage("drawings for plotters", "shapely", "plotter") from None


@dataclass(frozen=True)
class Shape:
    """Something that was drawn at once.

    Attributes:
        geometry: lines (LineString, MultiLineString) of a stroke, or the area (Polygon, MultiPolygon) of a fill.
        width: of a stroke in millimetres; 0 for areas.
        color: red, green and blue from 0 to 1.
        opaque: whether nothing shows through.
        filled: whether it is an area.
    """

    geometry: BaseGeometry
    width: float
    color: Color
    opaque: bool
    filled: bool

    def cover(self, pen_width: float) -> BaseGeometry:
        """The area that it takes up when a pen of some width draws it."""
        return self.geometry if self.filled else self.geometry.buffer(pen_width / 2)

    def as_area(self) -> Shape:
        """A stroke as the area that it takes up in the picture."""
        return self if self.filled else Shape(self.geometry.buffer(self.width / 2), 0.0, self.color, self.opaque, True)


def shapes_of(sketch: Sketch, size: tuple[int, int], sheet: Sheet, tolerance: float) -> list[Shape]:
    """The shapes of a sketch in drawing order, on the sheet. What lies beyond the canvas is cut off.

    Args:
        size: of the canvas in pixels.
        tolerance: how far lines may leave the curves, in millimetres.
    """
    from shapely.geometry import MultiLineString, box

    offset = torch.tensor([sheet.left, sheet.top], dtype=torch.float64)
    points = sketch.points.detach().cpu().double() * sheet.scale + offset
    index, path = sketch.index.cpu(), sketch.path.cpu().numpy()
    widths, colors = (tensor.detach().cpu().double().numpy() for tensor in (sketch.widths, sketch.colours))
    opaque = (sketch.opacity.detach().cpu() >= _OPAQUE).tolist()
    evenodd = [False] * len(sketch) if sketch.evenodd is None else sketch.evenodd.tolist()
    canvas = box(sheet.left, sheet.top, sheet.left + size[0] * sheet.scale, sheet.top + size[1] * sheet.scale)
    begins = np.searchsorted(path, np.arange(len(sketch) + 1))
    shapes: list[Shape] = []
    fills = sketch.filled.tolist()
    for number, filled in enumerate(fills):
        own = index[begins[number] : begins[number + 1]]
        if number and not filled and fills[number - 1] and (colors[number] == colors[number - 1]).all():
            before = points[index[begins[number - 1] : begins[number]]]
            if torch.equal(before, points[own]):
                continue  # the border of an area in its own colour, which its outline draws
        lines = list(_polylines(own, points, tolerance))
        geometry = area_of(lines, evenodd[number]) if filled else MultiLineString(lines)
        geometry = geometry.intersection(canvas)
        if not geometry.is_empty:
            width = 0.0 if filled else float(widths[number]) * sheet.scale
            red, green, blue = (float(level) for level in np.rint(np.clip(colors[number], 0, 1) * 255) / 255)
            shapes.append(Shape(geometry, width, (red, green, blue), opaque[number], filled))
    return shapes


def _polylines(index: torch.Tensor, points: torch.Tensor, tolerance: float) -> Iterator[np.ndarray]:
    """N 2, straight pieces for every run of segments that go on from one another."""
    ends, owner = flatten(points[index], longest=1e9, tolerance=tolerance)
    breaks = (index[1:, 0] != index[:-1, 3]).nonzero()[:, 0] + 1
    cuts = [0, *torch.searchsorted(owner, breaks).tolist(), len(ends)]
    for begin, end in pairwise(cuts):
        yield np.concatenate([ends[begin:end, 0].numpy(), ends[end - 1 : end, 1].numpy()])


def area_of(rings: Sequence[np.ndarray], evenodd: bool) -> BaseGeometry:
    """What closed lines fill, by the non-zero or the even-odd rule, however they cross.

    Args:
        rings: N 2 each; an open one is closed by a straight line.
    """
    from shapely import polygonize, unary_union
    from shapely.geometry import LineString, Polygon

    closed = [ring if (ring[0] == ring[-1]).all() else np.concatenate([ring, ring[:1]]) for ring in rings]
    closed = [ring for ring in closed if len(ring) > 3]
    if not closed:
        return Polygon()
    faces = polygonize(list(_parts(unary_union([LineString(ring) for ring in closed])))).geoms
    inside = [face for face in faces if _winds(face.representative_point(), closed, evenodd)]
    return unary_union(inside) if inside else Polygon()


def _winds(point: BaseGeometry, rings: Sequence[np.ndarray], evenodd: bool) -> bool:
    winding = crossings = 0
    for ring in rings:
        above = ring[:, 1] > point.y
        begin, end = ring[:-1], ring[1:]
        crossing = above[:-1] != above[1:]
        begin, end, upward = begin[crossing], end[crossing], above[1:][crossing]
        x = begin[:, 0] + (point.y - begin[:, 1]) / (end[:, 1] - begin[:, 1]) * (end[:, 0] - begin[:, 0])
        right = x > point.x
        crossings += int(right.sum())
        winding += int(np.where(upward, 1, -1)[right].sum())
    return crossings % 2 == 1 if evenodd else winding != 0


def _parts(geometry: BaseGeometry) -> Iterator[BaseGeometry]:
    yield from getattr(geometry, "geoms", [geometry])


def lines_of(geometry: BaseGeometry) -> list[np.ndarray]:
    """All lines in a geometry, N 2 each; points and areas are passed over."""
    if geometry.is_empty:
        return []
    if geometry.geom_type in ("LineString", "LinearRing"):
        return [np.asarray(geometry.coords)[:, :2]]
    if hasattr(geometry, "geoms"):
        return [line for part in geometry.geoms for line in lines_of(part)]
    return []


def polygons_of(geometry: BaseGeometry) -> list[BaseGeometry]:
    """All polygons in a geometry."""
    if geometry.geom_type == "Polygon":
        return [] if geometry.is_empty else [geometry]
    return [polygon for part in getattr(geometry, "geoms", []) for polygon in polygons_of(part)]
