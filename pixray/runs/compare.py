"""The same prompts by several drawers, local and remote, side by side: scores, time, cost.

Every run has a folder of its own and is painted once; the same comparison again reads what is there. Remote services
work all at once, each under its own limits, while the drawers of this machine work in turn.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import PixrayError, SettingsError
from pixray.providers.limits import Budget
from pixray.recorders.lock import FolderLock
from pixray.recorders.outdir import named_outdir
from pixray.runs.cell import Cell, client_of, paint_cell
from pixray.runs.compare_row import Row, read_facts, score
from pixray.runs.farm.cluster import SLURM
from pixray.runs.farm.progress import CellChanged, FarmFinished
from pixray.runs.farm.shares import Share
from pixray.runs.grid import make_cells
from pixray.runs.judge import choose_judge
from pixray.runs.report.own_files import refuse_foreign_files
from pixray.runtime.addresses import joined
from pixray.runtime.files import remove_parts, user_path, writing
from pixray.settings.grammar import parse_weighted
from pixray.settings.layers import Layer, LayerKind

if TYPE_CHECKING:
    from pixray.engine.session import Session
    from pixray.models.store import ModelStore
    from pixray.recorders.base import FolderRecording
    from pixray.recorders.staged import StagedFolder
    from pixray.registry import Registry
    from pixray.runs.audition import Audition
    from pixray.runs.farm.session import Farm
    from pixray.runs.farm.slurm import SlurmFarm

_ANIMATED = "an animation has more than one picture to compare"


class Comparison:
    """All runs of a comparison, checked before anything is painted.

    Args:
        prompts: as the setting; drawers, seeds: at least one of each.
        settings: other settings, as text or values; those of a drawer count for that drawer only.
        judge: the perceptor that judges, as the setting of auditions; None: the embedded referee, if there is one.
        candidates: how many pictures of each service and seed; the best by score is shown. The setting `iterations`
            is for the drawers of this machine alone, or 300 steps would buy 300 pictures.
        on: the cluster that paints (see `check_place`), with a share of a machine for each run; None: this process.
        staged: the folder, where it stands for one of a store.

    Attributes:
        notice: what to tell the user about the judge, or None.

    Raises:
        SettingsError: all mistakes at once.
        ModelUnavailable: the judge cannot be had.
    """

    def __init__(
        self,
        prompts: str,
        drawers: Sequence[str],
        seeds: Sequence[Any],
        settings: Mapping[str, Any],
        registry: Registry,
        store: ModelStore,
        folder: str | Path = "compare",
        judge: str | None = None,
        candidates: int = 1,
        on: str | None = None,
        share: Share = Share(),
        staged: StagedFolder | None = None,
    ) -> None:
        self.registry, self.store, self.folder, self.judge = (
            registry,
            store,
            user_path(named_outdir(str(folder)), "outdir"),
            judge,
        )
        self.prompts, self.candidates, self._on, self._share = prompts, candidates, on, share
        self._staged = staged
        if on == SLURM:
            raise SettingsError("on=slurm is for grids and farms; a comparison takes a cluster of Ray")
        if on is not None:
            self.folder = self.folder.absolute()
        texts = {"prompts": prompts, "drawer": ",".join(drawers), "seed": ",".join(map(str, seeds)), **settings}
        texts |= {"judge": judge} if judge and settings.get("audition") else {}
        base = Layer(LayerKind.PYTHON, "compare", {"remote_cache": "replay", "save_intermediates": False})
        self.cells = make_cells(
            texts, registry, str(self.folder), over=("drawer", "seed"), base=base, adjust=self._adjusted
        )
        self.notice = self._choose_judge() if judge else None
        self.rows = [self._row(cell) for cell in self.cells]
        first = self.cells[0].settings
        self.budget = Budget(first.max_cost, first.max_requests)
        self._sessions: list[Session | Audition | Farm | SlurmFarm] = []
        self._stopping = False

    def _choose_judge(self) -> str | None:
        """Load the judge before anything is painted; what to tell about the choice."""
        guides = {parse_weighted(text).text for cell in self.cells for text in cell.settings.clip_models}
        chosen = choose_judge(str(self.judge), guides, self.cells[0].settings, self.registry, self.store)
        self.judge = chosen.name
        return chosen.notice

    def run(self) -> Iterator[Row]:
        """Paint what is missing; yield every row when it is done, failed or stopped. Then come the scores.

        Raises:
            PixrayError: files of somebody else are in the way, or another comparison is working in the folder.
        """
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        refuse_foreign_files(self.folder, ["index.html", "compare.json", "sheet.png"])
        if self._on is not None:
            yield from self._run_on_farm(self._on)  # which locks the folder itself
            return
        lock = FolderLock(self.folder)
        lock.acquire()
        remove_parts(self.folder)
        try:
            yield from self._run()
        finally:
            lock.release()

    def _run(self) -> Iterator[Row]:
        waiting = [pair for pair in zip(self.cells, self.rows, strict=True) if not pair[0].done()]
        for cell, row in zip(self.cells, self.rows, strict=True):
            if cell.done():
                row.status = "done"
                yield row
        remote = [pair for pair in waiting if pair[1].remote]
        with ThreadPoolExecutor(max(1, len(remote))) as threads:
            begun = [(self._begin(cell, row, threads), row) for cell, row in remote]
            for cell, row in waiting:
                if not row.remote:
                    built = self._built(cell, row)
                    if built is not None:
                        self._paint(*built, row)
                    yield row
            for future, row in begun:
                if future is not None:
                    future.result()
                yield row
        self._read_all()

    def _run_on_farm(self, on: str) -> Iterator[Row]:
        """The same with workers of a cluster. The scores are worked out here."""
        from pixray.recorders.staging import is_result
        from pixray.runs.farm.open import farm_of

        rows = {cell.folder.name: row for cell, row in zip(self.cells, self.rows, strict=True)}
        single = [cell for cell in self.cells if not cell.settings.animation_dir]
        for cell in (cell for cell in self.cells if cell.settings.animation_dir):
            rows[cell.folder.name].status, rows[cell.folder.name].reason = "failed", _ANIMATED
        place: str | Path = self.folder
        if self._staged is not None:  # workers put their runs into the store themselves
            place = self._staged.address
            single = [cell.moved(joined(place, cell.folder.name)) for cell in single]
        budget = (self.budget.cost, self.budget.requests)
        farm = farm_of(place, single, self.registry, on, self._share, write=None, budget=budget)
        self._sessions.append(farm)
        for event in farm.run():
            if isinstance(event, FarmFinished):
                bill = event.bill
                self.budget.spent, self.budget.guessed, self.budget.submitted = bill.spent, bill.guessed, bill.requests
            elif isinstance(event, CellChanged) and event.state in ("done", "failed"):
                rows[event.name].status, rows[event.name].reason = event.state, event.reason
                yield rows[event.name]
        for row in self.rows:
            row.status = "stopped" if row.status == "waiting" else row.status
        if self._staged is not None:
            self._staged.pull(is_result)
        self._read_all()

    def stop(self) -> None:
        """Ask all runs to end; what is done stays."""
        self._stopping = True
        for client in filter(None, map(client_of, self._sessions)):
            client.close()
        for session in self._sessions:
            session.stop()

    @property
    def stopped(self) -> bool:
        return self._stopping

    def as_json(self) -> dict[str, Any]:
        """Everything, as plain values."""
        return {
            "prompts": self.prompts,
            "rows": [asdict(row) for row in self.rows],
            "spent": round(self.budget.spent, 6),
            "guessed": round(self.budget.guessed, 6),
            "requests": self.budget.submitted,
        }

    def _adjusted(self, chosen: dict[str, Any]) -> dict[str, Any]:
        remote = chosen["drawer"] in self.registry.names("provider")
        return {**chosen, "iterations": str(self.candidates)} if remote else chosen

    def _row(self, cell: Cell) -> Row:
        drawer = cell.settings.drawer
        remote = drawer in self.registry.names("provider")
        return Row(drawer, str(cell.settings.seed), remote)

    def _begin(self, cell: Cell, row: Row, threads: ThreadPoolExecutor) -> Future[None] | None:
        built = self._built(cell, row)
        return None if built is None else threads.submit(self._paint, *built, row)

    def _built(self, cell: Cell, row: Row) -> tuple[Session | Audition, FolderRecording] | None:
        """The session of a cell and what writes its folder; a failure becomes part of its row."""
        from pixray.runs.animation import Animation
        from pixray.runs.to_folder import prepare_folder_run

        if self._stopping:
            row.status = "stopped"
            return None
        try:
            if row.remote:  # what a service made is in its cache, so that nothing is paid for twice
                session, files = prepare_folder_run(cell.settings, self.registry, self.store)
            else:
                session, files = paint_cell(cell, self.registry, self.store, self._staged)
        except PixrayError as error:
            row.status, row.reason = "failed", self._said(error)
            return None
        if isinstance(session, Animation):
            row.status, row.reason = "failed", _ANIMATED
            return None
        client = client_of(session)
        if client is not None:
            client.budget = self.budget  # one bill for all of them
        self._sessions.append(session)
        return session, files

    def _paint(self, session: Session | Audition, files: FolderRecording, row: Row) -> None:
        from pixray.runs.to_folder import run_to_folder

        try:
            for _ in run_to_folder(session, files, self.registry):
                pass
        except PixrayError as error:
            row.status, row.reason = "failed", self._said(error)
            return
        row.status = "stopped" if session.stopping else "done"

    def _said(self, error: PixrayError) -> str:
        return self._staged.named(str(error)) if self._staged else str(error)

    def _read_all(self) -> None:
        """Complete the rows from what the runs left in their folders."""
        for cell, row in zip(self.cells, self.rows, strict=True):
            path = cell.folder / cell.settings.output
            if row.status == "done" and path.is_file():
                try:
                    read_facts(cell, path, row)
                    score(cell, path, row, self.registry, self.store, self.judge)
                except PixrayError as error:  # it was damaged since; the others are not
                    row.status, row.reason = "failed", self._said(error)
                    continue
                row.picture = path.relative_to(self.folder).as_posix()
