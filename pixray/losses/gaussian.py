"""A vignette: the distance of the picture from a colour, weighted by distance from the centre."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.losses.base import Loss, LossContext, LossInputs
from pixray.losses.scales import OLD_SCALE
from pixray.settings.declare import Role, setting


class GaussianLoss(Loss):
    """Mean absolute difference to a colour, weighed by one minus a Gaussian bump in the middle."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Loss gaussian"""

        gaussian_weight: float = setting(1.0, "weight of the colour away from the centre", role=Role.STEERABLE)
        gaussian_std: tuple[float, float] = setting(
            (40.0, 40.0),
            "standard deviation of the unaffected centre, vertical and horizontal",
            unit="pixels",
            minimum=0.01,
        )
        gaussian_color: tuple[int, int, int] = setting(
            (255, 255, 255), "colour of the vignette: red, green and blue from 0 to 255", minimum=0, maximum=255
        )

    settings: Settings
    capturable = True

    def prepare(self, context: LossContext) -> None:
        width, height = context.size
        down, across = self.settings.gaussian_std
        bump = _bump(height, down)[:, None] * _bump(width, across)[None]
        self._wanted = (1 - bump).to(context.device)
        colour = torch.tensor(self.settings.gaussian_color, dtype=torch.float32) / 255
        self._colour = colour.view(1, 3, 1, 1).to(context.device)

    def __call__(self, inputs: LossInputs) -> Tensor:
        off = (inputs.canvas - self._colour).abs() * self._wanted
        return OLD_SCALE["gaussian"] * self.settings.gaussian_weight * off.mean()


def _bump(side: int, std: float) -> Tensor:
    """A Gaussian along one side, 1 in its middle."""
    offsets = torch.arange(side) - (side - 1) / 2
    return torch.exp(-offsets.square() / (2 * std**2))
