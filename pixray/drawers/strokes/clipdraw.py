"""Many short brush strokes in any colour, after CLIPDraw."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.drawers.strokes.base import COLOUR_RATE, POINT_RATE, WIDTH_RATE, StrokeDrawer, StrokeSettings, sampled
from pixray.drawers.strokes.sketch import Sketch, open_paths, wander
from pixray.settings.declare import setting

REACH = 0.1
"""Half of this, as a share of the canvas' height, is how far control points may lie from one another at the start."""


class ClipDrawDrawer(StrokeDrawer):
    """Open strokes of one to three segments on white; points, widths, colours and opacity are optimised.

    CLIPDraw (Frans, Soros, Witkowski 2021, https://arxiv.org/abs/2106.14843) with the old pixray's numbers: 1024
    strokes instead of 256, and their rates. The paper draws the number of segments at random; here strokes take one,
    two and three in turn, which is as even and lets a checkpoint fit every seed.
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings(StrokeSettings):
        """Clipdraw"""

        strokes: int = setting(1024, "number of strokes", minimum=1, maximum=65536)
        min_stroke_width: float = setting(
            1, "minimum stroke width", unit="percent of the height", minimum=0, maximum=100
        )
        max_stroke_width: float = setting(
            5, "maximum stroke width", unit="percent of the height", minimum=0, maximum=100
        )

    settings: Settings

    def begin(self, image: Tensor | None, generator: torch.Generator) -> Sketch:
        count = self.settings.strokes
        begin = torch.rand(count, 2, generator=generator)
        by_image = self.begins(image, count, generator)
        begin = begin if by_image is None else by_image
        lengths = torch.arange(count) % 3 + 1
        points = wander(begin, 3, torch.full((count,), REACH), self.size, generator)
        used = torch.arange(10) <= 3 * lengths[:, None]
        index, path = open_paths(lengths.tolist())
        rgba = torch.rand(count, 4, generator=generator)
        low, high = self.width_range()
        return Sketch(
            points=points[used],
            index=index,
            path=path,
            widths=torch.full((count,), max((low + high) / 4, low)),
            colours=rgba[:, :3] if image is None else sampled(image, begin),
            opacity=rgba[:, 3],
            filled=torch.zeros(count, dtype=torch.bool),
            paper=None if self.canvas.transparent else torch.ones(3),
        )

    def free(self) -> dict[str, float]:
        return {"points": POINT_RATE, "widths": WIDTH_RATE, "colours": COLOUR_RATE, "opacity": COLOUR_RATE}
