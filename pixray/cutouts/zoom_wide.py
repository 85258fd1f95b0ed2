"""Cutouts of two kinds, as the old pixray took them: 60 % zoom into the picture, 40 % show all of it on grey.

Each cutout is one resampling straight from the canvas: perspective, crop or shrinking are composed into a single
homography, colour jitter is a 3 x 3 matrix, noise is a slice of a bank. kornia's chain of modules does the same in
several resamplings (`cutouts=classic`) and takes more than ten times as long.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.cutouts import geometry
from pixray.cutouts.base import Cutouts, Plan

ZOOM_SHARE = 0.6
ZOOM_AREA = (0.25, 0.95)
ZOOM_RATIO = (0.85, 1.2)
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
        colours: N x 3 x 3, to multiply RGB columns with.
        noise: N x 3 x S*S to be added, already scaled, or None.
        input_size: S.
        padding: what zooms see beyond the border, "reflection" or "border".
        fill: the grey that the others see there.
    """

    maps: Tensor
    num_zoom: int
    colours: Tensor
    noise: Tensor | None
    input_size: int
    padding: str
    fill: float

    def __call__(self, image: Tensor, *, plain: bool = False) -> Tensor:
        maps = self.maps.to(image.device)
        zooms = self._resample(image, maps[: self.num_zoom], wide=False)
        wides = self._resample(image - self.fill, maps[self.num_zoom :], wide=True) + self.fill
        flat = torch.cat([zooms, wides])
        if not plain:
            colours = self.colours.to(flat)
            flat = colours @ flat if self.noise is None else torch.baddbmm(self.noise.to(flat), colours, flat)
        return flat.view(-1, 3, self.input_size, self.input_size)

    def part(self, first: int, last: int) -> ZoomWidePlan:
        """The plan of some of the cutouts, for working through them in pieces."""
        zooms = max(0, min(self.num_zoom, last) - min(self.num_zoom, first))
        noise = None if self.noise is None else self.noise[first:last]
        return replace(self, maps=self.maps[first:last], colours=self.colours[first:last], num_zoom=zooms, noise=noise)

    def __len__(self) -> int:
        return len(self.maps)

    def _resample(self, image: Tensor, maps: Tensor, *, wide: bool) -> Tensor:
        """N 3 S*S cutouts along N maps."""
        count = len(maps)
        if not count:
            return image.new_zeros(0, 3, self.input_size**2)
        source, extent_x, extent_y = _reduced(image, _reduction(image.shape[-2:], self.input_size, wide=wide))
        points = maps.to(image.dtype) @ _points(self.input_size, image)
        x, y = points[:, 0] / points[:, 2], points[:, 1] / points[:, 2]
        grid = torch.stack([(x + 1) * extent_x - 1, (y + 1) * extent_y - 1], -1)
        # grid_sample works in parallel over its batch only on a CPU, and sums the gradient of an expanded image.
        groups = _groups(count) if image.device.type == "cpu" else 1
        taken = F.grid_sample(
            source.expand(groups, -1, -1, -1),
            grid.view(groups, count // groups, -1, 2),
            mode="bilinear",
            padding_mode="zeros" if wide else self.padding,
            align_corners=False,
        )
        return taken.transpose(1, 2).reshape(count, 3, -1)


class ZoomWide(Cutouts):
    """Plans of zoom and wide cutouts.

    Args:
        num_cuts: N.
        aspect: width / height of the canvas.
        noise: each cutout gets Gaussian noise of a strength between 0 and this.
        device: where the noise lives.
    """

    def __init__(self, num_cuts: int, aspect: float, noise: float = 0.1, device: str = "cpu") -> None:
        self.num_cuts = num_cuts
        self.aspect = aspect
        self.noise = noise
        self.device = device
        self._banks: dict[int, Tensor] = {}

    def plan(self, generator: torch.Generator, input_size: int, step: int, fill: float) -> ZoomWidePlan:
        num_zoom = count_zoom(self.num_cuts)
        maps = torch.cat([self._zooms(num_zoom, generator), self._wides(self.num_cuts - num_zoom, generator)])
        colours = geometry.colour_matrices(self.num_cuts, HUE, SATURATION, COLOUR_PROBABILITY, generator)
        return ZoomWidePlan(
            maps=maps,
            num_zoom=num_zoom,
            colours=colours,
            noise=self._noise(input_size, generator),
            input_size=input_size,
            padding="reflection" if step % 2 == 0 else "border",
            fill=fill,
        )

    def _zooms(self, count: int, generator: torch.Generator) -> Tensor:
        bend = geometry.perspective(count, 0.4, 0.7, generator)
        return bend @ geometry.random_crops(count, self.aspect, ZOOM_AREA, ZOOM_RATIO, generator)

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
        to_canvas = geometry.scale_and_shift(1 / scale_x, 1 / scale_y, -shift_x / scale_x, -shift_y / scale_y)
        return to_canvas @ geometry.perspective(count, 0.2, 0.7, generator)

    def _noise(self, input_size: int, generator: torch.Generator) -> Tensor | None:
        """A slice of a bank of normal numbers at a random place: as good as fresh ones, and nearly free."""
        strength = torch.rand(self.num_cuts, generator=generator) * self.noise
        length = self.num_cuts * 3 * input_size**2
        place = int(torch.randint(0, _BANK_SLACK, (), generator=generator))
        if self.noise == 0:
            return None
        if input_size not in self._banks:
            seeded = torch.Generator().manual_seed(input_size)
            self._banks[input_size] = torch.randn(length + _BANK_SLACK, generator=seeded).to(self.device)
        fresh = self._banks[input_size][place : place + length].view(self.num_cuts, 3, -1)
        return fresh * strength.to(self.device)[:, None, None]


def _points(size: int, like: Tensor) -> Tensor:
    """Homogeneous coordinates of every pixel centre of a cutout: 3 x S*S."""
    centres = (torch.arange(size, device=like.device, dtype=like.dtype) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    return torch.stack([x.reshape(-1), y.reshape(-1), torch.ones(size * size, device=like.device, dtype=like.dtype)])


def _reduction(shape: torch.Size, input_size: int, *, wide: bool) -> int:
    """By which whole factor to shrink a large canvas first, so that no pixel is skipped between two samples."""
    height, width = shape
    spacing = max(width, height) / (0.95 * input_size) if wide else (0.6 * width * height) ** 0.5 / input_size
    return max(1, int(0.8 * spacing + 0.5))


def _reduced(image: Tensor, factor: int) -> tuple[Tensor, float, float]:
    """The image shrunk by averaging, and which share of the shrunk one is picture (its last pixels may be partial)."""
    if factor == 1:
        return image, 1.0, 1.0
    height, width = image.shape[-2:]
    small = F.avg_pool2d(image, factor, ceil_mode=True, count_include_pad=False)
    return small, width / (small.shape[-1] * factor), height / (small.shape[-2] * factor)


def _groups(count: int) -> int:
    """The largest divisor up to 8: enough for the threads, few enough copies of the gradient."""
    return max(divisor for divisor in range(1, 9) if count % divisor == 0)
