"""Losses of a step that are read from the device when somebody looks, all in one go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor


class Reading(Mapping[str, float]):
    """Each loss by name.

    Args:
        values: numbers on some device.
    """

    def __init__(self, values: Mapping[str, Tensor]) -> None:
        self._values = dict(values)
        self._read: dict[str, float] | None = None

    @property
    def total(self) -> Tensor | None:
        """The sum, still on the device; None when there are no losses."""
        return torch.stack(self._columns()).sum() if self._values else None

    @property
    def at_hand(self) -> bool:
        """Whether looking costs no waiting."""
        return self._read is not None or all(value.device.type == "cpu" for value in self._values.values())

    def __getitem__(self, name: str) -> float:
        return self._numbers()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _columns(self) -> list[Tensor]:
        # A loss that has nothing to say may answer with a number on the CPU, whatever the device of the others.
        devices = [value.device for value in self._values.values()]
        device = next((one for one in devices if one.type != "cpu"), devices[0])
        return [value.detach().float().reshape(()).to(device) for value in self._values.values()]

    def _numbers(self) -> dict[str, float]:
        if self._read is None:
            together = torch.stack(self._columns()).tolist() if self._values else []
            self._read = dict(zip(self._values, together, strict=True))
        return self._read
