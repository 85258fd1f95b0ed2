"""An index of every setting of the built-in parts, written from their declarations and kept beside this file.

It lets the help page show all settings, and lets an error name the part that owns a setting, without importing
those parts (and torch with them). A test compares it with the declarations:

    python -m pixray.settings.reference            writes reference.json, and declarations.json for `indexed`
    python -m pixray.settings.reference --check    fails if it is stale
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import MissingPackage, PixrayError
from pixray.parts.kinds import KINDS
from pixray.runtime.yaml_io import to_plain
from pixray.settings.convert import describe
from pixray.settings.declare import Declaration, declarations
from pixray.settings.flags import help_rows
from pixray.settings.indexed import FILE as DECLARATIONS
from pixray.settings.indexed import as_row

if TYPE_CHECKING:
    from pixray.registry import Registry

_FILE = "reference.json"


def owners_of(name: str, registry: Registry | None = None) -> list[str]:
    """The parts that declare a setting of this name, such as ["drawer line_sketch", "drawer clipdraw"].

    Args:
        registry: also asks its plugins, which imports them.
    """
    return [part for part, rows in index(registry).items() if any(row["name"] == name for row in rows)]


def owner_of(name: str, registry: Registry | None = None) -> str | None:
    """The same in words, or None when no part has such a setting."""
    return " or ".join(owners_of(name, registry)) or None


def collect() -> dict[str, list[dict[str, Any]]]:
    """The index, made anew by importing every built-in part."""
    from pixray.registry import BUILT_IN, Registry

    registry = Registry(BUILT_IN)
    return _rows_of(registry, {kind: registry.names(kind) for kind in KINDS if kind != "provider"})


def index(registry: Registry | None = None) -> dict[str, list[dict[str, Any]]]:
    """The rows of each built-in part, as they stand in the file, and of the plugins of a registry, which are imported.

    A plugin that cannot be imported has one row, without a name, that says why.
    """
    added = {} if registry is None else {kind: registry.added(kind) for kind in KINDS if kind != "provider"}
    if registry is not None:
        added["drawer"] = sorted({*added["drawer"], *registry.added("provider")})
    return {**_built_in(), **(_rows_of(registry, added) if registry is not None else {})}


@cache
def _built_in() -> dict[str, list[dict[str, Any]]]:
    """The file, which nothing may change."""
    return json.loads(resources.files("pixray.settings").joinpath(_FILE).read_text(encoding="utf-8"))


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
        if rows := [row for declaration in declared for row in _rows_of_setting(declaration)]:
            parts[owner] = rows
    return parts


def _rows_of_setting(declaration: Declaration) -> list[dict[str, Any]]:
    """One row, or none for a setting that help pages leave out."""
    expects, default = describe(declaration), to_plain(declaration.default)
    return [
        {"name": declaration.name, "flags": flags, "help": text, "expects": expects, "default": default}
        for flags, text in help_rows([declaration])
    ]


def _collect_declarations() -> dict[str, dict[str, Any]]:
    """What `indexed` reads, made anew by importing every built-in part."""
    from pixray.registry import BUILT_IN, Registry

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
        if declared or supplies:
            parts[f"{kind} {name}"] = {"supplies": supplies, "settings": [as_row(one) for one in declared]}
    return parts


def main(argv: list[str]) -> int:
    """Write the index, or compare it."""
    stale = False
    for name, made in ((_FILE, collect()), (DECLARATIONS, _collect_declarations())):
        text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
        path = Path(__file__).with_name(name)
        if "--check" not in argv:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            sys.stderr.write(f"{name} is stale: run python -m pixray.settings.reference\n")
            stale = True
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
