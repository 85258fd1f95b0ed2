"""HTTP connections with time limits of their own: uvicorn waits for the headers of a request as long as it takes."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from pixray.serve.guard import Limits


def limited_protocol(limits: Limits) -> type[asyncio.Protocol]:
    """The protocol class for a server under limits."""
    most = limits.connections + 64
    """Beyond the requests that are answered 503 there is room for connections whose request is not there yet."""

    class LimitedProtocol(H11Protocol):
        """Closes connections whose request does not come, and those beyond the limit."""

        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > most:
                self._close_longest_idle()
            self._await_headers()

        def connection_lost(self, exc: Exception | None) -> None:
            self._headers_are_there()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self._is_answering():
                self._headers_are_there()
            elif self._deadline is None:
                self._await_headers()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if not self._is_answering():
                self._await_headers()

        def _is_answering(self) -> bool:
            return self.cycle is not None and not self.cycle.response_complete

        def _await_headers(self) -> None:
            self._headers_are_there()
            self._deadline = self.loop.call_later(limits.header_seconds, self._give_up)

        def _headers_are_there(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _give_up(self) -> None:
            if not self._is_answering() and not self.transport.is_closing():
                self.transport.close()

        def _close_longest_idle(self) -> None:
            idle = [one for one in self.connections if one is not self and _when(one) is not None]
            if idle:
                min(idle, key=lambda one: _when(one) or 0.0).transport.abort()

    def _when(connection: Any) -> float | None:
        deadline = getattr(connection, "_deadline", None)
        return None if deadline is None else deadline.when()

    return LimitedProtocol
