"""pixray services: the remote services, what they can do, and whether their keys are set; with a name, its models.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from pixray.cli.parsing import Parser
from pixray.errors import PixrayError

_LISTS = ("models", "engines", "samplers", "loras")


def main(argv: Sequence[str]) -> int:
    """Print the table, or what one service lists."""
    from pixray.api import studio

    parser = Parser("services", "List remote services, or ask one for its models and samplers.")
    parser.add_argument("service", nargs="?", help="a service to ask; this talks to it")
    args = parser.parse_args(argv)
    registry = studio.registry
    if args.service is None:
        for name in registry.names("provider"):
            sys.stdout.write(describe(name, registry.load("provider", name)))
        sys.stdout.write(nearby([service for _, service in registry.classes("provider")]))
        return 0
    provider = registry.load("provider", args.service)()
    lists = [name for name in _LISTS if hasattr(provider, name)]
    if not lists:
        raise PixrayError(f"{args.service} offers no lists")
    for name in lists:
        listed = asyncio.run(getattr(provider, name)())
        sys.stdout.write(f"{name}: {', '.join(listed)}\n")
    return 0


def nearby(services: Sequence[Any]) -> str:
    """What runs on this machine, a line each; only loopback addresses are asked, without keys."""
    from pixray.providers import nearby as search

    answers = asyncio.run(search.find_nearby(services, search.SECONDS))
    ports = sorted({port for service in services for port in service.local_ports})
    if not answers:
        return f"\non this machine: nothing answers at port {', '.join(map(str, ports))}\n"
    lines = ["\non this machine:"]
    for found in answers:
        address = "" if found.usual else f" --{found.service}_url {found.url}"
        lines.append(f"{found.service}: {found.what} at {found.url}, use --drawer {found.service}{address}")
    return "\n".join(lines) + "\n"


def describe(name: str, service: Any) -> str:
    """One line about a service; nothing is sent."""
    capabilities = service.capabilities
    can = {
        "start picture": capabilities.init,
        "mask": capabilities.mask,
        "control " + "/".join(capabilities.controls): capabilities.controls,
        "seed": capabilities.seeds is not None,
        "negative prompt": capabilities.negative,
        "weights": capabilities.weights != "none",
        "previews": capabilities.previews,
    }
    provider = service()
    try:
        provider.key.reveal()
        key = f"{service.key_name} is set"
    except PixrayError:
        key = f"{service.key_name} is not set" if service.needs_key else "needs no key"
    abilities = ", ".join(ability for ability, able in can.items() if able) or "prompts only"
    return f"{name:<16}{key:<30}{abilities}\n"
