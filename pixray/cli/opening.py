"""Showing a finished picture in the program that this machine has for pictures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path

from pixray.errors import PixrayError
from pixray.runtime.addresses import is_store


def open_file(place: Path | str) -> None:
    """Open a file and go on at once.

    Raises:
        PixrayError: nothing here can open it.
    """
    if is_store(place):
        raise PixrayError(f"{place} is finished, but a file in a store is not opened from here")
    path = Path(place).resolve()
    try:
        if sys.platform == "win32":
            os.startfile(path)
            return
        program = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
        if program is None:
            opened = webbrowser.open(path.as_uri())
        else:
            subprocess.Popen(
                [program, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            opened = True
    except (OSError, webbrowser.Error) as error:
        raise PixrayError(f"{path} is finished, but cannot be opened here ({error})") from error
    if not opened:
        raise PixrayError(f"{path} is finished, but there is no program here to open it")
