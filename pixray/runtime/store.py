"""A folder in a store that fsspec reaches: its files, each put and fetched whole, with every error in one sentence.

Late imports: fsspec belongs to an extra, and runs on this machine's disk need none of it.
"""

from __future__ import annotations

import datetime
import errno
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pixray.errors import MissingPackage, PixrayError
from pixray.runtime.addresses import EXTRA, PACKAGES, joined, parent_of
from pixray.runtime.files import NAME_BYTES, reason
from pixray.runtime.redact import without_secrets

Result = TypeVar("Result")
PAUSES = (0.5, 2.0, 6.0)
"""Seconds before each further attempt."""
_IN_MEMORY = 32 << 20
"""Bytes of a file that is read before it is put, so that one that grows meanwhile is put as it was."""
_KEYS_MISSING = {"NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "CredentialRetrievalError"}
_PERMANENT = (FileNotFoundError, PermissionError, FileExistsError, IsADirectoryError, NotADirectoryError, ImportError)
_NOT_THERE = (ConnectionError, TimeoutError)


class StoreError(PixrayError):
    """A store refused, or could not be reached for all attempts."""


class Store:
    """A folder in a store.

    Args:
        address: as `checked_place` gives it.
        pauses: seconds before each further attempt where the network fails or the service is busy; None: `PAUSES`.

    Raises:
        MissingPackage: the package for such addresses is not installed.
    """

    def __init__(self, address: str, pauses: Sequence[float] | None = None) -> None:
        self.address = address
        self._pauses = tuple(PAUSES if pauses is None else pauses)
        self._fs, self._path = self._tried("read", lambda: _file_system(address))

    def put(self, name: str, path: Path) -> None:
        """Put a file of this machine; readers see the old content or the new.

        Raises:
            StoreError: it cannot be done. An OSError of this machine's disk passes.
        """
        if path.stat().st_size <= _IN_MEMORY:
            content = path.read_bytes()
            self._tried("written", lambda: self._fs.pipe_file(self._inside(name), content), name)
        else:
            self._tried("written", lambda: self._fs.put_file(str(path), self._inside(name)), name)

    def write(self, name: str, content: bytes) -> None:
        """Put a small file."""
        self._tried("written", lambda: self._fs.pipe_file(self._inside(name), content), name)

    def create(self, name: str, content: bytes) -> bool:
        """Put a file unless there is one of the name, which a False says. Of several that try at once, one succeeds."""
        try:
            self._tried("written", lambda: self._fs.pipe_file(self._inside(name), content, mode="create"), name)
        except FileExistsError:
            return False
        return True

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if there is none."""
        try:
            return self._tried("read", lambda: self._fs.cat_file(self._inside(name)), name)
        except FileNotFoundError:
            return None

    def fetch(self, name: str, path: Path) -> None:
        """Write a file of the store to a path of this machine. Its folder must exist.

        Raises:
            StoreError: it cannot be read, or is gone.
        """
        try:
            self._tried("read", lambda: self._fs.get_file(self._inside(name), str(path)), name)
        except FileNotFoundError:
            raise StoreError(f"{joined(self.address, name)}: there is no such file") from None

    def names(self) -> list[str]:
        """Every file in the folder and below it, sorted; those whose names no file of this machine can have are left
        out."""
        found = self._listed(lambda: self._fs.find(self._path))
        names = [path.removeprefix(self._path).lstrip("/") for path in found if path.startswith(f"{self._path}/")]
        return sorted(name for name in names if _is_plain(name))

    def folders(self) -> list[str]:
        """The names of everything that lies directly in the folder."""
        found = self._listed(lambda: self._fs.ls(self._path, detail=False))
        return sorted({path.rstrip("/").rpartition("/")[2] for path in found})

    def move(self, name: str, target: str) -> None:
        """Give a file of the folder another address in the same store, over nothing that is there: copied, then
        deleted."""
        source, goal = self._inside(name), self._fs._strip_protocol(target)
        self._tried("written", lambda: self._fs.cp_file(source, goal), name)
        self.remove(name)

    def remove(self, name: str) -> None:
        """Delete a file; one that is gone is fine."""
        try:
            self._tried("deleted", lambda: self._fs.rm_file(self._inside(name)), name)
        except FileNotFoundError:
            return

    def age(self, name: str) -> float | None:
        """Seconds since a file was put, by the clocks of the store and of this machine; None if there is none."""
        try:
            written = self._tried("read", lambda: self._fs.modified(self._inside(name)), name)
        except FileNotFoundError:
            return None
        if written.tzinfo is None:
            written = written.replace(tzinfo=datetime.timezone.utc)
        return (datetime.datetime.now(datetime.timezone.utc) - written).total_seconds()

    @property
    def parent(self) -> str | None:
        """The address of the folder that this one lies in; None for a whole bucket."""
        return parent_of(self.address)

    def is_file(self) -> bool:
        """Whether the address is one of a file, and not of a folder."""
        return bool(self._tried("read", lambda: self._fs.isfile(self._path)))

    def _inside(self, name: str) -> str:
        return f"{self._path}/{name}"

    def _listed(self, call: Callable[[], Sequence[str]]) -> Sequence[str]:
        try:
            self._fs.invalidate_cache()
            return self._tried("read", call)
        except FileNotFoundError:
            return []

    def _tried(self, done: str, call: Callable[[], Result], name: str = "") -> Result:
        """What a call gives, tried again where that may help.

        Raises:
            FileNotFoundError, FileExistsError: as the call did, where it is about reading or creating.
            StoreError: anything else, in a sentence.
        """
        for pause in (*self._pauses, None):
            try:
                return call()
            except FileExistsError:
                raise
            except Exception as error:  # each store has exceptions of its own
                if isinstance(error, PixrayError) or (isinstance(error, FileNotFoundError) and done != "written"):
                    raise
                if pause is None or isinstance(error, _PERMANENT) or type(error).__name__ in _KEYS_MISSING:
                    where = joined(self.address, name) if name else self.address
                    raise StoreError(f"{where} cannot be {done}: {_why(error)}") from error
                time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")


def _file_system(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it."""
    scheme = address.partition("://")[0]
    package = PACKAGES[scheme]
    try:
        import fsspec

        file_system, path = fsspec.core.url_to_fs(address, use_listings_cache=False)
    except ImportError as error:
        missing = "fsspec" if error.name == "fsspec" else package
        extra = "farm" if missing in EXTRA else None
        raise MissingPackage(f"an address that begins with {scheme}://", missing, extra) from error
    return file_system, path.rstrip("/")


def _is_plain(name: str) -> bool:
    parts = name.split("/")
    usable = all(part not in ("", ".", "..") and len(part.encode()) <= NAME_BYTES for part in parts)
    return usable and "\0" not in name and "\\" not in name


def _why(error: BaseException) -> str:
    """What is wrong, in words that hold nothing secret."""
    if type(error).__name__ in _KEYS_MISSING:
        return "no keys for this service are set on this machine"
    if isinstance(error, FileNotFoundError):
        return "there is no such bucket or folder"
    if isinstance(error, PermissionError):
        words = _line(error)
        return "access was denied" + (f" ({words})" if words else "")
    if isinstance(error, _NOT_THERE) or "Connect" in type(error).__name__ or "Timeout" in type(error).__name__:
        return "the service cannot be reached"
    if isinstance(error, OSError) and error.errno and error.errno != errno.EIO:
        return reason(error)
    return _line(error) or type(error).__name__


def _line(error: BaseException) -> str:
    words = (str(error).strip().splitlines() or [""])[0]
    return without_secrets(words)[:200]
