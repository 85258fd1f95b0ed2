"""One run per folder of a store: a file that says who is there, written anew every minute.

Stores know no locks that end with a process. A file that nobody wrote for ten minutes is of a dead process, or of one
whose machine lost the network.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import secrets
import socket
import threading
from typing import Any

from pixray.errors import PixrayError
from pixray.recorders.lock import NAME, FolderInUse
from pixray.runtime.addresses import joined
from pixray.runtime.files import alive
from pixray.runtime.store import Store

EVERY = 60.0
"""Seconds between two times that the file is written."""
STALE = 600.0
"""Seconds after which nobody is there any more."""


class StoreLock:
    """The right to write into a folder of a store.

    Args:
        store: the folder.
        every: seconds between two times that the file is written; stale: after which it counts no more.
        heir: who else may take it over at once: those who name the same. They have to agree among themselves, as the
            workers of a farm do, whose scheduler gives each cell to one of them.
    """

    def __init__(self, store: Store, every: float = EVERY, stale: float = STALE, heir: str = "") -> None:
        self._store, self._every, self._stale, self._heir = store, every, stale, heir
        self._mark = secrets.token_hex(8)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._lost = False

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            FolderInUse: another run has it.
            StoreError: the store cannot be written to.
        """
        if not self._store.create(NAME, self._note()):
            held = self._held()
            inherited = bool(self._heir) and held.get("heir") == self._heir
            if held and not inherited and not self._is_stale(held):
                raise _in_use(self._store, held)
            self._store.write(NAME, self._note())
            # Where several took over at once, the last of them has it.
            now = self._held()
            if now.get("mark") != self._mark:
                raise _in_use(self._store, now)
        self._thread = threading.Thread(target=self._renew, name="pixray-store-lock", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Make sure that it is still ours.

        Raises:
            PixrayError: another run took over, since nothing was heard of this one for too long.
        """
        if self._heir and not self._lost:  # a worker that counts as lost may still be at work
            with contextlib.suppress(PixrayError):
                self._lost = self._held().get("mark") != self._mark
        if self._lost:
            raise PixrayError(
                f"{self._store.address} was taken over by another run, since nothing was heard of this one "
                f"for {self._stale / 60:.0f} minutes, or its worker counted as lost"
            )

    def release(self) -> None:
        """Give the lock back; without one, nothing."""
        if self._thread is None:
            return
        self._ended.set()
        self._thread.join()
        self._thread = None
        with contextlib.suppress(PixrayError):  # it becomes stale, then
            if self._held().get("mark") == self._mark:
                self._store.remove(NAME)

    def _note(self) -> bytes:
        now = datetime.datetime.now().isoformat(" ", "seconds")
        facts = {"process": os.getpid(), "machine": socket.gethostname(), "since": now, "mark": self._mark}
        facts |= {"heir": self._heir} if self._heir else {}
        return json.dumps(facts).encode()

    def _held(self) -> dict[str, Any]:
        """What the file says; empty if there is none, or none of a run."""
        try:
            note = json.loads(self._store.read(NAME) or b"{}")
        except ValueError:
            return {}
        return note if isinstance(note, dict) else {}

    def _is_stale(self, note: dict[str, Any]) -> bool:
        process = note.get("process")
        if note.get("machine") == socket.gethostname() and isinstance(process, int) and not alive(process):
            return True
        age = self._store.age(NAME)
        return age is None or age > self._stale

    def _renew(self) -> None:
        while not self._ended.wait(self._every):
            with contextlib.suppress(PixrayError):  # the network may come back
                if self._held().get("mark") != self._mark:
                    self._lost = True
                    return
                self._store.write(NAME, self._note())


def _in_use(store: Store, note: dict[str, Any]) -> FolderInUse:
    who = "another process"
    if {"process", "machine", "since"} <= note.keys():
        who = f"process {note['process']} on {note['machine']} since {note['since']}"
    return FolderInUse(
        f"{store.address} is in use by a run ({who}); choose another outdir, or wait until it is done. If that run is "
        f"no more, {joined(store.address, NAME)} counts for ten minutes and may be deleted"
    )
