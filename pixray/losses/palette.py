"""How far the picture is from the colours of the palette."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.errors import SettingsError
from pixray.losses.base import Loss, LossContext, LossInputs
from pixray.losses.scales import OLD_SCALE
from pixray.ops.quantize import nearest_colors
from pixray.ops.surrogate import flat_sqrt
from pixray.settings.declare import Role, setting


class PaletteLoss(Loss):
    """Mean distance of the pixels to their nearest palette colour, in sRGB.

    The old pixray measured it on cutouts, so that noise and colour shifts of these were punished too; this one looks
    at the picture itself.
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Loss palette"""

        palette_weight: float = setting(1.0, "weight of the pull towards palette colours", role=Role.STEERABLE)

    settings: Settings
    uses_palette = True
    capturable = True

    def prepare(self, context: LossContext) -> None:
        if not context.palette:
            raise SettingsError("custom_loss=palette needs colours: give palette='[black, red, gold]' or another")
        self._colours = torch.tensor(context.palette, device=context.device)

    def __call__(self, inputs: LossInputs) -> Tensor:
        off = inputs.canvas - nearest_colors(inputs.canvas, self._colours)
        distance = flat_sqrt(off.square().sum(1)).mean()
        return OLD_SCALE["palette"] * self.settings.palette_weight * distance
