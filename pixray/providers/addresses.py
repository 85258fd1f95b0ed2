"""Which addresses may be talked to: base addresses of services, and addresses of pictures in their replies."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from pixray.providers.errors import BadRequest, DownloadError
from pixray.runtime.network import is_public

LOOPBACK_NAMES = ("localhost", "0.0.0.0")
"""0.0.0.0 is what self-hosted services print as their own address; connecting there stays on this machine."""


def is_loopback(host: str) -> bool:
    """Whether a host, written in an address, is this machine."""
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_base(url: str) -> SplitResult:
    """A service's base address: https, or http on this machine.

    Raises:
        BadRequest: anything else; a key would travel in the open.
    """
    parts = split(url)
    if parts.scheme == "https" and parts.hostname:
        return parts
    if parts.scheme == "http" and is_loopback(parts.hostname or ""):
        return parts
    raise BadRequest(f"'{_shown(parts)}': expected an address with https:// (http:// is for this machine only)")


def split(url: str) -> SplitResult:
    """The parts of an address.

    Raises:
        BadRequest: unreadable, or with a name and password in it.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018, reading it checks it
    except ValueError as error:
        raise BadRequest(f"an address cannot be read ({error})") from error
    if parts.username or parts.password:
        raise BadRequest(f"'{_shown(parts)}': an address must not hold a name or password")
    return parts


def check_picture_address(url: str, *, loopback: bool) -> SplitResult:
    """The address of a picture in a reply, as far as it can be judged without resolving it.

    Args:
        loopback: whether the service itself runs on this machine, so that its pictures may, too.

    Raises:
        DownloadError: not https, a strange port, a name and password.
    """
    try:
        parts = split(url)
    except BadRequest as error:
        raise DownloadError(str(error)) from error
    local = loopback and is_loopback(parts.hostname or "")
    if not parts.hostname or (parts.scheme != "https" and not (local and parts.scheme == "http")):
        raise DownloadError(f"the picture's address '{_shown(parts)}' was refused: it is not https")
    if parts.port not in (None, 80, 443) and not local:
        raise DownloadError(f"the picture's address '{_shown(parts)}' was refused: port {parts.port}")
    return parts


def check_resolved(number: str, *, loopback: bool) -> None:
    """The number that a host's name resolved to.

    Raises:
        DownloadError: it is not in the public internet.
    """
    if loopback and is_loopback(number.partition("%")[0].removeprefix("::ffff:")):
        return
    if not is_public(number):
        raise DownloadError(f"the picture's address was refused: it leads to {number}, which is not public")


def _shown(parts: SplitResult) -> str:
    """Scheme, host and port: the rest may hold tokens."""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}"
