"""A replay buffer of drafts in ink that a model is painting while it is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pixray.engine.ink_draft import STEPS, clouds, sigma_at, stepped
from training.ink.bank import SIDE


class Buffer:
    """Coverages of ink that the model is painting, and what they are to show.

    Args:
        size: how many; thing: chooses what the next one is to show; generator: of all other chance, on the CPU.

    Attributes:
        images: N 1 64 64 in [0, 1]; ages: steps that each has taken.
    """

    def __init__(self, size: int, thing: Callable[[], int], generator: torch.Generator) -> None:
        self.thing, self.generator = thing, generator
        self.images = torch.zeros(size, 1, SIDE, SIDE)
        self.things, self.ages = [0] * size, [0] * size
        self.restart(list(range(size)))

    def restart(self, numbers: list[int]) -> None:
        """Begin some drawings again, with other subjects."""
        for number in numbers:
            self.things[number], self.ages[number] = self.thing(), 0
            self.images[number] = clouds(1, self.generator)[0]

    def sample(self, count: int) -> list[int]:
        return torch.randperm(len(self.images), generator=self.generator)[:count].tolist()

    def sigmas(self, ids: list[int]) -> Tensor:
        """How much each is blurred when it is looked at."""
        return torch.tensor([sigma_at(min(1.0, self.ages[number] / STEPS)) for number in ids])

    def step(self, ids: list[int], gradient: Tensor) -> None:
        """Move drawings uphill."""
        for number in ids:
            self.ages[number] += 1
        self.images[ids] = stepped(self.images[ids], gradient)

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("images", "things", "ages")}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
