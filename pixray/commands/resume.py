"""pixray resume OUTDIR: go on with an earlier run."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pixray.commands.parsing import Parser, add_output_flags, output_of


def main(argv: Sequence[str]) -> int:
    """Go on in the folder of an earlier run."""
    parser = Parser("resume", "Go on with a run that was interrupted, or for more steps.")
    parser.add_argument("outdir", help="folder of the earlier run")
    parser.add_argument("--iterations", "-i", help="new total, or +100 for that many more")
    add_output_flags(parser)
    wanted: argparse.Namespace = parser.parse_args(argv)

    from pixray.catalog import Catalog
    from pixray.interrupt import graceful
    from pixray.recorders.base import attach
    from pixray.recorders.defaults import screen_recorder
    from pixray.resume import resume
    from pixray.weights.store import ModelStore

    session, files = resume(wanted.outdir, Catalog.discover(), ModelStore(), wanted.iterations)
    with graceful(session):
        for _ in attach(session.run(), files, *screen_recorder(files, output_of(wanted))):
            pass
    return 130 if session.stopping else 0
