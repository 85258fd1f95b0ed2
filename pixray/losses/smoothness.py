"""How much neighbouring pixels differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pixray.losses.base import Loss, LossInputs
from pixray.losses.scales import OLD_SCALE
from pixray.ops.blur import gaussian_blur
from pixray.ops.surrogate import flat_sqrt
from pixray.settings.declare import Role, setting
from pixray.settings.values import kernel_size

TYPES = ("default", "clipped", "log")
_CAP = 0.5
"""Steeper edges than this are left alone by the type "clipped"."""


class SmoothnessLoss(Loss):
    """Mean length of the colour gradient, by central differences.

    Types: "default" weighs all edges by their height; "clipped" lets edges steeper than 0.5 be; "log" damps strong
    ones. Measured on the picture, so there are no false edges between cutouts.
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Loss smoothness"""

        smoothness_weight: float = setting(1.0, "weight of smoothness; negative: of roughness", role=Role.STEERABLE)
        smoothness_type: str = setting("default", "treatment of steep edges", choices=TYPES)
        smoothness_gaussian_kernel: int = setting(
            0, "kernel size of the blur before measuring, odd; 0: no blur", parse=kernel_size, unit="pixels"
        )
        smoothness_gaussian_std: float = setting(1.0, "standard deviation of the blur", unit="pixels", minimum=0.01)
        smoothness_spacing: float = setting(1.0, "pixel spacing assumed by the gradient", minimum=0.01)
        smoothness_edge_order: int = setting(1, "order of the finite differences at the border", minimum=1, maximum=2)

    settings: Settings
    capturable = True

    def __init__(self, settings: Any = None, arguments: tuple[str, ...] = ()) -> None:
        super().__init__(settings, arguments)

    def __call__(self, inputs: LossInputs) -> Tensor:
        settings = self.settings
        picture = self._blurred(inputs.canvas)
        short = [side for side in picture.shape[2:] if side <= settings.smoothness_edge_order]
        if short:
            return picture.sum() * 0.0  # too small to have neighbours
        down, right = torch.gradient(
            picture, spacing=settings.smoothness_spacing, dim=(2, 3), edge_order=settings.smoothness_edge_order
        )
        steepness = flat_sqrt((down.square() + right.square()).sum(1))
        if settings.smoothness_type == "clipped":
            steepness = steepness.clamp(max=_CAP)
        elif settings.smoothness_type == "log":
            steepness = torch.log1p(steepness)
        return OLD_SCALE["smoothness"] * settings.smoothness_weight * steepness.mean()

    def _blurred(self, picture: Tensor) -> Tensor:
        kernel, spread = self.settings.smoothness_gaussian_kernel, self.settings.smoothness_gaussian_std
        if not kernel:
            return picture
        return gaussian_blur(picture, kernel, spread)
