"""log.jsonl: the events of a run, one JSON object a line, written as they happen and read to see what a run left."""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixray.events import (
    CheckpointDue,
    Drawn,
    Event,
    Finished,
    LearningRateDropped,
    Noticed,
    Started,
    Steered,
    Stepped,
    Undone,
)
from pixray.runtime.files import writing

NAME = "log.jsonl"
_LONGEST_LINE = 1 << 24
_LAST = 1 << 16
"""Bytes at the end of a log in which its last line is looked for."""
_FIRST = b'{"event": "started", "record": {'
_STEPPED = '{"event": "stepped"'
_NAMES: dict[type, str] = {
    Started: "started",
    Stepped: "stepped",
    Drawn: "drawn",
    CheckpointDue: "kept",
    LearningRateDropped: "dropped",
    Steered: "steered",
    Undone: "undone",
    Noticed: "noticed",
    Finished: "finished",
}
"""What a line calls its event: programs and earlier logs know these, whatever the classes are called."""


class EventLog:
    """The log while it is written.

    Args:
        path: of the file; a symbolic link or anything but a plain file is refused.
        goes_on: append to the log of the run that goes on; otherwise there must be no such file.

    Raises:
        PixrayError: it cannot be written.
    """

    def __init__(self, path: Path, *, goes_on: bool) -> None:
        self._path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
            flags |= getattr(os, name, 0)
        with writing(path):
            handle = os.open(path, flags if goes_on else flags | os.O_EXCL, 0o666)
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                os.close(handle)
                raise OSError(errno.EEXIST, "it is no plain file")
            self._file = os.fdopen(handle, "ab+", buffering=0)
            self._end_last_line()

    def write(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Append some lines.

        Raises:
            PixrayError: they cannot be written.
        """
        with writing(self._path):
            self._file.write("".join(f"{as_text(line)}\n" for line in lines).encode())

    def close(self) -> None:
        """Nothing more comes."""
        self._file.close()

    def _end_last_line(self) -> None:
        """A process that was killed may have left a part of a line."""
        size = os.fstat(self._file.fileno()).st_size
        if size:
            self._file.seek(size - 1)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")


@dataclass
class RunLog:
    """What a log says about its run.

    Attributes:
        records: of the run, as it began, went on and was steered.
        drawn: the files of each picture, below the folder of the run, by step; of steps that were taken again, the
            later ones.
        others: videos, and pictures that belong to no step.
        kept: whether there was a checkpoint.
        finished: whether the run came to its end, videos and all; stopped: whether somebody stopped it.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    drawn: dict[int, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    kept: bool = False
    finished: bool = False
    stopped: bool = False
    seconds: float = 0.0

    @property
    def files(self) -> list[str]:
        """Every file that the log names, each once."""
        return list(dict.fromkeys([*(name for names in self.drawn.values() for name in names), *self.others]))

    def frames(self, place: str, before: int | None = None) -> list[str]:
        """The frames in steps or video, in order; with `before` only those of earlier steps."""
        steps = sorted(step for step in self.drawn if before is None or step < before)
        names = (name for step in steps for name in self.drawn[step])
        return [name for name in names if name.startswith(f"{place}/")]

    def take(self, line: Mapping[str, Any]) -> None:
        """Read one more line."""
        event = line.get("event")
        self.finished = self.stopped = False
        if event in ("started", "steered", "undone") and isinstance(line.get("record"), dict):
            self.records.append(line["record"])
        if event == "started":
            begun = line.get("step", 0) if isinstance(line.get("step", 0), int) else 0
            self.drawn = {step: names for step, names in self.drawn.items() if step < begun}
        elif event == "drawn":
            step = line["step"] if isinstance(line.get("step"), int) else 0
            self.drawn[step] = list(dict.fromkeys([*self.drawn.get(step, []), *_names(line)]))
        elif event == "undone" and isinstance(line.get("to"), int):
            self.drawn = {step: names for step, names in self.drawn.items() if step <= line["to"]}
        elif event == "kept":
            self.kept = True
        elif event == "finished":
            self.others += _names(line)
            self.stopped = line.get("reason") == "stopped"
            self.finished = not self.stopped
            self.seconds = float(line["seconds"]) if isinstance(line.get("seconds"), int | float) else 0.0


def read_log(folder: Path) -> RunLog | None:
    """What the log of a folder says; None if there is none, or none of pixray's.

    Lines that are damaged, such as the last one of a killed run, are left out.
    """
    path = folder / NAME
    log = RunLog()
    try:
        if path.is_symlink() or not path.is_file():
            return None
        for line in _lines(path):
            log.take(line)
        begun = _begins(path)
    except OSError:
        return None
    return log if log.records or begun else None


def ends_finished(path: Path) -> bool:
    """Whether the last line of a log says that everything is written."""
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _LAST))
        last = file.read().strip().rpartition(b"\n")[2]
    return last.startswith(b'{"event": "finished"')


def _begins(path: Path) -> bool:
    """Whether a file is the beginning of a log: on a full disk not even the first line has room."""
    with path.open("rb") as file:
        beginning = file.read(len(_FIRST) + 1)
        return (len(beginning) <= len(_FIRST) and _FIRST.startswith(beginning)) or beginning.startswith(_FIRST)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        while raw := file.readline(_LONGEST_LINE):
            text = raw.decode("utf-8", "replace")
            if text.startswith(_STEPPED):
                yield {"event": "stepped"}
                continue
            try:
                line = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(line, dict):
                yield line


def _names(line: Mapping[str, Any]) -> list[str]:
    """The files that a line names, as far as they lie in the folder."""
    names = line.get("files")
    if not isinstance(names, list):
        return []
    return [name for name in names if isinstance(name, str) and _inside(name)]


def _inside(name: str) -> bool:
    path = Path(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def as_text(value: Mapping[str, Any]) -> str:
    """JSON that can be written as UTF-8, also where a name holds bytes that are no text."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def as_json(event: Event) -> dict[str, Any]:
    """An event as plain values, without pictures, as docs/outputs.md describes it."""
    kind = {"event": _NAMES[type(event)]}
    if isinstance(event, Started):
        facts = {"record": dict(event.record), "size": list(event.size), "device": event.device, "seed": event.seed}
        return {**kind, **facts, "step": event.step, "steps": event.steps}
    if isinstance(event, Stepped):
        losses = {name: _rounded(value) for name, value in event.losses.items()}
        facts = {"step": event.step, "steps": event.steps, "total": _rounded(event.total), "losses": losses}
        return {**kind, **facts, "rate": event.rate, "seconds": round(event.seconds, 4)}
    if isinstance(event, Drawn):
        frame = {"frame": event.frame.name} if event.frame else {}
        return {**kind, "step": event.step, "final": event.final, "save": event.save, "show": event.show, **frame}
    if isinstance(event, CheckpointDue):
        return {**kind, "step": event.step}
    if isinstance(event, Noticed):
        return {**kind, "level": event.level, "text": event.text}
    if isinstance(event, Steered):
        return {**kind, "step": event.step, "changes": dict(event.changes), "record": dict(event.record)}
    if isinstance(event, Undone):
        return {**kind, "step": event.step, "to": event.to, "record": dict(event.record)}
    if isinstance(event, LearningRateDropped):
        return {**kind, "step": event.step, "rate": event.rate}
    assert isinstance(event, Finished)
    facts = {"reason": event.reason, "steps": event.steps, "seconds": round(event.seconds, 2)}
    return {**kind, **facts, "best": list(event.best) if event.best else None}


def _rounded(value: float) -> float | None:
    """A loss with six digits; None for one that is no finite number, which JSON cannot say."""
    return round(value, 6) if math.isfinite(value) else None
