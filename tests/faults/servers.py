"""Servers and workers that are killed at random moments: no job is lost, and pictures are those of the command line."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pixray.cli.main import main
from tests.faults.outcomes import Outcome, finished, in_child

TINY = {"prompts": "red", "perceptors": "embedded", "size": "48 32", "num_cuts": 4, "seed": 1, "checkpoint_every": 7}
KINDS: tuple[dict[str, Any], ...] = (
    {"drawer": "pixel", "pixel_size": "12 8", "iterations": 90},
    {"drawer": "line_sketch", "strokes": 3, "iterations": 40},
    {"drawer": "multires", "iterations": 60},
)
_SECONDS = 180.0


def servers(place: Path, seed: int) -> Iterator[Outcome]:
    """One round after the other, for ever; each holds up to three kills.

    Args:
        place: an empty folder.
    """
    moments = random.Random(seed)
    whole = [_by_command_line(kind, place / f"whole{number}") for number, kind in enumerate(KINDS)]
    for number in itertools.count():
        folder = place / f"round{number}"
        count = moments.randint(1, 3)
        kills = [(moments.choice(("server", "worker")), moments.uniform(0.0, 4.0)) for _ in range(count)]
        name = ", ".join(f"{who} after {seconds:.2f} s" for who, seconds in kills)
        yield Outcome("server", name, _round(folder, kills, whole))
        shutil.rmtree(folder, ignore_errors=True)


def _by_command_line(kind: Mapping[str, Any], folder: Path) -> bytes:
    """The picture that a run on the command line leaves."""
    words = [word for name, value in {**TINY, **kind}.items() for word in (f"--{name}", *str(value).split())]
    messages = folder.with_suffix(".txt")
    code = finished(in_child(lambda: main([*words, "--outdir", str(folder), "--quiet"]), messages))
    assert code == 0, messages.read_text()
    return (folder / "output.png").read_bytes()


class ServerProcess:
    """`pixray serve` with a folder that outlives it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder.with_suffix(".log")
        words = [sys.executable, "-m", "pixray", "serve", "--port", "0", "--device", "cpu", "--outdir", str(folder)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, env={**os.environ, "OMP_NUM_THREADS": "1"})
        deadline = time.monotonic() + _SECONDS
        while not (listening := re.search(r"listening at (http://\S+)", self.log.read_text())):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server does not listen: {self.log.read_text()[-500:]}")
            time.sleep(0.02)
        self.address = listening[1]

    def ask(self, path: str, body: Any = None) -> Any:
        """The JSON that is answered."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.address + path, data), timeout=60) as answer:
            return json.loads(answer.read())

    def workers(self) -> list[int]:
        """Numbers of its worker processes."""
        listed = subprocess.run(["ps", "-e", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
        mark = f" {self.process.pid} cpu"
        return [int(line.split()[0]) for line in listed.splitlines() if "serve.worker" in line and line.endswith(mark)]

    def kill(self) -> list[int]:
        """End it at once; the workers that it had."""
        workers = self.workers()
        self.process.kill()
        self.process.wait()
        return workers


def _round(folder: Path, kills: list[tuple[str, float]], whole: list[bytes]) -> str:
    server = ServerProcess(folder)
    try:
        jobs = [server.ask("/api/jobs", {"settings": {**_as_json(TINY), **_as_json(kind)}})["id"] for kind in KINDS]
        for who, seconds in kills:
            _wait_until_painting(server)
            time.sleep(seconds)
            if who == "worker":
                for number in server.workers():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(number, signal.SIGKILL)
                continue
            orphans = server.kill()
            if not _gone(orphans):
                return "a worker outlived its server"
            server = ServerProcess(folder)
        return _what_is_wrong(server, jobs, whole)
    except (RuntimeError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        server.kill()


def _what_is_wrong(server: ServerProcess, jobs: list[str], whole: list[bytes]) -> str:
    deadline = time.monotonic() + _SECONDS
    while True:
        told = {job["id"]: job for job in server.ask("/api/jobs")["jobs"]}
        if missing := [job for job in jobs if job not in told]:
            return f"lost: {', '.join(missing)}"
        states = [told[job]["state"] for job in jobs]
        if all(state == "done" for state in states):
            break
        if time.monotonic() > deadline or "failed" in states:
            return f"{states}: {[told[job]['error'] for job in jobs]}"
        time.sleep(0.1)
    for job, expected in zip(jobs, whole, strict=True):
        with urllib.request.urlopen(f"{server.address}/api/jobs/{job}/picture", timeout=60) as answer:
            if answer.read() != expected:
                return f"the picture of job {job} is not that of the command line"
    return ""


def _wait_until_painting(server: ServerProcess) -> None:
    """Wait until a job is painted, or all are done, or for a while: a start may be hit, too."""
    deadline = time.monotonic() + 8.0
    while time.monotonic() < deadline:
        states = {job["state"] for job in server.ask("/api/jobs")["jobs"]}
        if "running" in states or states == {"done"}:
            return
        time.sleep(0.05)


def _gone(processes: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{number}").exists() for number in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a page sends them."""
    pairs = ("size", "pixel_size")
    return {name: [int(word) for word in value.split()] if name in pairs else value for name, value in values.items()}
