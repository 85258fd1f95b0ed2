"""Cutouts that show all of the square in the middle of the canvas, blurred at first.

A stroke feels a goal only where it nearly is. A blurred cutout reaches further, and one that shows the whole drawing
lets a small perceptor see what it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pixray.cutouts.base import Plan
from pixray.cutouts.direct import ZoomWide, ZoomWidePlan
from pixray.cutouts.jitter import jitter
from pixray.ops.blur import blurred

BLUR, SHARPEST = 2.5, 0.5
"""Blur of the first and of the last cutouts, in pixels of a perceptor that sees 64."""
STEPS = 60
"""Until the last blur is reached."""


@dataclass(frozen=True)
class SteadyPlan(Plan):
    """Cutouts and their blur: sigma in pixels, no dimensions."""

    cutouts: ZoomWidePlan
    sigma: Tensor

    def __call__(self, image: Tensor, *, plain: bool = False) -> Tensor:
        crops = self.cutouts(image, plain=plain)
        return blurred(crops, self.sigma.to(crops).expand(len(crops)))

    def part(self, first: int, last: int) -> SteadyPlan:
        """The plan of some of the cutouts, for working through them in pieces."""
        return replace(self, cutouts=self.cutouts.part(first, last))

    def __len__(self) -> int:
        return len(self.cutouts)


class Steady(ZoomWide):
    """Plans of cutouts that all show the middle square as a whole."""

    def plan(self, generator: torch.Generator, input_size: int, step: int, fill: float) -> SteadyPlan:  # type: ignore[override]
        maps = torch.eye(3).repeat(self.num_cuts, 1, 1)
        maps[:, :2] = jitter(self.num_cuts, generator)
        narrow = torch.tensor([min(1.0, 1 / self.aspect), min(1.0, self.aspect)])
        maps[:, :2] *= narrow[:, None]
        cutouts = ZoomWidePlan(
            maps=maps,
            num_zoom=self.num_cuts,
            tint=self._tint(input_size, generator),
            input_size=input_size,
            padding="border",
            fill=torch.tensor(fill),
        )
        sigma = BLUR * (SHARPEST / BLUR) ** min(1.0, step / STEPS)
        return SteadyPlan(cutouts, torch.tensor(sigma * input_size / 64))
