"""A few long pen strokes on paper."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.drawers.stroke_drawer import COLOUR_RATE, POINT_RATE, WIDTH_RATE, StrokeDrawer
from pixray.settings.declare import setting
from pixray.strokes.sketch import Sketch, open_paths, wander

PAPER = (242 / 255, 238 / 255, 203 / 255)
"""The old pixray's ivory."""


class LineSketchDrawer(StrokeDrawer):
    """Long open strokes of constant ink; control points, widths and, if wanted, the paper's colour are optimised."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Line sketch"""

        strokes: int = setting(24, "how many strokes", least=1, most=65536)
        stroke_length: int = setting(8, "cubic segments per stroke", least=1, most=1024)
        min_stroke_width: float = setting(0.5, "thinnest stroke", unit="percent of the height", least=0, most=100)
        max_stroke_width: float = setting(2, "thickest stroke", unit="percent of the height", least=0, most=100)
        allow_paper_color: bool = setting(False, "optimise the paper's colour, too")

    settings: Settings

    def begin(self, image: Tensor | None, generator: torch.Generator) -> Sketch:
        settings = self.settings
        count, length = settings.strokes, settings.stroke_length
        begin = 0.5 + 0.5 * (torch.rand(count, 2, generator=generator) - 0.5)
        radius = torch.full((count,), 1 / (length + 2))
        points = wander(begin, length, radius, self.size, generator)
        index, path, _ = open_paths([length] * count)
        low, high = self.width_range()
        return Sketch(
            points=points.reshape(-1, 2),
            index=index,
            path=path,
            widths=torch.full((count,), min(max(high / 10, low), high)),
            colours=torch.zeros(count, 3),
            opacity=torch.ones(count),
            filled=torch.zeros(count, dtype=torch.bool),
            paper=None if self.canvas.transparent else torch.tensor(PAPER),
        )

    def free(self, sketch: Sketch) -> dict[str, float]:
        rates = {"points": POINT_RATE, "widths": WIDTH_RATE}
        if self.settings.allow_paper_color and sketch.paper is not None:
            rates["paper"] = COLOUR_RATE
        return rates

    def width_range(self) -> tuple[float, float]:
        percent = self.size[1] / 100
        low, high = self.settings.min_stroke_width * percent, self.settings.max_stroke_width * percent
        return min(low, high), high
