"""One request of a server: inputs to settings to a stream of picture files."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.api import studio
from pixray.errors import SettingsError
from pixray.events import Drawn
from pixray.registry import Registry
from pixray.runtime.yaml_io import parse_yaml
from pixray.settings.declare import Role
from pixray.settings.layers import Layer, LayerKind, Leave
from pixray.settings.namespace import Settings
from pixray.settings.presets import read_preset
from pixray.settings.schema import Schema

if TYPE_CHECKING:
    from pixray.recorders.files import FileRecorder


class Painter:
    """Paints for one request at a time, and keeps loaded models between requests.

    Args:
        leave: what requests may name; default: web addresses of the public internet.
    """

    def __init__(self, leave: Leave = Leave(addresses=True)) -> None:
        from pixray.models.store import ModelStore

        self.leave = leave
        self.registry, self.store = studio.registry, ModelStore()
        self._handed_over = Path(tempfile.mkdtemp(prefix="pixray-handed-over-"))
        atexit.register(shutil.rmtree, self._handed_over, ignore_errors=True)

    def paint(self, preset: str | None = None, settings: str | None = None, **inputs: Any) -> Iterator[Path]:
        """Yield a PNG whenever a picture is due, the finished one last. They are there until the next request.

        Args:
            preset: name of a file of settings to start from.
            settings: further settings as YAML; they win over everything else.
            inputs: settings by name; None: not given.

        Raises:
            SettingsError: all mistakes at once, before anything is loaded.
        """
        from pixray.runs.to_folder import prepare_folder_run, run_to_folder

        # cog reads a picture some time after it was yielded and never removes it, but has them all once it asks again.
        for picture in self._handed_over.iterdir():
            picture.unlink()
        with tempfile.TemporaryDirectory(prefix="pixray-") as folder:
            chosen = chosen_settings(self.registry, preset, settings, inputs, {"outdir": folder}, self.leave)
            session, files = prepare_folder_run(chosen, self.registry, self.store)
            for event in run_to_folder(session, files, self.registry):
                if isinstance(event, Drawn) and (event.final or (event.show and event.step)):
                    yield self._hand_over(event, files)

    def _hand_over(self, event: Drawn, files: FileRecorder) -> Path:
        """A picture file that outlives the folder of the run."""
        from pixray.images.io import png_bytes

        picture = self._handed_over / f"{event.step:06d}{'-finished' if event.final else ''}.png"
        if event.final:
            shutil.copyfile(files.picture, picture)
        else:
            picture.write_bytes(png_bytes(event.image_u8))
        return picture


def chosen_settings(
    registry: Registry,
    preset: str | None,
    settings: str | None,
    inputs: Mapping[str, Any],
    own: Mapping[str, Any],
    leave: Leave,
) -> Settings:
    """The settings of one request, complete and checked; nothing is written, made or loaded.

    Args:
        preset: name of a file of settings to start from.
        settings: further settings as YAML; they win over everything else.
        inputs: settings by name; None: not given.
        own: the server's settings, which win over all others.
        leave: what requests may name.

    Raises:
        SettingsError: all mistakes at once, each with the input it came from.
    """
    layers, problems = _layers(preset, settings, inputs, leave)
    layers.append(Layer(LayerKind.PYTHON, "the server", own))
    try:
        schema = Schema.for_choice(registry, layers)
        chosen = schema.resolve(layers)
    except SettingsError as error:
        raise SettingsError([*problems, *error.problems]) from None
    subjects = [name for name, one in schema.declared.items() if Role.SUBJECT in one.role]
    if not any(getattr(chosen, name) for name in subjects):
        problems.append("nothing says what to paint: give prompts")
    if problems:
        raise SettingsError(problems)
    return chosen


def _layers(
    preset: str | None, settings: str | None, inputs: Mapping[str, Any], leave: Leave
) -> tuple[list[Layer], list[str]]:
    """The settings by the input they came from, weakest first, and what is wrong already."""
    layers: list[Layer] = []
    problems: list[str] = []
    try:
        layers += [Layer(LayerKind.PRESET, f"preset {preset}", read_preset(preset))] if preset else []
    except SettingsError as error:
        problems += error.problems
    given = {name: value for name, value in inputs.items() if value is not None}
    layers.append(Layer(LayerKind.CLIENT, "the inputs", given, leave))
    further: dict[str, Any] = {}
    try:
        further = parse_yaml(settings or "", "settings")
    except SettingsError as error:
        problems += error.problems
    layers.append(Layer(LayerKind.CLIENT, "settings", further, leave))
    return layers, problems
