"""What stands before every route: who may ask, how much, how slowly; an ASGI middleware for the whole application.

A page of another site that a browser shows can neither read nor start anything: its requests carry its Origin, and a
name that was bound to this machine's number carries a Host that is not ours. Every refusal is an answer.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pixray.serve.token_auth import Message, Refused, Scope, Send, TokenAuth

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Message]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Form = Callable[[str, int, str], tuple[dict[str, Any], Mapping[str, str]]]
"""From the path of a request, the status of its refusal and a sentence to what is answered, with further headers."""

LOOPBACK_NAMES = ("localhost",)
PICTURE_PATHS = frozenset({"/api/uploads", "/api/restore", "/v1/images/edits", "/sdapi/v1/img2img"})
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Limits:
    """What a client may ask of the server.

    Attributes:
        body: bytes of a request's body; picture_body: where it is or holds a picture.
        header: bytes of a request's line and headers.
        connections: at once; further requests are answered 503.
        header_seconds: until a request's headers are there; body_seconds: until its body is.
        idle_seconds: that a connection may be kept without a request.
        answer_seconds: that a client may let a piece of an answer wait.
    """

    body: int = 1 << 20
    picture_body: int = 32 << 20
    header: int = 32 << 10
    connections: int = 512
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 5.0
    answer_seconds: float = 60.0

    def body_of(self, path: str) -> int:
        """Bytes of the body of a request to a path."""
        return self.picture_body if path in PICTURE_PATHS else self.body


def plain_form(path: str, status: int, sentence: str) -> tuple[dict[str, Any], Mapping[str, str]]:
    """A refusal as most routes answer it."""
    return {"detail": sentence}, {}


class Guard:
    """Passes on what is within the limits and comes from where it may.

    Args:
        app: the application.
        hosts: names by which this server may be called, besides localhost and numbers.
        limits: of every request.
        token: that every request has to show; None: none is asked for.
        form: of refusals.
    """

    def __init__(
        self,
        app: App,
        hosts: Collection[str] = (),
        limits: Limits = Limits(),
        token: str | None = None,
        form: Form = plain_form,
    ) -> None:
        self.app, self.limits, self._form = app, limits, form
        self._door = TokenAuth(token) if token else None
        self.hosts = {*LOOPBACK_NAMES, *(host.lower().rstrip(".") for host in hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body = _Body(scope, receive, self.limits, self.limits.body_of(scope["path"]))
        answering = _Answering(send, self.limits.answer_seconds, body)
        try:
            self._check_sender(scope)
            if self._door is not None and not await self._door.lets_in(scope, answering.send):
                return None
            body.check_announced()
            await self.app(scope, body.receive, answering.send)
        except Refused as refusal:
            body.refusal = body.refusal or refusal
        except _ClientGone:
            return None
        except Exception:  # a mistake of ours is an answer, too
            if body.refusal is None:
                logger.exception("a request could not be answered")
                body.refusal = Refused(500, "the server made a mistake; its log says more")
        if body.refusal is not None:
            await answering.refuse(body.refusal, *self._form(scope["path"], body.refusal.status, body.refusal.detail))
        return None

    def _check_sender(self, scope: Scope) -> None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self.limits.header:
            raise Refused(431, f"the headers are larger than {self.limits.header:,} bytes")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if sum(name.lower() == b"host" for name, _ in scope["headers"]) != 1 or not self._is_ours(host):
            raise Refused(421, "this server is not called by that name; pixray serve --name NAME lets it be")
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        if scope["method"] in _SAFE_METHODS:
            if site == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
                raise Refused(403, "a page of another site may not load this")
            return
        if (origin is not None and _host_of(origin) != host.lower()) or site not in ("none", "same-origin"):
            raise Refused(403, "a page of another site may not send this request")

    def _is_ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
            urlsplit(f"//{host}").port  # noqa: B018, reading it checks it
        except ValueError:
            return False
        return name in self.hosts or _is_number(name)


def _host_of(origin: str) -> str:
    """Host and port of an Origin header; "null" has none."""
    try:
        return urlsplit(origin).netloc.lower() or "null"
    except ValueError:
        return "null"


def _is_number(name: str) -> bool:
    """A number cannot be bound to another machine, as a name can."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class _Body:
    """The body of a request as it comes, counted and timed.

    Attributes:
        refusal: why nothing more of it is taken; whatever the application makes of that is not sent.
    """

    refusal: Refused | None = None

    def __init__(self, scope: Scope, receive: Receive, limits: Limits, most: int) -> None:
        self._receive, self._limits, self._length, self._complete = receive, limits, 0, False
        self._most = most
        self._headers = [(name.lower(), value) for name, value in scope["headers"]]
        self._end = asyncio.get_running_loop().time() + limits.body_seconds

    def check_announced(self) -> None:
        """Refuse what is too long by its own account.

        Raises:
            Refused: it is, or the account is no number.
        """
        for name, value in self._headers:
            if name == b"content-length":
                if not value.isdigit():
                    raise Refused(400, "content-length: expected a number of bytes")
                self._check(int(value[:20]))

    async def discard(self) -> None:
        """Take what is still to come and forget it: most clients read an answer only when they have sent all."""
        if any(name == b"expect" for name, _ in self._headers):
            return  # this one waits for the answer before it sends
        while not self._complete:
            left = self._end - asyncio.get_running_loop().time()
            try:
                message = await asyncio.wait_for(self._receive(), max(left, 0.0))
            except asyncio.TimeoutError:
                return
            self._complete = not message.get("more_body", False)

    async def receive(self) -> Message:
        if self._complete:  # only the news that the client has left is still to come
            return await self._receive()
        left = self._end - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(self._receive(), max(left, 0.0))
        except asyncio.TimeoutError:
            self.refusal = Refused(408, f"the request did not come within {self._limits.body_seconds:g} s")
            raise self.refusal from None
        self._complete = not message.get("more_body", False)
        self._length += len(message.get("body", b""))
        self._check(self._length)
        return message

    def _check(self, length: int) -> None:
        if length > self._most:
            self.refusal = Refused(413, f"the request is larger than {self._most:,} bytes")
            raise self.refusal


class _ClientGone(Exception):
    """The client takes nothing more."""


class _Answering:
    """The answer as it goes; a client that does not take it is given up."""

    def __init__(self, send: Send, patience: float, body: _Body) -> None:
        self._send, self._patience, self._body, self._begun = send, patience, body, False

    async def send(self, message: Message) -> None:
        """Pass on what the application answers, unless its request is refused meanwhile."""
        if self._body.refusal is None:
            self._begun = True
            await self._pass_on(message)

    async def _pass_on(self, message: Message) -> None:
        try:
            await asyncio.wait_for(self._send(message), self._patience)
        except asyncio.TimeoutError:
            raise _ClientGone from None

    async def refuse(self, refusal: Refused, content: Mapping[str, Any], further: Mapping[str, str]) -> None:
        """Answer, unless an answer has begun.

        Args:
            content: the answer; further: headers, which replace those of the refusal.
        """
        if self._begun:
            return
        body = json.dumps(content).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers += [(name, value) for name, value in refusal.headers if name.decode() not in further]
        headers += [(name.encode(), value.encode()) for name, value in further.items()]
        if refusal.status in (408, 413):
            headers.append((b"connection", b"close"))
        await self._pass_on({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self._pass_on({"type": "http.response.body", "body": body[:-1], "more_body": True})
        await self._body.discard()
        await self._pass_on({"type": "http.response.body", "body": body[-1:]})
