"""Disks that are full, read-only, gone or in the way: one sentence, nothing lost, and the run goes on afterwards."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from pixray.cli.main import main
from pixray.errors import PixrayError
from tests.faults.outcomes import Outcome, difference, finished, in_child
from tests.faults.runs import KINDS, begin, go_on

SMALL = "--prompts red --drawer pixel --size 32 24 --pixel_size 8 6 --num_cuts 4 --perceptors embedded --iterations 2"
SMALL_RUN = [*SMALL.split(), "--seed", "1", "--quiet"]
Step = Callable[[Path], None]


def told(work: Callable[[], None]) -> Callable[[], int]:
    """Do something; an error of pixray is a line, as on the command line."""

    def run() -> int:
        try:
            work()
        except PixrayError as error:
            sys.stderr.write(f"pixray: {error}\n")
            return 1
        return 0

    return run


def sentence(messages: Path, code: int) -> str:
    """What is wrong with how an error was told; "" if it was one line and a failing exit code."""
    text = messages.read_text(errors="replace")
    if code not in (1, 2):
        return f"exit code {code}: {text[-500:]}"
    if "Traceback" in text or len(text.splitlines()) != 1 or not text.startswith("pixray: "):
        return f"no sentence: {text[-500:]}"
    return ""


def full_disks(place: Path, seed: int) -> Iterator[Outcome]:
    """Runs that meet a full disk at some point, for ever; when there is room again they go on to the same bytes.

    A small disk where this user may mount one; elsewhere a limit of the size of files.
    """
    sizes = random.Random(seed)
    whole = [place / f"whole{number}" for number in range(len(KINDS))]
    for kind, folder in zip(KINDS, whole, strict=True):
        begin(kind, folder)
    for number in itertools.count():
        kind, made = KINDS[number % len(KINDS)], whole[number % len(KINDS)]
        needed = sum(path.stat().st_size + 4096 for path in made.rglob("*"))
        pages = sizes.randint(1, max(2, needed // 4096))
        yield Outcome("full disk", f"{kind['drawer']}, {pages * 4} KiB", _full(place, kind, made, pages))


def _full(place: Path, kind: dict[str, Any], whole: Path, pages: int) -> str:
    """A run on a disk of so many pages, and again when there is room."""
    out, messages = place / "disk" / "out", place / "messages"
    with _small_disk(place / "disk", pages) as (limited, enlarge):
        code = finished(in_child(told(lambda: limited(lambda: begin(kind, out))), messages))
        if code and (problem := sentence(messages, code)):
            return problem
        enlarge()
        again = go_on if (out / "settings.yaml").is_file() else partial(begin, kind)
        code = finished(in_child(told(lambda: again(out)), messages))
        return difference(out, whole) if code == 0 else f"cannot go on: {messages.read_text()[-500:]}"


@contextlib.contextmanager
def _small_disk(place: Path, pages: int) -> Iterator[tuple[Callable[[Callable[[], None]], None], Callable[[], None]]]:
    """A disk of so many pages: what limits a run to it where it cannot be mounted, and what makes room on it."""
    place.mkdir(exist_ok=True)
    mounted = mount(place, f"size={pages * 4}k")

    def limited(work: Callable[[], None]) -> None:
        if not mounted:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (pages * 128, resource.RLIM_INFINITY))
        work()

    def enlarge() -> None:
        if mounted:
            subprocess.run(["mount", "-o", "remount,size=64m", str(place)], check=True)

    try:
        yield limited, enlarge
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=True)
        shutil.rmtree(place)


def mount(place: Path, options: str) -> bool:
    """Mount a disk in memory; whether this user may."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    words = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
    return subprocess.run(words, capture_output=True).returncode == 0


def _in_the_way(name: str, make: Step) -> Step:
    def prepare(out: Path) -> None:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        make(out / name)

    return prepare


CASES: dict[str, tuple[Step, list[str]]] = {
    "outdir is a file": (lambda out: out.write_text("x"), []),
    "outdir is below a file": (lambda out: out.parent.joinpath("file").write_text("x"), ["--outdir", "file/below/it"]),
    "outdir is a dangling link": (lambda out: out.symlink_to("nowhere/at/all"), []),
    "the picture is a folder": (_in_the_way("output.png", Path.mkdir), []),
    "the settings are a folder": (_in_the_way("settings.yaml", Path.mkdir), []),
    "the log is a pipe": (_in_the_way("log.jsonl", os.mkfifo), []),
    "the log is a link": (_in_the_way("log.jsonl", lambda path: path.symlink_to("../victim")), []),
    "the checkpoint is a link": (_in_the_way("checkpoint.safetensors", lambda path: path.symlink_to("../victim")), []),
    "the lock is a folder": (_in_the_way(".pixray.lock", Path.mkdir), []),
    "the lock is a pipe": (_in_the_way(".pixray.lock", os.mkfifo), []),
    "steps is a file": (_in_the_way("steps", lambda path: path.write_text("x")), []),
    "a name that is too long": (lambda out: None, ["--outdir", "n" * 300]),
    "a path that is too long": (lambda out: None, ["--outdir", "/".join(["n" * 200] * 30)]),
    "a picture's name that is too long": (lambda out: None, ["--output", "é" * 140]),
    "an unknown user": (lambda out: None, ["--outdir", "~nobody-of-that-name/x"]),
    "a null character": (lambda out: None, ["--outdir", "a\0b"]),
    "a null character in the picture's name": (lambda out: None, ["--output", "a\0b"]),
    "a lone surrogate": (lambda out: None, ["--outdir", "a\ud800b"]),
    "numbers that lead back up": (lambda out: None, ["--outdir", "x/%SEQ%/.."]),
    "a picture outside": (lambda out: None, ["--output", "../x.png"]),
}
"""What is in the way before a run, and the words that it is given besides."""


def in_the_way(place: Path) -> Iterator[Outcome]:
    """Each of `CASES` once, and a disk that is read-only."""
    for name, (prepare, words) in CASES.items():
        work = place / name
        work.mkdir()
        (work / "victim").write_text("precious")
        yield Outcome("in the way", name, _refused(work, prepare, words))
    (place / "disk").mkdir()
    if mount(place / "disk", "ro"):
        yield Outcome("in the way", "a disk that is read-only", _refused(place / "disk", lambda out: None, []))
        subprocess.run(["umount", str(place / "disk")], check=True)
    yield Outcome("in the way", "a folder that is deleted while its run is on", _deleted(place))


def _refused(work: Path, prepare: Step, words: list[str]) -> str:
    prepare(work / "out")
    before = _everything(work)
    messages = work.parent / "messages"

    def run() -> int:
        os.chdir(work)
        return main([*SMALL_RUN, "--outdir", "out", *words])

    problem = sentence(messages, finished(in_child(run, messages)))
    return problem or ("" if _everything(work) == before else f"changed: {_everything(work) ^ before}")


def _everything(work: Path) -> set[tuple[str, bytes]]:
    """All entries, with the content of plain files."""
    return {
        (path.relative_to(work).as_posix(), path.read_bytes() if path.is_file() and not path.is_symlink() else b"")
        for path in work.rglob("*")
    }


def _deleted(place: Path) -> str:
    out, messages = place / "deleted", place / "messages"
    child = in_child(told(lambda: begin({**KINDS[0], "iterations": 2000}, out)), messages)
    while not (out / "output.png").exists():
        time.sleep(0.01)
    for _ in range(50):  # it goes on writing meanwhile
        shutil.rmtree(out, ignore_errors=True)
        if not out.exists():
            break
    problem = sentence(messages, finished(child))
    return problem or ("the folder came back" if out.exists() else "")
