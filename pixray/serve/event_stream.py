"""Server-sent events: what the log tells, as fast as each client takes it.

A client that is slower than the events misses frames (`step`, `picture`, `order`), but never the last of a kind, and no
change of a job's state. One that was away names the last event that it knows, and gets from the log what came after it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from pixray.errors import SettingsError
from pixray.serve.event_log import FRAMES, Event, EventLog
from pixray.serve.jobs_api import answered

ALIVE = 15.0
"""Seconds after which a client is told that the connection lives, though nothing happens."""
MOST_PENDING = 2_000
"""Changes of state that may wait for a client before it is sent away; it comes back and gets them from the log."""


class Reader:
    """What still has to be sent to one client.

    Args:
        job: id of the only job that it wants to hear of; None: all.

    Attributes:
        lost: whether it is too slow to be told everything.
        ended: whether nothing more will come.
    """

    def __init__(self, job: str | None) -> None:
        self.job, self.lost, self.ended = job, False, False
        self._pending: OrderedDict[object, Event] = OrderedDict()
        self._news = asyncio.Event()

    def offer(self, event: Event) -> None:
        """Something happened."""
        if self.job is not None and event.job != self.job:
            return
        key: object = (event.kind, event.job) if event.kind in FRAMES else event.id
        self._pending.pop(key, None)
        self._pending[key] = event
        self.lost = self.lost or len(self._pending) > MOST_PENDING
        self._news.set()

    def end(self) -> None:
        """Nothing more will come."""
        self.ended = True
        self._news.set()

    async def take(self) -> list[Event]:
        """Everything that waits, oldest first; empty when nothing happened for a while."""
        try:
            await asyncio.wait_for(self._news.wait(), ALIVE)
        except asyncio.TimeoutError:
            return []
        self._news.clear()
        pending, self._pending = list(self._pending.values()), OrderedDict()
        return pending


class EventStream:
    """Deals out events of the log to the clients of one event loop.

    Args:
        log: of the server.
    """

    def __init__(self, log: EventLog) -> None:
        self._log, self._loop = log, asyncio.get_running_loop()
        self._readers: set[Reader] = set()
        self._stop = log.listen(self._hear)

    def routes(self) -> Sequence[BaseRoute]:
        """The stream."""
        return [Route("/api/events", answered(self.stream))]

    def close(self) -> None:
        """Send everybody away, after what waits for them."""
        self._stop()
        for reader in self._readers:
            reader.end()

    async def stream(self, request: Request) -> Response:
        known = request.headers.get("last-event-id") or request.query_params.get("after")
        if known is not None and not (known.isdecimal() and len(known) < 16):
            raise SettingsError("Last-Event-ID: expected the number of an event")
        reader = Reader(request.query_params.get("job") or None)
        after = self._log.last if known is None else int(known)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._told(reader, after), media_type="text/event-stream", headers=headers)

    async def _told(self, reader: Reader, after: int) -> AsyncIterator[bytes]:
        self._readers.add(reader)  # before the log is read, so that nothing falls in between
        try:
            yield b"retry: 1000\n\n"
            while True:
                earlier = await asyncio.to_thread(self._log.after, after, reader.job)
                if not earlier:
                    break
                after = earlier[-1].id
                yield b"".join(as_text(event) for event in earlier)
            while True:
                events = [event for event in await reader.take() if event.id > after]
                if reader.lost:
                    return
                after = events[-1].id if events else after
                yield b"".join(as_text(event) for event in events) or b": alive\n\n"
                if reader.ended:
                    return
        finally:
            self._readers.discard(reader)

    def _hear(self, event: Event) -> None:
        """Called in the thread that brings the event."""
        try:
            self._loop.call_soon_threadsafe(self._deal_out, event)
        except RuntimeError:
            return  # the loop has ended, and with it every reader

    def _deal_out(self, event: Event) -> None:
        for reader in self._readers:
            reader.offer(event)


def as_text(event: Event) -> bytes:
    """An event as the stream holds it."""
    return f"id: {event.id}\nevent: {event.kind}\ndata: {event.data}\n\n".encode()
