"""A file server on the loopback that can misbehave in every way that real ones do."""

from __future__ import annotations

import hashlib
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pixray.models.progress import Progress

CONTENT = random.Random(7).randbytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ETAG = '"v1"'


class FileServer:
    """Serves CONTENT under every path, as the path's first word says; remembers who asked for what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.content, self.etag = CONTENT, ETAG
        self.failures = 1
        self.gate: threading.Event | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.asked.append((self.path, self.headers.get("Range")))
                word = self.path.rsplit("/", 1)[-1].partition(".")[0]
                getattr(outer, word, outer.good)(self)

            def do_HEAD(self):
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # clients that hang up are part of the game
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _reply(self, handler, status, body, **headers):
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    def _from(self, handler):
        """The byte to begin with, honouring Range and If-Range."""
        asked = handler.headers.get("Range")
        same = handler.headers.get("If-Range") in (None, self.etag)
        return int(asked.removeprefix("bytes=").rstrip("-")) if asked and same else 0

    def good(self, handler):
        if self.gate is not None:
            self.gate.wait(20)
        begin = self._from(handler)
        if begin >= len(self.content):
            self._reply(handler, 416, b"")
        elif begin:
            size = len(self.content)
            place = f"bytes {begin}-{size - 1}/{size}"
            self._reply(handler, 206, self.content[begin:], ETag=self.etag, Content_Range=place)
        else:
            self._reply(handler, 200, self.content, ETag=self.etag)

    def drops(self, handler):
        """Breaks off in the middle as often as `failures` says, then behaves."""
        if self.failures <= 0:
            return self.good(handler)
        self.failures -= 1
        begin = self._from(handler)
        handler.send_response(206 if begin else 200)
        handler.send_header("Content-Length", str(len(self.content) - begin))
        handler.send_header("ETag", self.etag)
        if begin:
            handler.send_header("Content-Range", f"bytes {begin}-{len(self.content) - 1}/{len(self.content)}")
        handler.end_headers()
        handler.wfile.write(self.content[begin : begin + 1_000_000])
        handler.close_connection = True
        return None

    def shorter(self, handler):
        """Claims that the file is shorter than it is."""
        self._reply(handler, 200, self.content[:-5])

    def longer(self, handler):
        """Claims that more comes than does."""
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(self.content) + 100))
        handler.end_headers()
        handler.wfile.write(self.content)
        handler.close_connection = True

    def corrupt(self, handler):
        body = bytearray(self.content)
        body[1_234_567] ^= 1
        self._reply(handler, 200, bytes(body))

    def moved(self, handler):
        self._reply(handler, 302, b"", Location=f"{self.url}/final/good.ckpt")

    def circle(self, handler):
        self._reply(handler, 302, b"", Location=f"{self.url}/circle.ckpt")

    def missing(self, handler):
        self._reply(handler, 404, b"no such file")

    def page(self, handler):
        self._reply(handler, 200, b"<!DOCTYPE html><html>Please log in</html>", Content_Type="text/html")

    def disguised(self, handler):
        """A page that says it is binary."""
        page = b"\n<html>Please log in</html>"
        self._reply(handler, 200, page, Content_Type="application/octet-stream")

    def empty(self, handler):
        self._reply(handler, 200, b"")

    def ignores(self, handler):
        """Knows no ranges."""
        self._reply(handler, 200, self.content)

    def shifted(self, handler):
        """Answers a range with another one."""
        if self._from(handler):
            return self._reply(handler, 206, self.content[5:], Content_Range=f"bytes 5-{len(self.content) - 1}/x")
        return self.good(handler)

    def mute(self, handler):
        """Sends the headers, then nothing."""
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(self.content)))
        handler.end_headers()
        handler.wfile.flush()
        (self.gate or threading.Event()).wait(5)
        handler.close_connection = True

    def busy(self, handler):
        """Overloaded as often as `failures` says."""
        if self.failures <= 0:
            return self.good(handler)
        self.failures -= 1
        return self._reply(handler, 503, b"")


class Heard(Progress):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int, int | None]] = []
        self.bytes, self.ends, self.said = 0, 0, []

    def begin(self, name, done, total):
        self.begun.append((name, done, total))

    def advance(self, count):
        self.bytes += count

    def end(self):
        self.ends += 1

    def say(self, text):
        self.said.append(text)


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    running = FileServer()
    yield running
    running.close()


@pytest.fixture
def heard():
    return Heard()
