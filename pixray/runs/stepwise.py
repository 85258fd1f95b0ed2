"""A run that was started in its folder and is taken further piece by piece, as notebooks do."""

from __future__ import annotations

import argparse
import os
import threading
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixray.errors import PixrayError
from pixray.events import Drawn, Event
from pixray.runs.to_folder import prepare_folder_run, run_to_folder
from pixray.runtime.signals import graceful

if TYPE_CHECKING:
    from PIL import Image

    from pixray.models.store import ModelStore
    from pixray.recorders.base import FolderRecording
    from pixray.registry import Registry


class StepwiseRun:
    """A built run with its folder, and the latest picture of it.

    Args:
        settings: of the run, which learn the real names of folder and picture.
        output: what to show, as in `run_to_folder`.

    Attributes:
        image: the latest picture; None before the first one.
        finished: whether there is nothing more to do.
    """

    def __init__(self, settings: argparse.Namespace, registry: Registry, store: ModelStore, output: str) -> None:
        self._session, self._files = prepare_folder_run(settings, registry, store)
        self._files.claim()
        settings.outdir, settings.output = self._files.shown_folder, self._session.settings.output
        self._events: Iterator[Event] = run_to_folder(self._session, self._files, registry, output)
        self._taking_steps = threading.Lock()
        # Also at the end of the program: later, when objects are taken apart, no video can be written any more.
        self._finalizer = weakref.finalize(self, _finish_files, self._events, self._files, os.getpid())
        self.image: Image.Image | None = None
        self.finished = False

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C ended the run early."""
        return self._session.stopping

    def go_on(self, until_shown: bool = False) -> bool:
        """Take the remaining steps.

        Args:
            until_shown: come back at each picture that is due for showing.

        Returns:
            whether the run is over.

        Raises:
            PixrayError: another thread is taking its steps.
        """
        if not self._taking_steps.acquire(blocking=False):
            raise PixrayError(
                "another thread is painting this run: threads that start runs of their own (pixray.run, or do_init and "
                "do_run) do not disturb each other"
            )
        try:
            with graceful(self._session):
                for event in self._events:
                    if isinstance(event, Drawn):
                        self.image = event.image
                        if until_shown and event.show and event.step and not event.final:
                            return False
            self.finished = True
            return True
        finally:
            self._taking_steps.release()

    def close(self) -> None:
        """End the run where it is; its files are finished."""
        self._finalizer()


def _finish_files(events: Iterator[Event], files: FolderRecording, owner: int) -> None:
    """End a run; its files belong to the process that began it, not to one that was forked meanwhile."""
    if os.getpid() != owner:
        return
    close = getattr(events, "close", None)
    if close is not None:
        close()
    files.close()
