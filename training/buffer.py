"""A replay buffer of pictures that a model is painting while it is trained."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch.nn import functional as F

from pixray.strokes.sketch import Sketch
from training.captions import Captions
from training.inventing import Picture, Thing
from training.strokes import begin_strokes, drawn

GRIDS = (32, 40, 40, 64)
"""Cells per side of painted pictures; 64 are free pixels."""
STROKES = 0
"""Stands in place of a grid for pictures of strokes, every fifth."""


class Buffer:
    """Pictures that the model is painting, and what they are to show.

    Args:
        captions: where new subjects come from; chance: of restarts and starts.
    """

    def __init__(self, captions: Captions, size: int, generator: torch.Generator) -> None:
        self.captions, self.generator = captions, generator
        self.images = torch.zeros(size, 3, 64, 64)
        self.grids = [0] * size
        self.ages = [0] * size
        self.sketches: dict[int, Sketch] = {}
        self.pictures = [Picture()] * size
        for number in range(size):
            self.restart(number)

    def restart(self, number: int) -> None:
        """Begin again with another subject, from grey or coloured noise."""
        self.pictures[number] = self.captions.picture(ugly=0.0)
        self.sketches.pop(number, None)
        self.ages[number] = 0
        choice = int(torch.randint(len(GRIDS) + 1, (), generator=self.generator))
        self.grids[number] = (*GRIDS, STROKES)[choice]
        if self.grids[number] == STROKES:
            self.sketches[number] = begin_strokes(self.generator)
            self.images[number] = drawn(self.sketches[number])
            return
        strength = float(torch.rand((), generator=self.generator))
        noise = (torch.rand(1, 3, self.grids[number], self.grids[number], generator=self.generator) - 0.5) * strength
        grey = 0.5 + (float(torch.rand((), generator=self.generator)) - 0.5) * 0.6 * (1 - strength)
        self.images[number] = F.interpolate(noise + grey, size=(64, 64))[0]

    def sample(self, count: int) -> list[int]:
        return torch.randperm(len(self.images), generator=self.generator)[:count].tolist()

    def state_dict(self) -> dict[str, Any]:
        pictures = [dataclasses.asdict(picture) for picture in self.pictures]
        sketches = {number: vars(sketch) for number, sketch in self.sketches.items()}
        return {
            "images": self.images,
            "grids": self.grids,
            "ages": self.ages,
            "pictures": pictures,
            "sketches": sketches,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.images, self.grids, self.ages = state["images"], state["grids"], state["ages"]
        self.sketches = {number: Sketch(**tensors) for number, tensors in state["sketches"].items()}
        self.pictures = [
            Picture(**{**fields, "things": [Thing(**thing) for thing in fields["things"]]})
            for fields in state["pictures"]
        ]
