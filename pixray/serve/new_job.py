"""From what a client asks for to a job in the queue, for every interface of the server.

The settings are checked at once, before anything is loaded or written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixray.errors import SettingsError
from pixray.registry import Registry
from pixray.serve.jobs import Job, Order
from pixray.serve.request import LONGEST_SETTINGS, check_settings, is_small, layers_of
from pixray.serve.run_folder import new_folder
from pixray.settings.layers import Leave
from pixray.settings.run_inputs import id_of, name_of
from pixray.settings.subject import words_of


def job_for(
    registry: Registry,
    settings: Any,
    leave: Leave,
    folder: Path,
    *,
    start: str | None = None,
    door: str = "studio",
    most_pictures: int = 0,
) -> Job:
    """A job that is not in the queue yet. It outlives the server and the client.

    Args:
        registry: of parts.
        settings: by name, as the client gave them; "preset" names a file of settings below them.
        leave: what clients may name.
        folder: of the server, where uploads are, and below which the run gets its own.
        start: id of an upload to start from.
        door: the interface that it came through.
        most_pictures: full pictures to keep while it is painted.

    Raises:
        SettingsError: all mistakes at once.
    """
    if not isinstance(settings, Mapping) or not is_small(settings):
        raise SettingsError(
            f"settings: expected an object of names and values, at most {LONGEST_SETTINGS:,} characters"
        )
    asked = {name: value for name, value in settings.items() if value is not None}
    preset = asked.pop("preset", None)
    if preset is not None and not isinstance(preset, str):
        raise SettingsError("preset: expected the name of a preset")
    if start is not None:
        asked["init_image"] = name_of(start)
    start = id_of(asked.get("init_image"))
    layers, problems = layers_of(preset, asked, {}, leave, folder)
    try:
        chosen = check_settings(registry, layers)
    except SettingsError as error:
        raise SettingsError([*problems, *error.problems]) from None
    if problems:
        raise SettingsError(problems)
    if not chosen.checkpoint_every:
        # Without checkpoints it could be neither paused nor taken up again after a fault.
        layers = [layer.without("checkpoint_every") for layer in layers]
    job = Job(Order(tuple(layers), folder, resumable=True, lasting=True, most_pictures=most_pictures), door=door)
    job.order = Order(tuple(layers), new_folder(folder, job.id), True, True, most_pictures)
    job.asked = {name: raw for name, raw in settings.items() if start is None or name != "init_image"}
    job.start = start
    given = chosen.given()
    job.prompts = words_of(given) or words_of({"prompts": given.get("spot_prompts")})
    job.drawer, job.steps = chosen.drawer, chosen.iterations
    job.size = (int(chosen.size[0]), int(chosen.size[1])) if chosen.size else None
    return job
