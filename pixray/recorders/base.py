"""Recorders observe a run: callables that take every event, and may have a `close()`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Protocol

from pixray.events import Event


class Recorder(Protocol):
    """Anything that can be called with an event. An optional `close()` is called once, however the run ends."""

    def __call__(self, event: Event) -> None: ...


def attach(events: Iterable[Event], *recorders: Recorder) -> Iterator[Event]:
    """Pass events on, after every recorder has seen them.

    Recorders are closed, in order, when the run ends, fails, or its consumer leaves; so is the run itself.
    """
    with ExitStack() as stack:
        for recorder in reversed(recorders):
            close = getattr(recorder, "close", None)
            if close is not None:
                stack.callback(close)
        end_run = getattr(events, "close", None)
        if end_run is not None:
            stack.callback(end_run)
        for event in events:
            for recorder in recorders:
                recorder(event)
            yield event
