"""Ctrl-C, TERM and HUP: the first ends the run after its step and keeps its files; the second ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol


class Stoppable(Protocol):
    """Anything that can be asked to end."""

    def stop(self) -> None: ...


@contextmanager
def graceful(session: Stoppable) -> Iterator[None]:
    """While inside, Ctrl-C, TERM and HUP ask the session to stop; other threads get no signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    previous = {number: signal.getsignal(number) for number in _ending()}

    def on_signal(number: int, frame: Any) -> None:
        session.stop()
        _restore(previous)

    for number in previous:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        _restore(previous)


def _ending() -> list[int]:
    """Signals that ask a process to end, less those that it was started to ignore, such as HUP under nohup."""
    numbers = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    return [number for number in numbers if number is not None and signal.getsignal(number) is not signal.SIG_IGN]


def _restore(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
