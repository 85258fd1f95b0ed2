"""cog's own HTTP server with our predictor, as a process of this machine, without Docker."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixray.errors import MissingPackage, RunFailed
from pixray.serve.inputs import schema

PACKAGES = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds until the server has to listen; it loads the predictor afterwards."""
GRACE = 10.0
"""Seconds to end in, once it was told to."""


@contextmanager
def cog_server() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run cog's server inside; its process and port.

    Raises:
        MissingPackage: cog is not installed.
        RunFailed: it ended before it listened.
    """
    if importlib.util.find_spec("cog") is None:
        raise MissingPackage("pixray serve", "cog", "serve")
    with tempfile.TemporaryDirectory(prefix="pixray-serve-") as folder:
        (Path(folder) / ".cog").mkdir()
        (Path(folder) / ".cog/openapi_schema.json").write_text(json.dumps(schema()), encoding="utf-8")
        port = _free_port()
        words = [sys.executable, "-m", "cog.server.http", "--host", "127.0.0.1"]
        predictor = Path(__file__).with_name("predict.py")
        facts = {"PORT": str(port), "COG_PREDICT_TYPE_STUB": f"{predictor}:Predictor"}
        # Its worker is started by the name python: that has to be this one, and to find this pixray.
        facts |= {"PATH": _first("PATH", Path(sys.executable).parent), "PYTHONPATH": _first("PYTHONPATH", PACKAGES)}
        running = subprocess.Popen(words, cwd=folder, env={**os.environ, **facts})
        try:
            _wait_until_it_listens(running, port)
            yield running, port
        finally:
            _end(running)


def _end(running: subprocess.Popen[bytes]) -> None:
    """Politely; a server whose worker is still loading may not listen to that."""
    running.terminate()
    try:
        running.wait(GRACE)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def _first(variable: str, folder: Path) -> str:
    """A list of folders in the environment, with one more in front."""
    return os.pathsep.join(filter(None, [str(folder), os.environ.get(variable)]))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait_until_it_listens(running: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while running.poll() is None and time.monotonic() < deadline:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RunFailed("cog's server did not start; what it wrote above says why")
