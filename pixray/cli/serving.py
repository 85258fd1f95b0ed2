"""What `pixray serve` and `pixray studio` have in common: their flags, and a server from them.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import argparse
import ipaddress
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pixray.cli.parsing import Parser, folder_of
from pixray.errors import MissingPackage, PixrayError, SettingsError, Unsupported
from pixray.runtime.files import writing

if TYPE_CHECKING:
    from pixray.serve.app import Routes


def serving_parser(command: str, text: str, port: int, seconds: float | None) -> Parser:
    """The flags that both commands take.

    Args:
        port: to listen at unless told otherwise; seconds: that a run may take unless told otherwise.
    """
    limit = "no limit" if seconds is None else f"{seconds:g}"
    parser = Parser(command, text)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine only)")
    parser.add_argument("--port", type=int, default=port, help=f"port to listen at (default: {port})")
    parser.add_argument("--token", help="what clients have to show; needed where others than this machine can ask")
    parser.add_argument("--name", action="append", default=[], help="a name by which clients may call this server")
    parser.add_argument("--device", action="append", help="where to paint: cpu, cuda:0 …; once for each worker")
    parser.add_argument("--allow", action="append", default=[], help="a folder whose files requests may name")
    parser.add_argument("--no-addresses", action="store_true", help="fetch no web addresses for requests")
    parser.add_argument("--services", action="store_true", help="let requests spend the keys of remote services")
    parser.add_argument("--time-limit", type=float, default=seconds, help=f"seconds that a run may take ({limit})")
    parser.add_argument("--most-waiting", type=int, default=1000, help="jobs that may wait (default: 1000)")
    kept = "finished jobs of other programs than the page that are kept, the newest (default: 200)"
    parser.add_argument("--most-kept", type=int, default=200, help=kept)
    return parser


def serve(
    command: str,
    parsed: argparse.Namespace,
    folder: Path,
    *,
    keep: bool,
    routes: Callable[[], Sequence[Routes]] = lambda: (),
    listening: Callable[[str], None] = lambda address: None,
) -> int:
    """Serve until told to end; the exit code.

    Args:
        command: as messages call it.
        parsed: the flags of `serving_parser`.
        folder: of the queue and of all runs.
        keep: leave the folders of predictions where they are.
        routes: imports what makes additional routes.
        listening: called with the address once clients can ask.

    Raises:
        SettingsError, MissingPackage, Unsupported: before anything is made.
    """
    if sys.platform == "win32":
        raise Unsupported(f"{command} needs Linux or macOS; on Windows it runs in WSL")
    check_token(parsed.host, parsed.token)
    try:
        from pixray.serve.app import Server, bound_socket

        extra_routes = routes()
    except ModuleNotFoundError as error:
        raise MissingPackage(command, error.name or "starlette", "studio") from None
    from pixray.serve.process import Patience
    from pixray.serve.queue import Queue
    from pixray.serve.supervisor import Pool
    from pixray.settings.layers import Leave

    folders = tuple(folder_of(name).resolve() for name in parsed.allow)
    leave = Leave(folders, addresses=not parsed.no_addresses, services=parsed.services)
    patience = Patience(job=math.inf if parsed.time_limit is None else parsed.time_limit)
    with bound_socket(parsed.host, parsed.port) as bound, _owned(folder):
        queue = Queue(folder, leave, parsed.most_waiting, max(0, parsed.most_kept))
        pool = Pool(parsed.device or devices(), queue, patience)
        names = [parsed.host, *parsed.name]
        server = Server(pool, bound, leave, keep=keep, hosts=names, token=parsed.token, routes=extra_routes)
        address = f"http://{parsed.host}:{bound.getsockname()[1]}"
        sys.stderr.write(f"listening at {address}\n")
        sys.stderr.flush()
        listening(address)
        try:
            return server.run()
        finally:
            queue.shut()


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """The folder of a server, which no other one works in meanwhile.

    Raises:
        PixrayError: another one does, or it cannot be made.
    """
    from pixray.recorders.lock import FolderLock

    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder)
    try:
        lock.acquire()
    except PixrayError as error:
        raise PixrayError(f"the folder belongs to another server: {error}") from None
    try:
        yield
    finally:
        lock.release()


def check_token(host: str, token: str | None) -> None:
    """Refuse a server that everybody could use.

    Raises:
        SettingsError: others than this machine can ask, and no token is there; or it is too short to be one.
    """
    if token is not None and (len(token) < 8 or not token.isascii() or not token.isprintable() or " " in token):
        raise SettingsError("--token: expected at least 8 letters and digits, without spaces")
    if token is None and not is_loopback(host):
        raise SettingsError(
            f"--host {host}: others than this machine can ask there, so a --token is needed, such as "
            f"--token {os.urandom(12).hex()}"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can ask at an address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def devices() -> list[str]:
    """Every GPU, or whatever else there is to paint with."""
    import torch

    return [f"cuda:{number}" for number in range(torch.cuda.device_count())] or ["auto"]
