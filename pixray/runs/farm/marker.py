"""Files by which the machines of a farm tell that they see the same folder, on a disk or in a store."""

from __future__ import annotations

import contextlib
from pathlib import Path

from pixray.errors import PixrayError
from pixray.runtime.addresses import is_store
from pixray.runtime.files import write_atomic
from pixray.runtime.store import Store

MARKER = ".pixray.farm-"
"""How their names begin."""


def write_marker(folder: str | Path, marker: str) -> None:
    """Leave a file in the folder of the whole by which other machines tell that they see the same one.

    Raises:
        PixrayError: it cannot be written.
    """
    if is_store(folder):
        Store(str(folder)).write(marker, b"pixray\n")
    else:
        write_atomic(Path(folder) / marker, b"")


def remove_marker(folder: str | Path, marker: str) -> None:
    """Remove it, if that can be done."""
    with contextlib.suppress(PixrayError, OSError):
        if is_store(folder):
            Store(str(folder)).remove(marker)
        else:
            (Path(folder) / marker).unlink(missing_ok=True)


def missing_marker(folder: str | Path, marker: str, who: str) -> str:
    """Why a machine cannot work in the folder, as a sentence; "" if it can."""
    try:
        content = Store(str(folder)).read(marker) if is_store(folder) else (Path(folder) / marker).read_bytes()
    except OSError:
        content = None
    except PixrayError as error:  # no keys, no network or no package there
        return f"{who}: {error}"
    return "" if content is not None else f"{who} does not see {folder}: name a folder that all machines share"
