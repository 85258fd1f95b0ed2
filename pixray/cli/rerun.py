"""pixray rerun PICTURE [settings]: make it again, perhaps with another seed or size."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pixray.errors import SettingsError

USAGE = """\
usage: pixray rerun PICTURE [settings]

Make a picture again from the settings inside it (a PNG or SVG of pixray, a settings.yaml, or the folder of a run).
Further settings change it:  pixray rerun out.png --seed 7 --iterations 400
"""


def main(argv: Sequence[str]) -> int:
    """Paint with the settings of a picture; without changes the same bytes come out on a CPU."""
    if not argv or "-h" in argv or "--help" in argv:
        sys.stdout.write(USAGE)
        return 0
    if argv[0].startswith("-"):
        raise SettingsError("pixray rerun: expected a picture first, then settings (try pixray rerun --help)")

    from pixray.cli.main import paint
    from pixray.recorders.record import read_record
    from pixray.settings.layers import Layer, LayerKind

    return paint(list(argv[1:]), base=Layer(LayerKind.RECORD, Path(argv[0]).name, read_record(argv[0])))
