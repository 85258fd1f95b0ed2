"""A file from a web address: only http and https, only so many bytes, only so long.

What untrusted input names is fetched from the public internet alone: every hop is judged anew, and connected to by the
number that was judged.

Late imports keep httpx out of start-up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import urljoin, urlsplit

from pixray.errors import PixrayError
from pixray.runtime.http import CONNECT, Request, opened
from pixray.runtime.network import NotPublic, connection_to
from pixray.runtime.redact import MASK

MOST_BYTES = 32 * 2**20
SECONDS = 30.0
REDIRECTS = 10
_CHUNK = 1 << 16
_MOVED = (301, 302, 303, 307, 308)

_is_untrusted: ContextVar[Callable[[str], bool]] = ContextVar("is_untrusted", default=lambda label: False)


@contextmanager
def restrict_fetches(is_untrusted: Callable[[str], bool]) -> Iterator[None]:
    """Restrict fetches inside this context to the public internet where the address comes from an untrusted source.

    Args:
        is_untrusted: whether the value of a setting comes from a request or from somebody else's record, by its name.
    """
    token = _is_untrusted.set(is_untrusted)
    try:
        yield
    finally:
        _is_untrusted.reset(token)


def fetch(address: str, label: str, *, most_bytes: int = MOST_BYTES, seconds: float = SECONDS) -> bytes:
    """The content behind an address. Redirects are followed, but never to anything else than http and https.

    Args:
        label: how messages call it, such as "init_image".
        most_bytes, seconds: limits for all of it.

    Raises:
        PixrayError: an address with a password (it would end up in the picture's metadata), no answer, an error, or
            a limit was passed. Whoever sent it is told the same whatever went wrong, lest messages map a network.
    """
    public = _is_untrusted.get()(label)
    parts = urlsplit(address)
    if parts.username or parts.password:
        raise PixrayError(f"{label}: an address must not hold a user name or password, since settings are saved")
    shown = f"{label}='{parts.scheme}://{parts.netloc}{parts.path}'"
    if MASK in parts.query:
        raise PixrayError(f"{shown}: the secret part of this address is not recorded; give the address once more")
    try:
        return _follow(address, shown, most_bytes, time.monotonic() + seconds, public)
    except PixrayError:
        if not public:
            raise
        raise PixrayError(f"{shown}: no picture could be fetched from there; public addresses are taken") from None


def _follow(address: str, shown: str, most_bytes: int, end: float, public: bool) -> bytes:
    for _ in range(REDIRECTS + 1):
        content, further = _answer(address, shown, most_bytes, end, public)
        if further is None:
            return content
        address = urljoin(address, further)
        if urlsplit(address).scheme not in ("http", "https"):
            raise PixrayError(f"{shown}: leads to an address that is neither http nor https")
    raise PixrayError(f"{shown}: leads on more than {REDIRECTS} times")


def _answer(address: str, shown: str, most_bytes: int, end: float, public: bool) -> tuple[bytes, str | None]:
    """The content, or where it leads on to."""
    import httpx

    left = end - time.monotonic()
    try:
        connection = connection_to(address) if public else None
        request = Request("GET", address, read=max(left, 0.01), connect=CONNECT, connection=connection, proxies=True)
        with opened(request) as answer:
            if answer.status_code in _MOVED and answer.headers.get("location"):
                return b"", answer.headers["location"]
            if answer.status_code // 100 != 2:
                raise PixrayError(f"{shown}: the server answers {answer.status_code} {answer.reason_phrase}")
            content = bytearray()
            for chunk in answer.iter_bytes(_CHUNK):
                content += chunk
                if len(content) > most_bytes:
                    raise PixrayError(f"{shown}: more than {most_bytes >> 20} MB, which is not taken")
                if time.monotonic() > end:
                    raise PixrayError(f"{shown}: took more time than is allowed")
            return bytes(content), None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, NotPublic) as error:
        raise PixrayError(f"{shown}: cannot be fetched ({error})") from error
