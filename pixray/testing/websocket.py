"""The serving side of a websocket, as far as fakes need it: a handshake, messages out, noticing that the other left."""

from __future__ import annotations

import base64
import hashlib
import socket
import struct
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE = 1, 2, 8


class Socket:
    """One open websocket of a fake; RFC 6455.

    Args:
        handler: of the request that asked for it; its connection is taken over.
    """

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._connection: socket.socket = handler.connection
        self._lock = threading.Lock()
        self.closed = threading.Event()
        key = (handler.headers.get("sec-websocket-key") or "").encode()
        accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        self._connection.sendall("\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode())

    def send(self, message: str | bytes) -> None:
        """Send a message; one to somebody who has left is lost."""
        if isinstance(message, str):
            self._frame(_TEXT, message.encode())
        else:
            self._frame(_BINARY, message)

    def close(self) -> None:
        """Say goodbye and hang up."""
        self._frame(_CLOSE, struct.pack(">H", 1000))
        self.closed.set()
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def wait_until_left(self, closing: threading.Event) -> None:
        """Until the other side leaves or the fake ends; what it says is not listened to."""
        self._connection.settimeout(0.05)
        while not closing.is_set() and not self.closed.is_set():
            try:
                if self._connection.recv(4096) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.closed.set()

    def _frame(self, kind: int, content: bytes) -> None:
        length = len(content)
        head = bytes([0x80 | kind])
        if length < 126:
            head += bytes([length])
        elif length < 1 << 16:
            head += struct.pack(">BH", 126, length)
        else:
            head += struct.pack(">BQ", 127, length)
        with self._lock, suppress(OSError):
            self._connection.sendall(head + content)
