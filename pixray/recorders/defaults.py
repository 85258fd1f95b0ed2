"""Which recorders a run gets: files always, what fits the environment it runs in, and those that its settings name.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixray.recorders.base import Observer, Recording, RunFiles
from pixray.recorders.notices import log_notice
from pixray.registry import Registry
from pixray.settings.grammar import parse_parts

if TYPE_CHECKING:
    from pixray.settings.namespace import Settings


def default_recorders(
    files: Recording,
    settings: Settings,
    registry: Registry,
    output: str = "live",
    shown_notices: set[str] | None = None,
) -> list[Observer]:
    """Files, a live picture in a notebook or a live line in a terminal, and those of the setting `recorders`.

    Args:
        files: what writes the folder of the run, or its picture alone.
        registry: where recorders come from.
        output: "live" for progress and the path of the picture, "progress" without the path, "json" for JSON lines,
            "quiet" for nothing but errors.
        shown_notices: texts of notices that other runs of the same command have shown, and that a terminal does not
            show again; what this run shows is added.
    """
    from pixray.recorders.notebook import NotebookRecorder, in_notebook

    if output == "live" and in_notebook():
        screen: list[Observer] = [NotebookRecorder(files, settings.display_clear)]
    else:
        screen = screen_recorder(files, output, shown_notices)
    return [files, log_notice, *screen, *named_recorders(settings, registry, files)]


def screen_recorder(files: RunFiles | None, output: str, shown_notices: set[str] | None = None) -> list[Observer]:
    """What the terminal shows, as a list of one recorder or none.

    Args:
        files: tells where the picture is; output, shown_notices: see `default_recorders`.
    """
    from pixray.recorders.console import ConsoleRecorder, JsonRecorder

    if output == "quiet":
        return []
    if output == "json":
        return [JsonRecorder(files)]
    return [ConsoleRecorder(None if output == "progress" else files, shown_notices=shown_notices)]


def named_recorders(settings: Settings, registry: Registry, files: RunFiles) -> list[Observer]:
    """The recorders that the setting `recorders` names, in its order; none if an untrusted request named them.

    Args:
        files: tells them where the files of the run are.
    """
    recorders: list[Observer] = []
    if settings.is_untrusted("recorders"):
        return recorders
    for name, *_ in parse_parts(settings.recorders):
        cls = registry.load("recorder", name)
        recorders.append(cls(files=files, **settings.section_keyword(cls)))
    return recorders
