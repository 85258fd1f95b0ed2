"""What a fault did: survived, or how it failed; and the tools that every kind of fault needs."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """Faults that were tried together; `problem` is empty if they were survived."""

    kind: str
    name: str
    problem: str = ""
    count: int = 1


def in_child(work: Callable[[], int | None], messages: Path) -> int:
    """Start a forked process that does something; its number. What it writes to stderr goes to a file.

    Forking saves the seconds that importing torch takes; nothing here has started threads before.
    """
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        handle = os.open(messages, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = work() or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def finished(child: int) -> int:
    """Wait for a child; its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path below, but for those that hold times: logs, and videos of frames."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".jsonl", ".mp4")
    }


def difference(folder: Path, whole: Path) -> str:
    """How a folder differs from that of a run nothing happened to; "" if it does not."""
    mine, other = content(folder), content(whole)
    extra, missing = sorted(mine.keys() - other.keys()), sorted(other.keys() - mine.keys())
    changed = sorted(name for name in mine.keys() & other.keys() if mine[name] != other[name])
    found = {"extra": extra, "missing": missing, "other bytes": changed}
    return "; ".join(f"{what}: {', '.join(names[:5])}" for what, names in found.items() if names)
