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
from pixray.runs.farm.cluster import NAMESPACE, ON_HEAD, connected, machines
from pixray.runs.farm.foreman import NOTE, FarmOrder, Foreman, News, Write
from pixray.runs.farm.painter import Painting
from pixray.runs.farm.progress import FarmEvent, FarmFinished, FarmStarted
from pixray.runs.farm.shares import Share
from pixray.runtime.files import write_atomic
from pixray.runtime.version import __version__

_PATIENCE = 0.5
"""Seconds that the foreman holds back an answer while nothing happens."""
_MOST_FOREMEN = 5
"""Foremen that may be lost until the driver gives up."""


class Watch:
    """Follows a farm that runs, whoever started it.

    Args:
        foreman: of the farm.
    """

    def __init__(self, ray: Any, foreman: Any) -> None:
        self._ray, self._foreman = ray, foreman
        self._version = 0
        self._states: dict[str, str] = {}
        self._begun = time.monotonic()
        self.ended = False

    def news(self) -> Iterator[FarmEvent]:
        """What happened since the last time; at the end of the farm FarmFinished.

        Raises:
            PixrayError: the farm cannot go on.
            ray.exceptions.RayActorError: the foreman is lost.
        """
        news: News = self._ray.get(self._foreman.news.remote(self._version, _PATIENCE))
        self._version = news.version
        yield from (Noticed("warning", text) for text in news.notices)
        self._states.update((change.name, change.state) for change in news.changes)
        yield from news.changes
        self.ended = news.ended
        if news.problem:
            raise PixrayError(news.problem)
        if news.ended:
            count = Counter(self._states.values())
            seconds = round(time.monotonic() - self._begun, 1)
            yield FarmFinished(count["done"], count["failed"], count["waiting"], seconds, news.bill)

    def stop(self) -> None:
        """Ask for the end of the farm after the steps that are being taken."""
        self._foreman.stop.remote()

    def close(self) -> None:
        """Have the farm end, so that what is painted keeps its last step; then its processes."""
        with contextlib.suppress(PixrayError, self._ray.exceptions.RayError):  # it was lost, or could not go on
            if not self.ended:
                self.stop()
            while not self.ended:
                for _ in self.news():
                    continue
        self._ray.kill(self._foreman)


class Farm:
    """Cells on a Ray cluster.

    Args:
        cells: with absolute folders below `folder`, which exists and which all machines see.
        on: the cluster (see `check_place`).
        share: of a machine for each run.
        painting: what paints, sent to the workers.
        write: writes the pages about all cells; called on the head of the cluster.
        lasting: it goes on when this program ends, or is asked to stop.
        budget: cost and requests of the whole (see `Budget`); None: every cell has its own.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        folder: Path,
        on: str,
        share: Share,
        painting: Painting,
        write: Write,
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
                for foremen in range(1, _MOST_FOREMEN + 1):
                    try:
                        yield from self._followed(watch)
                        return
                    except importlib.import_module("ray.exceptions").RayActorError as error:
                        if foremen == _MOST_FOREMEN:
                            raise PixrayError(f"the farm's foreman was lost {foremen} times: {error}") from error
                        yield Noticed("warning", "the farm's foreman was lost; another one goes on")
                        watch = Watch(ray, self._begin(ray, share))
            finally:
                if not self._lasting:
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
            yield from watch.news()

    def _begin(self, ray: Any, share: Share) -> Any:
        note = f"{NOTE}{secrets.token_hex(8)}"
        write_atomic(self._folder / note, b"")
        order = FarmOrder(
            cells=self._cells,
            folder=self._folder,
            note=note,
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
            foreman = ray.remote(Foreman).options(**options).remote(order, self._lasting)
        except ValueError:  # the name is taken
            (self._folder / note).unlink(missing_ok=True)
            raise PixrayError(
                f"{self._folder}: a farm is at work there already; --watch shows it, and --stop ends it"
            ) from None
        foreman.begin.remote()
        return foreman


def find(ray: Any, folder: Path) -> Watch | None:
    """The farm that paints into a folder, or None if there is none."""
    try:
        return Watch(ray, ray.get_actor(name_of(folder), namespace=NAMESPACE))
    except ValueError:
        return None


def name_of(folder: Path) -> str:
    """What the foreman of a folder is called in its cluster."""
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
