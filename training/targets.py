"""What pictures that are being painted could become."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from training.captions import Captions
from training.pictures import Painter
from training.scene_sampler import Picture

CHOICES = 16
OWN_GROUND = 0.5
"""Share of goals that keep the ground they were drawn on."""
CONTRAST = 0.35
"""Distance of two colours that can be told apart, as a root of summed squares of shares of full colour."""
CELLS = 16


class Targets:
    """Several real pictures for each of `size` captions, of which the nearest to what is painted is the goal.

    A caption has many pictures, and the way to their mean is the way to a blur: the outline of a heart that may stand
    anywhere is a cushion. The way to the nearest of them is what denoising would find. And where a caption leaves the
    ground open, the goal stands on the ground that is already painted: nothing then pulls grounds to one colour.

    Args:
        generator: of all chance but what the pictures show, on the CPU.
    """

    def __init__(self, captions: Captions, painter: Painter, size: int, generator: torch.Generator) -> None:
        self.captions, self.painter, self.generator = captions, painter, generator
        side = painter.size
        self.images = torch.zeros(size, CHOICES, 3, side, side, dtype=torch.uint8)
        self.covers = torch.zeros(size, CHOICES, 1, side, side, dtype=torch.uint8)

    def renew(self, numbers: list[int], pictures: list[Picture]) -> None:
        """Draw what the pictures with these numbers could become."""
        if not numbers:
            return
        others = [self.captions.another(picture) for picture in pictures for _ in range(CHOICES)]
        drawn = self.painter.draw(others)
        self.images[numbers] = _bytes(drawn.images).view(len(numbers), *self.images.shape[1:])
        self.covers[numbers] = _bytes(drawn.covers).view(len(numbers), *self.covers.shape[1:])

    def nearest(self, numbers: list[int], pictures: list[Picture], painted: Tensor) -> Tensor:
        """The goals of painted pictures.

        Args:
            pictures: what they are to show; painted: N 3 S S in [0, 1], what they show so far.
        """
        own = self.images[numbers].to(painted) / 255
        cover = self.covers[numbers].to(painted) / 255
        adapted = _on_ground(own, cover, painted[:, None])
        left_open = [picture.apart_from is not None for picture in pictures]
        any_ground = torch.tensor(left_open, dtype=torch.bool, device=painted.device)
        adapted = torch.where(any_ground.view(-1, 1, 1, 1, 1), adapted, own)
        distance = (_coarse(adapted) - _coarse(painted[:, None])).square().mean((2, 3, 4))
        rows, best = torch.arange(len(numbers), device=painted.device), distance.argmin(1)
        keeps = torch.rand(len(numbers), 1, 1, 1, generator=self.generator).to(painted) < OWN_GROUND
        return torch.where(keeps, own[rows, best], adapted[rows, best])

    def state_dict(self) -> dict[str, Any]:
        return {"images": self.images, "covers": self.covers}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.images, self.covers = state["images"], state["covers"]


def _bytes(images: Tensor) -> Tensor:
    return (images * 255).round().to(torch.uint8).cpu()


def _coarse(images: Tensor) -> Tensor:
    """N K 3 S S as N K 3 cells cells."""
    return F.interpolate(images.flatten(0, 1), size=(CELLS, CELLS), mode="area").unflatten(0, images.shape[:2])


def _on_ground(own: Tensor, cover: Tensor, painted: Tensor) -> Tensor:
    """Pictures N K 3 S S on the mean colour that N 1 3 S S have around what they show, if it can be told from it."""
    outside = 1 - cover
    ground = (painted * outside).sum((3, 4), keepdim=True) / outside.sum((3, 4), keepdim=True).clamp(min=1)
    thing = (own * cover).sum((3, 4), keepdim=True) / cover.sum((3, 4), keepdim=True).clamp(min=1)
    apart = (ground - thing).square().sum(2, keepdim=True).sqrt() > CONTRAST
    before = (own * outside).sum((3, 4), keepdim=True) / outside.sum((3, 4), keepdim=True).clamp(min=1)
    return torch.where(apart, (own + outside * (ground - before)).clamp(0, 1), own)
