"""One run per folder: a lock that says who is there, and that the operating system takes away from the dead."""

from __future__ import annotations

import contextlib
import datetime
import errno
import json
import os
import socket
import stat
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError
from pixray.runtime.files import alive, writing

NAME = ".pixray.lock"
_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}


class FolderInUse(PixrayError):
    """Another run has the folder."""


class FolderLock:
    """The right to write into a folder.

    Args:
        folder: must exist.
        name: of the file that is locked.
    """

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self._path = folder / name
        self._handle: int | None = None
        self._owner = 0

    def __del__(self) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            FolderInUse: another run has it.
            PixrayError: the folder cannot be written to.
        """
        with writing(self._path):
            while self._handle is None:
                handle = _open(self._path)
                try:
                    if not _lock(handle, self._path):
                        self._refuse_if_alive(handle)  # a disk without locks: only the note in the file tells
                    if _same_file(handle, self._path):
                        self._handle, handle = handle, -1
                finally:
                    if handle >= 0:
                        os.close(handle)
        self._owner = os.getpid()
        self._sign()

    def release(self) -> None:
        """Give the lock back; without one, nothing."""
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        with contextlib.suppress(OSError):
            # A forked child that ends has a copy of this object, but the lock is its parent's.
            if self._owner == os.getpid() and _same_file(handle, self._path):
                os.unlink(self._path)
        os.close(handle)

    def _sign(self) -> None:
        """Leave word of who is here."""
        now = datetime.datetime.now().isoformat(" ", "seconds")
        note = json.dumps({"process": os.getpid(), "machine": socket.gethostname(), "since": now})
        with contextlib.suppress(OSError):  # a full disk has room for no note, but the lock holds
            assert self._handle is not None
            os.ftruncate(self._handle, 0)
            os.lseek(self._handle, 0, os.SEEK_SET)
            os.write(self._handle, note.encode())

    def _refuse_if_alive(self, handle: int) -> None:
        note = _note(handle)
        same_machine = note.get("machine") == socket.gethostname()
        process = note.get("process")
        if same_machine and isinstance(process, int) and process != os.getpid() and alive(process):
            raise _in_use(self._path, note)


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags, 0o666)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EEXIST, "it is no plain file")
    return handle


def _lock(handle: int, path: Path) -> bool:
    """Lock a file until this process closes it or dies; False where the disk knows no locks.

    Raises:
        FolderInUse: somebody else has it.
    """
    try:
        if os.name == "nt":
            import msvcrt  # a module of Windows

            windows: Any = msvcrt
            os.lseek(handle, 1 << 20, os.SEEK_SET)  # beside the note, which others may read
            windows.locking(handle, windows.LK_NBLCK, 1)
        else:
            import fcntl  # a module of everything else

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            raise _in_use(path, _note(handle)) from None
        return False
    return True


def _note(handle: int) -> dict[str, Any]:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        note = json.loads(os.read(handle, 4096))
    except (OSError, ValueError, RecursionError):
        return {}
    return note if isinstance(note, dict) else {}


def _same_file(handle: int, path: Path) -> bool:
    """Whether the name still means the file that was opened, which its owner deletes when a run ends."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _in_use(path: Path, note: dict[str, Any]) -> FolderInUse:
    holder = (
        f"process {note['process']} on {note['machine']} since {note['since']}" if len(note) == 3 else "another process"
    )
    return FolderInUse(f"{path.parent} is in use by a run ({holder}); choose another outdir, or wait until it is done")
