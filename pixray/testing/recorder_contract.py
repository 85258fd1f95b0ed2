"""What every recorder promises."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from pixray.engine.build import build_session
from pixray.events import Drawn, Event
from pixray.models.store import ModelStore
from pixray.recorders.base import Recorder, attach
from pixray.recorders.files import FileRecorder
from pixray.registry import BUILT_IN, Registry
from pixray.settings.resolve import resolve
from pixray.testing.checking import check_class, settings_keyword
from pixray.testing.fakes import FlatDrawer, ToyPerceptor


def check_recorder(cls: type[Recorder], **settings: Any) -> None:
    """That it takes every event of a run, leaves the run alone, and closes, however early the run ends.

    Args:
        settings: values other than the defaults.
    """
    check_class("recorder", cls)
    further = settings_keyword(cls, **settings)
    _close_early(cls(files=None, **further))
    with tempfile.TemporaryDirectory() as place:
        unobserved = _run(Path(place) / "alone")
        files = FileRecorder(_settings(Path(place) / "watched"))
        watched = _run(Path(place) / "watched", files, _Guarded(cls(files=files, **further)))
        assert unobserved == watched, f"{cls.__name__} changes the run that it observes"
        foreign = sorted(path.name for path in Path(place).iterdir() if path.name not in ("alone", "watched"))
        assert not foreign, f"{cls.__name__} writes beside the folder of the run: {foreign}"


def _close_early(recorder: Recorder) -> None:
    """A run may fail before its first event."""
    try:
        recorder.close()
    except Exception as error:
        name = type(recorder).__name__
        raise AssertionError(f"{name} cannot be closed before a run has started: {error}") from error


class _Guarded:
    """A recorder whose errors say at which event they happened."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder, self.close = recorder, recorder.close

    def __call__(self, event: Event) -> None:
        try:
            self.recorder(event)
        except Exception as error:
            place = f"{type(self.recorder).__name__} fails at {type(event).__name__}"
            raise AssertionError(f"{place}: {error}") from error


def _run(folder: Path, *recorders: Any) -> list[tuple[str, bytes]]:
    """The names of a tiny run's events, and its pictures."""
    session = build_session(_settings(folder), _registry(), ModelStore())
    return [(type(event).__name__, _picture(event)) for event in attach(session.run(), *recorders)]


def _picture(event: Event) -> bytes:
    return event.image_u8.tobytes() if isinstance(event, Drawn) else b""


def _registry() -> Registry:
    registry = Registry(BUILT_IN)
    registry.add("drawer", "flat", FlatDrawer)
    registry.add("perceptor", "toy", ToyPerceptor)
    return registry


def _settings(folder: Path) -> Any:
    chosen = {
        "prompts": "red",
        "drawer": "flat",
        "clip_models": "toy",
        "size": [24, 16],
        "iterations": 3,
        "num_cuts": 4,
    }
    every = {"seed": 1, "save_every": 1, "display_every": 1, "save_intermediates": False, "outdir": str(folder)}
    return resolve(_registry(), {**chosen, **every})
