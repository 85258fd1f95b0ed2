"""What lies in folders of stores and disks, to be compared."""

from pathlib import Path

from pixray.runtime.folders import state_folder
from pixray.runtime.store import Store


def content(address):
    """Every file of a folder in a store, and what is in it."""
    store = Store(address)
    return {name: store.read(name) for name in store.names()}


def of_disk(folder):
    """The same of a folder of this machine."""
    files = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def left_behind():
    """Folders of this machine that stand for one of a store."""
    uploads = state_folder() / "uploads"
    return set(uploads.iterdir()) if uploads.is_dir() else set()
