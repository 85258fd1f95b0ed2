"""How much ink lies on the paper."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.losses.base import Loss, LossInputs
from pixray.settings.declare import setting

_LUMINANCE = (0.2126, 0.7152, 0.0722)


class InkLoss(Loss):
    """Mean darkness of the picture against its lightest spot: strokes become fewer, shorter and thinner."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Loss ink"""

        ink_weight: float = setting(1.0, "weight of little ink, for plotters; negative: of much")

    settings: Settings
    capturable = True

    def __call__(self, inputs: LossInputs) -> Tensor:
        weights = torch.tensor(_LUMINANCE, device=inputs.canvas.device).view(1, 3, 1, 1)
        luminance = (inputs.canvas * weights).sum(1)
        return self.settings.ink_weight * (luminance.detach().amax() - luminance).mean()
