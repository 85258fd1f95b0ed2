"""HTTP connections with time limits of their own: uvicorn waits for the headers of a request as long as it takes."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

from pixray.serve.guard import Limits

_LINGER = 2.0
"""Seconds that a client has to finish in whose request is no HTTP."""
_SPARE = 64
"""Connections beyond the requests that are answered 503, for those whose request is not there yet."""


def limited_protocol(limits: Limits) -> type[asyncio.Protocol]:
    """The protocol class for a server under limits."""
    return type("Limited", (LimitedProtocol,), {"limits": limits})


class LimitedProtocol(H11Protocol):
    """Closes connections whose request does not come, and those beyond the limit."""

    limits: ClassVar[Limits]
    _deadline: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections + _SPARE:
            self._close_longest_idle()
        self._wait_at_most(self.limits.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if self._is_answering():
            self._stop_waiting()
        elif self._deadline is None:
            self._wait_at_most(self.limits.header_seconds)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._is_answering():
            self._wait_at_most(self.limits.header_seconds)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, then let the client finish: most read an answer only when they have sent all."""
        transport, self.transport = self.transport, _Unclosed(self.transport)  # type: ignore[assignment]
        super().send_400_response(msg)
        self.transport, self._refused = transport, True
        self._wait_at_most(_LINGER)
        if transport.can_write_eof() and not transport.is_closing():
            transport.write_eof()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_at_most(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if not self._is_answering() and not self.transport.is_closing():
            self.transport.close()

    def _close_longest_idle(self) -> None:
        idle = {
            connection._deadline.when(): connection
            for connection in self.connections
            if connection is not self and isinstance(connection, LimitedProtocol) and connection._deadline is not None
        }
        if idle:
            idle[min(idle)].transport.abort()


class _Unclosed:
    """A transport that stays open for a while when it is told to close."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def close(self) -> None:
        """Not yet."""
