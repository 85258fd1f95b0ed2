"""Declarations of the built-in parts without importing those parts, so that settings are checked before torch loads.

The file beside this one is written from the declarations by `python -m pixray.settings.reference`; a test compares it.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pixray.parts.kinds import import_attribute
from pixray.runtime.yaml_io import to_plain
from pixray.settings.declare import Declaration, Refers, Role
from pixray.settings.grammar import Amount

FILE = "declarations.json"
_KINDS = {
    str(kind): kind
    for kind in (
        str,
        int,
        float,
        bool,
        Any,
        Amount,
        list[str],
        tuple[int, int],
        tuple[float, float],
        tuple[int, int, int],
        tuple[int, int, int, int],
        tuple[float, float, float, float],
    )
}
_FUNCTIONS = ("parse", "references")
_FLAGS = {"refers": Refers, "role": Role}
_TUPLES = ("choices", "aliases")


@dataclass(frozen=True)
class IndexedPart:
    """What is known of a built-in part: its declarations, the settings that it supplies, and what it is, in a line."""

    declared: tuple[Declaration, ...]
    supplies: Mapping[str, Any]
    about: str = ""


@cache
def indexed_part(owner: str) -> IndexedPart:
    """What a built-in part declares, by owner, such as "drawer pixel"; nothing for parts without settings."""
    facts = _file().get(owner, {"about": "", "settings": [], "supplies": {}})
    declared = tuple(_declaration(owner, row) for row in facts["settings"])
    return IndexedPart(declared, facts["supplies"], facts["about"])


def indexed_owners() -> list[str]:
    """Every built-in part of the index, such as "drawer pixel", those without settings included."""
    return [*_file()]


def about(part: Any) -> str:
    """The first line of what the class of a part says about itself."""
    return (inspect.getdoc(part) or "").partition("\n")[0]


@cache
def _file() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name(FILE).read_text(encoding="utf-8"))


def as_row(declaration: Declaration) -> dict[str, Any]:
    """A declaration as JSON.

    Raises:
        TypeError: of a type that the index does not know, or with a function that cannot be found by its name.
    """
    row: dict[str, Any] = {
        field.name: getattr(declaration, field.name)
        for field in dataclasses.fields(declaration)
        if field.name != "owner"
    }
    row["kind"] = str(declaration.kind)
    if row["kind"] not in _KINDS:
        raise TypeError(
            f"{declaration.owner}: the index does not know the type {declaration.kind} of '{declaration.name}'"
        )
    row["default"] = to_plain(declaration.default)
    for name in _FUNCTIONS:
        function = row[name]
        row[name] = None if function is None else f"{function.__module__}:{function.__qualname__}"
    for name in _FLAGS:
        row[name] = row[name].value
    return row


def _declaration(owner: str, row: Mapping[str, Any]) -> Declaration:
    facts: dict[str, Any] = {**row, "kind": _KINDS[row["kind"]], "owner": owner}
    for name in _FUNCTIONS:
        facts[name] = None if row[name] is None else _Deferred(row[name])
    for name, flag in _FLAGS.items():
        facts[name] = flag(row[name])
    for name in _TUPLES:
        facts[name] = None if row[name] is None else tuple(row[name])
    return Declaration(**facts)


class _Deferred:
    """The function at "module:name", whose module is loaded by the first call: help pages need none of them."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.__module__, _, self.__qualname__ = path.partition(":")
        self.__name__ = self.__qualname__.rpartition(".")[2]

    def __call__(self, *arguments: Any) -> Any:
        return import_attribute(self._path)(*arguments)

    def __eq__(self, other: object) -> bool:
        return self._path == f"{getattr(other, '__module__', '')}:{getattr(other, '__qualname__', '')}"

    def __hash__(self) -> int:
        return hash(self._path)
