"""News of predictions: to the public internet only, and only so often."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pixray.errors import SettingsError
from pixray.runtime.network import Connection
from pixray.serve import webhooks
from pixray.serve.webhooks import check_webhook, send_news


@pytest.fixture
def listener():
    """A server that hears news; it answers by the path: /500 fails, /302 leads on."""
    heard = []

    class Hearing(BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["content-length"]))
            heard.append((self.path, self.headers["host"], json.loads(content)))
            self.send_response({"/500": 500, "/302": 302}.get(self.path, 200))
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hearing)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield heard, f"http://client.example:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_news_go_to_the_number_that_was_judged_under_the_name_that_was_given(listener, monkeypatch):
    heard, address = listener
    way = Connection({"host": "127.0.0.1"}, {"host": "client.example"}, {})
    monkeypatch.setattr(webhooks, "connection_to", lambda address: way)
    assert asyncio.run(send_news(f"{address}/hook", {"id": "a", "status": "succeeded"}))
    assert heard == [("/hook", "client.example", {"id": "a", "status": "succeeded"})]


def test_redirects_are_not_followed_and_failures_end(listener, monkeypatch):
    heard, address = listener
    monkeypatch.setattr(webhooks, "connection_to", lambda address: Connection({"host": "127.0.0.1"}, {}, {}))
    monkeypatch.setattr(webhooks.asyncio, "sleep", lambda seconds: asyncio.wait_for(_nothing(), 1))
    assert not asyncio.run(send_news(f"{address}/302", {}))
    assert not asyncio.run(send_news(f"{address}/500", {}))
    assert [path for path, *_ in heard] == ["/302", *["/500"] * webhooks.ATTEMPTS]


async def _nothing():
    return None


def test_a_name_that_leads_inside_is_never_asked(listener, monkeypatch):
    heard, _ = listener
    monkeypatch.setattr("socket.getaddrinfo", lambda *words, **more: [(2, 1, 6, "", ("127.0.0.1", 0))])
    monkeypatch.setattr(webhooks, "ATTEMPTS", 1)
    assert not asyncio.run(send_news("http://inside.example/hook", {})) and not heard


@pytest.mark.parametrize(
    ("address", "events"),
    [
        ("http://10.0.0.1/", None),
        ("ftp://example.com/", None),
        (7, None),
        ("https://example.com/", "start"),
        ("https://example.com/", ["ended"]),
        ("https://me:pw@example.com/", None),
    ],
)
def test_what_is_no_public_address_is_refused(address, events):
    with pytest.raises(SettingsError, match="webhook"):
        check_webhook(address, events)
