"""One request of a server: inputs to settings to a stream of picture files.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import atexit
import dataclasses
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.api import studio
from pixray.errors import SettingsError
from pixray.events import Drawn
from pixray.serve.request import check_settings, layers_of
from pixray.settings.layers import Layer, LayerKind, Leave

if TYPE_CHECKING:
    from pixray.recorders.base import FolderRecording


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
            inputs: settings by name; None: not given. Files are named by a `Path`, which only whoever runs the server
                can give: cog, which has fetched or unpacked them.

        Raises:
            SettingsError: all mistakes at once, before anything is loaded.
        """
        from pixray.runs.to_folder import prepare_folder_run, run_to_folder

        # cog reads a picture some time after it was yielded and never removes it, but has them all once it asks again.
        for picture in self._handed_over.iterdir():
            picture.unlink()
        with tempfile.TemporaryDirectory(prefix="pixray-") as folder:
            files = [value.resolve() for value in inputs.values() if isinstance(value, Path)]
            texts = {name: str(value) if isinstance(value, Path) else value for name, value in inputs.items()}
            layers, problems = layers_of(preset, settings, texts, self._leave_for(files))
            # Nobody receives videos and steps.
            supplied = {"outdir": folder, "save_intermediates": False, "make_video": False, "checkpoint_every": 0}
            layers.append(Layer(LayerKind.SUPPLIED, "the server", supplied))
            try:
                chosen = check_settings(self.registry, layers)
            except SettingsError as error:
                raise SettingsError([*problems, *error.problems]) from None
            if problems:
                raise SettingsError(problems)
            session, recorder = prepare_folder_run(chosen, self.registry, self.store)
            # What is shown goes to the logs of the prediction: drawer, models, notices and progress.
            for event in run_to_folder(session, recorder, self.registry, "progress"):
                if isinstance(event, Drawn) and (event.final or (event.show and event.step)):
                    yield self._hand_over(event, recorder)

    def _leave_for(self, files: Sequence[Path]) -> Leave:
        """What a request may name whose own files are these."""
        if self.leave.folders is None:
            return self.leave
        return dataclasses.replace(self.leave, folders=(*self.leave.folders, *files))

    def _hand_over(self, event: Drawn, files: FolderRecording) -> Path:
        """A picture file that outlives the folder of the run."""
        from pixray.images.encode import png_bytes

        picture = self._handed_over / f"{event.step:06d}{'-finished' if event.final else ''}.png"
        if event.final:
            shutil.copyfile(files.picture, picture)
        else:
            picture.write_bytes(png_bytes(event.image_u8))
        return picture
