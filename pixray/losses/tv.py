"""Total variation: how much neighbouring points differ. Small for calm pictures with few edges, large for grain.

Rudin, Osher, Fatemi: Nonlinear total variation based noise removal algorithms (1992), in its anisotropic form.
"""

from __future__ import annotations

from torch import Tensor

from pixray.losses.base import Look, Loss

SIDE = 64
"""Points along the longer side of the picture; the value does not depend on how many pixels it really has."""


class TotalVariation(Loss):
    """Mean of |dx| + |dy| over the picture, as if its longer side had 64 pixels: 0 for one colour."""

    capturable = True

    def __call__(self, look: Look) -> Tensor:
        canvas = look.canvas
        down, across = canvas.diff(dim=-2), canvas.diff(dim=-1)
        pixels = max(canvas.shape[-2:]) / SIDE
        total = canvas.new_zeros(())
        for difference in (down, across):
            if difference.numel():
                total = total + difference.abs().mean() * pixels
        return total
