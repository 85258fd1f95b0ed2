"""pixray serve: answer requests over HTTP as Replicate does, with mistakes answered in our words."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from pixray.cli.parsing import Parser
from pixray.errors import PixrayError


def main(argv: Sequence[str]) -> int:
    """Serve until the server is told to shut down or Ctrl-C."""
    parser = Parser(
        "serve", "Answer requests over HTTP as Replicate does: cog's own server behind a check of the inputs."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine only)")
    parser.add_argument("--port", type=int, default=5000, help="port to listen at (default: 5000)")
    wanted = parser.parse_args(argv)

    from pixray.serve.behind import cog_server
    from pixray.serve.front import Front

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    with cog_server() as (running, port):
        try:
            front = Front((wanted.host, wanted.port), port)
        except (OSError, OverflowError) as error:
            raise PixrayError(f"cannot listen at {wanted.host} port {wanted.port}: {error}") from None
        with front:
            threading.Thread(target=front.serve_forever, daemon=True).start()
            sys.stderr.write(f"listening at http://{wanted.host}:{front.server_address[1]}\n")
            running.wait()
            front.shutdown()
    return 0


def _end(number: int, frame: Any) -> None:
    """Every polite end takes cog's server along, also where a shell in the background lets Ctrl-C be ignored."""
    sys.exit(128 + number)
