import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pixray.models import network as reach


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_):
            return

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join()


def test_any_answer_counts_as_reached(server):
    assert reach.answers(server)


def test_nobody_listening_is_noticed_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert not reach.answers(address)


def test_a_server_that_never_answers_costs_the_time_limit_only():
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        started = time.monotonic()
        assert not reach.answers(f"http://127.0.0.1:{mute.getsockname()[1]}", seconds=0.3)
        assert time.monotonic() - started < 2


def test_the_offline_switch_asks_nobody(monkeypatch, server):
    monkeypatch.setenv("HF_ENDPOINT", server)
    assert not reach.hub_reachable()
    for name in ("PIXRAY_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name)
    assert reach.hub_reachable()


def test_the_time_that_passes_before_the_answer_is_wanted_counts():
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        probe = reach.Probe(f"http://127.0.0.1:{mute.getsockname()[1]}", seconds=0.5)
        time.sleep(0.5)
        started = time.monotonic()
        assert not probe.answered()
        assert time.monotonic() - started < 0.2
