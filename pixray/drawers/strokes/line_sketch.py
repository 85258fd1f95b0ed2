"""A few long pen strokes on paper."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pixray.drawers.base import Canvas
from pixray.drawers.strokes.base import COLOUR_RATE, POINT_RATE, WIDTH_RATE, StrokeDrawer, StrokeSettings, sampled
from pixray.drawers.strokes.single_line import single_line
from pixray.drawers.strokes.sketch import Sketch, open_paths, wander
from pixray.drawers.strokes.trace import paths_of
from pixray.errors import SettingsError
from pixray.images.color import read_color
from pixray.settings.declare import Role, setting
from pixray.settings.values import ink_name

PAPER = (242 / 255, 238 / 255, 203 / 255)
"""The old pixray's ivory."""
STROKES = 24
DRAFTED_RATE = 0.001
"""Steps of points, as shares of the canvas' shorter side, where a draft told them their positions."""


class LineSketchDrawer(StrokeDrawer):
    """Long open strokes; control points, widths and, if wanted, inks and the paper's colour are optimised."""

    @dataclass(frozen=True, kw_only=True)
    class Settings(StrokeSettings):
        """Line sketch"""

        strokes: int = setting(
            STROKES,
            "number of strokes; 1 with a draft: a single line, the pen is never lifted",
            minimum=1,
            maximum=65536,
        )
        stroke_length: int = setting(8, "cubic Bezier segments per stroke", minimum=1, maximum=1024)
        min_stroke_width: float = setting(
            0.5, "minimum stroke width", unit="percent of the height", minimum=0, maximum=100
        )
        max_stroke_width: float = setting(
            2, "maximum stroke width", unit="percent of the height", minimum=0, maximum=100
        )
        pen_width: float | None = setting(
            None, "fixed width of all strokes, for plotters; needs page_width", unit="mm", minimum=0.01
        )
        ink: str = setting(
            "auto",
            "colour of the strokes; palette: the nearest palette colour of each; free: optimised per stroke; "
            "auto: the palette if given, else black",
            parse=ink_name,
            role=Role.CHOICE,
            common=True,
        )
        stroke_opacity: float = setting(1, "opacity of the ink", minimum=0.01, maximum=1)
        allow_paper_color: bool = setting(False, "also optimise the colour of the paper")

    settings: Settings
    uses_palette = True

    def __init__(self, settings: Settings, canvas: Canvas) -> None:
        super().__init__(settings, canvas)
        if settings.pen_width and not settings.page_width:
            raise SettingsError(f"pen_width={settings.pen_width:g} (mm) needs page_width, the width of the sheet in mm")
        if self.ink == "palette" and not canvas.palette:
            raise SettingsError("ink='palette' needs a palette, such as palette='black->red'")

    @property
    def ink(self) -> str:
        """The ink with "auto" decided."""
        if self.settings.ink != "auto":
            return self.settings.ink
        return "palette" if self.canvas.palette else "black"

    def take_palette(self, palette: tuple[tuple[float, float, float], ...]) -> None:
        before, canvas = self.ink, self.canvas
        super().take_palette(palette)
        if "palette" in (before, self.ink) and not (before == self.ink and palette):
            self.canvas = canvas
            raise SettingsError(
                f"palette: strokes that began in ink={before} cannot go over to the colours of a palette"
                if palette
                else "palette: strokes in the colours of a palette cannot go on without one"
            )

    def begin(self, image: Tensor | None, generator: torch.Generator) -> Sketch:
        settings = self.settings
        if image is None and self.draft is not None:
            most = settings.strokes if settings.strokes > 1 else STROKES
            paths = paths_of(self.draft.cpu().numpy(), min(self.size), most)
            if paths and settings.strokes == 1:
                paths = [single_line(paths)]
            if paths:
                return self._along([path + self.middle for path in paths], generator)
        count, length = settings.strokes, settings.stroke_length
        begin = 0.5 + 0.5 * (torch.rand(count, 2, generator=generator) - 0.5)
        by_image = self.begins(image, count, generator)
        begin = begin if by_image is None else by_image
        radius = torch.full((count,), 1 / (length + 2))
        points = wander(begin, length, radius, self.size, generator)
        index, path = open_paths([length] * count)
        low, high = self.width_range()
        return Sketch(
            points=points.reshape(-1, 2),
            index=index,
            path=path,
            widths=torch.full((count,), max(high / 10, low)),
            colours=self._first_inks(begin, image, generator),
            opacity=torch.full((count,), float(settings.stroke_opacity)),
            filled=torch.zeros(count, dtype=torch.bool),
            paper=None if self.canvas.transparent else torch.tensor(PAPER),
        )

    def _along(self, paths: list[np.ndarray], generator: torch.Generator) -> Sketch:
        """Strokes of medium width along the lines of a draft."""
        count = len(paths)
        points = torch.from_numpy(np.concatenate(paths)).float()
        index, path = open_paths([len(line) // 3 for line in paths])
        low, high = self.width_range()
        begin = torch.from_numpy(np.stack([line[0] for line in paths])).float() / torch.tensor(self.size)
        return Sketch(
            points=points,
            index=index,
            path=path,
            widths=torch.full((count,), (low + high) / 2),
            colours=self._first_inks(begin, None, generator),
            opacity=torch.full((count,), float(self.settings.stroke_opacity)),
            filled=torch.zeros(count, dtype=torch.bool),
            paper=None if self.canvas.transparent else torch.tensor(PAPER),
        )

    def _first_inks(self, begin: Tensor, image: Tensor | None, generator: torch.Generator) -> Tensor:
        if self.ink not in ("palette", "free"):
            return torch.tensor(read_color(self.ink)).repeat(len(begin), 1)
        if image is not None:
            return sampled(image, begin)
        return torch.rand(len(begin), 3, generator=generator)

    def free(self) -> dict[str, float]:
        rates = {"points": POINT_RATE if self.draft is None else DRAFTED_RATE * min(self.size)}
        if not self.settings.pen_width:
            rates["widths"] = WIDTH_RATE
        if self.ink in ("palette", "free"):
            rates["colours"] = COLOUR_RATE
        if self.settings.allow_paper_color:
            rates["paper"] = COLOUR_RATE
        return rates

    def shown(self) -> Sketch:
        """With ink from a palette, each stroke in its nearest colour; the colour behind it keeps moving freely."""
        if self.ink != "palette":
            return self.sketch
        colours = self.sketch.colours
        palette = colours.new_tensor(self.canvas.palette)
        nearest = palette[torch.cdist(colours.detach(), palette).argmin(1)]
        # Straight-through (Bengio et al. 2013): the value of one, the gradient of the other.
        return dataclasses.replace(self.sketch, colours=nearest + colours - colours.detach())

    @property
    def pen_width(self) -> float | None:
        return self.settings.pen_width

    def width_range(self) -> tuple[float, float]:
        if self.settings.pen_width and self.settings.page_width:
            pixels = self.settings.pen_width / self.settings.page_width * self.size[0]
            return pixels, pixels
        return super().width_range()
