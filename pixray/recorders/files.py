"""Everything a run leaves on disk, all of it inside its own folder and each file written whole or not at all.

output.png              the picture, with settings, seed and models in its metadata
output.svg …            further deliverables of the drawer
settings.yaml           enough to run it again to the same bytes on a CPU
checkpoint.safetensors  the state, for `pixray resume`
log.jsonl               the events, one JSON object a line
steps/frame_0010.png    every saved step, and steps/output.mp4, the film of them
video/, output.mp4      every single step, with make_video

An animation leaves its frames in `animation_dir` (see animation.py).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from pixray.events import CheckpointDue, Drawn, Event, Finished, LearningRateDropped, Noticed, Started, Stepped
from pixray.images.io import png_bytes, write_atomic
from pixray.recorders.animation import AnimationFiles
from pixray.recorders.background import Background
from pixray.recorders.checkpoint import NAME, pack
from pixray.recorders.outdir import make_outdir
from pixray.recorders.record import svg_with_record
from pixray.recorders.video import make_film
from pixray.runtime.version import __version__
from pixray.runtime.yaml_io import write_yaml
from pixray.settings.namespace import Settings

logger = logging.getLogger(__name__)

_LAG = 20
"""Steps that may wait for their line in the log while their losses are on a GPU."""


class FileRecorder:
    """Writes the run's folder.

    Args:
        settings: of the run; its `outdir`, `output`, `save_intermediates` and `make_video` are read here.
        resumed: the step from which a run in an existing folder goes on; None: a new folder is made.
    """

    def __init__(self, settings: Settings, resumed: int | None = None) -> None:
        self._template, self._name = settings.outdir, settings.output
        self._keep_steps, self._film = settings.save_intermediates, settings.make_video
        self._resumed = resumed
        self._animation = AnimationFiles(settings.animation_dir) if settings.animation_dir else None
        self._step_frames: list[Path] = []
        self._film_frames: list[Path] = []
        self._text: dict[str, str] = {}
        self._log: IO[str] | None = None
        self._folder: Path | None = None
        self._background = Background()
        self._waiting: list[Event] = []

    @property
    def folder(self) -> Path:
        """Where the files are; known once the run has started."""
        assert self._folder is not None, "the run has not started"
        return self._folder

    @property
    def picture(self) -> Path:
        """The path of the picture, of which everything drawn so far is written when it is asked for."""
        self._background.wait()
        return self._path

    @property
    def _path(self) -> Path:
        return self.folder / self._name

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._begin(event)
        elif isinstance(event, Drawn):
            self._draw(event)
        elif isinstance(event, CheckpointDue):
            self._background.wait()  # a run that goes on from this state counts on the pictures before it
            write_atomic(self.folder / NAME, pack(event.state))
        self._waiting.append(event)
        # Losses that are still on a GPU are not fetched one by one: the log may lag a little.
        if not (isinstance(event, Stepped) and event.waiting and len(self._waiting) < _LAG):
            self._write_log()

    def close(self) -> None:
        """Make the films. Called however the run ends."""
        try:
            self._background.close()
        finally:
            if self._log is not None:
                self._write_log()
                self._log.close()
                self._log = None
        if self._animation is not None:
            self._animation.close()
        if self._step_frames:
            make_film(self._step_frames, self.folder / "steps" / Path(self._name).with_suffix(".mp4").name)
        if self._film_frames:
            make_film(self._film_frames, self._path.with_suffix(".mp4"), comment=self._text.get("pixray_prompts", ""))

    def _write_log(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self._log is not None:
            self._log.writelines(json.dumps(as_json(event), ensure_ascii=False) + "\n" for event in waiting)
            self._log.flush()

    def _begin(self, event: Started) -> None:
        if self._resumed is None:
            self._folder = make_outdir(self._template)
        else:
            self._folder = Path(self._template)
            remove_leftovers(self._folder)
        self._text = metadata(event.record)
        write_atomic(self.folder / "settings.yaml", write_yaml(event.record).encode())
        self._log = (self.folder / "log.jsonl").open("w" if self._resumed is None else "a", encoding="utf-8")
        self._step_frames = self._earlier_frames("steps") if self._keep_steps else []
        self._film_frames = self._earlier_frames("video") if self._film else []

    def _draw(self, event: Drawn) -> None:
        if event.save:
            text = {**self._text, **event.text}
            files = {ending: self._with_record(ending, content) for ending, content in event.files.items()}
            self._background.do(partial(self._save, event, text, files))
            if self._animation is not None and event.frame is not None:
                self._background.wait()
                self._animation.draw(event, text, files)
                return
            if self._keep_steps:
                self._step_frames.append(self._frame("steps", event))
        if self._film:
            self._film_frames.append(self._frame("video", event))

    def _save(self, event: Drawn, text: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        """The picture and the drawer's own files."""
        write_atomic(self._path, png_bytes(event.image_u8, text))
        for ending, content in files.items():
            write_atomic(self._path.with_name(self._path.stem + ending), content)

    def _with_record(self, ending: str, content: bytes) -> bytes:
        return svg_with_record(content, self._text["pixray_record"]) if ending.endswith(".svg") else content

    def _earlier_frames(self, folder: str) -> list[Path]:
        """Frames that were there before the step from which the run goes on; later ones are drawn again."""
        found = sorted((self.folder / folder).glob("frame_*.png"), key=lambda path: int(path.stem.split("_")[1]))
        return [path for path in found if int(path.stem.split("_")[1]) < (self._resumed or 0)]

    def _frame(self, folder: str, event: Drawn) -> Path:
        path = self.folder / folder / f"frame_{event.step:04d}.png"
        self._background.do(lambda: write_atomic(path, png_bytes(event.image_u8, level=1)))
        return path


def remove_leftovers(folder: Path) -> None:
    """Delete what a killed run was just writing into its folder."""
    for place in (folder, folder / "steps", folder / "video"):
        for path in [*place.glob(".*.part"), *place.glob(".*.part.mp4")]:
            path.unlink(missing_ok=True)


def metadata(record: Mapping[str, Any]) -> dict[str, str]:
    """PNG text for a run: each given setting by itself, as the old pixray wrote them, and all of them as JSON."""
    text = {"Software": f"pixray ({__version__})"}
    text.update({f"pixray_{name}": str(value) for name, value in record.items()})
    text["pixray_seed_used"] = str(record["seed"])
    text["pixray_record"] = json.dumps(dict(record), ensure_ascii=False)
    return text


def as_json(event: Event) -> dict[str, Any]:
    """An event as plain values, without pictures."""
    kind = {"event": type(event).__name__.lower()}
    if isinstance(event, Started):
        facts = {"record": dict(event.record), "size": list(event.size), "device": event.device, "seed": event.seed}
        return {**kind, **facts, "steps": event.steps}
    if isinstance(event, Stepped):
        rounded = {name: round(value, 6) for name, value in event.losses.items()}
        facts = {"step": event.step, "steps": event.steps, "total": round(event.total, 6), "losses": rounded}
        return {**kind, **facts, "rate": event.rate, "seconds": round(event.seconds, 4)}
    if isinstance(event, Drawn):
        frame = {"frame": event.frame.name} if event.frame else {}
        return {**kind, "step": event.step, "final": event.final, "save": event.save, "show": event.show, **frame}
    if isinstance(event, CheckpointDue):
        return {**kind, "step": event.step}
    if isinstance(event, Noticed):
        return {**kind, "level": event.level, "text": event.text}
    if isinstance(event, LearningRateDropped):
        return {**kind, "step": event.step, "rate": event.rate}
    assert isinstance(event, Finished)
    facts = {"reason": event.reason, "steps": event.steps, "seconds": round(event.seconds, 2)}
    return {**kind, **facts, "best": list(event.best) if event.best else None}
