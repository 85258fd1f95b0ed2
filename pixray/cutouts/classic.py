"""Cutouts as the old pixray took them, step by step with kornia: pool the whole picture to a square, stretch it back,
bend, crop or shrink it, shift its hue in HSV, each its own resampling.

For comparison and for reproducing old pictures (`cutouts=classic`); `zoom_wide` does the same in one resampling and
is more than ten times as fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.cutouts.base import Cutouts, Plan
from pixray.cutouts.direct import COLOUR_PROBABILITY, HUE, SATURATION, ZOOM_AREA, ZOOM_RATIO, count_zoom
from pixray.errors import MissingPackage

try:
    import kornia.augmentation as augment
    import kornia.geometry.transform as warp
except ModuleNotFoundError as error:
    raise MissingPackage("cutouts=classic", "kornia", "classic") from error

Parameters = dict[str, Tensor]


@dataclass(frozen=True)
class ClassicPlan(Plan):
    """The random numbers of every kornia module for one step, so that they can be used again on another picture."""

    cutouts: ClassicCutouts
    input_size: int
    num_zoom: int
    zoom: tuple[Parameters, Parameters, Parameters]
    wide: tuple[Parameters, Parameters, Parameters]
    noise: Tensor
    padding: str
    fill: float

    def __call__(self, image: Tensor, *, plain: bool = False) -> Tensor:
        stretched = self.cutouts.stretched(image, self.input_size)
        parts = []
        if self.num_zoom:
            parts.append(self._zooms(stretched.expand(self.num_zoom, -1, -1, -1), plain))
        num_wide = len(self.noise) - self.num_zoom
        if num_wide:
            parts.append(self._wides(stretched.expand(num_wide, -1, -1, -1), plain))
        crops = torch.cat(parts)
        return crops if plain else crops + self.noise.to(crops)

    def _zooms(self, images: Tensor, plain: bool) -> Tensor:
        bend, crop, colour = self.zoom
        images = _bent(images, bend, self.padding, self.fill)
        cropper = augment.RandomResizedCrop(
            (self.input_size, self.input_size), scale=ZOOM_AREA, ratio=ZOOM_RATIO, cropping_mode="resample", p=1.0
        )
        images = cropper(images, params=crop)
        return images if plain else _jitter()(images, params=colour)

    def _wides(self, images: Tensor, plain: bool) -> Tensor:
        shrink, bend, colour = self.wide
        fill = torch.full((3,), self.fill, device=images.device)
        size = _size(images)
        matrices = warp.get_affine_matrix2d(
            shrink["translations"], shrink["center"], shrink["scale"], shrink["angle"]
        ).to(images)
        images = warp.warp_affine(images, matrices[:, :2], size, padding_mode="fill", fill_value=fill)
        images = augment.CenterCrop(self.input_size, cropping_mode="resample", p=1.0)(images)
        images = _bent(images, bend, "fill", self.fill)
        return images if plain else _jitter()(images, params=colour)


class ClassicCutouts(Cutouts):
    """Plans made by kornia's own samplers."""

    def plan(self, generator: torch.Generator, input_size: int, step: int, fill: float) -> ClassicPlan:
        num_zoom = count_zoom(self.num_cuts)
        num_wide = self.num_cuts - num_zoom
        seed = int(torch.randint(0, 2**31, (), generator=generator))
        # kornia draws from torch's global generator, which belongs to the user and is put back afterwards.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            height, width = self._stretched_size(input_size)
            full, square = (num_zoom, 3, height, width), (num_wide, 3, input_size, input_size)
            zoom = (
                augment.RandomPerspective(0.40, p=0.7).forward_parameters(torch.Size(full)),
                augment.RandomResizedCrop(
                    (input_size, input_size), scale=ZOOM_AREA, ratio=ZOOM_RATIO, cropping_mode="resample", p=1.0
                ).forward_parameters(torch.Size(full)),
                _jitter().forward_parameters(torch.Size((num_zoom, 3, input_size, input_size))),
            )
            wide = (
                self._shrinking().forward_parameters(torch.Size((num_wide, 3, height, width))),
                augment.RandomPerspective(0.20, p=0.7).forward_parameters(torch.Size(square)),
                _jitter().forward_parameters(torch.Size(square)),
            )
            noise = torch.randn(self.num_cuts, 3, input_size, input_size)
            noise *= torch.rand(self.num_cuts, 1, 1, 1) * self.noise
        padding = "reflection" if step % 2 == 0 else "border"
        return ClassicPlan(self, input_size, num_zoom, zoom, wide, noise, padding, fill)

    def stretched(self, image: Tensor, input_size: int) -> Tensor:
        """The whole picture squeezed into a square by mean and maximum together, then given its proportions back."""
        square = (F.adaptive_avg_pool2d(image, input_size) + F.adaptive_max_pool2d(image, input_size)) / 2
        size = self._stretched_size(input_size)
        if size == (input_size, input_size):
            return square
        return F.interpolate(square, size=size, mode="bilinear", align_corners=False)

    def _stretched_size(self, input_size: int) -> tuple[int, int]:
        if self.aspect >= 1:
            return input_size, int(input_size * self.aspect)
        return int(input_size / self.aspect), input_size

    def _shrinking(self) -> Any:
        aspect = self.aspect
        if aspect == 1:
            return augment.RandomAffine(degrees=0, translate=(0.025, 0.025), scale=(0.95, 0.95), p=1.0)
        narrow = min(aspect, 1 / aspect)
        room = (1 - narrow) / 2
        translate = (0.0, room) if aspect > 1 else (room, 0.0)
        return augment.RandomAffine(degrees=0, translate=translate, scale=(0.9 * narrow, narrow), p=1.0)


def _size(images: Tensor) -> tuple[int, int]:
    return images.shape[2], images.shape[3]


def _jitter() -> Any:
    return augment.ColorJitter(hue=HUE, saturation=SATURATION, p=COLOUR_PROBABILITY)


def _bent(images: Tensor, parameters: Parameters, padding: str, fill: float) -> Tensor:
    """Perspective for those images that the parameters choose, with what lies beyond the border as asked."""
    chosen = (parameters["batch_prob"] > 0.5).nonzero()[:, 0].to(images.device)
    if not len(chosen):
        return images
    start, end = parameters["start_points"].to(images), parameters["end_points"].to(images)
    if len(start) == len(images):  # some releases of kornia draw points for every image, others for the chosen ones
        start, end = start[chosen], end[chosen]
    matrices = warp.get_perspective_transform(start, end)
    grey = torch.full((3,), fill, device=images.device)
    bent = warp.warp_perspective(
        images[chosen], matrices, _size(images), padding_mode=padding, fill_value=grey, align_corners=False
    )
    return images.index_copy(0, chosen, bent)
