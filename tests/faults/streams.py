"""Terminals that are gone: closed, full, without a reader, of another encoding. The run paints the same picture."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.faults.disks import SMALL_RUN
from tests.faults.outcomes import Outcome

LOUD_RUN = [word for word in SMALL_RUN if word != "--quiet"]
SHELLS = {
    "stderr closed": '"$@" 2>&-',
    "stdout closed": '"$@" >&-',
    "both closed": '"$@" >&- 2>&-',
    "all three closed": '"$@" <&- >&- 2>&-',
    "stderr full": '"$@" 2>/dev/full',
    "stdout full": '"$@" >/dev/full',
    "both full": '"$@" >/dev/full 2>/dev/full',
    "JSON to a full disk": '"$@" --json >/dev/full',
    "JSON to a reader that leaves": '{ "$@" --json; echo $? >code; } | head -c 1; exit $(cat code)',
    "stderr to a reader that leaves": '{ "$@" 2>&1 >/dev/null; echo $? >code; } | head -c 1; exit $(cat code)',
    "an ASCII console": 'PYTHONIOENCODING=ascii "$@" --outdir "☃ 🎨"',
    "JSON on an old Windows console": 'PYTHONIOENCODING=cp1252 "$@" --json --outdir "☃ 🎨"',
}
"""How a shell starts the run, by what is wrong with its streams."""


def streams(place: Path) -> Iterator[Outcome]:
    """Each of `SHELLS` once, and a terminal that is closed while the run is on."""
    command = [sys.executable, "-m", "pixray", *LOUD_RUN]
    subprocess.run([*command, "--outdir", "whole"], cwd=place, check=True, capture_output=True)
    whole = (place / "whole" / "output.png").read_bytes()
    for number, (name, script) in enumerate(SHELLS.items()):
        yield Outcome("stream", name, in_shell(place, script, f"out{number}", whole))
    yield Outcome("stream", "a terminal that is closed", _hung_up(place, command, whole))


def in_shell(place: Path, script: str, outdir: str, whole: bytes) -> str:
    """Run in a shell; what is wrong with the result."""
    folder = "☃ 🎨" if "☃" in script else outdir
    words = [sys.executable, "-m", "pixray", *LOUD_RUN, *([] if folder != outdir else ["--outdir", outdir])]
    done = subprocess.run(["sh", "-c", script, "sh", *words], cwd=place, capture_output=True)
    picture = place / folder / "output.png"
    problem = "" if done.returncode == 0 else f"exit code {done.returncode}: {done.stderr.decode()[-300:]}"
    if "Traceback" in done.stderr.decode() or "Exception ignored" in done.stderr.decode():
        problem = done.stderr.decode()[-500:]
    if not problem and (not picture.is_file() or picture.read_bytes() != whole):
        problem = "no picture, or another one"
    for path in (place / folder).rglob("*"):
        if path.is_file():
            path.unlink()
    return problem


def _hung_up(place: Path, command: list[str], whole: bytes) -> str:
    """Start in the background of a terminal, as after disown, and close the terminal at once."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen([*command, "--outdir", "hung"], cwd=place, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.read(ours, 1)
    os.close(ours)
    code = child.wait()
    picture = place / "hung" / "output.png"
    if code or not picture.is_file():
        return f"exit code {code}"
    return "" if picture.read_bytes() == whole else "another picture"
