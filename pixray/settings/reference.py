"""Every setting of every part as rows for help pages, and which parts own a setting.

Built-in parts are looked up in declarations.json, so that neither they nor torch are imported. The file is written from
their declarations, and a test compares the two:

    python -m pixray.settings.reference            writes declarations.json
    python -m pixray.settings.reference --check    fails if it is stale
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import MissingPackage, PixrayError
from pixray.parts.kinds import KINDS
from pixray.registry import BUILT_IN, Registry
from pixray.runtime.yaml_io import to_plain
from pixray.settings.convert import describe
from pixray.settings.declare import Declaration, declarations
from pixray.settings.flags import help_rows
from pixray.settings.indexed import FILE, about, as_row, indexed_owners, indexed_part

if TYPE_CHECKING:
    from pixray.registry import Registry


def owners_of(name: str, registry: Registry | None = None) -> list[str]:
    """The parts that declare a setting of this name, such as ["drawer line_sketch", "drawer clipdraw"].

    Args:
        registry: also asks its plugins, which imports them.
    """
    return [part for part, rows in index(registry).items() if any(row["name"] == name for row in rows)]


def owner_of(name: str, registry: Registry | None = None) -> str | None:
    """The same in words, or None when no part has such a setting."""
    return " or ".join(owners_of(name, registry)) or None


def index(registry: Registry | None = None) -> dict[str, list[dict[str, Any]]]:
    """The rows of each built-in part and of the plugins of a registry, which are imported.

    A plugin that cannot be imported has one row, without a name, that says why.
    """
    added = {} if registry is None else {kind: registry.added(kind) for kind in KINDS if kind != "provider"}
    if registry is not None:
        added["drawer"] = sorted({*added["drawer"], *registry.added("provider")})
    return {**_built_in(), **(_rows_of(registry, added) if registry is not None else {})}


@cache
def _built_in() -> dict[str, list[dict[str, Any]]]:
    """From the declarations that stand in the file; nothing may change it."""
    rows = {owner: _rows_of_settings(indexed_part(owner).declared) for owner in indexed_owners()}
    return {owner: shown for owner, shown in rows.items() if shown}


def _rows_of(registry: Registry, names: Mapping[str, Sequence[str]]) -> dict[str, list[dict[str, Any]]]:
    """Rows by part, of those that have settings.

    Args:
        names: of the parts, by kind.
    """
    parts: dict[str, list[dict[str, Any]]] = {}
    for kind, name in ((kind, name) for kind, several in names.items() for name in several):
        owner = f"{kind} {name}"
        try:
            group = getattr(registry.load(kind, name), "Settings", None)
            declared = () if group is None else declarations(group, owner)
        except MissingPackage:
            continue  # without its package nobody can use it here
        except PixrayError as error:
            parts[owner] = [{"name": "", "flags": "", "help": str(error), "expects": "", "default": None}]
            continue
        if rows := _rows_of_settings(declared):
            parts[owner] = rows
    return parts


def _rows_of_settings(declared: Sequence[Declaration]) -> list[dict[str, Any]]:
    """A row for each setting, but for those that help pages leave out."""
    return [
        {
            "name": declaration.name,
            "flags": flags,
            "help": text,
            "expects": describe(declaration),
            "default": to_plain(declaration.default),
        }
        for declaration in declared
        for flags, text in help_rows([declaration])
    ]


def _collect_declarations() -> dict[str, dict[str, Any]]:
    """What `indexed` reads, made anew by importing every built-in part."""

    registry, parts = Registry(BUILT_IN), {}
    names = [(kind, name) for kind in KINDS if kind != "provider" for name in registry.names(kind)]
    for kind, name in names:
        try:
            part = registry.load(kind, name)
        except MissingPackage:
            continue  # without its package nobody can use it here
        group = getattr(part, "Settings", None)
        declared = () if group is None else declarations(group, f"{kind} {name}")
        supplies = dict(getattr(part, "supplies", {}) or {})
        if declared or supplies or kind in ("drawer", "filter", "loss"):
            settings = [as_row(declaration) for declaration in declared]
            parts[f"{kind} {name}"] = {"about": about(part), "supplies": supplies, "settings": settings}
    return parts


def main(argv: list[str]) -> int:
    """Write the declarations of the built-in parts, or compare them with the file."""
    text = json.dumps(_collect_declarations(), indent=1, ensure_ascii=False) + "\n"
    path = Path(__file__).with_name(FILE)
    if "--check" not in argv:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{FILE} is stale: run python -m pixray.settings.reference\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
