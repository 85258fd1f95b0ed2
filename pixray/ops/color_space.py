"""Colours whose three numbers are independent of one another in natural pictures.

Moving along them changes brightness or hue as a whole, where moving red, green and blue singly gives coloured noise.
After Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017, doi 10.23915/distill.00007.
"""

from __future__ import annotations

import torch
from torch import Tensor

# A root of the covariance of ImageNet's colours, as Lucid has it: brightness, blue-yellow, green-magenta.
_ROOT = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
_LEAST = 0.005


class Decorrelated:
    """From independent numbers of any size to colours in [0, 1], and back.

    Args:
        colours: how strong hues are against brightness; 1 is as measured.
    """

    def __init__(self, colours: float = 1.0, device: str = "cpu") -> None:
        root = torch.tensor(_ROOT)
        root[:, 0] /= colours
        matrix = root / root.norm(dim=0).max()
        self._mix = matrix.to(device)
        # A matrix of nine numbers is inverted on the CPU; not every device can.
        self._unmix = torch.linalg.inv(matrix).to(device)

    def colours(self, values: Tensor) -> Tensor:
        """1 3 H W, any numbers, to 1 3 H W in [0, 1]."""
        return torch.einsum("ij,bjhw->bihw", self._mix, values).sigmoid()

    def values(self, image: Tensor) -> Tensor:
        """1 3 H W in [0, 1] to the numbers that give it; pure black and white become nearly so."""
        return torch.einsum("ij,bjhw->bihw", self._unmix, image.clamp(_LEAST, 1 - _LEAST).logit())
