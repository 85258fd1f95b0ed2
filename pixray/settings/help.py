"""The help page: the few settings that people change first, or all of them. Never imports torch."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pixray.settings.core import ALWAYS
from pixray.settings.declare import declarations
from pixray.settings.flags import help_rows
from pixray.settings.indexed import indexed_owners, indexed_part
from pixray.settings.reference import index

if TYPE_CHECKING:
    from pixray.registry import Registry

_WIDTH, _COLUMN = 110, 34
_INTRO = """\
usage: python -m pixray --prompts "what to paint" [settings]
       python -m pixray settings.yaml [settings]
       python -m pixray COMMAND …
"""


def help_page(commands: Mapping[str, tuple[str, str]], *, everything: bool, registry: Registry | None = None) -> str:
    """The page as text.

    Args:
        commands: name -> (module, help).
        everything: also the rare settings, and those of every part.
        registry: whose plugins take part; with `everything` they are imported.
    """
    lines = [_INTRO]
    for group in ALWAYS:
        chosen = [declaration for declaration in declarations(group, "the engine") if everything or declaration.common]
        lines += _section(title_of(group), help_rows(chosen, registry))
    if everything:
        for owner, rows in index(registry).items():
            lines += _section(f"with {owner}", [(row["flags"], row["help"]) for row in rows])
    else:
        for owner in indexed_owners():
            lines += _section(
                f"with {owner}",
                help_rows([declaration for declaration in indexed_part(owner).declared if declaration.common]),
            )
    lines += _section("This program", _program_rows())
    lines += _section("Commands", [(name, text) for name, (_, text) in commands.items()])
    if not everything:
        lines.append("Every setting, also those of drawers, losses and other parts: --help-all")
    return "\n".join(lines) + "\n"


def _program_rows() -> list[tuple[str, str]]:
    return [
        ("--quiet", "say nothing but errors"),
        ("--json", "one JSON object per event on standard output"),
        ("--open", "open the finished picture"),
        ("--debug", "show the traceback of an error in a plugin"),
        ("--completion", 'a script that completes flags in bash, zsh or fish: eval "$(pixray --completion bash)"'),
        ("--help, --help-all, --version", "this page, all settings, the version"),
    ]


def title_of(group: type) -> str:
    """What a group of settings is about."""
    return (group.__doc__ or group.__name__).strip().splitlines()[0]


def _section(title: str, rows: list[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    lines = [f"{title}:"]
    for flags, text in rows:
        wrapped = textwrap.wrap(text, _WIDTH - _COLUMN) or [""]
        if len(flags) > _COLUMN - 4:
            lines.append(f"  {flags}")
        else:
            lines.append(f"  {flags:<{_COLUMN - 2}}{wrapped.pop(0)}")
        lines += [" " * _COLUMN + line for line in wrapped]
    return [*lines, ""]
