"""Calls to a server, and waiting until it has a hand free."""

import json
import time
import urllib.error
import urllib.request

TINY = "size: [32, 24]\npixel_size: [8, 6]\nnum_cuts: 4\ndisplay_every: 2\n"


def call(address, body=None, method=None, headers=()):
    """Status and JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        address, data, {"content-type": "application/json", **dict(headers)}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"{}")


def when_free(address, *words):
    """The answer of a call, made again while the server says that it still has no hand free (409)."""
    deadline = time.monotonic() + 120
    while True:
        status, answer = call(address, *words)
        if status != 409 or time.monotonic() > deadline:
            return status, answer
        time.sleep(0.2)


def wait_for(server, status, seconds=120):
    """Ask for the health until it is the one."""
    deadline = time.monotonic() + seconds
    while (health := call(f"{server}/health-check")[1])["status"] != status:
        assert time.monotonic() < deadline and health["status"] != "SETUP_FAILED", health
        time.sleep(0.05)
