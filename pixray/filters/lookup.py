"""Every pixel shown in its nearest palette colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pixray.filters.base import Filter, Filtered
from pixray.ops.quantize import nearest_colors
from pixray.ops.surrogate import straight_through
from pixray.settings.declare import Role, setting

DEFAULT = tuple(
    (red / 255, green / 255, blue / 255)
    for red, green, blue in (
        (0, 0, 0),
        (255, 255, 255),
        (63, 40, 50),
        (38, 43, 68),
        (90, 105, 136),
        (139, 155, 180),
        (25, 60, 62),
        (38, 92, 66),
        (62, 137, 72),
        (99, 199, 77),
        (254, 231, 97),
        (254, 174, 52),
        (247, 118, 34),
        (184, 111, 80),
        (116, 63, 57),
    )
)
"""The old pixray's table for runs without a palette."""


class Lookup(Filter):
    """The picture in palette colours; its gradient passes as if nothing had been replaced.

    The penalty is that of vector quantisation (van den Oord et al. 2017, arXiv 1711.00937): it draws pixels towards
    the colours they are shown in. Its value holds the old pixray's second, constant term, so that logs compare.
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Palette colours only"""

        lookup_beta: float = setting(
            10.0, "strength of the pull of each pixel towards its palette colour", minimum=0, role=Role.STEERABLE
        )

    settings: Settings
    capturable = True

    def __init__(self, settings: Any, palette: tuple[tuple[float, float, float], ...], device: str) -> None:
        super().__init__(settings, palette, device)
        self._colours = torch.tensor(palette or DEFAULT, device=device)

    def __call__(self, canvas: Tensor, randomness: Any) -> Filtered:
        colour = canvas[:, :3]
        quantised = nearest_colors(colour, self._colours)
        off = (colour - quantised).square().mean()
        penalty = self.settings.lookup_beta * off + off.detach()
        shown = straight_through(quantised, colour)
        return Filtered(torch.cat([shown, canvas[:, 3:]], 1), penalty)
