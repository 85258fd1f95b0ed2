"""Declaring a setting: one line beside the part that reads it.

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        pixel_type: str = setting("rect", "shape of one cell", choices=("rect", "hex", "tri"))

From that line come the flag, the YAML key, the keyword of `add_settings`, the checks, the help text, the row of
the settings page and the inputs of the cog predictor. Nothing else in the package repeats it.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Declaration:
    """One declared setting, as collected from its group.

    Attributes:
        name: the Python name, the YAML key and (with two dashes) the flag.
        kind: its type without `| None`: str, int, float, bool, Amount, tuple[int, int], list[str] …
        optional: whether None ("not set") is a legal value.
        aliases: further flags, short ones with their dash ("-p", "--video"); long ones also work as Python names.
        parse: turns a raw value into the final one; raises ValueError saying what is right.
        common: among the few that the short help shows.
        internal: settable, but left out of help pages (kept for old settings that no longer do anything).
        owner: the part it belongs to, such as "drawer pixel".
    """

    name: str
    kind: Any
    optional: bool
    default: Any
    help: str
    choices: tuple[str, ...] | None
    least: float | None
    most: float | None
    unit: str | None
    aliases: tuple[str, ...]
    parse: Callable[[Any], Any] | None
    common: bool
    internal: bool
    owner: str

    @property
    def python_names(self) -> tuple[str, ...]:
        """Every name under which Python and YAML may give this setting, its own first."""
        return (self.name, *(alias[2:] for alias in self.aliases if alias.startswith("--")))


def setting(
    default: Any,
    help: str,
    *,
    choices: Sequence[str] | None = None,
    least: float | None = None,
    most: float | None = None,
    unit: str | None = None,
    aliases: Sequence[str] = (),
    parse: Callable[[Any], Any] | None = None,
    common: bool = False,
    internal: bool = False,
) -> Any:
    """Declare one setting as a dataclass field.

    Args:
        default: its value when nobody gives one.
        help: one line, as a user would say it.
        choices: the only legal words, if there are only a few.
        least, most: inclusive bounds of a number.
        unit: what the number counts ("pixels", "percent").
        aliases: more flags, such as ("-asp",) or ("--video", "-vid").
        parse: for values with a grammar of their own; takes the raw value, raises ValueError with what is right.
        common: show it in the short help.
        internal: accept it, but leave it out of help pages.
    """
    facts = {
        "help": help,
        "choices": None if choices is None else tuple(choices),
        "least": least,
        "most": most,
        "unit": unit,
        "aliases": tuple(aliases),
        "parse": parse,
        "common": common,
        "internal": internal,
    }
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=facts)
    return dataclasses.field(default=default, metadata=facts)


def declarations(group: type, owner: str) -> tuple[Declaration, ...]:
    """The declared settings of one group (a dataclass), in their order.

    Raises:
        TypeError: the group is no dataclass or has a field that was not made with `setting`.
    """
    if not dataclasses.is_dataclass(group):
        raise TypeError(f"{group!r} of {owner} is not a dataclass")
    hints = typing.get_type_hints(group)
    found = []
    for field in dataclasses.fields(group):
        if "help" not in field.metadata:
            raise TypeError(f"{owner}: the field '{field.name}' was not declared with setting(...)")
        kind, optional = _without_none(hints[field.name])
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        found.append(
            Declaration(name=field.name, kind=kind, optional=optional, default=default, owner=owner, **field.metadata)
        )
    return tuple(found)


def _without_none(hint: Any) -> tuple[Any, bool]:
    """`int | None` -> (int, True); `int` -> (int, False)."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        if len(kinds) != 1:
            raise TypeError(f"a setting has one type, perhaps with None, not {hint}")
        return kinds[0], True
    return hint, hint is Any
