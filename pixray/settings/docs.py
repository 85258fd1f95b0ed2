"""The page of all settings in docs/, written from their declarations:

python -m pixray.settings.docs docs/settings.md            writes it
python -m pixray.settings.docs docs/settings.md --check    fails if it is stale
python -m pixray.settings.docs mine.md --plugins           writes it with the settings of installed plugins
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from pixray.registry import Registry
from pixray.settings.convert import describe
from pixray.settings.core import ALWAYS
from pixray.settings.declare import declarations
from pixray.settings.flags import flag_names, help_rows
from pixray.settings.help import title_of
from pixray.settings.reference import index

_INTRO = """\
# Every setting

Each is a flag (`--pixel_type hex`), a YAML key (`pixel_type: hex`) and a Python keyword
(`pixray.add_settings(pixel_type="hex")`). Defaults are in square brackets.
The settings of a drawer, filter or loss exist only in runs that use it.

This page is generated from the source; `python -m pixray --help-all` prints the same.
"""


def settings_page(registry: Registry | None = None) -> str:
    """The page as Markdown.

    Args:
        registry: whose plugins take part; None: built-in parts alone.
    """
    lines = [_INTRO]
    for group in ALWAYS:
        shown = [declaration for declaration in declarations(group, "the engine") if not declaration.internal]
        rows = [
            (", ".join(flag_names(declaration)), help_rows([declaration], registry)[0][1], describe(declaration))
            for declaration in shown
        ]
        lines += _table(title_of(group), rows)
    for owner, facts in index(registry).items():
        lines += _table(
            f"With {owner}",
            [(declaration["flags"], declaration["help"], declaration["expects"]) for declaration in facts],
        )
    return "\n".join(lines)


def _table(title: str, rows: Iterable[tuple[str, str, str]]) -> list[str]:
    lines = [f"## {title}", "", "| setting | meaning | value |", "|---|---|---|"]
    lines += ["| " + " | ".join([f"`{flags}`", *map(_escaped, texts)]) + " |" for flags, *texts in rows]
    return [*lines, ""]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def main(argv: list[str]) -> int:
    """Write the page, or compare it."""
    path = Path(next(word for word in argv if not word.startswith("-")))
    registry = Registry.discover() if "--plugins" in argv else None
    if "--check" not in argv:
        path.write_text(settings_page(registry), encoding="utf-8")
        return 0
    if path.read_text(encoding="utf-8") == settings_page(registry):
        return 0
    sys.stderr.write(f"{path} is stale: run python -m pixray.settings.docs {path}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
