"""Going on with a run that was interrupted, or that shall take more steps than it was asked to.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import PixrayError, SettingsError
from pixray.recorders.checkpoint import NAME, unpack
from pixray.recorders.record import record_layer
from pixray.recorders.staging import stage_run
from pixray.recorders.uploads import UploadedFiles
from pixray.runtime.addresses import is_store, place_of
from pixray.runtime.files import user_path
from pixray.runtime.yaml_io import read_yaml, to_plain
from pixray.settings.declare import RESOLVED, Role
from pixray.settings.layers import Layer, LayerKind, Leave, python_layer
from pixray.settings.policy import LEFT_OUT
from pixray.settings.recorded import complete_values
from pixray.settings.schema import Schema, layers_of

if TYPE_CHECKING:
    from pixray.engine.session import Session
    from pixray.models.store import ModelStore
    from pixray.recorders.base import FolderRecording
    from pixray.registry import Registry
    from pixray.runs.animation import Animation
    from pixray.runs.audition import Audition
    from pixray.settings.namespace import Settings


def resume(
    folder: str | Path,
    registry: Registry,
    store: ModelStore,
    iterations: str | int | None = None,
    changes: Mapping[str, Any] | None = None,
    *,
    trust: bool = False,
    leave: Leave | None = None,
    supplied: Mapping[str, Any] | None = None,
) -> tuple[Session | Animation | Audition, FolderRecording]:
    """The session of an earlier run where it was left, and the recorder that goes on in its folder.

    Without a change the finished picture is the same, byte for byte on a CPU, as that of a run without interruption.

    Args:
        folder: of the earlier run, or its address in a store.
        iterations: the new total, or "+100" for that many more than were taken.
        changes: other settings than before; with those that say where things are (device, checkpoints_dir, offline)
            the picture stays the same on a CPU.
        trust: the folder may be untrusted and still name files, addresses, services and locations on this machine.
        leave: what the run may name that a client of this server asked for; None: it is no such run.
        supplied: settings of the server, which no record mentions.

    Raises:
        PixrayError: there is no run in the folder, or its checkpoint is damaged.
        SettingsError: fewer iterations than were taken already, or an untrusted run that names such things.
    """
    from pixray.recorders.files import FileRecorder
    from pixray.runs.start import build_run

    folder = place_of(str(folder), "outdir")
    if is_store(folder):
        go_on = partial(resume, trust=trust, leave=leave, supplied=supplied)
        return _resume_in_store(folder, lambda place: go_on(place, registry, store, iterations, changes))
    folder = user_path(folder, "outdir")
    if not (folder / "settings.yaml").is_file():
        raise PixrayError(f"{folder} holds no run: its settings.yaml is missing")
    state, record = unpack(folder / NAME) if (folder / NAME).is_file() else (None, {})
    steps = int(state["step"]) if state else 0
    record_of_run = record_layer(folder / "settings.yaml", trusted=trust)
    if leave is not None:
        record_of_run = dataclasses.replace(record_of_run, kind=LayerKind.RECORD, leave=leave)
    further = [record_of_run, Layer(LayerKind.SUPPLIED, "the server", supplied)] if supplied else [record_of_run]
    settings = _settings(further, folder, registry, iterations, steps, changes or {})
    if state:
        _refuse_another_run(folder, settings, registry, record, steps)
    files = FileRecorder(settings, resumed=steps)
    files.claim()
    try:
        session = build_run(settings, registry, store)
        if state:
            _restore(session, state, folder)
    except BaseException:
        files.close()
        raise
    return session, files


def _resume_in_store(
    address: str, go_on: Callable[[Path], tuple[Session | Animation | Audition, FolderRecording]]
) -> tuple[Session | Animation | Audition, FolderRecording]:
    """Go on in a folder of this machine that stands for the one of a store.

    Args:
        go_on: resumes the run in a folder of this machine.
    """
    staged = stage_run(address)
    try:
        with staged.naming():
            session, files = go_on(staged.folder)
        return session, UploadedFiles(files, staged)
    except BaseException:
        staged.close(push=False)
        raise


def _refuse_another_run(
    folder: Path, settings: Settings, registry: Registry, record: Mapping[str, Any], taken: int
) -> None:
    """A checkpoint belongs to the settings that were written with it, but for those that have no say in the steps that
    were taken."""
    declared = Schema.for_choice(registry, layers_of(settings)).declared
    now = read_yaml(folder / "settings.yaml")
    names = [name for name in (*now, *record) if name != RESOLVED]
    if RESOLVED in now and RESOLVED in record:
        now, record = complete_values(now), complete_values(record)
        names += [*now, *record]
    for name in dict.fromkeys(names):
        role = declared[name].role if name in declared else Role.NONE
        if role & Role.RESUMABLE:
            continue
        if role & Role.TIMELINE and _before(now.get(name), taken) == _before(record.get(name), taken):
            continue
        if to_plain(now.get(name)) != record.get(name):
            raise PixrayError(
                f"{folder / NAME} belongs to a run with {name}={record.get(name)!r}, but settings.yaml says "
                f"{now.get(name)!r}: a run cannot go on with other settings; without the checkpoint it begins anew"
            )


def _before(changes: Any, step: int) -> list[Any]:
    """What a timeline holds before a step; a record may hold anything."""
    entries = [change for change in to_plain(changes or []) if isinstance(change, dict)]
    return [change for change in entries if isinstance(change.get("step"), int) and change["step"] < step]


def _restore(session: Session | Animation | Audition, state: Mapping[str, Any], folder: Path) -> None:
    try:
        session.restore(state)
    except SettingsError:
        raise
    except (PixrayError, RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        why = (str(error).splitlines() or [""])[0]
        kind = "" if isinstance(error, PixrayError) else f"{type(error).__name__}: "
        raise PixrayError(
            f"{folder / NAME} does not fit the run in its folder ({kind}{why}); without it the run begins anew"
        ) from error


def _settings(
    layers: list[Layer],
    folder: Path,
    registry: Registry,
    iterations: str | int | None,
    steps: int,
    recorded: Mapping[str, Any],
) -> Settings:
    """The run's own settings; with another total the rate still drops where it was going to drop."""
    changes: dict[str, object] = {**recorded, "outdir": str(folder)}
    settings = _resolved(registry, layers, changes)
    left_out = [text for text in settings.notices if text.startswith(LEFT_OUT)]
    if left_out:
        raise SettingsError(f"{folder} was not painted by this user here, so its run cannot go on: {left_out[0]}")
    if iterations is None:
        return settings
    total = _total(iterations, steps)
    if total < steps:
        raise SettingsError(f"iterations={iterations!r}: {steps} were taken already; use +{total} for that many more")
    drops = [f"{step} iterations" for step in settings.learning_rate_drops]
    return _resolved(registry, layers, {**changes, "iterations": total, "learning_rate_drops": drops or "none"})


def _resolved(registry: Registry, layers: list[Layer], changes: Mapping[str, Any]) -> Settings:
    chosen = [*layers, python_layer(changes)]
    return Schema.for_choice(registry, chosen).resolve(chosen)


def _total(iterations: str | int, steps: int) -> int:
    text = str(iterations).strip()
    if not text.removeprefix("+").isdigit():
        raise SettingsError(f"iterations={iterations!r}: expected a total such as 400, or +100 for that many more")
    return int(text) + (steps if text.startswith("+") else 0)
