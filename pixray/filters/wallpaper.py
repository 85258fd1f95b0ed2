"""Wallpapers: a picture that repeats in one direction, in both, or with every second row shifted by half."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.filters.base import Filter, Filtered
from pixray.ops.roll import rolled
from pixray.settings.declare import setting

TYPES = ("none", "horizontal", "vertical", "shift")


class Wallpaper(Filter):
    """Perceptors see a random window of the wallpaper that the picture makes, in the picture's own size.

    Types: "none" repeats both ways, "horizontal" and "vertical" one way, "shift" both ways with every second row of
    pictures moved by half a width, as bricks are laid. The picture that is saved is the tile itself, in a fixed phase.

    With `wallpaper_edge_match` the penalty makes borders that meet look like mirror images over so many pixels. The
    old pixray compared them as if they overlapped, and cut half of the overlap off the picture afterwards.
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Wallpaper"""

        wallpaper_type: str | None = setting(
            None,
            "direction of repetition; none: both directions; shift: both, with every second row moved by half a width",
            choices=TYPES,
        )
        wallpaper_edge_match: int = setting(
            0, "width of the strips at opposite borders that are made alike; 0: none", unit="pixels", minimum=0
        )

    settings: Settings
    capturable = True

    def draw(self, size: tuple[int, int], generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """How far down and to the right, in pixels. What repeats is two pictures high where rows are shifted."""
        width, height = size
        down, right = (float(torch.rand((), generator=generator)) for _ in range(2))
        rows = 2 if self.settings.wallpaper_type == "shift" else 1
        return torch.tensor(int(down * rows * height)), torch.tensor(int(right * width))

    def __call__(self, canvas: Tensor, randomness: tuple[Tensor, Tensor]) -> Filtered:
        kind = self.settings.wallpaper_type or "none"
        height, width = canvas.shape[2:]
        down, right = randomness
        across, along = kind != "vertical", kind != "horizontal"
        window = rolled(canvas, right, 3) if across else canvas
        if kind == "shift":
            # Two rows of pictures, the second moved by half, are what repeats downwards.
            pair = torch.cat([window, window.roll(width // 2, 3)], 2)
            window = rolled(pair, down, 2)[:, :, :height]
        elif along:
            window = rolled(window, down, 2)
        return Filtered(window, self._seams(canvas, across, along, kind == "shift"))

    def present(self, canvas: Tensor) -> Tensor:
        return canvas

    def _seams(self, canvas: Tensor, across: bool, along: bool, shifted: bool) -> Tensor | None:
        """How much borders that meet differ, or None where that does not matter."""
        if not self.settings.wallpaper_edge_match:
            return None
        height, width = canvas.shape[2:]
        penalty = canvas.new_zeros(())
        if across:
            count = max(1, min(self.settings.wallpaper_edge_match, width // 2))
            penalty = penalty + _mismatch(canvas[..., :count], canvas[..., -count:].flip(3)) / count
        if along:
            count = max(1, min(self.settings.wallpaper_edge_match, height // 2))
            below = canvas[:, :, :count].roll(width // 2, 3) if shifted else canvas[:, :, :count]
            penalty = penalty + _mismatch(below, canvas[:, :, -count:].flip(2)) / count
        return penalty


def _mismatch(first: Tensor, second: Tensor) -> Tensor:
    return (first - second).square().mean()
