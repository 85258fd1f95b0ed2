"""Which recorders a run gets: files always, and what fits the place it runs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixray.recorders.base import Recorder
from pixray.recorders.console import ConsoleRecorder, JsonRecorder

if TYPE_CHECKING:
    from pixray.recorders.files import FileRecorder
    from pixray.settings.namespace import Settings


def default_recorders(settings: Settings, output: str = "live") -> list[Recorder]:
    """Files, and a live picture in a notebook or a live line in a terminal.

    Args:
        output: "live", "json" for JSON lines, "quiet" for nothing but errors.
    """
    from pixray.recorders.files import FileRecorder
    from pixray.recorders.notebook import NotebookRecorder, in_notebook

    files = FileRecorder(settings)
    if output == "live" and in_notebook():
        return [files, NotebookRecorder(files, settings.display_clear)]
    return [files, *screen_recorder(files, output)]


def screen_recorder(files: FileRecorder | None, output: str) -> list[Recorder]:
    """What the terminal shows, as a list of one recorder or none.

    Args:
        files: tells where the picture is; output: "live", "json" or "quiet".
    """
    if output == "quiet":
        return []
    return [JsonRecorder(files) if output == "json" else ConsoleRecorder(files)]
