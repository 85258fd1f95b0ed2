"""How much the left half differs from the mirrored right one."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pixray.losses.base import Loss, LossInputs
from pixray.losses.scales import OLD_SCALE
from pixray.settings.declare import Role, setting


class SymmetryLoss(Loss):
    """Mean squared difference of the picture and its mirror image, left for right."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Loss symmetry"""

        symmetry_weight: float = setting(1.0, "weight of left-right symmetry", role=Role.STEERABLE)

    settings: Settings
    capturable = True

    def __call__(self, inputs: LossInputs) -> Tensor:
        difference = (inputs.canvas - inputs.canvas.flip(3)).square().mean()
        return OLD_SCALE["symmetry"] * self.settings.symmetry_weight * difference
