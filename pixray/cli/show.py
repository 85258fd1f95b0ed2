"""pixray show PICTURE: the settings that made it, as YAML that can be run again.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from pixray.cli.parsing import Parser
from pixray.runtime.terminal import plain


def main(argv: Sequence[str]) -> int:
    """Print the settings inside a picture."""
    parser = Parser("show", "Print the settings that made a picture.")
    parser.add_argument("picture", help="a PNG or SVG of pixray, a settings.yaml, or the folder of a run")
    args = parser.parse_args(argv)

    from pixray.recorders.record import read_record, sheet_records
    from pixray.recorders.staging import fetched, is_settings

    with fetched(args.picture, "picture", is_settings) as place:
        pictures = sheet_records(place)
        for each in pictures:
            sys.stdout.write(f"--- # {plain(each['picture'])}\n{_shown(each['record'])}")
        if not pictures:
            sys.stdout.write(_shown(read_record(place)))
    return 0


def _shown(record: dict[str, Any]) -> str:
    """YAML that the terminal can show; with its own escapes it can still be saved and run."""
    from pixray.recorders.record import record_yaml

    text = record_yaml(record)
    return text if _can_be_shown(text) else record_yaml(record, ascii_only=True)


def _can_be_shown(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return plain(text) == text
