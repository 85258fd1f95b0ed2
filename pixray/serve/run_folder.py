"""The folder of a job's run: its checkpoints and previews, going back to one of them, copies and removal.

Besides what every run leaves there: `.studio/checkpoints/STEP.safetensors` and `.studio/previews/STEP.webp`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from pixray.errors import PixrayError
from pixray.recorders.checkpoint import NAME as CHECKPOINT
from pixray.recorders.timeline import undo_changes
from pixray.runtime.files import reason
from pixray.serve.jobs import Job

OWN = ".studio"
"""The server's own files in the folder of a run."""
CHECKPOINTS, PREVIEWS = f"{OWN}/checkpoints", f"{OWN}/previews"
MOST_CHECKPOINTS, MOST_PREVIEWS = 8, 240


def new_folder(folder: Path, name: str) -> Path:
    """A path for the run of a job; nothing is made yet."""
    return folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}-{uuid.uuid4().hex[:8]}"


def preview_path(folder: Path, step: int) -> Path:
    """Where the small picture of a step is."""
    return folder / PREVIEWS / f"{step:07d}.webp"


def checkpoint_path(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step is kept."""
    return folder / CHECKPOINTS / f"{step:07d}.safetensors"


def kept_steps(folder: Path, kind: str) -> list[int]:
    """Steps that have a file.

    Args:
        kind: CHECKPOINTS or PREVIEWS.
    """
    stems = [path.name.partition(".")[0] for path in _listed(folder / kind)]
    return sorted(int(stem) for stem in stems if stem.isdigit())


def keep_checkpoint(folder: Path, step: int) -> list[int]:
    """Keep the run's checkpoint under its step, the start and the newest ones always; the steps that are kept."""
    path = checkpoint_path(folder, step)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    try:
        os.link(folder / CHECKPOINT, path)  # the run replaces its checkpoint and never writes into it
    except OSError:
        shutil.copyfile(folder / CHECKPOINT, path)
    steps = kept_steps(folder, CHECKPOINTS)
    for number in thinned_out(steps, MOST_CHECKPOINTS):
        checkpoint_path(folder, number).unlink(missing_ok=True)
    return kept_steps(folder, CHECKPOINTS)


def thinned_out(steps: list[int], most: int) -> list[int]:
    """Which of some steps are given up, so that those that stay are spread over the run, first and last included."""
    stay = list(steps)
    while len(stay) > most:
        gaps = [stay[number + 1] - stay[number - 1] for number in range(1, len(stay) - 1)]
        del stay[1 + gaps.index(min(gaps))]
    return [step for step in steps if step not in set(stay)]


def go_back(job: Job) -> None:
    """Make an earlier checkpoint the one that the run goes on from; what came after it is forgotten.

    Raises:
        PixrayError: it cannot be read or written.
    """
    folder, step = job.order.folder, job.back_to
    assert step is not None, "no checkpoint was chosen"
    try:
        part = folder / OWN / "checkpoint.part"
        part.unlink(missing_ok=True)
        shutil.copyfile(checkpoint_path(folder, step), part)
        os.replace(part, folder / CHECKPOINT)
        steering = undo_changes(folder, job.step, step)
        for kind in (CHECKPOINTS, PREVIEWS):
            for path in _listed(folder / kind):
                if path.name.partition(".")[0].isdigit() and int(path.name.partition(".")[0]) > step:
                    path.unlink(missing_ok=True)
    except OSError as error:
        raise PixrayError(f"the checkpoint of step {step} cannot be used: {reason(error)}") from error
    previews, checkpoints = kept_steps(folder, PREVIEWS), kept_steps(folder, CHECKPOINTS)
    job.change(step=step, losses={}, previews=previews, checkpoints=checkpoints, steering=steering, back_to=None)


def copy_run(parent: Job, iterations: int) -> Job:
    """A job that continues a run in a copy of its folder.

    Args:
        iterations: the new total.

    Raises:
        PixrayError: the run left no checkpoint, or the copy cannot be made.
    """
    source = parent.order.folder
    if not (source / CHECKPOINT).is_file():
        raise PixrayError("the run of this job left no checkpoint to go on from")
    order = dataclasses.replace(parent.order, iterations=str(iterations), resumable=True, lasting=True)
    job = Job(
        order,
        asked=dict(parent.asked),
        start=parent.start,
        prompts=parent.prompts,
        drawer=parent.drawer,
        parent=parent.id,
        step=parent.step,
        steps=iterations,
        size=parent.size,
        seed=parent.seed,
        previews=list(parent.previews),
        checkpoints=list(parent.checkpoints),
        steering=list(parent.steering),
    )
    target = new_folder(source.parent, job.id)
    job.order = dataclasses.replace(order, folder=target)
    try:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".pixray.lock", "*.part"))
    except (OSError, shutil.Error) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise PixrayError(f"the folder of the run cannot be copied: {error}") from error
    return job


def remove_run(job: Job) -> None:
    """Delete the folder of a job."""
    shutil.rmtree(job.order.folder, ignore_errors=True)


def _listed(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from sorted(folder.iterdir())
