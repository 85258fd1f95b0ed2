"""A door before cog's server, so that every mistake in a request is answered 422 in our words.

cog's server (0.23) compares inputs with the schema in words of its own, drops inputs of unknown names, and a predictor
cannot say that an input was bad: whatever it raises is answered 200 with the status "failed". So the inputs are checked
here, and requests without mistakes are passed on as they are.
"""

from __future__ import annotations

import http.client
import json
import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pixray.api import studio
from pixray.errors import SettingsError, did_you_mean
from pixray.serve.inputs import Field, fields
from pixray.serve.painting import chosen_settings
from pixray.settings.layers import Leave

CHUNK = 65536
KINDS = {"str": "a text", "int": "a whole number"}
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "host", "content-length")
"""Headers that belong to one of the two connections and not to the message."""


class Front(ThreadingHTTPServer):
    """Answers at an address, and passes on what has no mistakes.

    Args:
        address: host and port to listen at.
        behind: port of cog's server on this machine.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], behind: int) -> None:
        super().__init__(address, _Passage)
        self.behind = behind
        self._registry, self._checking = studio.registry, threading.Lock()

    def mistakes(self, given: Any) -> list[str]:
        """What is wrong with the inputs of a request, a sentence each; nothing is loaded for it."""
        if not isinstance(given, dict):
            return ["input: expected an object of names and values"]
        known = {field.name: field for field in fields()}
        problems = [f"unknown input '{name}'.{did_you_mean(name, known)}" for name in given if name not in known]
        inputs = {name: value for name, value in given.items() if name in known}
        for name in [name for name, value in inputs.items() if not _fits(known[name], value)]:
            problems.append(f"{name}={inputs.pop(name)!r} (from the inputs): expected {KINDS[known[name].kind]}")
        with self._checking:
            try:
                named = (inputs.pop("preset", None), inputs.pop("settings", None))
                chosen_settings(self._registry, *named, inputs, {}, Leave(addresses=True))
            except SettingsError as error:
                # A prompt under a wrong name is no prompt, but that is not what has to be said then.
                problems += [one for one in error.problems if not (problems and one.startswith("nothing says"))]
        return problems


def _fits(field: Field, value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, str) if field.kind == "str" else isinstance(value, int) and not isinstance(value, bool)


class _Passage(BaseHTTPRequestHandler):
    """One request: checked, then carried to cog's server, and the answer carried back as it comes."""

    server: Front

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_POST(self) -> None:
        self._check_and_pass_on()

    def do_PUT(self) -> None:
        self._check_and_pass_on()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: cog's server keeps the log."""

    def _check_and_pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        request = _request_in(body) if self._is_prediction() else None
        mistakes = [] if request is None else self.server.mistakes(request.get("input") or {})
        if mistakes:
            details = [{"loc": ["body", "input"], "msg": one, "type": "value_error"} for one in mistakes]
            self._answer(422, json.dumps({"detail": details}, ensure_ascii=False).encode())
        else:
            self._pass_on(body)

    def _is_prediction(self) -> bool:
        place = self.path.partition("?")[0].strip("/").split("/")
        return place[0] == "predictions" and len(place) <= 2

    def _pass_on(self, body: bytes) -> None:
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        try:
            behind.request(self.command, self.path, body or None, headers)
            if not self._client_waits(behind.sock):
                return  # hanging up on cog's server too is what cancels the prediction there
            self._carry_back(behind.getresponse())
        except ConnectionError:
            self._answer(502, b'{"detail": "cog\'s server behind this door does not answer"}')
        finally:
            behind.close()

    def _client_waits(self, behind: socket.socket) -> bool:
        """Wait for the answer; whether the client is still there when it comes."""
        ready, _, _ = select.select([behind, self.connection], [], [])
        return behind in ready or bool(self.connection.recv(1, socket.MSG_PEEK))

    def _carry_back(self, answer: http.client.HTTPResponse) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.end_headers()  # without a length: the end of the connection is the end of the answer
        while chunk := answer.read1(CHUNK):
            self.wfile.write(chunk)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _request_in(body: bytes) -> dict[str, Any] | None:
    """A request for a prediction; None: not even that, which cog's server says itself."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return None
    return request if isinstance(request, dict) else None
