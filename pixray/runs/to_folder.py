"""A run in a folder of its own: the one place that puts a session, its files and its display together."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixray.events import Event
from pixray.recorders.base import FolderRecording, Recording, attach
from pixray.recorders.defaults import default_recorders
from pixray.recorders.earlier import check_outdir
from pixray.recorders.files import FileRecorder
from pixray.recorders.picture_file import PictureFile
from pixray.runs.part_failure import blaming
from pixray.runs.start import build_run
from pixray.runtime.addresses import is_store
from pixray.runtime.files import user_path
from pixray.runtime.signals import graceful
from pixray.settings.names import fill_names
from pixray.settings.schema import up_to_date
from pixray.settings.subject import require_subject

if TYPE_CHECKING:
    from pixray.engine.session import Session
    from pixray.models.store import ModelStore
    from pixray.registry import Registry
    from pixray.runs.animation import Animation
    from pixray.runs.audition import Audition
    from pixray.settings.namespace import Settings


def prepare_folder_run(
    settings: argparse.Namespace, registry: Registry, store: ModelStore
) -> tuple[Session | Animation | Audition, FolderRecording]:
    """A new session, and the recorder that will write its folder.

    Raises:
        PixrayError: the folder cannot be taken, which is checked before any model is loaded; or as `build_run`.
    """
    complete = up_to_date(settings, registry)
    require_subject(complete)
    complete = fill_names(complete)
    if is_store(complete.outdir):
        return _prepare_in_store(complete, registry, store)
    check_outdir(complete.outdir, complete.output)
    session = build_run(complete, registry, store)
    return session, FileRecorder(session.settings)


def _prepare_in_store(
    settings: Settings, registry: Registry, store: ModelStore
) -> tuple[Session | Animation | Audition, FolderRecording]:
    from pixray.recorders.staging import stage_new_run  # an import that only runs into stores need
    from pixray.recorders.uploads import UploadedFiles

    staged = stage_new_run(settings.outdir, settings.output)
    try:
        settings.outdir = str(staged.folder)
        with staged.naming():
            check_outdir(settings.outdir, settings.output)
        session = build_run(settings, registry, store)
        return session, UploadedFiles(FileRecorder(session.settings), staged)
    except BaseException:
        staged.close(push=False)
        raise


def prepare_picture_run(
    settings: argparse.Namespace, registry: Registry, store: ModelStore
) -> tuple[Session | Animation | Audition, PictureFile]:
    """A new session of which nothing is kept but the picture, at the path that `output` names.

    Raises:
        SettingsError: another file or a folder has that name, which is checked before any model is loaded.
        PixrayError: as `build_run`.
    """
    complete = fill_names(up_to_date(settings, registry))
    path = user_path(complete.output, "output")
    files, complete.output = PictureFile(path), path.name
    return build_run(complete, registry, store), files


def run_to_folder(
    session: Session | Animation | Audition,
    files: Recording,
    registry: Registry,
    output: str = "quiet",
    shown_notices: set[str] | None = None,
) -> Iterator[Event]:
    """Run a session; pass on each event after the files were written and the progress was shown.

    Args:
        files: writes the folder, a new one or that of a run which goes on, or a picture alone.
        registry: where the recorders come from that the settings name.
        output: what to show: "live", "progress", "json" or "quiet" (see `default_recorders`).
        shown_notices: notices that were shown already, by other runs of the same command.

    Raises:
        PartFailed: a part that is not built in raised an error.
    """
    recorders = default_recorders(files, session.settings, registry, output, shown_notices)
    return _blamed(attach(session.run(), *recorders), registry)


def _blamed(events: Iterator[Event], registry: Registry) -> Iterator[Event]:
    """Pass events on; an error of a plugin says whose it is."""
    try:
        with blaming(registry):
            yield from events
    finally:
        getattr(events, "close", lambda: None)()


def finish_in_folder(
    session: Session | Animation | Audition,
    files: Recording,
    registry: Registry,
    output: str,
    shown_notices: set[str] | None = None,
) -> bool:
    """`run_to_folder` to the end, or until Ctrl-C ends it after a step; whether that happened."""
    with graceful(session):
        for _ in run_to_folder(session, files, registry, output, shown_notices):
            pass
    return session.stopping
