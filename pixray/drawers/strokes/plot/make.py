"""From a sketch to the lines of each pen.

Late imports: shapely is an extra.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixray.drawers.strokes.plot.fill import FILLS, rings_of
from pixray.drawers.strokes.plot.paper import Sheet, lay_out
from pixray.drawers.strokes.plot.pens import ALIKE, difference, nearest_pen, read_pens
from pixray.drawers.strokes.plot.route import drawn, joined, ordered, simplified, travel
from pixray.drawers.strokes.plot.shapes import Color, import_shapely, lines_of, polygons_of, shapes_of
from pixray.drawers.strokes.plot.visible import visible
from pixray.drawers.strokes.sketch import Sketch
from pixray.errors import PixrayError, SettingsError

WHITE: Color = (1.0, 1.0, 1.0)
_JOINED = 0.02
"""Millimetres between ends that belong to one line."""
_SHORTEST = 0.03
"""Millimetres of the shortest line that is drawn; cutting leaves crumbs."""
_MARK = 4.0
_TOUCHING = 0.01
"""Half of the gap in millimetres across which areas touch."""


@dataclass(frozen=True)
class PlotOptions:
    """How a drawing is plotted.

    Attributes:
        paper, margin, orientation: see `lay_out`; millimetres.
        pens: see `read_pens`.
        fill: one of FILLS; spacing: of its lines in millimetres, None: twice the pen's width; angle: in degrees, of the
            first pen's hatching, 30 more for each pen after it.
        strokes: "line": a stroke is one line, however wide it is in the picture; "area": one that is wider than two
            pens is filled like an area.
        pen_width: millimetres.
        tolerance: how far lines may leave the curves, in millimetres.
        hide: cut what opaque things lie over.
        registration: draw a cross at two corners with every pen.
    """

    paper: str = "a4"
    margin: float = 10.0
    orientation: str = "auto"
    pens: str = "auto"
    fill: str = "hatch"
    spacing: float | None = None
    angle: float = 45.0
    strokes: str = "line"
    pen_width: float = 0.5
    tolerance: float = 0.05
    hide: bool = True
    registration: bool = False


@dataclass(frozen=True)
class PenLayer:
    """What one pen draws: its colour, and lines of N 2 millimetres in drawing order."""

    color: Color
    lines: list[np.ndarray]


@dataclass(frozen=True)
class Plot:
    """A drawing for a plotter.

    Attributes:
        sheet: of paper.
        layers: one for each pen that draws anything.
        pen_width: millimetres.
        idle: colours of pens that draw nothing.
        hidden: how many strokes and areas are not drawn since they have the colour of the paper.
    """

    sheet: Sheet
    layers: list[PenLayer]
    pen_width: float
    idle: Sequence[Color] = ()
    hidden: int = 0

    @property
    def drawn(self) -> float:
        """Millimetres of ink."""
        return sum(drawn(layer.lines) for layer in self.layers)

    @property
    def travelled(self) -> float:
        """Millimetres in the air, from the upper left corner of the sheet on, back to it for every pen."""
        return sum(travel(layer.lines, np.zeros(2)) for layer in self.layers)

    def seconds(self, speed: float = 40.0, air_speed: float = 100.0, lift: float = 0.3) -> float:
        """About how long it takes, without the changes of pens.

        Args:
            speed, air_speed: millimetres a second with the pen down and up; lift: seconds for a line's up and down.
        """
        lines = sum(len(layer.lines) for layer in self.layers)
        return self.drawn / speed + self.travelled / air_speed + lines * lift


def make_plot(sketch: Sketch, size: tuple[int, int], options: PlotOptions = PlotOptions()) -> Plot:
    """Plan the plot of a sketch.

    Args:
        size: of its canvas in pixels.

    Raises:
        MissingPackage: shapely is not installed.
        SettingsError: options that do not fit.
        PixrayError: nothing is left to draw.
    """
    import_shapely()
    _check(options)
    sheet = lay_out(size, options.paper, options.margin, options.orientation)
    shapes = shapes_of(sketch, size, sheet, options.tolerance / 2)
    if options.strokes == "area":
        shapes = [shape.as_area() if shape.width > 2 * options.pen_width else shape for shape in shapes]
    paper = WHITE if sketch.paper is None else _color(sketch.paper.detach().cpu().tolist())
    pens = read_pens(options.pens, [shape.color for shape in shapes if shape.color != paper])
    chosen = [nearest_pen(shape.color, pens, paper, area=shape.filled) for shape in shapes]
    parts = visible(shapes, chosen, options.pen_width) if options.hide else [shape.geometry for shape in shapes]
    strokes = [
        part for shape, part, pen in zip(shapes, parts, chosen, strict=True) if not shape.filled and pen is not None
    ]
    layers = []
    for number, color in enumerate(pens):
        own = [(shape, part) for shape, part, pen in zip(shapes, parts, chosen, strict=True) if pen == number]
        lines = [line for shape, part in own if not shape.filled for line in lines_of(part)]
        for area in _areas([(shape.color, part) for shape, part in own if shape.filled]):
            lines += _filled(area, strokes, options, number)
        if lines:
            lines = [*lines, *(_marks(sheet) if options.registration else [])]
            layers.append(PenLayer(color, _routed(lines, options.tolerance)))
    if not layers:
        raise PixrayError("nothing to plot: all that can be seen has the colour of the paper")
    used = {layer.color for layer in layers}
    idle = [color for color in pens if color not in used]
    return Plot(sheet, layers, options.pen_width, idle, chosen.count(None))


def _check(options: PlotOptions) -> None:
    for name, least in (("pen_width", 0.01), ("tolerance", 0.001)):
        if not getattr(options, name) >= least:
            raise SettingsError(f"{name}={getattr(options, name):g}: expected at least {least:g} mm")
    if options.spacing is not None and not options.spacing >= 0.05:
        raise SettingsError(f"spacing={options.spacing:g}: expected at least 0.05 mm between lines")
    if options.registration and options.margin < _MARK:
        raise SettingsError(f"margin={options.margin:g}: registration marks need a margin of at least {_MARK:g} mm")


def _areas(parts: Sequence[tuple[Color, Any]]) -> Iterator[Any]:
    """Areas of about one colour as one where they touch, so that no border is drawn between them."""
    from shapely import unary_union

    by_color: dict[Color, list[Any]] = {}
    for color, part in parts:
        alike = next((other for other in by_color if difference(color, other) < ALIKE), color)
        by_color.setdefault(alike, []).append(part.buffer(_TOUCHING))
    for touching in by_color.values():
        yield unary_union(touching).buffer(-_TOUCHING)


def _filled(area: Any, strokes: Sequence[Any], options: PlotOptions, pen: int) -> list[np.ndarray]:
    """An area's outline, but where a stroke cuts it and is its border already, and what fills it."""
    from shapely import unary_union

    inner = area.buffer(-options.pen_width / 2)
    beside = unary_union([stroke.buffer(1.25 * options.pen_width) for stroke in strokes])
    spacing = 2 * options.pen_width if options.spacing is None else options.spacing
    rings = [ring for polygon in polygons_of(inner) for ring in rings_of(polygon)]
    outline = [line for ring in rings for line in lines_of(ring.difference(beside))]
    return [*outline, *FILLS[options.fill](inner, spacing, options.angle + 30 * pen)]


def _routed(lines: Sequence[np.ndarray], tolerance: float) -> list[np.ndarray]:
    simple = [simplified(line, tolerance / 2) for line in joined(lines, _JOINED)]
    return ordered([line for line in simple if drawn([line]) >= _SHORTEST], np.zeros(2))


def _marks(sheet: Sheet) -> list[np.ndarray]:
    """Crosses in the margin at the upper left and the lower right corner."""
    half, lines = _MARK / 4, []
    for x, y in ((sheet.margin / 2,) * 2, (sheet.width - sheet.margin / 2, sheet.height - sheet.margin / 2)):
        lines += [np.array([[x - half, y], [x + half, y]]), np.array([[x, y - half], [x, y + half]])]
    return lines


def _color(values: Sequence[float]) -> Color:
    red, green, blue = values
    return red, green, blue
