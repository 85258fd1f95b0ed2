"""Folders of stores made ready for what works in them: a new run, one that goes on, or a look at what is there."""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

from pixray.errors import PixrayError, SettingsError
from pixray.recorders.checkpoint import NAME as CHECKPOINT
from pixray.recorders.earlier import FRAMES, SETTINGS
from pixray.recorders.lock import NAME as LOCK
from pixray.recorders.lock import FolderInUse
from pixray.recorders.log import NAME as LOG
from pixray.recorders.log import read_log
from pixray.recorders.outdir import named_outdir
from pixray.recorders.record import record_layer
from pixray.recorders.staged import StagedFolder
from pixray.runtime.addresses import is_store, place_of
from pixray.runtime.store import Store
from pixray.settings.layers import Layer
from pixray.settings.run_inputs import id_of, names_in

_MOST = 1_000_000


def stage_new_run(template: str, output: str) -> StagedFolder:
    """The folder that a new run gets in a store.

    Args:
        template: an address with %DATE% and %SEQ%, as of `outdir`; output: name of the picture.

    Raises:
        PixrayError: the store cannot be reached or written to, or another run has the folder.
    """
    stem = PurePath(output).with_suffix("").as_posix()

    def tells(name: str) -> bool:
        """Whether the content tells if a file may be moved aside."""
        return name in (LOG, SETTINGS, CHECKPOINT) or name.startswith((f"{stem}.", f"{stem}_"))

    staged = _taken(template)
    with _given_up_on_error(staged):
        staged.pull(tells)
        staged.pull_names_beside()
    return staged


def stage_run(address: str) -> StagedFolder:
    """The folder of a run that goes on, with everything in it.

    Args:
        address: of the folder, or of a picture in it.
    """
    address = place_of(address, "outdir")
    store = Store(address)
    if store.parent is not None and store.is_file():
        address = store.parent
    staged = StagedFolder(address)
    with _given_up_on_error(staged):
        staged.pull(lambda name: True)
    return staged


@contextlib.contextmanager
def stage_many(template: str) -> Iterator[StagedFolder]:
    """The folder of many runs, a grid or a comparison: with what their pages show, and all of the unfinished ones.

    What is new is put when the block ends, however it ends.

    Args:
        template: an address with %DATE% and %SEQ%, as of `outdir`.
    """
    staged = _taken(template)
    with _given_up_on_error(staged):
        names = staged.store.names()
        staged.pull(lambda name: PurePath(name).name == LOG, names)
        unfinished = {place for place in _runs(names) if not _is_finished(staged.folder / place)}
        others = [name for name in names if PurePath(name).name != LOG]
        staged.pull(lambda name: name.partition("/")[0] in unfinished or not _is_frame(name), others)
    with _at_work(staged):
        yield staged


@contextlib.contextmanager
def stage_results(address: str) -> Iterator[StagedFolder]:
    """A folder whose pictures are looked at, for a page or sheet about them that is put when the block ends."""
    staged = StagedFolder(address)
    with _given_up_on_error(staged):
        staged.pull(is_result)
    with _at_work(staged):
        yield staged


@contextlib.contextmanager
def folder_of_many(template: str, on: str | None = None) -> Iterator[tuple[str, StagedFolder | None]]:
    """Where many runs work: the folder that a person named, or the one of this machine that stands for it.

    Args:
        on: the cluster that paints; None: this process.

    Raises:
        SettingsError: other processes paint, which do not see the store.
    """
    template = place_of(template, "outdir")
    if not is_store(template):
        yield template, None
        return
    _refuse_memory(template, on)
    with stage_many(template) as staged:
        yield str(staged.folder), staged


@contextlib.contextmanager
def fetched(place: str, label: str, needed: Callable[[str], bool] = lambda name: True) -> Iterator[Path]:
    """A file or folder that a person named, on this machine: itself, or a copy of what lies in a store.

    Args:
        needed: of a folder, the names of the files to fetch.

    Raises:
        PixrayError: the store cannot be read, or there is nothing of that name.
    """
    place = place_of(place, label)
    if not is_store(place):
        yield Path(place)
        return
    store = Store(place)
    is_file = store.parent is not None and store.is_file()
    address = store.parent if is_file and store.parent else place
    name = place.removeprefix(f"{address}/") if is_file else ""
    staged = StagedFolder(address, writes=False)
    try:
        there = staged.store.names()
        asked = [found for found in there if (found == name if is_file else needed(found))]
        if not asked:
            raise PixrayError(f"{label}='{place}': there is nothing of that name")
        staged.pull(lambda found: True, [*asked, *filter(_is_input, there)])
        with staged.naming():
            yield staged.folder / name if is_file else staged.folder
    finally:
        staged.close()


def record_of(place: str, *, trusted: bool = False) -> Layer:
    """As `record_layer`, of a picture or run that may be in a store."""
    with contextlib.ExitStack() as copies:
        base = record_layer(copies.enter_context(fetched(place, "path", is_settings)), trusted=trusted)
        if any(names_in(base.values)):  # pictures that the run started from, which are read when it is painted
            atexit.register(copies.pop_all().close)
    return base


@contextlib.contextmanager
def _at_work(staged: StagedFolder) -> Iterator[None]:
    try:
        with staged.naming():
            yield
    finally:
        staged.close()


def shared_address(template: str, on: str | None) -> str:
    """The folder in a store that a farm gets, which takes its lock itself.

    Args:
        template: an address with %DATE% and %SEQ%, as of `outdir`; on: the cluster, or None for this process.

    Raises:
        SettingsError: other processes paint, which do not see the store.
    """
    _refuse_memory(template, on)
    template = place_of(named_outdir(template), "outdir")
    return next(_numbered(template)) if "%SEQ%" in template else template


def _refuse_memory(address: str, on: str | None) -> None:
    if on is not None and address.startswith("memory://"):
        raise SettingsError(
            f"on={on}: what {address} names lies in the memory of one process, and a farm has several; expected a "
            "folder that all of them see, or one in another store such as s3://"
        )


def is_settings(name: str) -> bool:
    """Whether a file in the folder of a run holds its settings, which suffice to read its record."""
    return name == SETTINGS


def is_result(name: str) -> bool:
    """Whether a file is a finished one or tells of it: no frame of a step, no checkpoint."""
    return not _is_frame(name) and PurePath(name).name != CHECKPOINT


@contextlib.contextmanager
def _given_up_on_error(staged: StagedFolder) -> Iterator[None]:
    try:
        yield
    except BaseException:
        staged.close(push=False)
        raise


def _taken(template: str) -> StagedFolder:
    """The folder that a template names, with its lock; of numbered ones the first that is free."""
    template = place_of(named_outdir(template), "outdir")
    if "%SEQ%" not in template:
        return StagedFolder(template)
    for address in _numbered(template):
        with contextlib.suppress(FolderInUse):  # another run was faster
            staged = StagedFolder(address)
            with _given_up_on_error(staged):
                if all(name == LOCK for name in staged.store.names()):
                    return staged
            staged.close(push=False)
    raise PixrayError(f"outdir='{template}': all numbers up to {_MOST} are taken")


def _numbered(template: str) -> Iterator[str]:
    """The addresses with the numbers that are free as far as the names beside them tell."""
    before, _, _ = template.partition("%SEQ%")
    parent, _, start = before.rpartition("/")
    if parent.endswith(":/"):
        raise SettingsError(f"outdir='{template}': a bucket has no running number; put %SEQ% into a folder below it")
    ending = template.removeprefix(f"{parent}/").partition("/")[0].partition("%SEQ%")[2]
    taken = set(Store(parent).folders())
    for number in range(1, _MOST):
        if f"{start}{number:02d}{ending}".replace("%SEQ%", f"{number:02d}") not in taken:
            yield template.replace("%SEQ%", f"{number:02d}")


def _runs(names: list[str]) -> set[str]:
    return {name.partition("/")[0] for name in names if name.count("/") and name.endswith(f"/{SETTINGS}")}


def _is_finished(folder: Path) -> bool:
    log = read_log(folder)
    return log is not None and log.finished


def _is_input(name: str) -> bool:
    """Whether a file is a picture that the run started from, as its record names it."""
    return id_of(name) is not None


def _is_frame(name: str) -> bool:
    return not set(FRAMES).isdisjoint(name.split("/")[:-1])
