"""The project's own cutouts, one of each picture of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.cutouts.direct import ZoomWide
from pixray.cutouts.jitter import jitter

STEADY = 0.9
"""Share of the cuts that show all of a picture, a little aside."""


@dataclass(frozen=True)
class Cuts:
    """One way of looking at each of B pictures: where (B x 3 x 3), how colours shift, noise, and what is outside."""

    maps: Tensor
    zooms: Tensor
    colours: Tensor
    noise: Tensor
    fill: float
    padding: str

    def __call__(self, images: Tensor, *, plain: bool = False) -> Tensor:
        """B 3 S S: one cutout of each picture; `plain` leaves out colour shift and noise."""
        count, _, size, _ = images.shape
        centres = (torch.arange(size, device=images.device, dtype=images.dtype) + 0.5) / size * 2 - 1
        y, x = torch.meshgrid(centres, centres, indexing="ij")
        points = self.maps @ torch.stack([x.reshape(-1), y.reshape(-1), torch.ones_like(x).reshape(-1)])
        grid = (points[:, :2] / points[:, 2:]).transpose(1, 2).view(count, size, size, 2)
        taken = F.grid_sample(images - self.fill, grid, align_corners=False, padding_mode="zeros") + self.fill
        near = F.grid_sample(images, grid, align_corners=False, padding_mode=self.padding)
        taken = torch.where(self.zooms.view(-1, 1, 1, 1), near, taken)
        if plain:
            return taken
        return torch.baddbmm(self.noise, self.colours, taken.flatten(2)).view_as(taken)


class Cutter:
    """Makes cuts with the cutouts that painting uses by default.

    Args:
        generator: the only source of chance, on the CPU.
        noise: as the setting `cut_noise`.
    """

    def __init__(self, generator: torch.Generator, noise: float = 0.15, device: str = "cpu") -> None:
        self.generator, self.noise, self.device = generator, noise, device
        self._makers: dict[int, ZoomWide] = {}

    def cuts(self, count: int, size: int) -> Cuts:
        if count not in self._makers:
            self._makers[count] = ZoomWide(count, 1.0, self.noise, self.device)
        step = int(torch.randint(2, (), generator=self.generator))
        plan = self._makers[count].plan(self.generator, size, step, float(torch.rand((), generator=self.generator)))
        assert plan.tint.noise is not None
        noise = plan.tint.noise * plan.tint.strength.to(plan.tint.noise)[:, None, None]
        order = torch.randperm(count, generator=self.generator)
        zooms = (order < plan.num_zoom).to(self.device)
        maps, colours = plan.maps[order].to(self.device), plan.tint.colours[order].to(self.device)
        steady = (torch.rand(count, generator=self.generator) < STEADY).to(self.device)
        whole = torch.eye(3).repeat(count, 1, 1)
        whole[:, :2] = jitter(count, self.generator)
        maps = torch.where(steady.view(-1, 1, 1), whole.to(maps), maps)
        zooms = zooms | steady
        return Cuts(maps, zooms, colours, noise[order.to(self.device)], plan.fill, plan.padding)
