"""What drawers of strokes share: settings, parameters with their rates, rendering, painting over, SVG and state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pixray.drawers.base import Canvas, Draft, Drawer
from pixray.drawers.strokes.begin import PLACES, begin_points
from pixray.drawers.strokes.calm import Calm
from pixray.drawers.strokes.plotter import PlotterSettings, check_plotter, plot_file, shorten, straighten
from pixray.drawers.strokes.render import render
from pixray.drawers.strokes.sketch import Sketch
from pixray.drawers.strokes.svg_read import read_svg
from pixray.drawers.strokes.svg_write import sketch_svg
from pixray.errors import SettingsError
from pixray.optim.gradient import GradientOptimizer
from pixray.optim.parameter_group import ParameterGroup
from pixray.settings.declare import Refers, setting

POINT_RATE, WIDTH_RATE, COLOUR_RATE = 1.0, 0.1, 0.01
"""Adam's steps in pixels, in pixels of width, and in shares of colour: the old pixray's and CLIPDraw's."""
DRAFT = "draft"
PAINT_STEPS = 40
"""Steps that `paint` takes; with the rates above a point moves up to 40 pixels."""

USUAL_STROKES = 1024
"""As many as clipdraw draws by itself."""
MANY_STROKES = 8 * USUAL_STROKES
"""From here on a run is told how long it will take."""


@dataclass(frozen=True, kw_only=True)
class StrokeSettings(PlotterSettings):
    """Strokes"""

    stroke_start: str = setting(
        "edges",
        "where strokes start with an init_image; saliency: at edges of salient regions; draft: without init_image, "
        "along the lines of a pixel draft by the embedded ink model",
        choices=(*PLACES, DRAFT),
    )
    stroke_calm: float = setting(
        0, "how far neighbouring points move together in each step; prevents tangled strokes", minimum=0, maximum=1
    )
    init_svg: str | None = setting(None, "SVG file whose paths are the initial strokes", refers=Refers.FILE)
    page_width: float | None = setting(
        None,
        "physical width of the SVG, for plotters and print; keeps strokes on the page",
        unit="mm",
        minimum=1,
        common=True,
    )
    svg_order: str = setting(
        "drawn",
        "order of the strokes in the SVG; travel: grouped by ink, with short pen travel",
        choices=("drawn", "travel"),
    )


class StrokeDrawer(Drawer):
    """Strokes as parameters. A subclass says how a drawing begins and which of its numbers are free."""

    wants_noise = False
    tensors = ("numbers",)

    def __init__(self, settings: Any, canvas: Canvas) -> None:
        super().__init__(settings, canvas)
        self._sketch: Sketch | None = None
        self._calm: Calm | None = None
        self.draft: Tensor | None = None
        self._groups: list[ParameterGroup] = []
        low, high = settings.min_stroke_width, settings.max_stroke_width
        if low > high:
            raise SettingsError(f"min_stroke_width={low:g}: expected at most max_stroke_width={high:g}")
        check_plotter(settings, self.size, settings.page_width)

    @abstractmethod
    def begin(self, image: Tensor | None, generator: torch.Generator) -> Sketch:
        """The first drawing, on the CPU."""

    @abstractmethod
    def free(self) -> dict[str, float]:
        """Which of `Sketch.tensors()` are optimised, with their rates."""

    def shown(self) -> Sketch:
        """The drawing as it is to be seen."""
        return self.sketch

    def width_range(self) -> tuple[float, float]:
        """Smallest and largest width in pixels."""
        percent = self.size[1] / 100
        return self.settings.min_stroke_width * percent, self.settings.max_stroke_width * percent

    @property
    def wants_draft(self) -> Draft | None:
        return Draft.INK if self.settings.stroke_start == DRAFT and not self.settings.init_svg else None

    def take_draft(self, ink: Tensor) -> None:
        self.draft = ink

    @property
    def middle(self) -> np.ndarray:
        """The upper left corner, x and y in pixels, of the square in the middle of the canvas."""
        width, height = self.size
        return np.array([width - min(self.size), height - min(self.size)], dtype=np.float32) / 2

    @property
    def sketch(self) -> Sketch:
        """The drawing as it is now, with all its free numbers."""
        assert self._sketch is not None, "start() comes first"
        return self._sketch

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        settings, canvas = self.settings, self.canvas
        with torch.no_grad():
            sketch = self.begin(image, generator)
            if settings.init_svg:
                sketch = self._from_file(sketch)
            self._sketch = sketch = sketch.to(canvas.device)
        if settings.stroke_calm:
            kept = self.draft is not None or settings.init_svg
            self._calm = Calm(sketch, sketch.points.clone() if kept else None)
        tensors = sketch.tensors()
        self._groups = [
            ParameterGroup([tensors[name].requires_grad_(True)], rate)
            for name, rate in self.free().items()
            if name in tensors
        ]
        self.project()
        canvas.notice(f"{len(sketch)} strokes of {sketch.index.shape[0]} segments together")
        if len(sketch) > MANY_STROKES:
            canvas.notice(
                f"so many strokes take long: the time of a step grows with their number, here about "
                f"{len(sketch) // USUAL_STROKES} times that of {USUAL_STROKES:,}"
            )

    def _from_file(self, sketch: Sketch) -> Sketch:
        """The paths of `init_svg`, on its own paper or else on the drawing's."""
        drawing = read_svg(self.settings.init_svg, self.size)
        if self.canvas.transparent:
            drawing.paper = None
        elif drawing.paper is None:
            drawing.paper = sketch.paper
        low, high = self.width_range()
        areas = int(drawing.filled.sum())
        if areas and self.settings.page_width:
            self.canvas.notice(
                f"{areas} filled areas of {self.settings.init_svg} are in the picture; a plotter draws outlines only"
            )
        wrong = int((~drawing.filled & ((drawing.widths < low - 1e-4) | (drawing.widths > high + 1e-4))).sum())
        if wrong and "widths" in self.free():
            self.canvas.notice(
                f"{wrong} strokes of {self.settings.init_svg} are thinner than min_stroke_width or thicker than "
                f"max_stroke_width ({low:.3g} to {high:.3g} pixels) and were changed"
            )
        drawing.widths.clamp_(low, high)
        return drawing

    def begins(self, image: Tensor | None, count: int, generator: torch.Generator) -> Tensor | None:
        """Where strokes begin on a picture, count x 2 from 0 to 1; None: not by a picture."""
        start = self.settings.stroke_start
        if image is None and self.draft is not None:
            side = min(self.size)
            inner = begin_points(1 - self.draft.repeat(1, 3, 1, 1), count, "edges", generator) * side
            return (inner + torch.from_numpy(self.middle)) / torch.tensor(self.size)
        if image is None or start == "random":
            return None
        return begin_points(image[:, :3], count, "edges" if start == DRAFT else start, generator)

    def parameters(self) -> list[ParameterGroup]:
        return self._groups

    def render(self, step: int) -> Tensor:
        sketch = self.shown()
        return render(sketch.scene(), self.size, sketch.paper)

    @torch.no_grad()
    def project(self) -> None:
        tensors, free = self.sketch.tensors(), self.free()
        if self._calm is not None:
            self._calm.settle(tensors["points"], self.settings.stroke_calm)
        if "widths" in free:
            tensors["widths"].clamp_(*self.width_range())
        for name in {"colours", "opacity", "paper"} & free.keys() & tensors.keys():
            tensors[name].clamp_(0, 1)
        if self.settings.page_width:
            # A curve lies within its control points: with these on the page, a plotter never leaves it.
            width, height = self.size
            tensors["points"][:, 0].clamp_(0, width)
            tensors["points"][:, 1].clamp_(0, height)
            if self.settings.max_length:
                shorten(self.sketch, self.settings.max_length / self.settings.page_width * width)
        if self.settings.straight_lines:
            straighten(tensors["points"].data, self.sketch.index)

    def paint(self, image: Tensor) -> None:
        """Move the strokes towards a picture by descending on the difference, at four sharpnesses at once."""
        before = self.state()
        image = image.to(self.canvas.device)
        optimizer = GradientOptimizer(self._groups)  # the run's optimizer keeps its own momentum
        with torch.no_grad():
            unpainted = _difference(self._flat(), image)
        for _ in range(PAINT_STEPS):
            optimizer.clear()
            with torch.enable_grad():
                _difference(self._flat(), image).backward()
            optimizer.update()
            self.project()
        optimizer.clear()
        with torch.no_grad():
            if _difference(self._flat(), image) > unpainted:
                self.restore(before)

    def _flat(self) -> Tensor:
        """The picture, over white where it is transparent."""
        picture = self.render(0)
        return picture if picture.shape[1] == 3 else picture[:, :3] * picture[:, 3:] + 1 - picture[:, 3:]

    def files(self, shown: Tensor) -> Mapping[str, bytes]:
        travel = self.settings.svg_order == "travel"
        files = {".svg": sketch_svg(self.shown(), self.size, self.settings.page_width, travel)}
        if self.settings.plot:
            files["-plot.svg"] = plot_file(self.shown(), self.size, self.settings.plot, self.pen_width)
        return files

    @property
    def pen_width(self) -> float | None:
        """Of a plotter's pen in millimetres, if it is known."""
        return None

    @property
    def numbers(self) -> dict[str, Tensor]:
        """All numbers of the drawing by name, whether they are optimised or not."""
        numbers = self.sketch.tensors()
        if self.draft is not None:
            numbers |= {"index": self.sketch.index, "path": self.sketch.path}
        return numbers if self._calm is None else {**numbers, "form": self._calm.form}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        sketch, calm = self.sketch, self._calm
        if self.draft is not None and "index" in state:
            # Another device may have drafted other strokes; the optimizer goes on with the same tensors.
            for name, tensor in sketch.tensors().items():
                tensor.data = tensor.new_empty(state[name].shape)
            sketch.index = sketch.index.new_empty(state["index"].shape)
            sketch.path = sketch.path.new_empty(state["path"].shape)
            sketch.filled = sketch.filled.new_zeros(len(sketch))
            if calm is not None:
                calm.form = torch.empty_like(sketch.points)
        super().restore(state)
        if calm is not None:
            self._calm = Calm(sketch, calm.form)


def sampled(image: Tensor, points: Tensor) -> Tensor:
    """The colours of a picture (1 C H W) at points (N 2, from 0 to 1): N 3."""
    height, width = image.shape[2:]
    column = (points[:, 0] * width).long().clamp(0, width - 1)
    row = (points[:, 1] * height).long().clamp(0, height - 1)
    return image[0, :3, row, column].t().cpu()


def _difference(picture: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference, of the pixels and of three coarser versions, which draw strokes from further away."""
    total = (picture - target).abs().mean()
    for size in (2, 4, 8):
        if min(picture.shape[2:]) >= size:
            total = total + torch.nn.functional.avg_pool2d(picture - target, size).abs().mean()
    return total
