"""pixray serve: answer requests over HTTP as Replicate does, with mistakes answered in our words."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pixray.cli.parsing import Parser, folder_of
from pixray.errors import MissingPackage, Unsupported

_PREFIX = "pixray-serve-"


def main(argv: Sequence[str]) -> int:
    """Serve until told to end: 0 after POST /shutdown, 128 and its number after a signal, 1 if no worker starts."""
    parser = Parser("serve", "Answer requests over HTTP as Replicate does, with a worker process for each device.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine only)")
    parser.add_argument("--port", type=int, default=5000, help="port to listen at (default: 5000)")
    parser.add_argument("--name", action="append", default=[], help="a name by which clients may call this server")
    parser.add_argument("--device", action="append", help="where to paint: cpu, cuda:0 …; once for each worker")
    parser.add_argument("--allow", action="append", default=[], help="a folder whose files requests may name")
    parser.add_argument("--no-addresses", action="store_true", help="fetch no web addresses for requests")
    parser.add_argument("--services", action="store_true", help="let requests spend the keys of remote services")
    parser.add_argument("--time-limit", type=float, default=3600.0, help="seconds that a run may take (default: 3600)")
    parser.add_argument("--outdir", help="keep the folders of all runs here, with checkpoints for pixray resume")
    parsed = parser.parse_args(argv)
    if sys.platform == "win32":
        raise Unsupported("pixray serve needs Linux or macOS; on Windows it runs in WSL")

    try:
        from pixray.serve.app import Server, bound_socket
    except ModuleNotFoundError as error:
        raise MissingPackage("pixray serve", error.name or "starlette", "serve") from None
    from pixray.serve.process import Patience
    from pixray.serve.supervisor import Pool
    from pixray.settings.layers import Leave

    folders = tuple(folder_of(folder).resolve() for folder in parsed.allow)
    leave = Leave(folders, addresses=not parsed.no_addresses, services=parsed.services)
    listening = bound_socket(parsed.host, parsed.port)
    with _folder(parsed.outdir) as folder, listening:
        server = Server(
            Pool(parsed.device or _devices(), patience=Patience(job=parsed.time_limit)),
            listening,
            folder,
            leave,
            keep=parsed.outdir is not None,
            hosts=[parsed.host, *parsed.name],
        )
        sys.stderr.write(f"listening at http://{parsed.host}:{listening.getsockname()[1]}\n")
        return server.run()


def _devices() -> list[str]:
    """Every GPU, or whatever else there is to paint with."""
    import torch

    return [f"cuda:{number}" for number in range(torch.cuda.device_count())] or ["auto"]


@contextmanager
def _folder(outdir: str | None) -> Iterator[Path]:
    """Where runs leave their files: a person's folder, or one of our own that goes at the end."""
    if outdir is not None:
        yield Path(outdir).expanduser()
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
