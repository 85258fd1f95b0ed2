"""What ComfyUI says over its websocket while it paints: unfinished pictures, and that something has ended.

The socket is a courtesy. Whether a job is done is asked over HTTP, so that a socket that closes, is taken over by
another client or never opens costs previews and nothing else.

Late imports: websockets is an extra.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from pixray.providers.addresses import is_loopback, split

MOST_MESSAGE = 16 << 20
"""Bytes of one message."""
_PREVIEW, _PREVIEW_WITH_METADATA = 1, 4
_ENDS = ("executing", "execution_success", "execution_error", "execution_interrupted")


class Feed:
    """Messages as they come; old previews give way to new ones.

    Attributes:
        missing: the package that would bring messages is not installed.
    """

    def __init__(self, missing: bool = False) -> None:
        self._messages: asyncio.Queue[bytes] = asyncio.Queue(8)
        self._news = asyncio.Event()
        self.missing = missing

    def hear(self, message: str | bytes) -> None:
        """Take in a message; what makes no sense is left out."""
        if isinstance(message, bytes):
            picture = preview_in(message)
            if picture is not None:
                if self._messages.full():
                    self._messages.get_nowait()
                self._messages.put_nowait(picture)
                self._news.set()
            return
        if _is_end(message):
            self._news.set()

    async def news(self, seconds: float) -> list[bytes]:
        """Wait for something to be said, at most so long; the unfinished pictures that came."""
        said = asyncio.ensure_future(self._news.wait())
        try:
            # Not `wait_for`: before Python 3.12 it loses a cancel that comes together with the news.
            await asyncio.wait({said}, timeout=seconds)
        finally:
            said.cancel()
        self._news.clear()
        pictures = []
        while not self._messages.empty():
            pictures.append(self._messages.get_nowait())
        return pictures


@asynccontextmanager
async def listening(base: str, client: str, headers: Mapping[str, str]) -> AsyncIterator[Feed]:
    """The messages for a client, for the time of a `with` block; silence where there is no socket to be had."""
    try:
        import websockets.asyncio.client as websockets
    except ImportError:
        yield Feed(missing=True)
        return

    class Direct(websockets.connect):
        """A connection that is not sent elsewhere."""

        def process_redirect(self, exc: Exception) -> Exception:
            return exc

    feed, parts = Feed(), split(base)
    scheme = "wss" if parts.scheme == "https" else "ws"
    address = f"{scheme}://{parts.netloc}{parts.path}/ws?clientId={client}"
    # A proxy for the outside world must not see what stays on this machine.
    proxy: Any = None if is_loopback(parts.hostname or "") else True
    try:
        socket = await Direct(
            address, additional_headers=dict(headers), max_size=MOST_MESSAGE, open_timeout=5, close_timeout=0.2,
            ping_interval=None, proxy=proxy, compression=None,
        )  # fmt: skip
    except Exception:  # whatever the server's handshake leads to: then there are no previews
        yield feed
        return
    reader = asyncio.ensure_future(_read(socket, feed))
    try:
        yield feed
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        with suppress(Exception):
            await socket.close()


async def _read(socket: Any, feed: Feed) -> None:
    async for message in socket:
        feed.hear(message)


def preview_in(message: bytes) -> bytes | None:
    """The unfinished picture in a binary message, or None.

    Type 1: four bytes type, four bytes format, picture. Type 4: four bytes type, length, metadata of it, picture.
    """
    if len(message) <= 8:
        return None
    kind, second = struct.unpack(">II", message[:8])
    if kind == _PREVIEW:
        return message[8:]
    if kind == _PREVIEW_WITH_METADATA and 8 + second < len(message):
        return message[8 + second :]
    return None


def _is_end(message: str) -> bool:
    """Whether some work may have ended; whose, and how, is asked over HTTP."""
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        return False
    if not isinstance(event, dict) or event.get("type") not in _ENDS:
        return False
    data = event.get("data")
    return event["type"] != "executing" or (isinstance(data, dict) and data.get("node") is None)
