"""Ctrl-C: the first one ends the run after its step, picture saved and films closed; the second ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Stoppable(Protocol):
    """Anything that can be asked to end."""

    def stop(self) -> None: ...


@contextmanager
def graceful(session: Stoppable) -> Iterator[None]:
    """While inside, Ctrl-C asks the session to stop. Outside the main thread, where signals do not arrive, nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_interrupt(number: int, frame: Any) -> None:
        session.stop()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
