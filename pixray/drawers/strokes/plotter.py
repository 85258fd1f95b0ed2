"""What plotters ask of strokes: a file for the machine, straight pieces, and a bound on their length."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.drawers.strokes.plot.files import svg
from pixray.drawers.strokes.plot.make import PlotOptions, make_plot
from pixray.drawers.strokes.plot.paper import lay_out
from pixray.drawers.strokes.plot.shapes import import_shapely
from pixray.drawers.strokes.sketch import Sketch
from pixray.errors import SettingsError
from pixray.settings.declare import setting


@dataclass(frozen=True, kw_only=True)
class PlotterSettings:
    """Strokes for plotters"""

    plot: str | None = setting(
        None, "paper such as a5: also write a drawing for a pen plotter on it, as `pixray plot` does"
    )
    straight_lines: bool = setting(False, "strokes of straight pieces only")
    max_length: float | None = setting(
        None, "all strokes together are at most so long; needs page_width", unit="mm", minimum=1
    )


def check_plotter(settings: PlotterSettings, size: tuple[int, int], page_width: float | None) -> None:
    """Find out before the run what would fail at its end.

    Raises:
        MissingPackage: a plot is asked for without shapely.
        SettingsError: no such paper, or a length without the size of the page.
    """
    if settings.plot:
        import_shapely()
        try:
            lay_out(size, settings.plot)
        except SettingsError as error:
            raise SettingsError(f"plot: {error}") from None
    if settings.max_length and not page_width:
        raise SettingsError(f"max_length={settings.max_length:g}: needs page_width, the width of the drawing in mm")


def plot_file(sketch: Sketch, size: tuple[int, int], paper: str, pen_width: float | None) -> bytes:
    """The SVG for the plotter.

    Args:
        pen_width: millimetres; None: that of `pixray plot`.
    """
    options = PlotOptions(paper=paper) if pen_width is None else PlotOptions(paper=paper, pen_width=pen_width)
    return svg(make_plot(sketch, size, options))


def straighten(points: Tensor, index: Tensor) -> None:
    """Move the inner control points of all segments, C 4, onto the lines between their ends, in place."""
    begin, end = points[index[:, 0]], points[index[:, 3]]
    points[index[:, 1]] = begin + (end - begin) / 3
    points[index[:, 2]] = begin + (end - begin) * 2 / 3


def shorten(sketch: Sketch, longest: float) -> None:
    """Shrink every stroke about its middle, in place, until all together are at most so long, in pixels.

    The length is that of the control polygons, which no curve exceeds.
    """
    points = sketch.points.data
    length = float(points[sketch.index].diff(dim=1).norm(dim=2).sum())
    if length <= longest:
        return
    owner = torch.zeros(len(points), dtype=torch.long, device=points.device)
    owner[sketch.index.flatten()] = sketch.path.repeat_interleave(4)
    count = torch.zeros(len(sketch), 1, device=points.device).index_add_(0, owner, torch.ones_like(points[:, :1]))
    middle = torch.zeros(len(sketch), 2, device=points.device).index_add_(0, owner, points) / count.clamp_min(1)
    points.copy_(middle[owner] + (points - middle[owner]) * (longest / length))
