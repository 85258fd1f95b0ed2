"""pixray services: the remote services, what they can do, and whether their keys are set; with a name, its models.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from pixray.cli.parsing import Parser
from pixray.errors import PixrayError

_LISTS = ("models", "engines", "samplers", "loras")
_NO_TERMINAL = 10_000
"""Columns of a file or a pipe: nothing is wrapped there, so that a service stays one line."""


def main(argv: Sequence[str]) -> int:
    """Print the table, or what one service lists."""
    from pixray.api import studio

    parser = Parser("services", "List remote services, or ask one for its models and samplers.")
    parser.add_argument("service", nargs="?", help="a service to ask; this talks to it")
    args = parser.parse_args(argv)
    registry = studio.registry
    if args.service is None:
        services = [registry.load("provider", name) for name in registry.names("provider")]
        width = shutil.get_terminal_size((_NO_TERMINAL, 0)).columns
        sys.stdout.write(table([described(service) for service in services], width))
        sys.stdout.write(nearby(services, width))
        return 0
    provider = registry.load("provider", args.service)()
    lists = [name for name in _LISTS if hasattr(provider, name)]
    if not lists:
        raise PixrayError(f"{args.service} offers no lists")
    for name in lists:
        listed = asyncio.run(getattr(provider, name)())
        sys.stdout.write(f"{name}: {', '.join(listed)}\n")
    return 0


def nearby(services: Sequence[Any], width: int) -> str:
    """What runs on this machine, an entry each; only loopback addresses are asked, without keys."""
    from pixray.providers import nearby as search

    answers = asyncio.run(search.find_nearby(services, search.SECONDS))
    ports = sorted({port for service in services for port in service.local_ports})
    if not answers:
        return f"\non this machine: nothing answers at ports {', '.join(map(str, ports))}\n"
    lines = ["\non this machine:"]
    for answer in answers:
        address = "" if answer.usual else f" --{answer.service}_url {answer.url}"
        use = f"--drawer {answer.service}{address}"
        silent = f"something at {answer.url} said nothing within {search.SECONDS:g} s; if it is {answer.service}: {use}"
        lines += _wrapped(silent if answer.what is None else f"{answer.what} at {answer.url}: {use}", "", width)
    return "\n".join(lines) + "\n"


def table(rows: Sequence[tuple[str, str, str]], width: int) -> str:
    """Rows of three columns, the first two as wide as they need to be; the last is wrapped below itself."""
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    lines = []
    for name, key, abilities in rows:
        lines += _wrapped(abilities, f"{name:<{first}}  {key:<{second}}  ", width)
    return "\n".join(lines) + "\n"


def _wrapped(text: str, before: str, width: int) -> list[str]:
    """A text after something, its other lines indented as far; at least 30 letters wide, however narrow it gets."""
    indent = " " * (len(before) or 2)
    most = max(width, len(before) + 30)
    return textwrap.wrap(
        text, most, initial_indent=before, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def described(service: Any) -> tuple[str, str, str]:
    """A service's name, whether its key is set, and what it can do; nothing is sent."""
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
    try:
        service().key.reveal()
        key = f"{service.key_name} is set"
    except PixrayError:
        key = f"{service.key_name} is not set" if service.needs_key else "needs no key"
    return service.name, key, ", ".join(ability for ability, able in can.items() if able) or "prompts only"
