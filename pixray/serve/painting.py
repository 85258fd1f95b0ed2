"""One request of a server: inputs to settings to a stream of picture files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pixray.api import resolve
from pixray.catalog import Catalog
from pixray.errors import SettingsError
from pixray.events import Drawn
from pixray.presets import read_preset
from pixray.settings.yamlio import parse_yaml

NOT_FROM_OUTSIDE = (
    "outdir",
    "output",
    "config_file",
    "animation_dir",
    "remote_mask",
    "checkpoints_dir",
    "models_file",
)
"""Settings that name places on the server."""


class Painter:
    """Paints for one request at a time, and keeps loaded models between requests."""

    def __init__(self) -> None:
        from pixray.weights.store import ModelStore

        self.catalog, self.store = Catalog.discover(), ModelStore()

    def paint(self, preset: str | None = None, settings: str | None = None, **inputs: Any) -> Iterator[Path]:
        """Yield a PNG whenever a picture is due, the finished one last.

        Args:
            preset: name of a file of settings to start from.
            settings: further settings as YAML; they win over everything else.
            inputs: settings by name; None: not given.

        Raises:
            SettingsError: all mistakes at once.
        """
        from pixray.build import build
        from pixray.recorders.base import attach
        from pixray.recorders.files import FileRecorder

        given = {name: value for name, value in inputs.items() if value is not None}
        given.update(_further(settings))
        base = (f"preset {preset}", read_preset(preset)) if preset else None
        with tempfile.TemporaryDirectory(prefix="pixray-") as folder:
            chosen = resolve(self.catalog, {**given, "outdir": folder}, base=base)
            session = build(chosen, self.catalog, self.store)
            files = FileRecorder(chosen)
            for event in attach(session.run(), files):
                if isinstance(event, Drawn) and (event.final or (event.show and event.step)):
                    yield _handed_over(event, files)


def _names_a_place(name: str) -> bool:
    """Also addresses of services, to which the server's keys would be sent."""
    name = name.strip().replace("-", "_")
    return name in NOT_FROM_OUTSIDE or name.endswith("_url")


def _further(text: str | None) -> dict[str, Any]:
    """The settings of a YAML text, without those that name places on the server."""
    further = parse_yaml(text or "", "settings")
    problems = [f"'{name}' (from settings) cannot be set here" for name in further if _names_a_place(str(name))]
    if problems:
        raise SettingsError(problems)
    return further


def _handed_over(event: Drawn, files: Any) -> Path:
    """A picture file that outlives the request's folder; the server removes it once it was sent."""
    from pixray.pictures.io import png_bytes

    handle = tempfile.NamedTemporaryFile(prefix="pixray-", suffix=".png", delete=False)  # noqa: SIM115, it stays
    with handle:
        if event.final:
            with files.picture.open("rb") as saved:
                shutil.copyfileobj(saved, handle)
        else:
            handle.write(png_bytes(event.image_u8))
    return Path(handle.name)
