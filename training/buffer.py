"""A replay buffer of pictures that a model is painting while it is trained."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pixray.drawers.pixel.drawer import RATE as DRAWERS_RATE
from pixray.drawers.strokes.sketch import Sketch
from pixray.settings.tables import EMBEDDED_PIXEL
from training.captions import Captions
from training.pictures import Painter, on_grid
from training.scene_sampler import Picture, Thing
from training.strokes import begin_strokes, drawn, moved
from training.targets import Targets

RATE, STEPS, LEAST = DRAWERS_RATE * EMBEDDED_PIXEL["learning_rate_factor"], 100, 0.1
"""How far the first step moves the numbers of a picture, as a root of the mean of squares; it falls in so many steps to
a tenth of that."""
GRIDS = (32, 40, 40, 48)
"""Cells per side of painted pictures."""
CALM = float(EMBEDDED_PIXEL["priors"].removeprefix("tv:"))
"""Weight of total variation, as `priors` has it with the embedded guide and a pixel grid."""
STROKES = 0
"""Stands in place of a grid for pictures of strokes."""


class Buffer:
    """Pictures that the model is painting, and what they are to show.

    Args:
        captions: where new subjects come from; painter: draws what they could become; size: how many pictures;
        generator: of all other chance, on the CPU; strokes: share of pictures that are painted with strokes.
    """

    def __init__(
        self, captions: Captions, painter: Painter, size: int, generator: torch.Generator, strokes: float = 0.2
    ) -> None:
        self.captions, self.generator, self.strokes = captions, generator, strokes
        self.images = torch.zeros(size, 3, 64, 64)
        self.grids = [0] * size
        self.ages = [0] * size
        self.first = torch.zeros_like(self.images)
        self.sketches: dict[int, Sketch] = {}
        self.pictures = [Picture()] * size
        self.goals = Targets(captions, painter, size, generator)
        self.restart(list(range(size)))

    def restart(self, numbers: list[int]) -> None:
        """Begin some pictures again, with other subjects."""
        for number in numbers:
            self._begin(number)
        self.goals.renew(numbers, [self.pictures[number] for number in numbers])

    def _begin(self, number: int) -> None:
        """Another subject, and grey or coloured noise."""
        self.pictures[number] = self.captions.picture(ugly=0.0)
        self.sketches.pop(number, None)
        self.ages[number] = 0
        self.first[number] = 0
        by_strokes = float(torch.rand((), generator=self.generator)) < self.strokes
        choice = int(torch.randint(len(GRIDS), (), generator=self.generator))
        self.grids[number] = STROKES if by_strokes else GRIDS[choice]
        if by_strokes:
            self.sketches[number] = begin_strokes(self.generator)
            self.images[number] = drawn(self.sketches[number])
            return
        strength = float(torch.rand((), generator=self.generator))
        noise = (torch.rand(1, 3, self.grids[number], self.grids[number], generator=self.generator) - 0.5) * strength
        grey = 0.5 + (float(torch.rand((), generator=self.generator)) - 0.5) * 0.6 * (1 - strength)
        self.images[number] = F.interpolate(noise + grey, size=(64, 64))[0]

    def step(self, ids: list[int], images: Tensor, gradient: Tensor) -> Tensor:
        """Move pictures uphill as the pixel drawer does (`NormalizedSGD`), by steps that grow shorter.

        Args:
            images: N 3 64 64, the pictures `ids`; gradient: of what is to grow.
        """
        grids = [self.grids[number] for number in ids]
        slope = _gridded(gradient, grids).cpu()
        slope = slope / slope.flatten(1).norm(dim=1).view(-1, 1, 1, 1).clamp_min(1e-12)
        for row, number in enumerate(ids):
            self.ages[number] += 1
            if self.grids[number] == STROKES:
                self.sketches[number] = moved(self.sketches[number], gradient[row].cpu())
                images[row] = drawn(self.sketches[number]).to(images)
                continue
            first = self.first[number].lerp_(slope[row], 0.1)
            upward = first / first.square().mean().sqrt().clamp_min(1e-12)
            rate = RATE * max(LEAST, 1 - self.ages[number] / STEPS)
            images[row] = (images[row] + rate * upward.to(images)).clamp(0, 1)
        self.images[ids] = images.cpu()
        return images

    def calm(self, ids: list[int]) -> Tensor:
        """How much total variation counts in each picture: half of them are painted with the prior of the presets."""
        return torch.tensor([CALM * (number % 2) for number in ids])

    def sample(self, count: int) -> list[int]:
        return torch.randperm(len(self.images), generator=self.generator)[:count].tolist()

    def state_dict(self) -> dict[str, Any]:
        pictures = [dataclasses.asdict(picture) for picture in self.pictures]
        sketches = {number: vars(sketch) for number, sketch in self.sketches.items()}
        return {
            "images": self.images,
            "grids": self.grids,
            "ages": self.ages,
            "first": self.first,
            "pictures": pictures,
            "sketches": sketches,
            "goals": self.goals.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.images, self.grids, self.ages = state["images"], state["grids"], state["ages"]
        self.first = state["first"]
        self.goals.load_state_dict(state["goals"])
        self.sketches = {number: Sketch(**tensors) for number, tensors in state["sketches"].items()}
        self.pictures = [
            Picture(**{**fields, "things": [Thing(**thing) for thing in fields["things"]]})
            for fields in state["pictures"]
        ]


def _gridded(images: Tensor, grids: list[int]) -> Tensor:
    """Each picture on its own grid."""
    images = images.clone()
    for cells in sorted(set(grids) - {STROKES}):
        rows = [row for row, grid in enumerate(grids) if grid == cells]
        images[rows] = on_grid(images[rows], cells)
    return images
