"""What paints the cells of a farm, one after the other, in a worker's process or in this one. Models stay loaded.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pixray.events import CheckpointDue, Event, Started, Stepped
from pixray.providers.limits import Budget
from pixray.recorders.lock import FolderInUse, FolderLock
from pixray.runs.cell import Cell, client_of, paint_cell
from pixray.runs.farm.limits import Limits, SharedBudget
from pixray.runs.outcome import Outcome, outcome_of
from pixray.runtime.addresses import is_store, parent_of
from pixray.runtime.files import writing

if TYPE_CHECKING:
    from pixray.engine.session import Session
    from pixray.models.store import ModelStore
    from pixray.recorders.base import FolderRecording
    from pixray.recorders.staged import StagedFolder
    from pixray.registry import Registry
    from pixray.runs.animation import Animation
    from pixray.runs.audition import Audition

Result = TypeVar("Result")
LOCK = ".pixray.cell.lock"
"""Held while somebody decides how a cell goes on and paints it, so that no two ever do."""
PACE = 0.5
"""Seconds between reports of steps at least."""
PATIENCE = 60.0
"""Seconds to wait for a painter of the same cell whose end nobody has noticed yet."""

Hear = Callable[[Mapping[str, Any]], bool]
"""Takes facts about the cell that is painted (see `CellQueue.report`), and says whether to stop."""


class Painting(Protocol):
    """Anything that paints cells: what a farm's workers have inside.

    Attributes:
        limits: of remote services, where several processes share them.
    """

    limits: Limits | None

    def paint(self, cell: Cell, hear: Hear) -> Outcome: ...


class Painter:
    """Paints cells into their folders. A cell that is done is left alone, an interrupted one goes on.

    Args:
        registry: of parts.
        store: of loaded models; default: a new one.
    """

    def __init__(self, registry: Registry, store: ModelStore | None = None) -> None:
        self.registry, self._store = registry, store
        self.limits: Limits | None = None

    @property
    def store(self) -> ModelStore:
        """Made where it is used: loaded models are not sent to other machines."""
        if self._store is None:
            from pixray.models.store import ModelStore

            self._store = ModelStore()
        return self._store

    def paint(self, cell: Cell, hear: Hear) -> Outcome:
        """Paint one cell to its end, whatever goes wrong in it."""
        return outcome_of(lambda: self._paint_locked(cell, hear))

    def _paint_locked(self, cell: Cell, hear: Hear) -> bool:
        if is_store(cell.settings.outdir):
            return self._paint_in_store(cell, hear)
        with writing(cell.folder):
            cell.folder.mkdir(parents=True, exist_ok=True)
        lock = _waited_for(lambda: _locked(cell.folder), hear)
        if lock is None:
            return True
        try:
            return not cell.done() and self._paint(cell, hear)
        finally:
            lock.release()

    def _paint_in_store(self, cell: Cell, hear: Hear) -> bool:
        """The same with a folder in a store: what lies there is fetched, and what is new is put there meanwhile."""
        from pixray.recorders.staged import StagedFolder

        address = cell.settings.outdir
        staged = _waited_for(lambda: StagedFolder(address, heir=_heir(address)), hear)
        if staged is None:
            return True
        local = cell.moved(str(staged.folder))
        try:
            staged.pull(lambda name: True)
            if local.done():
                staged.close(push=False)
                return False
            if not local.owns_folder():  # what lies there is moved beside it
                staged.pull_names_beside()
        except BaseException:
            staged.close(push=False)
            raise
        with staged.naming():
            return self._paint(local, hear, staged)

    def _paint(self, cell: Cell, hear: Hear, staged: StagedFolder | None = None) -> bool:
        from pixray.runs.to_folder import run_to_folder

        session, files = self._begun(cell, staged)
        if self.limits is not None and self.limits.common:
            share_budget(session, SharedBudget(self.limits.limit_server))
        report = Report(hear)
        with asked_meanwhile(report, session.stop) if self._services(cell) else contextlib.nullcontext():
            for event in run_to_folder(session, files, self.registry):
                if report(event):
                    session.stop()
        return session.stopping

    def _services(self, cell: Cell) -> list[str]:
        """The remote services that a cell asks: for its pictures, or for one to start from."""
        named = (cell.settings.drawer, getattr(cell.settings, "init_from", None))
        return [name for name in named if name in self.registry.names("provider")]

    def _begun(self, cell: Cell, staged: StagedFolder | None) -> tuple[Session | Animation | Audition, FolderRecording]:
        try:
            self._share_limits(cell)
            session, files = paint_cell(cell, self.registry, self.store)
        except BaseException:
            if staged is not None:
                staged.close(push=False)
            raise
        if staged is None:
            return session, files
        from pixray.recorders.uploads import UploadedFiles

        return session, UploadedFiles(files, staged)

    def _share_limits(self, cell: Cell) -> None:
        if self.limits is not None:
            for service in self._services(cell):
                self.limits.put_into(self.store, self.registry, service)


def share_budget(session: Any, budget: Budget) -> None:
    """Have a run pay from a common budget, if it is one of a remote service."""
    client = client_of(session)
    if client is not None:
        client.budget = budget


@contextlib.contextmanager
def asked_meanwhile(report: Report, stop: Callable[[], None]) -> Iterator[None]:
    """Ask every now and then whether a run shall stop, also while it waits for a service and takes no step."""
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(PACE):
            if report.stops():
                stop()
                return

    thread = threading.Thread(target=ask, name="pixray-farm-stop", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Report:
    """Turns the events of a run into facts, not more often than people can read them. For threads, too.

    Args:
        hear: takes them; whether to stop.
    """

    def __init__(self, hear: Hear) -> None:
        self._told, self._due, self._lock = hear, -math.inf, threading.Lock()

    def stops(self) -> bool:
        """Whether the run is asked to stop, though there is nothing to tell."""
        return self._hear({})

    def _hear(self, facts: Mapping[str, Any]) -> bool:
        with self._lock:
            return self._told(facts)

    def __call__(self, event: Event) -> bool:
        """Whether the run is asked to stop."""
        if isinstance(event, Started):
            return self._hear({"step": event.step, "steps": event.steps})
        if isinstance(event, CheckpointDue):
            return self._hear({"kept": event.step})
        if isinstance(event, Stepped) and (time.monotonic() >= self._due or event.step == event.steps):
            self._due = time.monotonic() + PACE
            losses = {name: float(value) for name, value in event.losses.items()}
            left = event.remaining if math.isfinite(event.remaining) else None
            return self._hear({"step": event.step, "steps": event.steps, "losses": losses, "seconds_left": left})
        return False


def _locked(folder: Path) -> FolderLock:
    lock = FolderLock(folder, LOCK)
    lock.acquire()
    return lock


def _heir(address: str) -> str:
    """By what the workers of one farm know each other: the folder of the whole, whose lock only their farm has."""
    return hashlib.sha256((parent_of(address) or address).encode()).hexdigest()[:16]


def _waited_for(acquire: Callable[[], Result], hear: Hear) -> Result | None:
    """What holds a lock, as soon as it can be had; None if asked to stop meanwhile.

    Raises:
        FolderInUse: somebody holds it for too long.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return acquire()
        except FolderInUse:
            if time.monotonic() >= deadline:
                raise
        if hear({}):
            return None
        time.sleep(PACE)
