"""A file from a web address: only http and https, only so many bytes, only so long."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.parse
import urllib.request

from pixray.errors import PixrayError
from pixray.runtime.version import __version__

MOST_BYTES = 32 * 2**20
SECONDS = 30.0
_CHUNK = 1 << 16


def fetch(address: str, what: str, *, most_bytes: int = MOST_BYTES, seconds: float = SECONDS) -> bytes:
    """The content behind an address. Redirects are followed, but never to anything else than http and https.

    Args:
        what: how messages call it, such as "init_image".
        most_bytes, seconds: limits for all of it.

    Raises:
        PixrayError: an address with a password (it would end up in the picture's metadata), no answer, an error, or
            a limit was passed.
    """
    parts = urllib.parse.urlsplit(address)
    if parts.username or parts.password:
        raise PixrayError(f"{what}: an address must not hold a user name or password, since settings are saved")
    shown = f"{what}='{parts.scheme}://{parts.netloc}{parts.path}'"
    end = time.monotonic() + seconds
    request = urllib.request.Request(address, headers={"User-Agent": f"pixray/{__version__}"})
    try:
        with _opener().open(request, timeout=seconds) as answer:
            content = b""
            while chunk := answer.read(_CHUNK):
                content += chunk
                if len(content) > most_bytes:
                    raise PixrayError(f"{shown}: more than {most_bytes >> 20} MB, which is not taken")
                if time.monotonic() > end:
                    raise PixrayError(f"{shown}: took more than {seconds:g} s")
    except urllib.error.HTTPError as error:
        error.close()
        raise PixrayError(f"{shown}: the server answers {error.code} {error.reason}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise PixrayError(f"{shown}: cannot be fetched ({getattr(error, 'reason', error)})") from error
    return content


def _opener() -> urllib.request.OpenerDirector:
    """urllib's own opener also reads files and FTP, and a redirect could lead there; this one cannot."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener
