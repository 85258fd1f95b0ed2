"""The command line, made from the declarations: argparse finds the flags, `Schema.resolve` checks the values.

Every flag takes its words as they are; conversion and checks happen once, in one place, for all layers, so that a
wrong value on the command line is reported together with a wrong line of the YAML file.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from pixray.errors import SettingsError, did_you_mean, escaped, shown
from pixray.registry import BUILT_IN, Registry
from pixray.settings.declare import Declaration, Role, offered
from pixray.settings.old_names import RENAMED, RETIRED
from pixray.settings.raw import is_switched_off


class _Parser(argparse.ArgumentParser):
    """argparse that raises instead of leaving the process."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{escaped(message)} (from the command line)")


def parser_for(declared: Iterable[Declaration], *, abbreviate: bool) -> argparse.ArgumentParser:
    """An argument parser that collects the words of every flag, without help and without defaults."""
    # Each added argument makes a formatter, which would ask for the terminal's width unless it has one.
    formatter = functools.partial(argparse.HelpFormatter, width=80)
    parser = _Parser(
        add_help=False, allow_abbrev=abbreviate, argument_default=argparse.SUPPRESS, formatter_class=formatter
    )
    for declaration in declared:
        nargs: Any = "*" if Role.SEVERAL_WORDS in declaration.role else 1
        if declaration.kind is bool:
            nargs = "?"  # `--video` alone means yes
        dashed = [
            spelling for name in flag_names(declaration) for spelling in dict.fromkeys((name, name.replace("_", "-")))
        ]
        if declaration.adds_up:
            parser.add_argument(*dashed, dest=declaration.name, nargs=nargs, action="extend")
        else:
            parser.add_argument(
                *dashed, dest=declaration.name, nargs=nargs, const="yes" if declaration.kind is bool else None
            )
    return parser


def flag_names(declaration: Declaration) -> tuple[str, ...]:
    """The long flag first, then other long and short ones."""
    return (f"--{declaration.name}", *declaration.aliases)


def read_flags(
    declared: Iterable[Declaration],
    argv: Sequence[str],
    owner_of: Callable[[str], str | None] = lambda name: None,
) -> tuple[dict[str, Any], list[str]]:
    """The values given on the command line, and one problem for each word that is no setting.

    Unique beginnings of long flags are understood (`--prompt` for `--prompts`).

    Args:
        owner_of: which part, not chosen here, has a setting of this name.
    """
    if not argv:
        return {}, []  # settings from Python alone, which should not wait for a parser of all flags
    declared = list(declared)
    parsed, left_over = parser_for(declared, abbreviate=True).parse_known_args(_protect_negatives(_renamed(argv)))
    names = [name for declaration in declared for name in flag_names(declaration) if name.startswith("--")]
    problems = []
    for word in _without_switched_off(left_over):
        if word.startswith("-"):
            flag = word.split("=")[0]
            name = flag[2:].replace("-", "_")
            if name in RETIRED:
                problems.append(f"{shown(flag)} (from the command line) is an old flag that is gone: {RETIRED[name]}")
            elif owner := owner_of(name):
                problems.append(
                    f"{shown(flag)} (from the command line) is a flag of {owner}, which this run does not use"
                    + offered(owner, "--drawer ")
                )
            else:
                problems.append(f"unknown flag {shown(flag)} (from the command line).{did_you_mean(flag, names)}")
        elif not problems:
            problems.append(
                f"unexpected word {shown(word)} (from the command line): put a text of several words in quotes, after "
                "--prompts or before all flags"
            )
    return _unwrapped(vars(parsed)), problems


def _without_switched_off(words: Sequence[str]) -> list[str]:
    """The words without old switches that say no: what is gone is not missed by a script that did not use it."""
    kept: list[str] = []
    for word in words:
        flag, _, value = (kept[-1] if kept and "=" not in word else word).partition("=")
        name = flag[2:].replace("-", "_")
        if flag.startswith("--") and name in RETIRED and is_switched_off(value or word):
            if "=" not in word:
                kept.pop()
            continue
        kept.append(word)
    return kept


def peek_flags(declared: Iterable[Declaration], argv: Sequence[str]) -> dict[str, Any]:
    """The flags that decide which parts exist, read before those parts' own flags are known."""
    if not argv:
        return {}
    parsed, _ = parser_for(declared, abbreviate=False).parse_known_args(_protect_negatives(_renamed(argv)))
    return _unwrapped(vars(parsed))


def _unwrapped(words: dict[str, Any]) -> dict[str, Any]:
    """argparse wraps the word of a flag that takes one into a list."""
    return {name: word[0] if isinstance(word, list) and len(word) == 1 else word for name, word in words.items()}


def _renamed(argv: Sequence[str]) -> list[str]:
    """Flags of old names by the names they have today."""
    words = []
    for word in argv:
        flag, equals, value = word.partition("=")
        name = flag[2:].replace("-", "_") if flag.startswith("--") else ""
        words.append(f"--{RENAMED[name]}{equals}{value}" if name in RENAMED else word)
    return words


def _protect_negatives(argv: Sequence[str]) -> list[str]:
    """A value that starts with a dash and holds a blank (`--prompts "- a list"`) is a text, never a flag."""
    words: list[str] = []
    for word in argv:
        after_flag = bool(words) and words[-1].startswith("--") and "=" not in words[-1]
        if after_flag and word.startswith("-") and " " in word:
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words


def help_rows(declared: Iterable[Declaration], registry: Registry | None = None) -> list[tuple[str, str]]:
    """(flags, help) of each setting, as the help page shows them.

    Args:
        registry: names the parts to choose from; None: those that are built in.
    """
    registry = registry or Registry(BUILT_IN)
    rows = []
    for declaration in declared:
        if declaration.internal:
            continue
        flags = ", ".join(reversed(flag_names(declaration)))
        # Any model of open_clip is a perceptor, so that no list of them is complete.
        choices = (
            registry.names(declaration.part)
            if declaration.part and declaration.part != "perceptor"
            else declaration.choices
        )
        text = f"{declaration.help}: {', '.join(choices)}" if choices else declaration.help
        default = "" if declaration.default in (None, [], (), "") else f" [{_shown(declaration.default)}]"
        rows.append((flags, text + default))
    return rows


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
