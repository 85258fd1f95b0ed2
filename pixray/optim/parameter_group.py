"""Tensors to optimise, and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class ParameterGroup:
    """Tensors that share a learning rate; `rate` None means the run's `learning_rate`."""

    tensors: Sequence[Tensor]
    rate: float | None = None


def at_multiple(groups: Sequence[ParameterGroup], factor: float, rate: float) -> list[ParameterGroup]:
    """The same tensors at a multiple of their rates; `rate` is that of the run."""
    return [ParameterGroup(group.tensors, factor * (rate if group.rate is None else group.rate)) for group in groups]
