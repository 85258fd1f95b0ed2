"""The losses of a step, read from the device together, when somebody looks at one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(eq=False)
class LossValues(Mapping[str, float]):
    """Each loss by name. Read only.

    Attributes:
        names: of the losses.
        column: one number for each, on any device; None when there are no losses.
    """

    names: tuple[str, ...] = ()
    column: Tensor | None = None
    _numbers: dict[str, float] | None = field(default=None, init=False, repr=False)

    @classmethod
    def of(cls, values: Mapping[str, Tensor]) -> LossValues:
        """Losses by name, as scalars."""
        if not values:
            return cls()
        # A constant loss may be a number on the CPU, whatever the device of the others.
        devices = [value.device for value in values.values()]
        device = next((device for device in devices if device.type != "cpu"), devices[0])
        scalars = [value.detach().float().reshape(()).to(device) for value in values.values()]
        return cls(tuple(values), torch.stack(scalars))

    @property
    def total(self) -> Tensor | None:
        """The sum, still on the device; None when there are no losses."""
        return None if self.column is None else self.column.sum()

    @property
    def at_hand(self) -> bool:
        """Whether reading the losses costs no waiting for a device."""
        return self.column is None or self.column.device.type == "cpu" or self._numbers is not None

    def __getitem__(self, name: str) -> float:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def _read(self) -> dict[str, float]:
        if self._numbers is None:
            numbers = [] if self.column is None else self.column.tolist()
            self._numbers = dict(zip(self.names, numbers, strict=True))
        return self._numbers
