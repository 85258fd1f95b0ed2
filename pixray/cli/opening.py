"""Showing a finished picture in the program that this machine has for pictures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path

from pixray.errors import PixrayError


def open_file(path: Path) -> None:
    """Open a file and go on at once.

    Raises:
        PixrayError: nothing here can open it.
    """
    path = path.resolve()
    try:
        if sys.platform == "win32":
            os.startfile(path)
            return
        program = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
        if program is None:
            opened = webbrowser.open(path.as_uri())
        else:
            subprocess.Popen([program, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            opened = True
    except (OSError, webbrowser.Error) as error:
        raise PixrayError(f"{path} is finished, but cannot be opened here ({error})") from error
    if not opened:
        raise PixrayError(f"{path} is finished, but there is no program here to open it")
