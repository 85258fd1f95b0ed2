"""Fetching a picture from an address in a reply, without trusting the address: it may point into this very network."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urljoin

import httpx

from pixray.providers.addresses import check_picture_address, check_resolved
from pixray.providers.decode import MOST_BYTES
from pixray.providers.errors import DownloadError, ProtocolError
from pixray.providers.service_http import limited
from pixray.runtime.http import CONNECT, Request, opened_async
from pixray.runtime.network import Connection

READ, TOTAL, REDIRECTS = 30.0, 120.0, 3


async def download(address: str, *, loopback: bool = False, most: int = MOST_BYTES, total: float = TOTAL) -> bytes:
    """The bytes behind an address.

    Every hop is checked anew: https only, public addresses only, the connection goes to the number that was checked.
    No key and no header of the service is sent along.

    Args:
        loopback: the service itself runs on this machine, so its pictures may lie here, too.

    Raises:
        DownloadError: refused, expired, too long, too slow, or not a picture by its type.
    """
    try:
        return await asyncio.wait_for(_follow(address, loopback, most), total)
    except asyncio.TimeoutError:
        raise DownloadError(f"the picture did not come within {total:g} s") from None
    except httpx.HTTPError as error:
        raise DownloadError(f"the picture could not be fetched ({type(error).__name__})") from None
    except ProtocolError as error:
        raise DownloadError(str(error)) from error


async def _follow(address: str, loopback: bool, most: int) -> bytes:
    scheme = "https"
    for hop in range(REDIRECTS + 1):
        parts = check_picture_address(address, loopback=loopback)
        if hop and scheme == "https" and parts.scheme != "https":
            raise DownloadError("the picture's address was refused: it leads from https to http")
        scheme = parts.scheme
        content, further = await _fetch(address, await _resolved(parts.hostname or "", loopback), most)
        if further is None:
            return content
        address = urljoin(address, further)
    raise DownloadError(f"the picture's address led on more than {REDIRECTS} times")


async def _resolved(host: str, loopback: bool) -> str:
    """A checked number of a host; a single one that is not public is enough to refuse it."""
    loop = asyncio.get_running_loop()
    try:
        entries = await loop.getaddrinfo("127.0.0.1" if host == "0.0.0.0" else host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DownloadError("the host of the picture cannot be found") from None
    numbers = [str(entry[4][0]) for entry in entries]
    for number in numbers:
        check_resolved(number, loopback=loopback)
    return numbers[0]


async def _fetch(address: str, number: str, most: int) -> tuple[bytes, str | None]:
    """The content, or where it leads on to. Connects to the number; the name is used for TLS and the Host header."""
    url = httpx.URL(address)
    connection = Connection({"host": number}, {"host": url.netloc.decode()}, {"sni_hostname": url.host})
    request = Request("GET", address, {"accept": "image/*"}, read=READ, connect=CONNECT, connection=connection)
    async with opened_async(request) as response:
        if response.status_code in (301, 302, 303, 307, 308) and response.headers.get("location"):
            return b"", response.headers["location"]
        if response.status_code in (403, 404, 410):
            raise DownloadError(f"the picture is gone or has expired ({response.status_code})")
        if response.status_code != 200:
            raise DownloadError(f"the picture's host answered {response.status_code}")
        kind = response.headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
        if not kind.startswith("image/") and kind not in ("application/octet-stream", "binary/octet-stream"):
            raise DownloadError(f"the picture's address holds {kind[:60]!r}, which is no picture")
        return b"".join([piece async for piece in limited(response, "the picture's host", most)]), None
