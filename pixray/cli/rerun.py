"""pixray rerun PICTURE [settings]: make it again, perhaps with another seed or size.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pixray.cli.parsing import asks_for_help
from pixray.errors import SettingsError

USAGE = """\
usage: pixray rerun PICTURE [--trust] [settings]

Make a picture again from the settings inside it (a PNG or SVG of pixray, a settings.yaml, or the folder of a run).
Other settings change it:  pixray rerun out.png --seed 7 --iterations 400

A picture may come from anybody, so what its settings say about files, addresses, paid services and locations on this
machine is left out, and named. --trust takes it all; a setting of your own beside it (--init_image mine.png) always
counts.
"""


def main(argv: Sequence[str]) -> int:
    """Paint with the settings of a picture; without changes the same bytes come out on a CPU."""
    words = list(argv)
    if not words or asks_for_help(words):
        sys.stdout.write(USAGE)
        return 0
    trusted = "--trust" in words
    words = [word for word in words if word != "--trust"]
    if not words or words[0].startswith("-"):
        raise SettingsError("pixray rerun: expected a picture first, then settings (try pixray rerun --help)")

    from pixray.cli.main import paint
    from pixray.recorders.staging import record_of

    return paint(words[1:], base=record_of(words[0], trusted=trusted))
