"""Going on with a run that was interrupted, or that shall take more steps than it was asked to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import PixrayError, SettingsError
from pixray.recorders.checkpoint import NAME, unpack
from pixray.settings.resolve import resolve

if TYPE_CHECKING:
    from pixray.engine.session import Session
    from pixray.models.store import ModelStore
    from pixray.recorders.files import FileRecorder
    from pixray.registry import Registry
    from pixray.runs.animation import Animation
    from pixray.settings.namespace import Settings


def resume(
    folder: str | Path,
    registry: Registry,
    store: ModelStore,
    iterations: str | int | None = None,
    changes: Mapping[str, Any] | None = None,
) -> tuple[Session | Animation, FileRecorder]:
    """The session of an earlier run where it was left, and the recorder that goes on in its folder.

    Without a change the finished picture is the same, byte for byte on a CPU, as that of a run without interruption.

    Args:
        folder: of the earlier run.
        iterations: the new total, or "+100" for that many more than were taken.
        changes: other settings than before; with those that say where things are (device, checkpoints_dir, offline)
            the picture stays the same on a CPU.

    Raises:
        PixrayError: there is no run in the folder, or its checkpoint is damaged.
        SettingsError: fewer iterations than were taken already.
    """
    from pixray.recorders.files import FileRecorder
    from pixray.runs.start import build_run

    folder = Path(folder)
    if not (folder / "settings.yaml").is_file():
        raise PixrayError(f"{folder} holds no run: its settings.yaml is missing")
    state = unpack(folder / NAME) if (folder / NAME).is_file() else None
    taken = int(state["step"]) if state else 0
    session = build_run(_settings(folder, registry, iterations, taken, changes or {}), registry, store)
    if state:
        session.restore(state)
    return session, FileRecorder(session.settings, resumed=taken)


def _settings(
    folder: Path, registry: Registry, iterations: str | int | None, taken: int, given: Mapping[str, Any]
) -> Settings:
    """The run's own settings; with another total the rate still drops where it was going to drop."""
    changes: dict[str, object] = {**given, "config_file": str(folder / "settings.yaml"), "outdir": str(folder)}
    settings = resolve(registry, changes)
    if iterations is None:
        return settings
    total = _total(iterations, taken)
    if total < taken:
        raise SettingsError(f"iterations={iterations!r}: {taken} were taken already; use +{total} for that many more")
    drops = [f"{step} iterations" for step in settings.learning_rate_drops]
    return resolve(registry, {**changes, "iterations": total, "learning_rate_drops": drops or "none"})


def _total(iterations: str | int, taken: int) -> int:
    text = str(iterations).strip()
    if not text.removeprefix("+").isdigit():
        raise SettingsError(f"iterations={iterations!r}: expected a total such as 400, or +100 for that many more")
    return int(text) + (taken if text.startswith("+") else 0)
