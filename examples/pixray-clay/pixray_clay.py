"""A drawer for pixray: soft lumps of clay."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

import pixray


class Clay(pixray.Drawer):
    """A small grid of colours, enlarged smoothly; all of them are optimised."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Clay"""

        clay_softness: int = pixray.setting(8, "from one lump to the next", unit="pixels", minimum=1)
        clay_rate: float = pixray.setting(0.05, "how fast the colours change", minimum=0)

    settings: Settings

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        lumps = torch.rand(1, 3, *self._grid, generator=generator)
        self.lumps = lumps.to(self.canvas.device).requires_grad_(True)
        if image is not None:
            self.paint(image[:, :3])

    def parameters(self) -> list[pixray.ParameterGroup]:
        return [pixray.ParameterGroup([self.lumps], self.settings.clay_rate)]

    def render(self, step: int) -> Tensor:
        width, height = self.size
        return F.interpolate(self.lumps, size=(height, width), mode="bicubic").clamp(0, 1)

    @torch.no_grad()
    def paint(self, image: Tensor) -> None:
        self.lumps.copy_(F.interpolate(image, size=self._grid, mode="area"))

    @torch.no_grad()
    def project(self) -> None:
        self.lumps.clamp_(0, 1)

    @property
    def _grid(self) -> tuple[int, int]:
        """Rows and columns of lumps."""
        width, height = (max(2, side // self.settings.clay_softness) for side in self.size)
        return height, width
