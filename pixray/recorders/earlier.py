"""What earlier runs left in a folder: recognised by their log and records, and moved aside for a new run.

Files that are not pixray's are never written over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from pixray.errors import PixrayError, SettingsError
from pixray.recorders.checkpoint import NAME as CHECKPOINT
from pixray.recorders.checkpoint import is_checkpoint
from pixray.recorders.log import NAME as LOG
from pixray.recorders.log import RunLog, read_log
from pixray.recorders.outdir import named_outdir
from pixray.recorders.record import holds_record
from pixray.runtime.files import reason, user_path
from pixray.runtime.yaml_io import read_yaml

SETTINGS = "settings.yaml"
FRAMES = ("steps", "video")
_FRAME = re.compile(r"frame_\d{4,}\.png")
_MOST = 1_000_000


def check_outdir(template: str, output: str) -> None:
    """Say early, before anything is loaded, what `own_outdir` would refuse. Nothing is made or changed.

    Raises:
        PixrayError: a file of somebody else is in the way, or no folder can be called so.
    """
    inside(output)
    text = named_outdir(template)
    if "%SEQ%" not in text:
        folder = user_path(text or ".", "outdir")
        _refuse_foreign_files(folder, output, _left_by_earlier(folder, output, read_log(folder)))


def inside(output: str) -> str:
    """The name of a picture, which lies in the folder of its run or below.

    Raises:
        SettingsError: it leads out of there.
    """
    path = PurePath(output)
    if path.is_absolute() or path.drive or ".." in path.parts:
        raise SettingsError(f"output={output!r} leads out of the folder of the run: folders outside belong into outdir")
    user_path(output, "output")
    return output


def own_outdir(folder: Path, output: str) -> list[str]:
    """Make a folder that is locked already this run's own.

    Args:
        output: name of the picture.

    Returns:
        what the user should be told.

    Raises:
        PixrayError: a file of somebody else is in the way, or what an earlier run left cannot be moved.
    """
    earlier = _left_by_earlier(folder, output, read_log(folder))
    _refuse_foreign_files(folder, output, earlier)
    if not earlier:
        return []
    try:
        kept = _place_beside(folder)
        for name in earlier:
            (kept / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(folder / name, kept / name)
        for name in FRAMES:
            _remove_if_empty(folder / name)
    except OSError as error:
        raise PixrayError(f"{folder}: what an earlier run left cannot be moved aside: {reason(error)}") from error
    return [f"{folder} held an earlier run, which is in {kept} now"]


def _left_by_earlier(folder: Path, output: str, log: RunLog | None) -> list[str]:
    """Files of earlier runs, below the folder, in the order in which to move them.

    Settings come first and the log last: a folder in which that was interrupted holds no run, but is recognised.
    Pictures of another name stay: they hold their settings themselves, and somebody collects them here.
    """
    stem = PurePath(output).with_suffix("").as_posix()
    about = _about(folder, stem)
    named = set(log.files) if log else set()
    names = [
        name for name in about if name in named or (name in (output, f"{stem}.svg") and holds_record(folder / name))
    ]
    if (log and log.kept) or is_checkpoint(folder / CHECKPOINT):
        names.append(CHECKPOINT)
    if log is not None:
        names = [SETTINGS, *names] if _is_record(folder / SETTINGS, log) else names
        names += [*_frames(folder), *_videos(folder, stem, log), LOG]
    return [name for name in dict.fromkeys(names) if os.path.lexists(folder / name)]


def _refuse_foreign_files(folder: Path, output: str, earlier: Iterable[str]) -> None:
    stem = PurePath(output).with_suffix("").as_posix()
    own_names = set(earlier)
    written = [SETTINGS, LOG, CHECKPOINT, output, f"{stem}.mp4", *_frames(folder)]
    written += [f"steps/{PurePath(stem).name}.mp4"]
    for name in written:
        if name not in own_names and os.path.lexists(folder / name):
            raise foreign_file(folder / name)
    for name in FRAMES:
        if os.path.lexists(folder / name) and not (folder / name).is_dir():
            raise foreign_file(folder / name)


def foreign_file(path: Path) -> PixrayError:
    """The error about a file that would be written over and is not pixray's."""
    return PixrayError(
        f"{path} is not pixray's own, or was changed since, and would be written over: choose another outdir or output"
    )


def _about(folder: Path, stem: str) -> list[str]:
    """Files that belong to a picture by their name: output.png, output.svg, output_cells.png …"""
    parent = (folder / stem).parent
    first = PurePath(stem).name
    if not parent.is_dir():
        return []
    names = sorted(path.name for path in parent.iterdir() if not path.is_dir())
    alike = [name for name in names if name.startswith((f"{first}.", f"{first}_"))]
    return [(PurePath(stem).parent / name).as_posix() for name in alike]


def _frames(folder: Path) -> Iterator[str]:
    for subfolder in FRAMES:
        if (folder / subfolder).is_dir():
            yield from (
                f"{subfolder}/{path.name}"
                for path in sorted((folder / subfolder).iterdir())
                if _FRAME.fullmatch(path.name)
            )


def _videos(folder: Path, stem: str, log: RunLog) -> Iterator[str]:
    """Videos of a run, also where it was killed before its log named them."""
    yield from (name for name in log.others if name.startswith(FRAMES) or name == f"{stem}.mp4")
    if log.frames("steps"):
        yield f"steps/{PurePath(stem).name}.mp4"
    if log.frames("video"):
        yield f"{stem}.mp4"


def _is_record(path: Path, log: RunLog) -> bool:
    """Whether a settings.yaml is as the run wrote it, and not changed by hand since."""
    try:
        return path.is_file() and not path.is_symlink() and read_yaml(path) in log.records
    except PixrayError:
        return False


def _place_beside(folder: Path) -> Path:
    """A new folder for what an earlier run left: beside this one, or inside where beside is not ours."""
    real = folder.resolve()
    inside = Path.cwd().resolve().is_relative_to(real) or os.path.ismount(real)
    if not inside:
        try:
            return _numbered(real.parent, f"{folder.name}-earlier")
        except OSError:  # such as a parent that may not be written to
            inside = True
    return _numbered(folder, "earlier")


def _numbered(parent: Path, name: str) -> Path:
    for number in range(1, _MOST):
        path = parent / f"{name}-{number:02d}"
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise OSError(f"all numbers up to {_MOST} are taken")


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
