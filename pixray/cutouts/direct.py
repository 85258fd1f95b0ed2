"""Cutouts of two kinds, as the old pixray took them: 60 % zoom into the picture, 40 % show all of it on grey.

Each cutout is one resampling straight from the canvas: perspective, crop or shrinking are composed into a single
homography, colour jitter is a 3 x 3 matrix, noise is a slice of a bank. kornia's chain of modules does the same in
several resamplings (`cutouts=classic`) and takes more than ten times as long.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from pixray.cutouts import geometry
from pixray.cutouts.base import Cutouts, Plan
from pixray.cutouts.sampling import Sampling, Tint, take
from pixray.cutouts.shrinking import shrunk

ZOOM_SHARE = 0.6
ZOOM_AREA = (0.25, 0.95)
ZOOM_RATIO = (0.85, 1.2)
ZOOM_DISTORTION, WIDE_DISTORTION, PERSPECTIVE_PROBABILITY = 0.4, 0.2, 0.7
HUE, SATURATION, COLOUR_PROBABILITY = 0.1, 0.1, 0.8
_BANK_SLACK = 1 << 20


def count_zoom(num_cuts: int) -> int:
    """How many of the cutouts zoom in."""
    return int(ZOOM_SHARE * num_cuts)


@dataclass(frozen=True)
class ZoomWidePlan(Plan):
    """The cutouts of one step.

    Attributes:
        maps: N x 3 x 3, from the cutout to the canvas; the zooms come first.
        num_zoom: how many zooms there are.
        tint: colour shift and noise of each.
        input_size: S.
        padding: what zooms see beyond the border, "reflection" or "border".
        fill: the grey that the others see there, no dimensions.
    """

    maps: Tensor
    num_zoom: int
    tint: Tint
    input_size: int
    padding: str
    fill: Tensor

    def __call__(self, image: Tensor, *, plain: bool = False) -> Tensor:
        height, width = image.shape[-2:]
        factor = _reduction(height, width, self.input_size)
        source = shrunk(image, factor)
        maps = self.maps.to(image)
        if width % factor or height % factor:
            # The last pixels stand for fewer of the canvas's, so the picture fills only a share of the smaller one.
            share_x, share_y = width / (source.shape[-1] * factor), height / (source.shape[-2] * factor)
            maps = _within(share_x, share_y, maps.device, maps.dtype) @ maps
        zooms = Sampling(source, maps[: self.num_zoom], self.padding)
        # The grey outside is the zero of a picture that is taken relative to it; tints leave greys alone.
        fill = self.fill.to(image)
        wides = Sampling(source - fill, maps[self.num_zoom :], "zeros", fill)
        flat = take([zooms, wides], self.input_size, None if plain else self.tint.to(image))
        return flat.view(-1, 3, self.input_size, self.input_size)

    def part(self, first: int, last: int) -> ZoomWidePlan:
        """The plan of some of the cutouts, for working through them in pieces."""
        zooms = max(0, min(self.num_zoom, last) - min(self.num_zoom, first))
        return replace(self, maps=self.maps[first:last], num_zoom=zooms, tint=self.tint.part(first, last))

    def __len__(self) -> int:
        return len(self.maps)


class ZoomWide(Cutouts):
    """Plans of zoom and wide cutouts."""

    capturable = True

    def __init__(
        self, num_cuts: int, aspect: float, noise: float = 0.1, device: str = "cpu", settings: Any = None
    ) -> None:
        super().__init__(num_cuts, aspect, noise, device, settings)
        self._banks: dict[int, Tensor] = {}

    def plan(self, generator: torch.Generator, input_size: int, step: int, fill: float) -> ZoomWidePlan:
        num_zoom = count_zoom(self.num_cuts)
        num_wide = self.num_cuts - num_zoom
        crops = geometry.random_crops(num_zoom, self.aspect, ZOOM_AREA, ZOOM_RATIO, generator)
        shrunk = self._wides(num_wide, generator)
        distortion = torch.tensor([ZOOM_DISTORTION] * num_zoom + [WIDE_DISTORTION] * num_wide)
        bent = geometry.perspective(distortion, PERSPECTIVE_PROBABILITY, generator)
        # A zoom crops the bent picture, a wide cutout bends the shrunk one.
        maps = torch.cat([bent[:num_zoom] @ crops, shrunk @ bent[num_zoom:]])
        return ZoomWidePlan(
            maps=maps,
            num_zoom=num_zoom,
            tint=self._tint(input_size, generator),
            input_size=input_size,
            padding="reflection" if step % 2 == 0 else "border",
            fill=torch.tensor(fill),
        )

    def _wides(self, count: int, generator: torch.Generator) -> Tensor:
        """The whole picture, shrunk to fit a square and moved about in the room that is left."""
        aspect = self.aspect
        if aspect == 1:
            scale = torch.full((count,), 0.95)
            room_x = room_y = 0.05  # +-2.5 % of the side, in coordinates that run from -1 to 1
        else:
            narrow = min(aspect, 1 / aspect)
            scale = geometry.uniform(count, 0.9 * narrow, narrow, generator)
            room_x, room_y = (0.0, 1 - narrow) if aspect > 1 else (1 - narrow, 0.0)
        # Before the central square is cut out, the longer side of the picture reaches beyond the square.
        scale_x, scale_y = scale * max(aspect, 1), scale * max(1 / aspect, 1)
        shift_x = geometry.uniform(count, -room_x, room_x, generator)
        shift_y = geometry.uniform(count, -room_y, room_y, generator)
        return geometry.scale_and_shift(1 / scale_x, 1 / scale_y, -shift_x / scale_x, -shift_y / scale_y)

    def _tint(self, input_size: int, generator: torch.Generator) -> Tint:
        colours = geometry.colour_matrices(self.num_cuts, HUE, SATURATION, COLOUR_PROBABILITY, generator)
        strength = torch.rand(self.num_cuts, generator=generator) * self.noise
        return Tint(colours, self._noise(input_size, generator), strength)

    def _noise(self, input_size: int, generator: torch.Generator) -> Tensor | None:
        """A slice of a bank of normal numbers at a random place: as good as fresh ones, and nearly free."""
        length = self.num_cuts * 3 * input_size**2
        start = int(torch.randint(0, _BANK_SLACK, (), generator=generator))
        if self.noise == 0:
            return None
        if input_size not in self._banks:
            seeded = torch.Generator().manual_seed(input_size)
            self._banks[input_size] = torch.randn(length + _BANK_SLACK, generator=seeded).to(self.device)
        return self._banks[input_size][start : start + length].view(self.num_cuts, 3, -1)


@cache  # never emptied: a CUDA graph may read from it
def _within(share_x: float, share_y: float, device: torch.device, dtype: torch.dtype) -> Tensor:
    """From a picture to a larger one that it fills only a share of, from the top left corner on."""
    return torch.tensor([[share_x, 0, share_x - 1], [0, share_y, share_y - 1], [0, 0, 1]], device=device, dtype=dtype)


def _reduction(height: int, width: int, input_size: int) -> int:
    """By which whole factor to shrink a canvas first: near the spacing of samples, between zooms and wide cutouts."""
    wide = max(width, height) / (0.95 * input_size)
    zoom = (0.6 * width * height) ** 0.5 / input_size
    return max(1, int(0.8 * (wide * zoom) ** 0.5 + 0.5))
