"""How well people would remember the picture: ResMem (Needell, Bainbridge 2022, doi 10.1007/s42113-022-00126-5).

Late imports: resmem is an optional package.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor
from torch.nn import functional as F

from pixray.errors import MissingPackage
from pixray.losses.base import Loss, LossContext, LossInputs
from pixray.losses.scales import OLD_SCALE
from pixray.settings.declare import Role, setting

_SIDE = 227
"""What ResMem sees, in pixels."""
_MOST = 8
"""Cutouts shown to it in a step; it is a ResNet-152, and more of them change the mean little."""


class ResmemLoss(Loss):
    """One minus the memorability of the cutouts, so that the picture becomes memorable.

    The old pixray lowered the score instead; `resmem_forgettable` does.
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Loss resmem"""

        resmem_weight: float = setting(1.0, "weight of memorability", role=Role.STEERABLE)
        resmem_forgettable: bool = setting(False, "make the picture forgettable instead, as the old pixray did")

    settings: Settings
    needs: ClassVar[frozenset[str]] = frozenset({"crops"})

    def prepare(self, context: LossContext) -> None:
        self._model = context.models.shared(("resmem", context.device), lambda: _load(context.device))

    def __call__(self, inputs: LossInputs) -> Tensor:
        crops = inputs.crops[max(inputs.crops)]
        shown = crops[:: -(-len(crops) // _MOST)]
        shown = F.interpolate(shown, size=(_SIDE, _SIDE), mode="bilinear", antialias=True, align_corners=False)
        score = self._model(shown.clamp(0, 1)).mean()
        value = score - 0.4 if self.settings.resmem_forgettable else 1 - score
        return OLD_SCALE["resmem"] * self.settings.resmem_weight * value


def _load(device: str) -> Any:
    try:
        from resmem import ResMem
    except ModuleNotFoundError as error:
        raise MissingPackage("loss 'resmem'", "resmem", "resmem") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls torchvision in a way that torchvision has renamed
        model = ResMem(pretrained=True)
    return model.eval().requires_grad_(False).to(device)
