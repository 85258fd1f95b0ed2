"""The page of old settings, written from old-settings.yaml:

python docs/old_settings.py            writes old-settings.md
python docs/old_settings.py --check    fails if it is stale
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
SOURCE, PAGE = HERE / "old-settings.yaml", HERE / "old-settings.md"
_INTRO = """\
# Old settings

Every setting of the old pixray and what became of it. "works" means: the same name, flags, default and meaning. A
test walks this list and asks the program itself, so it cannot go stale. Flags are also understood with dashes
instead of underscores, and the names of flags work in Python and YAML too (`video=True`).

Names of parts: the drawers `vqgan`, `pixel`, `line_sketch`, `clipdraw`, `fft` and `super_resolution`,
all losses and
all filters are there; `fast_pixel` means `pixel`; `vdiff` is gone.
"""


def groups() -> list[dict[str, Any]]:
    """The groups of the list, each with a title and its settings."""
    return yaml.safe_load(SOURCE.read_text(encoding="utf-8"))


def outcome(row: dict[str, Any]) -> str:
    """The last column of the table."""
    if "gone" in row:
        return f"gone, use {row['gone']}" if row["gone"].startswith("`") else f"gone: {row['gone']}"
    if "differs" in row:
        return f"works differently, because {row['differs']}"
    return f"works ({row['note']})" if "note" in row else "works"


def page() -> Iterator[str]:
    """The page, line by line."""
    yield _INTRO
    for group in groups():
        yield f"## {group['title']}\n"
        yield "| setting | other flags | old default | now |"
        yield "|---|---|---|---|"
        for row in group["settings"]:
            name = f"`{row['name']}`" + (f" ({row['of']})" if "of" in row else "")
            flags = " ".join(f"`{flag}`" for flag in row.get("flags", []))
            yield f"| {name} | {flags} | {_shown(row['default'])} | {outcome(row)} |".replace("\\|", "&#124;")
        yield ""


def _shown(value: Any) -> str:
    if value in (None, [], ""):
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def main() -> int:
    text = "\n".join(page())
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    return 0 if PAGE.read_text(encoding="utf-8") == text else 1


if __name__ == "__main__":
    sys.exit(main())
