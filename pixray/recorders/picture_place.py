"""Whether a picture may be written at a path, and what it would replace there. Known without torch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError, SettingsError
from pixray.recorders.record import read_record
from pixray.settings.output import WRITTEN


def earlier_picture(path: Path) -> dict[str, Any] | None:
    """The record of the picture that one written at this path replaces; None: nothing is there.

    Raises:
        SettingsError: something else is there, or a file stands where a folder would have to be.
    """
    if not os.path.lexists(path):
        _require_folder(path)
        return None
    if path.is_dir():
        raise SettingsError(f"{path} is a folder: output names a picture, which ends in {', '.join(WRITTEN)}")
    if path.is_symlink():
        raise _foreign(path)
    try:
        return read_record(path)
    except PixrayError as error:
        raise _foreign(path) from error


def _require_folder(path: Path) -> None:
    for parent in path.parents:
        if os.path.lexists(parent):
            if not parent.is_dir():
                raise SettingsError(f"{path} cannot be written, since {parent} is no folder")
            return


def _foreign(path: Path) -> SettingsError:
    return SettingsError(f"{path} is no picture of pixray and would be written over: choose another output")
