"""The one HTTP client of all services: time limits, size limits, masked keys, errors of one kind.

Retries are elsewhere. This is the only file that knows which HTTP library is used.
"""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from pixray.providers.addresses import check_base, is_loopback
from pixray.providers.errors import ProtocolError, ProviderError, Timeout, Transient
from pixray.providers.refusals import refusal
from pixray.providers.secrets import Secret
from pixray.runtime.http import CONNECT, Request, opened_async

logger = logging.getLogger(__name__)

MOST_BODY = 64 << 20
"""Bytes of a reply after decompression: ten pictures of 4 MB as base64."""
IDLE = 30.0

File = tuple[str, bytes, str]
"""Name, content and media type of an uploaded file."""


@dataclass(frozen=True)
class Answer:
    """A successful answer; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self, service: str) -> Any:
        """The body as JSON.

        Raises:
            ProtocolError: it is something else.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            kind = self.headers.get("content-type", "nothing said about its type")
            raise ProtocolError(f"{service} answered {self.status} with something that is no JSON ({kind})") from error


class Http:
    """Talks to one service.

    Args:
        service: its name, for messages.
        base: address before all paths.
        key: sent as a bearer token unless `bearer` is False, and masked in all that the service says.
        headers: sent with every request.
        timeout: seconds without any byte until a request is given up.
    """

    def __init__(
        self,
        service: str,
        base: str,
        key: Secret,
        *,
        bearer: bool = True,
        headers: Mapping[str, str] | None = None,
        timeout: float = 180.0,
    ) -> None:
        self.service, self.base, self.key = service, base, key
        self._bearer, self._headers, self._timeout = bearer, dict(headers or {}), timeout

    async def post_json(self, path: str, body: Mapping[str, Any], **headers: str) -> Answer:
        """POST a JSON body."""
        content = json.dumps(body, ensure_ascii=False).encode()
        return await self._send("POST", path, {"content-type": "application/json", **headers}, content=content)

    async def post_form(
        self, path: str, fields: Mapping[str, str], files: Sequence[tuple[str, File]], **headers: str
    ) -> Answer:
        """POST a multipart form, text fields first. Without files it is a multipart form all the same."""
        parts: list[tuple[str, Any]] = [(name, (None, value.encode())) for name, value in fields.items()]
        return await self._send("POST", path, headers, files=[*parts, *files])

    async def get(self, path: str, **headers: str) -> Answer:
        """GET a path."""
        return await self._send("GET", path, headers)

    async def put(self, path: str) -> Answer:
        """PUT nothing to a path."""
        return await self._send("PUT", path, {})

    async def put_json(self, path: str, body: Mapping[str, Any], **headers: str) -> Answer:
        """PUT a JSON body."""
        content = json.dumps(body, ensure_ascii=False).encode()
        return await self._send("PUT", path, {"content-type": "application/json", **headers}, content=content)

    async def events(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """POST a JSON body and yield the JSON object of every server-sent event, until the end or `[DONE]`.

        Raises:
            ProviderError: the service refused, or an event holds an `error`.
        """
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", "accept": "text/event-stream"}
        async with self._opened("POST", path, headers, content=content) as response:
            if "text/event-stream" not in response.headers.get("content-type", ""):
                answer = Answer(response.status_code, _lower(response), await _body(response, self.service))
                yield answer.json(self.service)
                return
            async for data in _event_data(response, self.service):
                if data == b"[DONE]":
                    return
                event = Answer(200, {"content-type": "an event"}, data).json(self.service)
                if not isinstance(event, dict):
                    raise ProtocolError(f"{self.service} sent an event that is no object")
                if event.get("error"):
                    raise self._masked(refusal(self.service, 400, _lower(response), data))
                yield event

    async def _send(self, method: str, path: str, headers: Mapping[str, str], **content: Any) -> Answer:
        async with self._opened(method, path, headers, **content) as response:
            return Answer(response.status_code, _lower(response), await _body(response, self.service))

    @asynccontextmanager
    async def _opened(
        self, method: str, path: str, headers: Mapping[str, str], **content: Any
    ) -> AsyncIterator[httpx.Response]:
        """A response whose status is a success and whose body is still to be read."""
        parts = check_base(self.base)
        all_headers = {"accept": "application/json", **self._headers}
        all_headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        if self._bearer:
            all_headers["authorization"] = f"Bearer {self.key.reveal()}"
        request = Request(
            method,
            f"{self.base}{path}",
            all_headers,
            content,
            read=self._timeout,
            connect=CONNECT,
            idle=IDLE,
            # A proxy for the outside world must not see what stays on this machine.
            proxies=not is_loopback(parts.hostname or ""),
            certificates=parts.scheme == "https",
        )
        try:
            async with opened_async(request) as response:
                logger.debug("%s %s %s: %s", self.service, method, path, response.status_code)
                if response.status_code // 100 != 2:
                    await self._refuse(response)
                yield response
        except httpx.HTTPError as error:
            raise self._masked(_failure(self.service, error)) from None

    async def _refuse(self, response: httpx.Response) -> None:
        if response.status_code // 100 == 3:
            raise ProtocolError(f"{self.service} wants to send the request elsewhere ({response.status_code}): refused")
        body = await _body(response, self.service, most=1 << 20)
        raise self._masked(refusal(self.service, response.status_code, _lower(response), body))

    def _masked(self, error: ProviderError) -> ProviderError:
        """The error without the key, which some services repeat in their messages."""
        error.args = tuple(self.key.redact(str(text)) for text in error.args)
        error.code = self.key.redact(error.code) if error.code else error.code
        return error


def _failure(service: str, error: httpx.HTTPError) -> ProviderError:
    """What a failure of the transport means; before the connection stands nothing can have been billed."""
    cause = type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return Transient(f"{service} cannot be reached ({cause})", unsent=True)
    if isinstance(error, httpx.TimeoutException):
        return Timeout(f"{service} did not answer in time; it may bill the request all the same", maybe_billed=True)
    return Transient(f"the connection to {service} broke ({cause}); it may bill the request", maybe_billed=True)


def _lower(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


async def _body(response: httpx.Response, service: str, most: int = MOST_BODY) -> bytes:
    pieces = [piece async for piece in limited(response, service, most)]
    return b"".join(pieces)


async def limited(response: httpx.Response, service: str, most: int) -> AsyncIterator[bytes]:
    """The body in pieces, decompressed, at most so many bytes of it.

    Raises:
        ProtocolError: it is longer, or packed in a way that nobody asked for.
    """
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise ProtocolError(f"{service} announced {announced} bytes, beyond the limit of {most}")
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "", "gzip", "deflate"):
        raise ProtocolError(f"{service} packed its answer as {shown(packing)}, which was not asked for")
    # Our own decompressor stops at the limit, where httpx's would unpack a whole piece first.
    unpack = zlib.decompressobj(47) if packing in ("gzip", "deflate") else None
    length = 0
    async for piece in response.aiter_raw():
        try:
            content = piece if unpack is None else unpack.decompress(piece, most - length + 1)
        except zlib.error as error:
            raise ProtocolError(f"{service} sent a damaged answer") from error
        length += len(content)
        if length > most:
            raise ProtocolError(f"{service} sent more than {most} bytes")
        yield content


async def _event_data(response: httpx.Response, service: str) -> AsyncIterator[bytes]:
    """The data of every event of a text/event-stream, however it was cut into pieces."""
    waiting, data = b"", []
    async for piece in limited(response, service, MOST_BODY):
        *lines, waiting = (waiting + piece).split(b"\n")
        for line in (line.rstrip(b"\r") for line in lines):
            if line.startswith(b"data:"):
                data.append(line[5:].strip())
            elif not line and data:
                yield b"\n".join(data)
                data = []
    if waiting.startswith(b"data:"):
        data.append(waiting[5:].strip())
    if data:
        yield b"\n".join(data)


def shown(text: str) -> str:
    """A short form of what a service wrote, for a message."""
    return repr(text[:40])
