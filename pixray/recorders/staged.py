"""A folder of a store, as a folder of this machine while a run works in it.

What the work needs is fetched, files that are only in the way stand there empty, and whatever is new or changed is put
into the store. The folder of this machine is deleted when all of it is there, and kept when it is not.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from pixray.errors import PixrayError
from pixray.recorders.checkpoint import NAME as CHECKPOINT
from pixray.recorders.earlier import SETTINGS
from pixray.recorders.lock import NAME as LOCK
from pixray.recorders.log import NAME as LOG
from pixray.recorders.log import ends_finished
from pixray.recorders.store_lock import StoreLock
from pixray.runtime.addresses import joined, last_name, parent_of
from pixray.runtime.files import reason
from pixray.runtime.folders import state_folder
from pixray.runtime.store import Store, StoreError

_PAGES = ("grid.json", "compare.json")
Signature = tuple[int, int, int]


class StagedFolder:
    """A folder of a store and its stand-in on this machine.

    Args:
        address: as `checked_place` gives it.
        writes: take the lock of the folder, so that no other run writes there; without it nothing is ever put.
        heir: who may take the lock over (see `StoreLock`).

    Attributes:
        address: of the folder.
        folder: of this machine, which stands for it.

    Raises:
        PixrayError: the store cannot be reached or written to, or another run has the folder.
    """

    def __init__(self, address: str, *, writes: bool = True, heir: str = "") -> None:
        self.address, self.store = address, Store(address)
        # A service that is not there is told soon: the lock is not tried again beyond what its own library does.
        self._lock = StoreLock(Store(address, pauses=()), heir=heir) if writes else None
        if self._lock is not None:
            self._lock.acquire()
        try:
            self._root = _new_root(last_name(address))
            self.folder = self._root / last_name(address)
            self.folder.mkdir()
        except OSError as error:
            self._release()
            raise PixrayError(f"{state_folder()}: no folder can be made there: {reason(error)}") from error
        self._known: dict[str, Signature] = {}
        self._pushing = threading.Lock()

    def pull(self, needed: Callable[[str], bool], names: list[str] | None = None) -> None:
        """Fetch the files whose names are needed; the others stand there empty.

        Args:
            names: of the files that there are, if that is known already.

        Raises:
            PixrayError: the store cannot be read, or the disk is full.
        """
        for name in self.store.names() if names is None else names:
            path = self.folder / name
            if path.name == LOCK:
                continue  # of this run, or of one that is no more
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if needed(name):
                    self.store.fetch(name, path)
                else:
                    path.touch()
                self._known[name] = _signature(path)
            except OSError as error:
                raise PixrayError(f"{joined(self.address, name)} cannot be fetched: {reason(error)}") from error

    def pull_names_beside(self) -> None:
        """Make empty folders for those that lie beside this one, so that a new one gets a number that is free."""
        for name in Store(self._outside).folders():
            if name.startswith(f"{self.folder.name}-earlier-"):
                (self._root / name).mkdir(exist_ok=True)

    def push(self) -> None:
        """Put what is new or changed; move what was moved.

        Raises:
            StoreError: the store cannot be written to; what is missing there is put the next time.
            PixrayError: another run took over.
        """
        with self._pushing:
            assert self._lock is not None, "a folder that is only read was changed"
            self._lock.check()
            self._move_what_moved()
            planned = {name: _signature(self.folder / name) for name in self._names()}
            for name in sorted(planned, key=self._order):
                self._put(name, planned[name])

    def close(self, *, push: bool = True) -> None:
        """Put what is missing, free the folder of the store, and delete the one of this machine.

        Raises:
            PixrayError: not everything could be put; the folder of this machine is kept and named.
        """
        try:
            if push and self._lock is not None:
                self.push()
        except PixrayError as error:
            raise PixrayError(
                f"{error}; everything is kept in {self.folder}: copy it to {self.address}, or go on there"
            ) from error
        finally:
            self._release()
        shutil.rmtree(self._root, ignore_errors=True)

    def named(self, text: str) -> str:
        """A text about the folder of this machine, with the address in its place."""
        for path, address in ((self.folder, self.address), (self._root, self._outside)):
            for written in {str(path), str(path.resolve())}:
                text = text.replace(written, address)
        return text

    @contextlib.contextmanager
    def naming(self) -> Iterator[None]:
        """Errors that say the address where they meant the folder of this machine.

        Raises:
            PixrayError: in place of those.
        """
        try:
            yield
        except StoreError:
            raise
        except PixrayError as error:
            if self.named(str(error)) == str(error):
                raise
            raise PixrayError(self.named(str(error))) from error

    @property
    def _outside(self) -> str:
        """The address of what the folder lies in; a whole bucket has nothing around it."""
        return parent_of(self.address) or self.address

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _names(self) -> list[str]:
        """The files of the folder of this machine that belong into the store."""
        paths = (path for path in self.folder.rglob("*") if not _is_of_this_machine(path.name) and path.is_file())
        return [path.relative_to(self.folder).as_posix() for path in paths]

    def _order(self, name: str) -> tuple[int, str]:
        """The log first, since it tells whose the others are, but last when it says that all is there; a checkpoint
        after the pictures that it counts on, pages after what they show."""
        base = name.rpartition("/")[2]
        if base == LOG:
            return (4, name) if ends_finished(self.folder / name) else (0, name)
        is_page = base in _PAGES or (base.startswith("index") and base.endswith(".html"))
        return 5 if is_page else 2 if base == CHECKPOINT else 1, name

    def _put(self, name: str, planned: Signature) -> None:
        path = self.folder / name
        try:
            signature = _signature(path)
            # What changed since the walk began waits for the next one: a checkpoint counts on files beside it.
            if signature == self._known.get(name) or (signature != planned and path.name != LOG):
                return
            self.store.put(name, path)
            self._known[name] = signature
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {reason(error)}") from error

    def _move_what_moved(self) -> None:
        """An earlier run whose files stand beside the folder now: settings first and the log last, as it was moved."""
        for sibling in (sibling for sibling in self._root.iterdir() if sibling != self.folder):
            paths = {path.relative_to(sibling).as_posix(): path for path in sibling.rglob("*") if path.is_file()}
            for name in sorted(paths, key=lambda name: (name == LOG, name != SETTINGS, name)):
                if self._known.get(name) == _signature(paths[name]):
                    self.store.move(name, joined(joined(self._outside, sibling.name), name))
                    del self._known[name]


def _is_of_this_machine(name: str) -> bool:
    """Whether a file is a lock, or still being written."""
    return name.startswith(".pixray-") or (name.startswith(".pixray") and name.endswith(".lock"))


def _new_root(name: str) -> Path:
    uploads = state_folder() / "uploads"
    uploads.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Path(tempfile.mkdtemp(prefix=f"{name[:40]}-", dir=uploads))


def _signature(path: Path) -> Signature:
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
