"""The public internet: which addresses belong to it, and connecting to the very number that was judged.

A name is resolved once and the connection goes to that number, so that a name server cannot give a public number for
the check and a private one for the connection.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from pixray.errors import PixrayError

PORTS = (None, 80, 443)


class NotPublic(PixrayError):
    """An address that leads out of the public internet, cannot be resolved, or is no http address."""


def is_public(number: str) -> bool:
    """Whether an IP address, as a resolver writes it, lies in the public internet.

    Addresses that carry another one inside (IPv4-mapped, 6to4, Teredo, NAT64) have to be public in both.
    """
    try:
        address = ipaddress.ip_address(number.partition("%")[0])
    except ValueError:
        return False
    return all(inner.is_global and not inner.is_multicast and not inner.is_reserved for inner in _nested(address))


def _nested(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The address and those inside it; of one that carries another only that one has to be reachable."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    teredo = address.teredo
    return [inner for inner in (address, address.sixtofour, teredo[1] if teredo else None) if inner is not None]


def split_public(address: str) -> SplitResult:
    """The parts of an address that untrusted input may name, as far as it can be judged without asking a name server.

    Raises:
        NotPublic: another scheme than http and https, a user name, a port of another service, or a number that is not
            public.
    """
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise NotPublic("the address cannot be read") from None
    if parts.scheme.lower() not in ("http", "https") or not host or parts.username or parts.password:
        raise NotPublic("expected http:// or https:// and a host, without a user name")
    if port not in PORTS:
        raise NotPublic("expected one of the ports 80 and 443")
    if _is_number(host) and not is_public(host):
        raise NotPublic("the address does not lie in the public internet")
    return parts


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def resolve_public(host: str) -> str:
    """A number of a host; a single one that is not public is enough to refuse it.

    Raises:
        NotPublic: there is no such host, or some number of it is not public.
    """
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotPublic("the host cannot be found") from None
    numbers = [str(entry[4][0]) for entry in entries]
    if not numbers or not all(is_public(number) for number in numbers):
        raise NotPublic("the host does not lie in the public internet")
    return numbers[0]


@dataclass(frozen=True)
class Connection:
    """How to reach a host by the number that was judged.

    Attributes:
        url: what changes in the address.
        headers: the name, for the server.
        tls: the name, for the certificate.
    """

    url: dict[str, str]
    headers: dict[str, str]
    tls: dict[str, str]


def connection_to(address: str) -> Connection:
    """The way to an address that untrusted input named; the name is resolved here, once.

    Raises:
        NotPublic: it does not lie in the public internet.
    """
    host = split_public(address).hostname or ""
    named = f"[{host}]" if ":" in host else host
    return Connection({"host": resolve_public(host)}, {"host": named}, {"sni_hostname": host})
