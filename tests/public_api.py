"""The inventory of what others build on: every public name with its signature, and every public member of a class.

    python -m tests.public_api             prints what differs from tests/public_api.txt
    python -m tests.public_api --update    writes the file anew

A test compares the two, so that a name is neither lost nor added by accident. What is removed or changed stands in the
CHANGELOG, as CONTRIBUTING.md says.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("public_api.txt")
MODULES = ("pixray", "pixray.errors", "pixray.events", "pixray.testing")


def lines() -> list[str]:
    """The inventory as it is now."""
    from pixray.cli.main import COMMANDS
    from pixray.parts.kinds import KINDS

    found = [line for module in MODULES for line in _of_module(importlib.import_module(module))]
    found += [f"kind of part {name}: {kind.group}" for name, kind in KINDS.items()]
    return [*found, *(f"command {name}" for name in COMMANDS)]


def _of_module(module: Any) -> Iterator[str]:
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", "").startswith("pixray")]
    for name in sorted(getattr(module, "__all__", own)):
        if not name.startswith("_"):
            yield from _of_value(f"{module.__name__}.{name}", getattr(module, name))


def _of_value(name: str, value: Any) -> Iterator[str]:
    if not inspect.isclass(value):
        yield f"{name}{_signature(value)}"
        return
    bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
    yield f"class {name}({bases}){_signature(value)}"
    for member in sorted({member for cls in (value, *_unlisted_bases(value)) for member in vars(cls)}):
        if not member.startswith("_") or member == "__call__":
            held = inspect.getattr_static(value, member)
            held = held.__func__ if isinstance(held, classmethod | staticmethod) else held
            yield f"    {member}{_signature(held) if callable(held) else ''}"


def _unlisted_bases(value: type) -> Iterator[type]:
    """Classes that it inherits from and that have no entry of their own."""
    listed = {id(held) for module in MODULES for held in vars(importlib.import_module(module)).values()}
    for base in value.__mro__[1:]:
        if base.__module__.startswith("pixray.") and id(base) not in listed:
            yield base


def _signature(value: Any) -> str:
    try:
        text = str(inspect.signature(value))
    except (TypeError, ValueError):
        return ""
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def difference() -> str:
    """What was added (+) and removed (-) since the file was written, or nothing."""
    kept = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    return "\n".join(difflib.unified_diff(kept, lines(), "public_api.txt", "now", lineterm="", n=0))


def main(argv: list[str]) -> int:
    """Write the file, or print what differs from it."""
    if "--update" in argv:
        FILE.write_text("\n".join(lines()) + "\n", encoding="utf-8")
        return 0
    text = difference()
    sys.stdout.write(text + "\n" if text else "nothing was added or removed\n")
    return 1 if text else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
