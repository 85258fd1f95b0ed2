"""cog's own HTTP server with our predictor, as a process of this machine, without Docker."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pixray.serve
from pixray.serve.inputs import schema

PATIENCE, GRACE = 60.0, 10.0


@contextmanager
def cog_server():
    """Run cog's server inside; its process and port."""
    with tempfile.TemporaryDirectory(prefix="pixray-cog-") as folder:
        (Path(folder) / ".cog").mkdir()
        (Path(folder) / ".cog/openapi_schema.json").write_text(json.dumps(schema()), encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        predictor = Path(pixray.serve.__file__).with_name("predict.py")
        facts = {"PORT": str(port), "COG_PREDICT_TYPE_STUB": f"{predictor}:Predictor"}
        # Its worker is started by the name python: that has to be this one.
        facts["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        words = [sys.executable, "-m", "cog.server.http", "--host", "127.0.0.1"]
        running = subprocess.Popen(words, cwd=folder, env={**os.environ, **facts})
        try:
            deadline = time.monotonic() + PATIENCE
            with socket.socket() as trial:
                while trial.connect_ex(("127.0.0.1", port)) and running.poll() is None:
                    assert time.monotonic() < deadline, "cog's server did not start"
                    time.sleep(0.1)
            yield running, port
        finally:
            running.terminate()
            try:
                running.wait(GRACE)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
