"""How a process of our own waits and keeps memory. A library's host decides that itself, so only programs call this."""

from __future__ import annotations

import os
import sys

_GIBIBYTE = 1 << 30
_TRIM, _MMAP, _ARENAS = -1, -3, -8
"""glibc's M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX, from malloc.h."""
_SPINS = "1000"
"""Rounds of GNU OpenMP's waiting loop, about ten microseconds: the time between two small operations of a step."""


def prepare_process() -> None:
    """Settle how threads wait and what becomes of freed memory; to be called before torch is loaded.

    - Idle threads spin for a few microseconds and then sleep. That is nearly as fast as spinning on a quiet machine,
      and nearly as fast as sleeping beside other busy processes, where spinning is many times slower (docs/speed.md
      has figures). `OMP_WAIT_POLICY` or `GOMP_SPINCOUNT` decide if they are set.
    - Freed memory stays with the process. glibc would give large blocks back after every step, and take them again at
      the price of a page fault every 4 KiB. Where glibc is not there, or `MALLOC_` variables say something else,
      nothing is changed.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    if sys.platform != "linux" or any(name.startswith("MALLOC_") for name in os.environ):
        return
    import ctypes  # help pages and wrong settings are answered without it

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    # One arena, since blocks above 64 MiB never come from the others, and gradients are worked out in a second thread.
    for option, value in ((_MMAP, _GIBIBYTE), (_TRIM, 2 * _GIBIBYTE - 1), (_ARENAS, 1)):
        mallopt(option, value)
