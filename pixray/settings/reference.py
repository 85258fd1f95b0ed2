"""An index of every setting of the built-in parts, written from their declarations and kept beside this file.

It lets the help page show all settings, and lets an error name the part that owns a setting, without importing
those parts (and torch with them). A test compares it with the declarations:

    python -m pixray.settings.reference            writes parts.json
    python -m pixray.settings.reference --check    fails if it is stale
"""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

_FILE = "parts.json"


def owners_of(name: str) -> list[str]:
    """The built-in parts that declare a setting of this name, such as ["drawer line_sketch", "drawer clipdraw"]."""
    return [part for part, rows in index().items() if any(row["name"] == name for row in rows)]


def owner_of(name: str) -> str | None:
    """The same in words, or None when no part has such a setting."""
    return " or ".join(owners_of(name)) or None


def collect() -> dict[str, list[dict[str, Any]]]:
    """The index, made anew by importing every built-in part."""
    from pixray.registry import BUILT_IN, Registry
    from pixray.runtime.yaml_io import to_plain
    from pixray.settings.convert import describe
    from pixray.settings.declare import declarations
    from pixray.settings.flags import help_rows

    registry = Registry(BUILT_IN)
    parts: dict[str, list[dict[str, Any]]] = {}
    for kind in ("drawer", "filter", "loss"):
        for name, cls in registry.classes(kind):
            group = getattr(cls, "Settings", None)
            shown = [] if group is None else declarations(group, f"{kind} {name}")
            rows = []
            for one in shown:
                for flags, text in help_rows([one]):
                    facts = {"name": one.name, "flags": flags, "help": text, "expects": describe(one)}
                    rows.append({**facts, "default": to_plain(one.default)})
            if rows:
                parts[f"{kind} {name}"] = rows
    return parts


def index() -> dict[str, list[dict[str, Any]]]:
    """The rows of each built-in part, as they stand in the file."""
    return json.loads(resources.files("pixray.settings").joinpath(_FILE).read_text(encoding="utf-8"))


def main(argv: list[str]) -> int:
    """Write the index, or compare it."""
    text = json.dumps(collect(), indent=1, ensure_ascii=False) + "\n"
    path = Path(__file__).with_name(_FILE)
    if "--check" not in argv:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{_FILE} is stale: run python -m pixray.settings.reference\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
