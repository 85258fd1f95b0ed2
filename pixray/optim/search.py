"""Search, for drawers without gradients: the losses rate candidates, and the best one is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


class SearchOptimizer:
    """Remembers the best candidate so far. Has the interface of a GradientOptimizer, without parameters or rates."""

    searches = True
    factor = 1.0
    exhausted = False

    def __init__(self) -> None:
        self.best = math.inf
        self.best_step = 0

    @property
    def ready(self) -> bool:
        """Whether there is a candidate yet."""
        return not math.isinf(self.best)

    def offer(self, step: int, total: float) -> bool:
        """Compare a candidate with the best one; whether it is better.

        Args:
            step: in which it was proposed, from 1; total: its loss.
        """
        if not total < self.best:
            return False
        self.best, self.best_step = total, step
        return True

    def tensors(self) -> list[Tensor]:
        return []

    def drop_if_due(self, step: int) -> bool:
        return False

    def clear(self) -> None:
        return

    def update(self, losses: Mapping[str, float]) -> bool:
        return True

    def watch(self, step: int, losses: Mapping[str, float]) -> bool:
        return False

    def state(self) -> dict[str, Any]:
        """Everything needed to continue."""
        return {"best": self.best, "best_step": self.best_step}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a saved state."""
        self.best, self.best_step = float(state["best"]), int(state["best_step"])
