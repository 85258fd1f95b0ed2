"""pixray resume OUTDIR: go on with an earlier run.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pixray.cli.parsing import Parser, add_output_flags, output_of
from pixray.errors import PixrayError
from pixray.runtime.addresses import is_store, place_of
from pixray.runtime.files import user_path


def main(argv: Sequence[str]) -> int:
    """Go on in the folder of an earlier run."""
    parser = Parser("resume", "Go on with a run that was interrupted, or for more steps.")
    parser.add_argument("outdir", help="folder of the earlier run, or the picture in it; also as an address, s3://…")
    parser.add_argument("--iterations", "-i", help="new total, or +100 for that many more")
    parser.add_argument("--device", help="where to go on, if not where it began: auto, cpu, cuda, cuda:1, mps")
    parser.add_argument("--checkpoints_dir", "--checkpoints-dir", help="folder of model files")
    parser.add_argument("--offline", action="store_true", help="never download a model file")
    parser.add_argument("--trust", action="store_true", help="go on with an untrusted run, whatever its settings name")
    add_output_flags(parser)
    args = parser.parse_args(argv)

    from pixray.api import studio
    from pixray.models.store import ModelStore
    from pixray.recorders.console import DownloadBar
    from pixray.runs.resume import resume
    from pixray.runs.to_folder import finish_in_folder

    output = output_of(args)
    outdir = place_of(args.outdir, "outdir")
    place = Path(outdir) if is_store(outdir) else user_path(outdir, "outdir")
    if place.is_file() and not (place.parent / "settings.yaml").is_file():
        raise PixrayError(
            f"{args.outdir} was painted alone, without what a run goes on from: paint with --outdir FOLDER to "
            "go on later, or `pixray rerun` it"
        )
    store = ModelStore(progress=DownloadBar() if output == "live" else None)
    session, files = resume(
        outdir if is_store(outdir) else place.parent if place.is_file() else place,
        studio.registry,
        store,
        args.iterations,
        _changes(args),
        trust=args.trust,
    )
    if output == "live" and session.step >= session.steps:
        sys.stderr.write(f"all {session.steps} steps were taken already; --iterations +100 takes 100 more\n")
    return 130 if finish_in_folder(session, files, studio.registry, output) else 0


def _changes(args: argparse.Namespace) -> dict[str, Any]:
    """What may differ from the run before, since it says where things are and not what is painted."""
    chosen = {"device": args.device, "checkpoints_dir": args.checkpoints_dir, "offline": args.offline or None}
    return {name: value for name, value in chosen.items() if value is not None}
