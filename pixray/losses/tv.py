"""Total variation: how much neighbouring points differ. Small for calm pictures with few edges, large for grain.

Rudin, Osher, Fatemi: Nonlinear total variation based noise removal algorithms (1992), in its anisotropic form.
"""

from __future__ import annotations

from torch import Tensor

from pixray.losses.base import Look, Loss

SIDE = 64
"""Points along the longer side of the picture; the value does not depend on how many pixels it really has."""


def total_variation(pictures: Tensor) -> Tensor:
    """|dx| + |dy| of N C H W, the mean of each picture, as if its longer side had 64 pixels: N, 0 for one colour."""
    pixels = max(pictures.shape[-2:]) / SIDE
    total = pictures.new_zeros(len(pictures))
    for difference in (pictures.diff(dim=-2), pictures.diff(dim=-1)):
        if difference.numel():
            total = total + difference.abs().mean((1, 2, 3)) * pixels
    return total


class TotalVariation(Loss):
    """The total variation of the picture."""

    capturable = True

    def __call__(self, look: Look) -> Tensor:
        return total_variation(look.canvas).mean()
