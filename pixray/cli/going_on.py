"""What a run that Ctrl-C ended says about going on with it."""

from __future__ import annotations

import shlex
import sys

from pixray.recorders.base import Recording
from pixray.settings.namespace import Settings


def say_how_to_go_on(files: Recording, settings: Settings) -> None:
    """One line on standard error.

    Args:
        files: what wrote the folder of the run, or its picture alone; settings: of the run.
    """
    folder = getattr(files, "shown_folder", None)
    if folder is None:
        text = "a picture alone keeps nothing to go on from; a run into a folder (--outdir FOLDER) can be resumed"
    else:
        text = f"go on: pixray resume {shlex.quote(folder)}"
        if not settings.checkpoint_every:
            text += " (from the beginning, since --checkpoint_every 0 kept no checkpoint)"
    sys.stderr.write(f"{text}\n")
