"""How colourful the picture is."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pixray.losses.base import Loss, LossInputs
from pixray.losses.scales import OLD_SCALE
from pixray.ops.surrogate import flat_sqrt
from pixray.settings.declare import Role, setting


class SaturationLoss(Loss):
    """Colourfulness of Hasler and Suesstrunk 2003 ("Measuring colourfulness in natural images"), to be raised."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Loss saturation"""

        saturation_weight: float = setting(1.0, "weight of colourfulness; negative: of greyness", role=Role.STEERABLE)

    settings: Settings
    capturable = True

    def __call__(self, inputs: LossInputs) -> Tensor:
        red, green, blue = inputs.canvas[0]
        red_green = red - green
        yellow_blue = (red + green) / 2 - blue
        spread = flat_sqrt(red_green.var(correction=0) + yellow_blue.var(correction=0))
        offset = flat_sqrt(red_green.mean().square() + yellow_blue.mean().square())
        return -OLD_SCALE["saturation"] * self.settings.saturation_weight * (spread + 0.3 * offset)
