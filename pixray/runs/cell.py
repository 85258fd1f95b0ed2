"""One run of many: a cell of a grid, known by the hash of everything that decides about its picture.

The folder of a cell holds that hash, so that a cell which is done is never painted again, wherever it was painted, and
a folder with a run of other settings is not taken for it.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.runtime.files import write_atomic
from pixray.runtime.redact import redacted
from pixray.runtime.yaml_io import read_yaml, to_plain
from pixray.settings.declare import RESOLVED, Role
from pixray.settings.namespace import Settings
from pixray.settings.recorded import resolved_values

if TYPE_CHECKING:
    from pixray.engine.session import Session
    from pixray.models.store import ModelStore
    from pixray.providers.client import Client
    from pixray.recorders.base import FolderRecording
    from pixray.recorders.staged import StagedFolder
    from pixray.registry import Registry
    from pixray.runs.animation import Animation
    from pixray.runs.audition import Audition

KEY = ".pixray.cell.json"
"""The file in a cell's folder that holds its key."""
_ADDED = ("seed", "clip_models")
"""What a run adds to its record, and what names no file and no address."""
_OF_PLACE = (Role.UNRECORDED, Role.OF_MACHINE)
"""What says where files are and how steps are computed, and nothing about the picture."""


@dataclass(frozen=True)
class Cell:
    """One run of a grid.

    Attributes:
        values: what sets it apart, by setting.
        settings: all of it, resolved, with a folder of its own.
        seen: the folder of this machine that stands for one of a store, where its files are looked at.
    """

    values: dict[str, str]
    settings: Settings
    seen: Path | None = None

    @property
    def folder(self) -> Path:
        """Its folder; of an address, only the last name means something."""
        return self.seen or Path(self.settings.outdir)

    def seen_in(self, folder: Path) -> Cell:
        """The same cell, looked at in a folder that stands for its own."""
        return dataclasses.replace(self, seen=folder)

    def moved(self, outdir: str) -> Cell:
        """The same cell in another folder, which may be one of a store."""
        settings = copy.copy(self.settings)
        settings.outdir = outdir
        return Cell(self.values, settings)

    @cached_property
    def key(self) -> str:
        """The hash of its full record: what was asked for, and what it uses besides."""
        return key_of(self.settings)

    def done(self) -> bool:
        """Whether the run in the folder is complete, and this cell's."""
        from pixray.recorders.log import read_log

        log = read_log(self.folder)
        complete = log is not None and log.finished and (self.folder / self.settings.output).is_file()
        return complete and self.owns_folder()

    def owns_folder(self) -> bool:
        """Whether what lies in the folder is this cell's: by its key, or there is none, as in folders of old."""
        key = _key_in(self.folder)
        return key is None or key == self.key


def key_of(settings: Settings) -> str:
    """A hash of everything that decides about a picture."""
    asked = {name: raw for name, raw in settings.given().items() if not _of_place(settings, name)}
    record = {**redacted(to_plain(asked)), RESOLVED: resolved_values(settings, {})}
    return hashlib.sha256(json.dumps(record, sort_keys=True, default=str).encode()).hexdigest()


def _asked_for(cell: Cell) -> bool:
    """Whether the record in a cell's folder says nothing but what the cell does.

    Another machine's user, who painted a part of it, may have another key for sealing records.
    """
    asked = {**redacted(to_plain(dict(cell.settings.given()))), RESOLVED: resolved_values(cell.settings, {})}
    record = read_yaml(cell.folder / "settings.yaml")
    return all(name in _ADDED or (name in asked and asked[name] == value) for name, value in record.items())


def _of_place(settings: Settings, name: str) -> bool:
    return any(settings.has_role(name, role) for role in _OF_PLACE)


def _key_in(folder: Path) -> str | None:
    """The key of the cell that was painted in a folder; None if there is none that can be read."""
    try:
        noted: Any = json.loads((folder / KEY).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    key = noted.get("key") if isinstance(noted, dict) else None
    return key if isinstance(key, str) else None


def client_of(session: Any) -> Client | None:
    """What asks the service of a run, if the service paints its pictures."""
    return getattr(getattr(session, "drawer", None), "client", None)


def paint_cell(
    cell: Cell, registry: Registry, store: ModelStore, staged: StagedFolder | None = None
) -> tuple[Session | Animation | Audition, FolderRecording]:
    """The session of a cell and its file recorder; a run that was interrupted goes on.

    A run of other settings that lies in the folder is moved aside.

    Args:
        staged: the folder of the whole, where that stands for one of a store.
    """
    from pixray.runs.resume import resume
    from pixray.runs.to_folder import prepare_folder_run

    if cell.owns_folder() and (cell.folder / "settings.yaml").is_file():
        session, files = resume(cell.folder, registry, store, trust=_asked_for(cell))
    else:
        session, files = prepare_folder_run(cell.settings, registry, store)
    try:
        files.claim()
        write_atomic(files.folder / KEY, (json.dumps({"key": cell.key}) + "\n").encode())
    except BaseException:
        files.close()
        raise
    if staged is None:
        return session, files
    from pixray.recorders.uploads import UploadedFiles

    return session, UploadedFiles(files, staged, cell.folder.name)
