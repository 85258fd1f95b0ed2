"""A picture as a sum of layers, from a single pixel to full size."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.drawers.base import Canvas, Drawer
from pixray.ops.color_space import Decorrelated
from pixray.optim.parameter_group import ParameterGroup
from pixray.settings.declare import setting

LEAST_STRENGTH = 1e-12
"""Of a layer, however strong the decay: taking over a picture divides by it."""


class MultiresDrawer(Drawer):
    """Layers of 1x1, 2x2, 4x4 … pixels up to the picture's size, enlarged and summed; all of them are optimised.

    After Fort and Whitaker, "Direct Ascent Synthesis: Revealing Hidden Generative Capabilities in Discriminative
    Models", 2025, arXiv 2502.07753. A step changes coarse and fine alike, so large forms appear at once and details
    stay natural, where single pixels would turn to noise. Ours differs in that colours are decorrelated, and in that
    fine layers are weaker, by `multires_decay`.
    """

    wants_noise = False

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Layers of several resolutions"""

        multires_decay: float = setting(0.5, "exponent by which layers are weaker the finer they are", minimum=0)
        multires_step: float = setting(2.0, "resolution ratio of successive layers", minimum=1.1, maximum=16)
        multires_colors: float = setting(1.5, "colourfulness", minimum=0.01)
        multires_lrate: float = setting(0.2, "step size", minimum=0)

    settings: Settings
    capturable = True

    def __init__(self, settings: Settings, canvas: Canvas) -> None:
        super().__init__(settings, canvas)
        self._colours = Decorrelated(settings.multires_colors, canvas.device)
        self._shapes = layer_shapes(*self.size, settings.multires_step)
        self._strengths = [max(max(shape) ** -settings.multires_decay, LEAST_STRENGTH) for shape in self._shapes]
        self._layers: list[Tensor] = []

    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        # Every size gets its share of a faint noise; without it all layers would begin with one and the same gradient.
        self._layers = [
            (0.1 * torch.randn(1, 3, *shape, generator=generator)).to(self.canvas.device).requires_grad_(True)
            for shape in self._shapes
        ]
        if image is not None:
            self.paint(image[:, :3])

    def parameters(self) -> list[ParameterGroup]:
        return [ParameterGroup(self._layers, self.settings.multires_lrate)]

    def render(self, step: int) -> Tensor:
        values = self._layers[0] * self._strengths[0]
        for layer, strength in zip(self._layers[1:], self._strengths[1:], strict=True):
            values = _enlarged(values, layer) + layer * strength
        return self._colours.colours(values)

    @torch.no_grad()
    def paint(self, image: Tensor) -> None:
        """Each layer holds what coarser ones leave out, so that later steps find every size in its place."""
        target = self._colours.values(image.to(self.canvas.device))
        values: Tensor | None = None
        for layer, strength in zip(self._layers, self._strengths, strict=True):
            below = 0.0 if values is None else _enlarged(values, layer)
            values = F.interpolate(target, size=layer.shape[2:], mode="area")
            layer.copy_((values - below) / strength)


def layer_shapes(width: int, height: int, step: float = 2.0) -> list[tuple[int, int]]:
    """Height and width of every layer, the coarsest first; the last is the picture itself.

    >>> layer_shapes(8, 5)
    [(1, 1), (1, 2), (2, 4), (5, 8)]
    """
    longest = max(width, height)
    sides, side = [], 1.0
    while side < longest:
        sides.append(side)
        side *= step
    shapes = [(max(1, round(height * side / longest)), max(1, round(width * side / longest))) for side in sides]
    return [*dict.fromkeys(shapes), (height, width)]


def _enlarged(values: Tensor, layer: Tensor) -> Tensor:
    """The values at the size of the next layer, without steps."""
    return F.interpolate(values, size=layer.shape[2:], mode="bicubic", align_corners=False)
