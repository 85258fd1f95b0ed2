"""The folder of one run."""

from __future__ import annotations

import datetime
from pathlib import Path, PurePath

from pixray.errors import PixrayError
from pixray.runtime.addresses import is_store
from pixray.runtime.files import reason, user_path

_MOST = 1_000_000


def named_outdir(template: str, today: datetime.date | None = None) -> str:
    """The template with today's date.

    Raises:
        PixrayError: no folder can be called so.
    """
    text = template.replace("%DATE%", (today or datetime.date.today()).strftime("%Y%m%d"))
    path = PurePath(text) if is_store(text) else user_path(text or ".", "outdir")
    after = next((number for number, part in enumerate(path.parts) if "%SEQ%" in part), None)
    if after is not None and ".." in path.parts[after:]:
        raise PixrayError(f"outdir='{template}': after %SEQ% the path cannot go back up with '..'")
    return text


def make_outdir(template: str, today: datetime.date | None = None) -> Path:
    """Create the folder a template names.

    Args:
        template: %DATE% becomes YYYYMMDD, %SEQ% the first free number from 01; "" is the working directory.

    Raises:
        PixrayError: the folder cannot be made.
    """
    text = named_outdir(template, today)
    try:
        if "%SEQ%" not in text:
            path = user_path(text or ".", "outdir")
            path.mkdir(parents=True, exist_ok=True)
            return path
        for number in range(1, _MOST):
            path = user_path(text.replace("%SEQ%", f"{number:02d}"), "outdir")
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.mkdir()  # fails if it exists, so that two runs at once get two folders
                return path
            except FileExistsError:
                continue
    except OSError as error:
        raise PixrayError(f"outdir='{template}': the folder cannot be made: {reason(error)}") from error
    raise PixrayError(f"outdir='{template}': all numbers up to {_MOST} are taken")
