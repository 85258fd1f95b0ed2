"""Losses of steps that may still lie on a GPU, where reading them makes the host wait."""

from __future__ import annotations

import math

from pixray.optim.loss_values import LossValues

LAG = 16
"""Steps after which they are read in any case, to notice numbers that are not finite."""


class UnreadLosses:
    """Keeps losses until they are read, which forgets them."""

    def __init__(self) -> None:
        self._losses: list[LossValues] = []

    def __len__(self) -> int:
        return len(self._losses)

    def add(self, losses: LossValues) -> bool:
        """Keep the losses of a step; whether it is time to read all."""
        self._losses.append(losses)
        return losses.at_hand or len(self._losses) >= LAG

    def broken(self) -> list[str]:
        """Read all; the names of those that are not finite."""
        losses, self._losses = self._losses, []
        return list(dict.fromkeys(name for one in losses for name, value in one.items() if not math.isfinite(value)))
