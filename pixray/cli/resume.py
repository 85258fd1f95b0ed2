"""pixray resume OUTDIR: go on with an earlier run.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pixray.cli.parsing import Parser, add_output_flags, folder_of, output_of
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

    output, place = output_of(args), _place(args.outdir)
    if output == "live":
        sys.stderr.write("loading torch …\n")
        sys.stderr.flush()

    from pixray.api import studio
    from pixray.cli.going_on import say_how_to_go_on
    from pixray.models.store import ModelStore
    from pixray.recorders.console import DownloadBar
    from pixray.runs.resume import resume
    from pixray.runs.to_folder import finish_in_folder

    store = ModelStore(progress=DownloadBar() if output == "live" else None)
    session, files = resume(
        place,
        studio.registry,
        store,
        args.iterations,
        _changes(args),
        trust=args.trust,
    )
    if output == "live":
        sys.stderr.write(f"{_where_it_goes_on(session.step, session.steps)}\n")
    stopped = finish_in_folder(session, files, studio.registry, output)
    if stopped and output == "live":
        say_how_to_go_on(files, session.settings)
    return 130 if stopped else 0


def _place(text: str) -> Path | str:
    """The folder of a run that a person named, or whose picture; or its address.

    Raises:
        PixrayError: there is no folder, or it holds no run.
    """
    outdir = place_of(text, "outdir")
    if is_store(outdir):
        return outdir
    folder = user_path(outdir, "outdir")
    if folder.is_file():
        if not (folder.parent / "settings.yaml").is_file():
            raise PixrayError(
                f"{text} was painted alone, without what a run goes on from: paint with --outdir FOLDER to "
                "go on later, or `pixray rerun` it"
            )
        return folder.parent
    return folder_of(outdir)


def _where_it_goes_on(step: int, steps: int) -> str:
    if step >= steps:
        return f"all {steps} steps were taken already; --iterations +100 takes 100 more"
    return f"going on at step {step} of {steps}" if step else "no checkpoint was kept: beginning anew"


def _changes(args: argparse.Namespace) -> dict[str, Any]:
    """What may differ from the run before, since it says where things are and not what is painted."""
    chosen = {"device": args.device, "checkpoints_dir": args.checkpoints_dir, "offline": args.offline or None}
    return {name: value for name, value in chosen.items() if value is not None}
