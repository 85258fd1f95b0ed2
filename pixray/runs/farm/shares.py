"""How much of a machine one run gets: cores, and a GPU or a fraction of one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pixray.errors import SettingsError

_OVERHEAD_BYTES = 600 << 20
"""What a process takes of a GPU besides its tensors: kernels and the context."""
_ROOM = 1.15
"""Memory is measured in one run; others may need a little more."""
_FINEST = 16
"""Runs that share a GPU at most: beyond that they wait for one another and for their processes' memory."""


@dataclass(frozen=True)
class Share:
    """What one run occupies.

    Attributes:
        cpus: cores; gpus: GPUs, or a fraction of one; None: as much as the first run turns out to need.
        workers: how many run at once at most; None: as many as there is room for.
    """

    cpus: float | None = None
    gpus: float | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        problems = [
            f"{name}={value:g}: expected a number {expected}"
            for name, value, expected, wrong in (
                ("cpus_per_run", self.cpus, "above 0", self.cpus is not None and not 0 < self.cpus < math.inf),
                (
                    "gpus_per_run",
                    self.gpus,
                    "from 0 to 1, or a whole number of GPUs",
                    self.gpus is not None and not _sensible(self.gpus),
                ),
                ("workers", self.workers, "from 1", self.workers is not None and self.workers < 1),
            )
            if wrong and value is not None
        ]
        if problems:
            raise SettingsError(problems)

    def on(self, nodes: Iterable[Mapping[str, float]]) -> Share:
        """This share where nobody said otherwise: a whole core without GPUs, half a core beside one.

        Args:
            nodes: the resources of each machine, as Ray names them.
        """
        gpus = self.gpus
        if gpus is None and not any(node.get("GPU", 0) for node in nodes):
            gpus = 0
        cpus = self.cpus if self.cpus is not None else 1 if gpus == 0 else 0.5
        return replace(self, cpus=cpus, gpus=gpus)

    @property
    def measures(self) -> bool:
        """Whether a first run has to show how much of a GPU it needs."""
        return self.gpus is None

    def measured(self, peak: int | None, total: int | None) -> Share:
        """This share after a run that had a GPU to itself.

        Args:
            peak: bytes of memory that it took at most; total: those of the GPU; None: nobody could tell.
        """
        return replace(self, gpus=1 if not peak or not total else fraction(peak, total))

    def options(self) -> dict[str, Any]:
        """For Ray; while the need is unknown, a whole GPU."""
        return {"num_cpus": self.cpus or 0, "num_gpus": 1 if self.gpus is None else self.gpus}

    def room(self, nodes: Iterable[Mapping[str, float]]) -> int:
        """How many runs fit onto some machines at once."""
        needs = {"CPU": self.cpus or 0, "GPU": 1 if self.gpus is None else self.gpus}
        fits = sum(
            min(math.floor(node.get(kind, 0) / need + 1e-9) for kind, need in needs.items() if need) for node in nodes
        )
        return fits if self.workers is None else min(fits, self.workers)


def _sensible(gpus: float) -> bool:
    return 0 <= gpus <= 1 or (math.isfinite(gpus) and gpus == int(gpus) and gpus > 0)


def fraction(peak: int, total: int) -> float:
    """The fraction of a GPU that a run needs, so that a whole number of them fills it.

    >>> fraction(5 << 30, 80 << 30), fraction(30 << 30, 80 << 30), fraction(79 << 30, 80 << 30)
    (0.0833, 0.5, 1)
    """
    runs = min(_FINEST, math.floor(total / ((peak + _OVERHEAD_BYTES) * _ROOM)))
    return 1 if runs <= 1 else math.floor(10_000 / runs) / 10_000
