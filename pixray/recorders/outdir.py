"""The folder of one run."""

from __future__ import annotations

import datetime
from pathlib import Path

from pixray.errors import PixrayError


def make_outdir(template: str, today: datetime.date | None = None) -> Path:
    """Create the folder a template names.

    Args:
        template: %DATE% becomes YYYYMMDD, %SEQ% the first free number from 01; "" is the working directory.

    Raises:
        PixrayError: the folder cannot be made.
    """
    date = (today or datetime.date.today()).strftime("%Y%m%d")
    text = template.replace("%DATE%", date)
    try:
        if "%SEQ%" not in text:
            path = Path(text or ".").expanduser()
            path.mkdir(parents=True, exist_ok=True)
            return path
        number = 1
        while True:
            path = Path(text.replace("%SEQ%", f"{number:02d}")).expanduser()
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.mkdir()  # fails if it exists, so that two runs at once get two folders
                return path
            except FileExistsError:
                number += 1
    except OSError as error:
        raise PixrayError(f"outdir='{template}': the folder cannot be made ({error})") from error
