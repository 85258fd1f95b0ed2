"""A farm as its driver sees it: send the cells off, and pass on what happens, as sessions do.

Late imports: Ray takes half a second, and is an extra.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError
from pixray.events import Noticed
from pixray.runs.cell import Cell
from pixray.runs.farm.cluster import NAMESPACE, ON_HEAD, connected, head_answers, machines
from pixray.runs.farm.farm_folder import Write
from pixray.runs.farm.farm_job import FarmJob
from pixray.runs.farm.marker import MARKER, remove_marker, write_marker
from pixray.runs.farm.painter import Painting
from pixray.runs.farm.progress import FarmEvent, FarmFinished, FarmStarted
from pixray.runs.farm.scheduler import Scheduler, Update
from pixray.runs.farm.shares import Share
from pixray.runs.farm.worker_pool import last_line
from pixray.runtime.version import __version__

_TIMEOUT = 0.5
"""Seconds that the scheduler holds back an answer while nothing happens."""
_MOST_RESTARTS = 5
"""Schedulers that may be lost until the driver gives up."""
_HEAD_LOST = "everything ended with the head of the cluster; the same command goes on once a cluster is up"


class Watch:
    """Follows a farm that runs, whoever started it.

    Args:
        scheduler: of the farm.

    Attributes:
        ended: the farm has; gone: with the whole cluster.
    """

    def __init__(self, ray: Any, scheduler: Any) -> None:
        self._ray, self._scheduler = ray, scheduler
        self._version = -1  # cells to which nothing has happened yet are told as well
        self._states: dict[str, str] = {}
        self._begun = time.monotonic()
        self.ended = self.gone = False

    def updates(self) -> Iterator[FarmEvent]:
        """What happened since the last time; at the end of the farm FarmFinished.

        Raises:
            PixrayError: the farm cannot go on.
            ray.exceptions.RayActorError: the scheduler is lost.
        """
        update: Update = self._ray.get(self._scheduler.updates.remote(self._version, _TIMEOUT))
        self._version = update.version
        yield from (Noticed("warning", text) for text in update.notices)
        self._states.update((change.name, change.state) for change in update.changes)
        yield from update.changes
        self.ended = update.ended
        if update.problem:
            raise PixrayError(update.problem)
        if update.ended:
            count = Counter(self._states.values())
            seconds = round(time.monotonic() - self._begun, 1)
            yield FarmFinished(count["done"], count["failed"], count["waiting"], seconds, update.bill)

    def stop(self) -> None:
        """Ask for the end of the farm after the steps that are being taken."""
        self._scheduler.stop.remote()

    def close(self) -> None:
        """Have the farm end, so that what is painted keeps its last step; then its processes."""
        with contextlib.suppress(PixrayError, self._ray.exceptions.RayError):  # it was lost, or could not go on
            if not self.ended:
                self.stop()
            while not self.ended:
                for _ in self.updates():
                    continue
        self.kill()

    def kill(self) -> None:
        """End the farm and its workers at once, whatever they do."""
        self.ended = True
        self._ray.kill(self._scheduler)


class Farm:
    """Cells on a Ray cluster.

    Args:
        cells: with absolute folders below `folder`, which exists and which all machines see, or is one in a store.
        on: the cluster (see `check_place`).
        share: of a machine for each run.
        painting: what paints, sent to the workers.
        write: writes the pages about all cells; called on the head of the cluster. None: somebody else writes them.
        lasting: it goes on when this program ends, or is asked to stop.
        budget: cost and requests of the whole (see `Budget`); None: every cell has its own.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        folder: str | Path,
        on: str,
        share: Share,
        painting: Painting,
        write: Write | None,
        lasting: bool = False,
        budget: tuple[float | None, int | None] | None = None,
    ) -> None:
        self._cells, self._folder, self._on, self._share = cells, folder, on, share
        self._painting, self._write, self._lasting = painting, write, lasting
        self._budget, self._stopping = budget, False

    def run(self) -> Iterator[FarmEvent]:
        """Paint. Leaving the loop stops the farm, unless it is a lasting one.

        Raises:
            PixrayError: the cluster cannot be reached, or no machine can paint these cells.
        """
        with connected(self._on) as ray:
            share = self._share.on(machines(ray))
            _refuse_without_room(share, ray, self._on)
            yield FarmStarted(len(self._cells), self._on, str(self._folder))
            watch = Watch(ray, self._begin(ray, share))
            try:
                for restarts in range(1, _MOST_RESTARTS + 1):
                    try:
                        yield from self._followed(watch)
                        return
                    except importlib.import_module("ray.exceptions").RayActorError as error:
                        if not head_answers(ray):
                            watch.gone = True
                            yield Noticed("warning", f"on={self._on}: the head of the cluster does not answer")
                            raise PixrayError(_HEAD_LOST) from error
                        if restarts == _MOST_RESTARTS:
                            raise PixrayError(
                                f"the farm's scheduler was lost {restarts} times: {last_line(error)}"
                            ) from error
                        yield Noticed("warning", "the farm's scheduler was lost; another one goes on")
                        watch = Watch(ray, self._begin(ray, share))
            except KeyboardInterrupt:  # Ctrl-C for the second time: a worker may never end its step
                if not self._lasting:
                    watch.kill()
                    watch.gone = True
                raise
            finally:
                if not self._lasting and not watch.gone:
                    watch.close()

    def stop(self) -> None:
        """Let what is painted end after its step; what is done stays. A lasting farm is left to itself instead."""
        self._stopping = True

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopping

    def _followed(self, watch: Watch) -> Iterator[FarmEvent]:
        asked = False
        while not watch.ended:
            if self._stopping and self._lasting:
                return
            if self._stopping and not asked:
                watch.stop()
                asked = True
                yield Noticed("info", "stopping: no cell begins any more, and those being painted end after their step")
            yield from watch.updates()

    def _begin(self, ray: Any, share: Share) -> Any:
        marker = f"{MARKER}{secrets.token_hex(8)}"
        write_marker(self._folder, marker)
        job = FarmJob(
            cells=self._cells,
            folder=self._folder,
            marker=marker,
            share=share,
            painting=self._painting,
            write=self._write,
            directory=str(Path.cwd()),
            version=__version__,
            budget=self._budget,
        )
        options: dict[str, Any] = {"name": name_of(self._folder), "namespace": NAMESPACE, "num_cpus": 0}
        options |= {"max_concurrency": 1000, "resources": ON_HEAD}
        if self._lasting:
            options["lifetime"] = "detached"
        try:
            scheduler = ray.remote(Scheduler).options(**options).remote(job, self._lasting)
        except ValueError:  # the name is taken
            remove_marker(self._folder, marker)
            raise PixrayError(
                f"{self._folder}: a farm is at work there already; --watch shows it, and --stop ends it"
            ) from None
        scheduler.begin.remote()
        return scheduler


def find(ray: Any, folder: str | Path) -> Watch | None:
    """The farm that paints into a folder, or None if there is none."""
    try:
        return Watch(ray, ray.get_actor(name_of(folder), namespace=NAMESPACE))
    except ValueError:
        return None


def name_of(folder: str | Path) -> str:
    """What the scheduler of a folder is called in its cluster."""
    return f"pixray-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"


def _refuse_without_room(share: Share, ray: Any, on: str) -> None:
    here = machines(ray)
    if share.workers is None and not share.room(here):
        most = {kind: max((node.get(kind, 0) for node in here), default=0) for kind in ("CPU", "GPU")}
        raise PixrayError(
            f"on={on}: no machine there has room for a run, which takes {share.cpus:g} CPUs and "
            f"{1 if share.gpus is None else share.gpus:g} GPUs; the largest has {most['CPU']:g} CPUs and "
            f"{most['GPU']:g} GPUs (--cpus_per_run, --gpus_per_run)"
        )
