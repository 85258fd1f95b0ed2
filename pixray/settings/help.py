"""The help page: the few settings that people change first, or all of them. Never imports torch."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from importlib import resources

from pixray.settings.core import ALWAYS
from pixray.settings.declare import Declaration, declarations
from pixray.settings.flags import help_rows

_WIDTH, _COLUMN = 110, 34
_INTRO = """\
usage: python -m pixray --prompts "what to paint" [settings]
       python -m pixray settings.yaml [settings]
       python -m pixray COMMAND …
"""


def help_page(commands: Mapping[str, tuple[str, str]], *, everything: bool) -> str:
    """The page as text.

    Args:
        commands: name -> (module, help).
        everything: also the rare settings, and those of every drawer, loss and filter.
    """
    lines = [_INTRO]
    for group in ALWAYS:
        chosen = [one for one in declarations(group, "the engine") if everything or one.common]
        lines += _section(title_of(group), _rows(chosen))
    if everything:
        for owner, rows in part_rows().items():
            lines += _section(f"with {owner}", rows)
    lines += _section("This program", _program_rows())
    lines += _section("Commands", [(name, text) for name, (_, text) in commands.items()])
    if not everything:
        lines.append("Every setting, also those of drawers, losses and filters: --help-all")
    return "\n".join(lines) + "\n"


def part_rows() -> dict[str, list[tuple[str, str]]]:
    """Help rows of the built-in parts, read from the index that `python -m pixray.settings.reference` writes."""
    text = resources.files("pixray.settings").joinpath("parts.json").read_text(encoding="utf-8")
    return {owner: [(row["flags"], row["help"]) for row in rows] for owner, rows in json.loads(text).items()}


def _program_rows() -> list[tuple[str, str]]:
    return [
        ("--quiet", "say nothing but errors"),
        ("--json", "one JSON object per event on standard output"),
        ("--help, --help-all, --version", "this page, all settings, the version"),
    ]


def title_of(group: type) -> str:
    """What a group of settings is about."""
    return (group.__doc__ or group.__name__).strip().splitlines()[0]


def _rows(chosen: list[Declaration]) -> list[tuple[str, str]]:
    return help_rows(chosen)


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
