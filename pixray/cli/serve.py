"""pixray serve: answer requests over HTTP as Replicate does, with mistakes answered in our words."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pixray.cli.serving import serve, serving_parser
from pixray.runtime.files import user_path

_PREFIX = "pixray-serve-"


def main(argv: Sequence[str]) -> int:
    """Serve until told to end: 0 after POST /shutdown, 128 and its number after a signal, 1 if no worker starts."""
    text = "Answer requests over HTTP as Replicate does, with a worker process for each device."
    parser = serving_parser("serve", text, 5000, 3600.0)
    parser.add_argument("--outdir", help="keep the queue and the folders of runs here, with checkpoints")
    parsed = parser.parse_args(argv)
    with _folder(parsed.outdir) as folder:
        return serve("pixray serve", parsed, folder, keep=parsed.outdir is not None)


@contextmanager
def _folder(outdir: str | None) -> Iterator[Path]:
    """Where runs leave their files: a person's folder, or one of our own that goes at the end."""
    if outdir is not None:
        yield user_path(outdir, "outdir")
        return
    _remove_orphans()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _remove_orphans() -> None:
    """Remove what servers left that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        number = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if number.isdigit() and folder.is_dir() and folder.owner() == Path.home().owner():
            try:
                os.kill(int(number), 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)
            except OSError:
                continue  # it lives, and is somebody else's
