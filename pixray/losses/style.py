"""How far the picture is from the style of another one.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.errors import SettingsError
from pixray.losses.base import Loss, LossContext, LossInputs
from pixray.losses.scales import OLD_SCALE
from pixray.losses.strotss import (
    color_distance,
    cosine_distances,
    moment_distance,
    relaxed_emd,
    self_similarity_distance,
)
from pixray.losses.vgg import columns, load_vgg
from pixray.settings.declare import Refers, Role, setting

POINTS = 1024
"""Positions compared in a step."""
_POOL = 5000
"""Positions of the style picture that those of a step are drawn from."""
_LEAST_SIDE = 33
"""The coarsest scale is the last whose shorter side is at least this."""
_COARSE_WEIGHT = 2e-3
"""Weight of every scale but the finest."""


class StyleLoss(Loss):
    """STROTSS (see `pixray.losses.strotss`): style by relaxed optimal transport, content by self-similarity.

    The content that is held on to is the picture at the first step that is not skipped. It is a part of the state of
    a run. The old pixray went over each scale three times in every step; here a step is one pass.
    """

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Loss style"""

        style_file: str = setting("", "picture whose style to match", refers=Refers.PICTURE)
        styleloss_content_weight: float = setting(
            32.0, "weight of keeping the content, halved at each finer scale", minimum=0.01, role=Role.STEERABLE
        )
        styleloss_ospace: str = setting(
            "uniform",
            "accepted from old settings, without effect: pictures are always brought into the range that VGG wants",
            internal=True,
        )
        styleloss_skip: int = setting(100, "steps before the style loss starts", minimum=0)
        styleloss_every: int = setting(1, "steps between evaluations", minimum=1)

    settings: Settings
    tensors = ("_content",)

    def prepare(self, context: LossContext) -> None:
        from pixray.images.io import on_white, open_picture, resized, to_tensor

        if not self.settings.style_file:
            raise SettingsError("custom_loss=style needs a picture whose style is wanted: give style_file")
        picture = on_white(open_picture(self.settings.style_file, "style_file"))
        self._generator = context.generator
        self._vgg = load_vgg(context.models, context.device)
        self._sizes = scales(context.size)
        self._style: list[Tensor] = []
        self._content: Tensor | None = None
        self._content_maps: list[list[Tensor]] = []
        for width, height in self._sizes:
            ratio = max(width, height) / max(picture.size)
            size = tuple(max(_LEAST_SIDE, round(side * ratio)) for side in picture.size)
            image = to_tensor(resized(picture, (size[0], size[1]))).to(context.device)
            with torch.no_grad():
                self._style.append(columns(self._vgg.maps(image), self._points(_POOL, image)))

    def __call__(self, inputs: LossInputs) -> Tensor:
        settings = self.settings
        if inputs.step < settings.styleloss_skip or (inputs.step - settings.styleloss_skip) % settings.styleloss_every:
            return inputs.canvas.new_zeros(())
        if self._content is None:
            self._content = inputs.canvas.detach().clone()
        if not self._content_maps:
            self._content_maps = [self._maps_at(self._content.to(inputs.canvas.device), size) for size in self._sizes]
        total = inputs.canvas.new_zeros(())
        for number, size in enumerate(self._sizes):
            weight = 1.0 if number == len(self._sizes) - 1 else _COARSE_WEIGHT
            total = total + weight * self._at_scale(inputs.canvas, number, size)
        return OLD_SCALE["style"] * total

    def restore(self, state: Mapping[str, Tensor]) -> None:
        super().restore(state)
        self._content_maps = []

    def _at_scale(self, canvas: Tensor, number: int, size: tuple[int, int]) -> Tensor:
        points = self._points(POINTS, canvas)
        painted = columns(self._vgg.maps(_at_size(canvas, size)), points)
        content = columns(self._content_maps[number], points)
        pool = self._style[number]
        chosen = torch.randint(len(pool), (POINTS,), generator=self._generator).to(pool.device)
        style = pool[chosen]
        alpha = self.settings.styleloss_content_weight / 2**number
        terms = (
            alpha * self_similarity_distance(painted, content)
            + relaxed_emd(cosine_distances(painted, style))
            + moment_distance(painted, style)
            + color_distance(painted[:, :3], style[:, :3]) / alpha
        )
        return terms / (2 + alpha + 1 / alpha)

    def _maps_at(self, image: Tensor, size: tuple[int, int]) -> list[Tensor]:
        with torch.no_grad():
            return self._vgg.maps(_at_size(image, size))

    def _points(self, count: int, like: Tensor) -> Tensor:
        return (torch.rand(count, 2, generator=self._generator) * 2 - 1).to(like.device)


def scales(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Sizes halved as long as the shorter side stays large enough, the coarsest first.

    >>> scales((384, 216))
    [(96, 54), (192, 108), (384, 216)]
    """
    width, height = size
    sizes = [(width, height)]
    while min(width, height) // 2 >= _LEAST_SIDE:
        width, height = width // 2, height // 2
        sizes.append((width, height))
    return sizes[::-1]


def _at_size(image: Tensor, size: tuple[int, int]) -> Tensor:
    width, height = (max(_LEAST_SIDE, side) for side in size)
    return F.interpolate(image, size=(height, width), mode="bilinear", antialias=True, align_corners=False)
