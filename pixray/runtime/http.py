"""HTTP requests: the one place where connections are opened, for files, services and webhooks alike.

Nothing follows redirects unless it is asked to, and answers come as they are sent, not compressed. What a request
means, how much of an answer is taken and when it is tried again is the callers' affair.

Late imports keep httpx out of start-up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pixray.runtime.network import Connection
from pixray.runtime.version import __version__

if TYPE_CHECKING:
    import httpx

CONNECT = 10.0
"""Seconds that a connection may take to stand."""


@dataclass(frozen=True)
class Request:
    """What is asked, and how.

    Attributes:
        method, address: such as "GET" and "https://example.org/a.png".
        headers: besides those that every request has.
        content: httpx's own keywords for a body, such as `json` or `files`.
        read: seconds without a byte; connect: seconds until the connection stands; idle: for everything else.
        connection: goes to a number that was judged before, under the host's name; never through a proxy.
        proxies: honour the proxies of the environment. Not for addresses of this machine, nor for untrusted ones,
            whose names a proxy would resolve again.
        redirects: follow them.
        certificates: read those of the system, a tenth of a second; plain http needs none.
    """

    method: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)
    read: float = 30.0
    connect: float = CONNECT
    idle: float | None = None
    connection: Connection | None = None
    proxies: bool = False
    redirects: bool = False
    certificates: bool = True


@contextmanager
def opened(request: Request) -> Iterator[httpx.Response]:
    """The answer, whose body is still to be read.

    Raises:
        httpx.HTTPError, httpx.InvalidURL, OSError: it cannot be had.
    """
    import httpx

    with (
        httpx.Client(**_client(request)) as client,
        client.stream(request.method, **_message(request)) as response,
    ):
        yield response


@asynccontextmanager
async def opened_async(request: Request) -> AsyncIterator[httpx.Response]:
    """The same for asyncio."""
    import httpx

    async with (
        httpx.AsyncClient(**_client(request)) as client,
        client.stream(request.method, **_message(request)) as response,
    ):
        yield response


def _client(request: Request) -> dict[str, Any]:
    import httpx

    idle = request.read if request.idle is None else request.idle
    return {
        "timeout": httpx.Timeout(idle, connect=request.connect, read=request.read),
        "trust_env": request.proxies and request.connection is None,
        "follow_redirects": request.redirects,
        "verify": request.certificates,
    }


def _message(request: Request) -> dict[str, Any]:
    import httpx

    url, connection = httpx.URL(request.address), request.connection
    headers = {"user-agent": f"pixray/{__version__}", "accept-encoding": "identity"}
    headers.update({name.lower(): value for name, value in request.headers.items()})
    if connection is None:
        return {"url": url, "headers": headers, **request.content}
    headers.update(connection.headers)
    return {
        "url": url.copy_with(**connection.url),
        "headers": headers,
        "extensions": dict(connection.tls),
        **request.content,
    }
