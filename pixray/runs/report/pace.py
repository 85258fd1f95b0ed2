"""How often pages about many runs are written while these are painted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

_LEAST, _SHARE = 5.0, 20
"""Seconds between two times at least, and how many times what writing took."""


class Pace:
    """Often enough for whoever looks, and never for more than a twentieth of the time, however many runs there are."""

    def __init__(self) -> None:
        self._due = 0.0

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return time.monotonic() >= self._due

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Inside, the pages are written."""
        begun = time.monotonic()
        yield
        now = time.monotonic()
        self._due = now + max(_LEAST, _SHARE * (now - begun))
