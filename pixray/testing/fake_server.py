"""A web server on this machine that answers as it is told, over real sockets: the base of the fake services.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import colorsys
import contextlib
import email.parser
import email.policy
import hashlib
import io
import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAKE_KEY = "sk-fake-0123456789-never-anywhere"
"""What fakes take for the right key; tests search for it where no key may be."""
_NAMED = {"red": 0.0, "yellow": 1 / 6, "green": 1 / 3, "blue": 2 / 3}


def fake_picture(text: str, seed: int | None, size: tuple[int, int], kind: str = "PNG") -> bytes:
    """A picture that depends on text and seed: a disc on a ground, in a colour that the text names if it does.

    Args:
        kind: "PNG", "JPEG", "WEBP" or "GIF".
    """
    from PIL import Image, ImageDraw

    digest = hashlib.sha256(f"{text}/{seed}".encode()).digest()
    hue = next((hue for name, hue in _NAMED.items() if name in text.lower()), digest[0] / 255)
    ground, disc = (
        tuple(int(255 * value) for value in colorsys.hsv_to_rgb(hue, *tone))
        for tone in ((0.35 + digest[1] / 1000, 0.55), (0.95, 1.0))
    )
    picture = Image.new("RGB", size, ground)
    radius = min(size) * (0.2 + digest[2] / 1000)
    x, y = (size[0] * (0.3 + digest[3] / 640), size[1] * (0.3 + digest[4] / 640))
    ImageDraw.Draw(picture).ellipse((x - radius, y - radius, x + radius, y + radius), fill=disc)
    buffer = io.BytesIO()
    picture.save(buffer, format=kind)
    return buffer.getvalue()


@dataclass
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> list[tuple[str, str | None, str, bytes]]:
        """The parts of a multipart body in their order: name, file name, media type, content."""
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body)
        parts = []
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            parts.append((str(name), part.get_filename(), part.get_content_type(), content))
        return parts

    def fields(self) -> dict[str, str]:
        """The text fields of a multipart body."""
        return {name: content.decode() for name, filename, _, content in self.form() if filename is None}


@dataclass
class Scripted:
    """One answer.

    Attributes:
        body: the bytes, or pieces that are sent one by one.
        hang: send nothing, and wait until the other side leaves.
        length: what Content-Length claims; None: the truth, or nothing when the body comes in pieces.
        pause: seconds between pieces.
        takeover: speaks another protocol over the connection instead, such as a websocket's; it returns when it ends.
    """

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    length: int | None = None
    pause: float = 0.0
    takeover: Callable[[BaseHTTPRequestHandler], None] | None = None


def as_json(payload: Any, status: int = 200, **headers: str) -> Scripted:
    """An answer with a JSON body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Scripted(status, json.dumps(payload).encode(), {"content-type": "application/json", **named})


class FakeServer:
    """A server for the time of a `with` block.

    Args:
        respond: the usual answer to a request; `script` holds answers that come before it, each once.
    """

    prefix = ""
    key = FAKE_KEY

    def __init__(self, respond: Callable[[Received], Scripted] | None = None) -> None:
        self._respond = respond or self.respond
        self.requests: list[Received] = []
        self.script: deque[Scripted] = deque()
        self.left = threading.Event()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """The base address to give to a provider."""
        return f"{self.origin}{self.prefix}"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def respond(self, received: Received) -> Scripted:
        """The usual answer; fake services say what it is."""
        return Scripted(404)

    def hang_next(self) -> None:
        """Let the next request wait for ever; `left` is set when the other side gives up."""
        self.script.append(Scripted(hang=True))

    def __enter__(self) -> FakeServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                received = Received(self.command, self.path, headers, body)
                fake.requests.append(received)
                answer = fake.script.popleft() if fake.script else fake._respond(received)
                with contextlib.suppress(ConnectionError):
                    fake._send(self, answer)
                self.close_connection = True

            do_GET = do_PUT = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler

    def _send(self, handler: BaseHTTPRequestHandler, answer: Scripted) -> None:
        if answer.takeover is not None:
            answer.takeover(handler)
            return
        if answer.hang:
            self._wait_until_left(handler)
            return
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        length = answer.length
        if length is None and isinstance(answer.body, bytes):
            length = len(answer.body)
        if length is not None:
            handler.send_header("content-length", str(length))
        handler.send_header("connection", "close")
        handler.end_headers()
        for piece in [answer.body] if isinstance(answer.body, bytes) else answer.body:
            handler.wfile.write(piece)
            handler.wfile.flush()
            if answer.pause and self._closing.wait(answer.pause):
                return

    def _wait_until_left(self, handler: BaseHTTPRequestHandler) -> None:
        connection = handler.connection
        connection.settimeout(0.05)
        while not self._closing.is_set():
            try:
                if connection.recv(1, socket.MSG_PEEK) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.left.set()
