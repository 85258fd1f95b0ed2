"""pixray show PICTURE: the settings that made it, as YAML that can be run again."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pixray.cli.parsing import Parser


def main(argv: Sequence[str]) -> int:
    """Print the settings inside a picture."""
    parser = Parser("show", "Print the settings that made a picture.")
    parser.add_argument("picture", help="a PNG or SVG of pixray, a settings.yaml, or the folder of a run")
    wanted = parser.parse_args(argv)

    from pixray.recorders.record import read_record
    from pixray.runtime.yaml_io import write_yaml

    sys.stdout.write(write_yaml(read_record(wanted.picture)))
    return 0
