"""Everything a run leaves on disk, all of it inside its own folder and each file written whole or not at all.

output.png              the picture, with settings, seed and models in its metadata
output.svg …            more deliverables of the drawer
settings.yaml           enough to run it again to the same bytes on a CPU
checkpoint.safetensors  the state, for `pixray resume`
inputs/HASH.png         pictures that came with the request of a client, which the settings name by this path
log.jsonl               the events, one JSON object a line, with the names of the files they brought
steps/frame_0010.png    every saved step, and steps/output.mp4, the video of them
video/, output.mp4      every single step, with make_video

While a run is on, `.pixray.lock` says so. An animation leaves its frames in `animation_dir` (see animation.py).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from pixray.errors import PixrayError
from pixray.events import CheckpointDue, Drawn, Event, Finished, Noticed, Started, Steered, Stepped, Undone
from pixray.images.encode import check_writable, encoded_picture, png_bytes, png_with_text
from pixray.recorders.animation import AnimationFiles
from pixray.recorders.background import Background
from pixray.recorders.checkpoint import NAME, pack
from pixray.recorders.earlier import FRAMES, SETTINGS, foreign_file, inside, own_outdir
from pixray.recorders.inputs import keep_inputs
from pixray.recorders.lock import FolderLock
from pixray.recorders.log import NAME as LOG
from pixray.recorders.log import EventLog, as_json, as_text, read_log
from pixray.recorders.outdir import make_outdir
from pixray.recorders.record import record_yaml, svg_with_record
from pixray.recorders.seal import sealed
from pixray.recorders.video import write_video
from pixray.runtime.files import remove_parts, write_atomic
from pixray.runtime.version import __version__
from pixray.runtime.yaml_io import MOST_BYTES
from pixray.settings.declare import RESOLVED
from pixray.settings.layers import Layer
from pixray.settings.namespace import Settings
from pixray.settings.schema import layers_of
from pixray.settings.subject import words_of

_LAG = 20
"""Steps that may wait for their line in the log while their losses are on a GPU."""


PART_OF = "pixray_part_of"
"""The key by which another PNG of a drawer names the picture that it belongs to."""


class FileRecorder:
    """Writes the run's folder.

    Args:
        settings: of the run; its `outdir`, `output`, `save_intermediates` and `make_video` are read here.
        resumed: the step from which a run in an existing folder goes on; None: a new run, whose folder `claim` makes.
    """

    def __init__(self, settings: Settings, resumed: int | None = None) -> None:
        self._template, self._name = settings.outdir, settings.output
        self._keep_steps, self._video = settings.save_intermediates, settings.make_video
        self._resumed = resumed
        self._animation = AnimationFiles(settings.animation_dir) if settings.animation_dir else None
        self._frames: dict[str, list[str]] = {folder: [] for folder in FRAMES}
        self._own: set[str] = set()
        self._delivered: list[str] = []
        self._record: Mapping[str, Any] = {}
        self._text: dict[str, str] = {}
        self._layers: tuple[Layer, ...] = ()
        self._notices: list[Noticed] = []
        self._lock: FolderLock | None = None
        self._log: EventLog | None = None
        self._folder: Path | None = None
        self._background = Background()
        self._waiting: list[Event] = []
        self._finished: Finished | None = None
        self._failed = False

    @property
    def folder(self) -> Path:
        """Where the files are; known once the folder was claimed."""
        assert self._folder is not None, "the folder was not claimed yet"
        return self._folder

    @property
    def picture(self) -> Path:
        """The path of the picture, of which everything drawn so far is written when it is asked for."""
        self._background.wait()
        return self._path

    @property
    def others(self) -> Sequence[str]:
        """What the drawer delivers beside the picture, and the videos that are made when the run has ended."""
        return [*self._delivered, *(name for folder, name in self._videos().items() if len(self._frames[folder]) > 1)]

    @property
    def shown_folder(self) -> str:
        """The path of the folder."""
        return str(self.folder)

    @property
    def shown_picture(self) -> str:
        """The path of the picture, as `picture`."""
        return str(self.picture)

    @property
    def _path(self) -> Path:
        return self.folder / self._name

    def claim(self) -> None:
        """Make the folder and let nobody else in; done when the run starts, if not before.

        Raises:
            PixrayError: the folder cannot be made, another run is in it, or files of somebody else are in the way.
        """
        if self._folder is not None:
            return
        inside(self._name)
        folder = make_outdir(self._template) if self._resumed is None else Path(self._template)
        lock = FolderLock(folder)
        lock.acquire()
        try:
            notices = own_outdir(folder, self._name) if self._resumed is None else []
        except PixrayError:
            lock.release()
            raise
        self._folder, self._lock = folder, lock
        self._notices = [Noticed("info", text) for text in notices]
        for cleaned in (folder, *(folder / name for name in FRAMES)):
            remove_parts(cleaned)

    def __call__(self, event: Event) -> list[Noticed]:
        try:
            if isinstance(event, Finished):
                self._finished = event  # its line follows the videos: a run is finished when all of it is there
            else:
                self._take(event)
        except PixrayError:
            self._failed = True
            raise
        notices, self._notices = self._notices, []
        return notices

    def _take(self, event: Event) -> None:
        if isinstance(event, Started):
            self._begin(event)
        elif isinstance(event, Steered | Undone):
            self._record, self._text = event.record, metadata(event.record)
            self._forget_frames(event)
        elif isinstance(event, Drawn):
            self._refuse_foreign_files(event)
        elif isinstance(event, CheckpointDue):
            self._background.wait()  # a run that goes on from this state counts on the pictures before it
            self._write(NAME, pack(event.state, self._record))
        self._waiting.append(event)
        # Losses that are still on a GPU are not fetched one by one: the log may lag a little.
        if not (isinstance(event, Stepped) and event.waiting and len(self._waiting) < _LAG):
            self._write_log()
        # The log comes first: it tells whose the other files are.
        if isinstance(event, Started | Steered | Undone):
            self._write_settings()
        elif isinstance(event, Drawn):
            self._draw(event)

    def close(self) -> None:
        """Make the videos and end the log. Called however the run ends."""
        try:
            self._background.close()
            if not self._failed:
                videos = self._write_videos()
                if self._finished is not None and self._log is not None:
                    self._log.write([{**as_json(self._finished), "files": videos}])
        finally:
            if self._log is not None:
                self._log.close()
                self._log = None
            self._finished = None
            if self._lock is not None:
                self._lock.release()
                self._lock = None
                self._remove_unused()

    def _remove_unused(self) -> None:
        """A numbered folder whose run never began is not left behind."""
        if "%SEQ%" in self._template and self._resumed is None:
            with contextlib.suppress(OSError):  # it is not empty, then
                self.folder.rmdir()

    def _write_videos(self) -> list[str]:
        """Their names, below the folder."""
        if self._log is None:
            return []
        if self._waiting:
            self._write_log()
        if self._animation is not None:
            self._animation.close()
        comment = self._text.get("pixray_prompts", "")
        names = []
        for subfolder, name in self._videos().items():
            frames = [self.folder / frame for frame in self._frames[subfolder]]
            if write_video(frames, self.folder / name, comment=comment if subfolder == "video" else ""):
                names.append(name)
        return names

    def _videos(self) -> dict[str, str]:
        picture = PurePath(self._name).with_suffix(".mp4")
        return {"steps": f"steps/{picture.name}", "video": picture.as_posix()}

    def _write_log(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self._log is not None:
            self._log.write([{**as_json(event), **self._files_of(event)} for event in waiting])

    def _begin(self, event: Started) -> None:
        self.claim()
        self._record, self._text = event.record, metadata(event.record)
        self._layers = layers_of(event.settings)
        check_writable(self._name, self._text)
        keep_inputs(self._record, self._layers, self.folder)
        log = read_log(self.folder) if self._resumed is not None else None
        if log is not None:
            self._own = set(log.files)
            for subfolder in FRAMES:
                names = log.frames(subfolder, before=self._resumed)
                self._frames[subfolder] = [name for name in names if (self.folder / name).is_file()]
        self._log = EventLog(self.folder / LOG, goes_on=self._resumed is not None)

    def _forget_frames(self, event: Event) -> None:
        """Leave out of the films what was undone."""
        if isinstance(event, Undone):
            for subfolder, names in self._frames.items():
                self._frames[subfolder] = [name for name in names if _step_of(name) <= event.to]

    def _write_settings(self) -> None:
        content = sealed(record_yaml(self._record), self._layers).encode()
        self._write(SETTINGS, content)
        if len(content) > MOST_BYTES:
            text = f"{SETTINGS} has {len(content):,} bytes: `pixray resume` and `rerun` read {MOST_BYTES:,} at most"
            self._notices.append(Noticed("warning", text))

    def _write(self, name: str, content: bytes) -> None:
        if not self.folder.is_dir():
            raise PixrayError(f"{self.folder}, the folder of the run, is gone: nothing more can be kept in it")
        write_atomic(self.folder / name, content)

    def _files_of(self, event: Event) -> dict[str, list[str]]:
        """The files that an event brings, below the folder, for its line in the log."""
        if not isinstance(event, Drawn):
            return {}
        names = [PurePath(self._name).as_posix(), *self._names_of_drawer(event)] if event.save else []
        frame = f"frame_{event.step:04d}.png"
        if event.save and self._keep_steps and not (self._animation and event.frame):
            names.append(f"steps/{frame}")
        if self._video and not (event.save and self._animation and event.frame):
            names.append(f"video/{frame}")
        return {"files": names}

    def _names_of_drawer(self, event: Drawn) -> list[str]:
        """The drawer's own files beside the picture."""
        picture = PurePath(self._name)
        return [picture.with_name(picture.stem + ending).as_posix() for ending in event.files]

    def _refuse_foreign_files(self, event: Drawn) -> None:
        """Files of a drawer are known only when it has drawn, so that `claim` could not look for them."""
        names = self._files_of(event)["files"]
        if self._resumed is None:
            for name in names:
                if name not in self._own and os.path.lexists(self.folder / name):
                    raise foreign_file(self.folder / name)
        self._own.update(names)

    def _draw(self, event: Drawn) -> None:
        text = {**self._text, **event.text}
        files = {ending: self._with_record(ending, content) for ending, content in event.files.items()}
        if event.save:
            self._delivered = self._names_of_drawer(event)
            self._background.do(partial(self._save, event, text, files))
        if event.save and self._animation is not None and event.frame is not None:
            self._background.wait()
            self._animation.draw(event, text, files)
        for name in self._files_of(event)["files"]:
            subfolder = name.partition("/")[0]
            if subfolder in FRAMES and PurePath(name).name.startswith("frame_"):
                if name not in self._frames[subfolder]:
                    self._frames[subfolder].append(name)
                self._background.do(partial(self._save_frame, name, event, text))

    def _save(self, event: Drawn, text: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        """The picture and the drawer's own files."""
        self._write(self._name, encoded_picture(self._name, event.image_u8, text))
        for name, content in zip(self._names_of_drawer(event), files.values(), strict=True):
            self._write(name, content)

    def _save_frame(self, name: str, event: Drawn, text: Mapping[str, str]) -> None:
        self._write(name, png_bytes(event.image_u8, text, level=1))

    def _with_record(self, ending: str, content: bytes) -> bytes:
        """A file of the drawer with what made it inside, where its format holds texts."""
        if ending.endswith(".svg"):
            return svg_with_record(content, self._text["pixray_record"])
        return png_with_text(content, {**self._text, PART_OF: self._name}) if ending.endswith(".png") else content


def _step_of(frame: str) -> int:
    return int(PurePath(frame).stem.removeprefix("frame_"))


def metadata(record: Mapping[str, Any]) -> dict[str, str]:
    """PNG text for a run: the keywords of the PNG standard, each given setting by itself, as the old pixray wrote them,
    and all of them as JSON."""
    title = words_of(record)
    text = {"Title": title} if title else {}
    drawer = record.get("drawer", "vqgan")
    text["Description"] = f"drawer {drawer}, seen by {record['clip_models'] or 'nobody'}, seed {record['seed']}"
    text["Software"] = f"pixray ({__version__})"
    text.update({f"pixray_{name}": str(value) for name, value in record.items() if name != RESOLVED})
    text["pixray_seed_used"] = str(record["seed"])
    text["pixray_record"] = as_text(record)
    # A file's name may hold bytes that are no text.
    return {name: value.encode("utf-8", "backslashreplace").decode() for name, value in text.items()}
