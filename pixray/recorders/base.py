"""Recorders observe a run: callables that take every event, and may have a `close()`."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar, Protocol

from pixray.errors import PixrayError
from pixray.events import Event

Observer = Callable[[Event], object]
"""Anything that can be called with an event. An optional `close()` is called once, however the run ends.

What it has to tell the user it may return, as a list of `Noticed`; all observers receive it after the event.
"""


class RunFiles(Protocol):
    """Where the files of a run are; known once it has started."""

    @property
    def folder(self) -> Path:
        """The run's own folder."""

    @property
    def picture(self) -> Path:
        """The picture, of which everything drawn so far is written when it is asked for."""

    @property
    def others(self) -> Sequence[str]:
        """Names of what else the run delivers beside the picture, such as output.svg, below the folder."""

    @property
    def shown_picture(self) -> str:
        """The picture as people are told of it: its path, or an address where it goes into a store."""


class Recording(RunFiles, Protocol):
    """What writes the files of a run."""

    def __call__(self, event: Event) -> object:
        """Receive an event."""

    def close(self) -> None:
        """Finish what is open."""


class FolderRecording(Recording, Protocol):
    """What writes the folder of a run."""

    @property
    def shown_folder(self) -> str:
        """The folder as people are told of it: its path, or its address in a store."""

    def claim(self) -> None:
        """Make the folder and let nobody else in; done when the run starts, if not before."""


class Recorder(ABC):
    """An observer that the setting `recorders` can name.

    Args:
        files: where the files of the run are; None: nothing is written.
        settings: an instance of its nested frozen dataclass `Settings`; only classes that declare one get it.
    """

    Settings: ClassVar[type | None] = None

    def __init__(self, files: RunFiles | None = None, settings: Any = None) -> None:
        self.files = files
        self.settings = settings

    @abstractmethod
    def __call__(self, event: Event) -> None:
        """Receive an event. `Started` comes first, with the run's settings; an error here ends the run."""

    def close(self) -> None:
        """Finish what is open. Called once, however the run ends."""
        return


def attach(events: Iterable[Event], *recorders: Observer) -> Iterator[Event]:
    """Pass events on, after every recorder has seen them.

    Recorders are closed, in order, when the run ends, fails, or its consumer leaves; so is the run itself. A process
    that was forked meanwhile cannot go on with the run and leaves its files alone: they belong to the parent.

    Raises:
        PixrayError: in such a process.
    """
    owner = os.getpid()
    with ExitStack() as stack:
        for recorder in reversed(recorders):
            close = getattr(recorder, "close", None)
            if close is not None:
                stack.callback(_in_process, owner, close)
        end_run = getattr(events, "close", None)
        if end_run is not None:
            stack.callback(_in_process, owner, end_run)
        for event in events:
            answers = [recorder(event) for recorder in recorders]
            notices = [notice for answer in answers if isinstance(answer, list) for notice in answer]
            yield event
            for notice in notices:
                for recorder in recorders:
                    recorder(notice)
                yield notice
            if os.getpid() != owner:
                raise PixrayError("this run belongs to the process that began it; a forked process begins its own")


def _in_process(owner: int, close: Callable[[], object]) -> None:
    if os.getpid() == owner:
        close()
