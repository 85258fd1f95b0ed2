"""pixray show PICTURE: the settings that made it, as YAML that can be run again."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pixray.cli.parsing import Parser
from pixray.runtime.terminal import plain


def main(argv: Sequence[str]) -> int:
    """Print the settings inside a picture."""
    parser = Parser("show", "Print the settings that made a picture.")
    parser.add_argument("picture", help="a PNG or SVG of pixray, a settings.yaml, or the folder of a run")
    args = parser.parse_args(argv)

    from pixray.recorders.record import read_record
    from pixray.runtime.yaml_io import write_yaml

    record = read_record(args.picture)
    text = write_yaml(record)
    # YAML has escapes of its own: what is shown can still be saved and run.
    sys.stdout.write(text if _can_be_shown(text) else write_yaml(record, ascii_only=True))
    return 0


def _can_be_shown(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return plain(text) == text
