"""Services that run on this machine: asked for at the ports where they usually are, all at once, and for no longer than
it takes to notice that nobody is there. Nothing leaves the machine, and no key is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from pixray.providers.base import Provider
from pixray.providers.errors import ProviderError

SECONDS = 0.3
"""For connecting and for the first words of a server."""


@dataclass(frozen=True)
class Nearby:
    """A service that answered, or somebody at its port who did not in time, as a busy server does.

    Attributes:
        service: its name; url: where it is; what: what it says that it is, None if it said nothing.
        usual: whether the service is looked for there unless an address is given.
    """

    service: str
    url: str
    what: str | None
    usual: bool


async def find_nearby(services: Iterable[type[Provider]], seconds: float = SECONDS) -> list[Nearby]:
    """What listens on this machine, in the order of services and ports."""
    candidates = [(service, port) for service in services for port in service.local_ports]
    answers = await asyncio.gather(*(_asked(service, port, seconds) for service, port in candidates))
    return [answer for answer in answers if answer is not None]


async def _asked(service: type[Provider], port: int, seconds: float) -> Nearby | None:
    url = f"http://127.0.0.1:{port}"
    try:
        what = await asyncio.wait_for(service(key=lambda: None, url=url).recognised(), seconds)
    except asyncio.TimeoutError:
        return Nearby(service.name, url, None, url == service.default_url)
    except ProviderError:
        return None
    return None if what is None else Nearby(service.name, url, what, url == service.default_url)
