"""Cutouts for a wide or high canvas and a small perceptor, which knows things as squares with the thing in the middle.

Most show the square in the middle, where the thing comes to lie. The others show all of the canvas squeezed into a
square, so that the ground goes on to the sides of it.
"""

from __future__ import annotations

import torch

from pixray.cutouts.direct import ZoomWide, ZoomWidePlan
from pixray.cutouts.jitter import jitter

WHOLE_SHARE = 0.34
"""Share of cutouts that show all of the canvas."""


class Middle(ZoomWide):
    """Plans of cutouts that show the middle square, or everything squeezed into it."""

    def plan(self, generator: torch.Generator, input_size: int, step: int, fill: float) -> ZoomWidePlan:
        maps = torch.eye(3).repeat(self.num_cuts, 1, 1)
        maps[:, :2] = jitter(self.num_cuts, generator)
        narrow = torch.tensor([min(1.0, 1 / self.aspect), min(1.0, self.aspect)])
        whole = int(WHOLE_SHARE * self.num_cuts)
        maps[whole:, :2] *= narrow[:, None]
        return ZoomWidePlan(
            maps=maps,
            num_zoom=self.num_cuts,
            tint=self._tint(input_size, generator),
            input_size=input_size,
            padding="reflection" if step % 2 == 0 else "border",
            fill=torch.tensor(fill),
        )
