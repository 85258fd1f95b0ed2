"""Losses of a step that are read from the device when somebody looks, all in one go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Reading(Mapping[str, float]):
    """Each loss by name.

    Attributes:
        names: of the losses; column: one number for each, on some device; None when there are no losses.
    """

    names: tuple[str, ...] = ()
    column: Tensor | None = None

    @classmethod
    def of(cls, values: Mapping[str, Tensor]) -> Reading:
        """Losses by name, as scalars."""
        if not values:
            return cls()
        # A loss that has nothing to say may answer with a number on the CPU, whatever the device of the others.
        devices = [value.device for value in values.values()]
        device = next((one for one in devices if one.type != "cpu"), devices[0])
        columns = [value.detach().float().reshape(()).to(device) for value in values.values()]
        return cls(tuple(values), torch.stack(columns))

    @property
    def total(self) -> Tensor | None:
        """The sum, still on the device; None when there are no losses."""
        return None if self.column is None else self.column.sum()

    @property
    def at_hand(self) -> bool:
        """Whether looking costs no waiting."""
        there = self.column
        return there is None or there.device.type == "cpu" or "_numbers" in vars(self)

    def __getitem__(self, name: str) -> float:
        return self._numbers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def _numbers(self) -> dict[str, float]:
        there = self.column
        return {} if there is None else dict(zip(self.names, there.tolist(), strict=True))
