"""What clients are told about a job, as JSON."""

from __future__ import annotations

import json
import math
import stat
from pathlib import Path
from typing import Any

from pixray.errors import without_path
from pixray.serve.jobs import Job
from pixray.settings.run_inputs import FOLDER as INPUTS

_KINDS = {".png": "picture", ".svg": "svg", ".mp4": "video", ".gif": "video", ".yaml": "record", ".jsonl": "record"}


def facts_of(job: Job, position: int | None, *, settings: bool = True) -> dict[str, Any]:
    """A job for clients.

    Args:
        position: in the queue.
        settings: whether what the client asked for is part of it.
    """
    facts = {
        "id": job.id,
        "state": job.state,
        "wish": job.wish,
        "position": position,
        "door": job.door,
        "start": job.start,
        "prompts": job.prompts,
        "drawer": job.drawer,
        "size": list(job.size) if job.size else None,
        "seed": job.seed,
        "step": job.step,
        "steps": job.steps,
        "seconds": round(job.seconds, 3),
        "seconds_left": job.seconds_left,
        "losses": numbers(job.losses),
        "error": error_of(job),
        **{name: moment and moment.isoformat() for name, moment in _moments(job).items()},
        "pictures": job.previews,
        "picture": picture_of(job),
        "files": files_of(job.order.folder, job.output),
        "steering": job.steering,
        "checkpoints": job.checkpoints,
        "parent": job.parent,
        "push": job.push,
    }
    return {**facts, "settings": json.loads(json.dumps(dict(job.asked), default=str))} if settings else facts


def progress_of(job: Job) -> dict[str, Any]:
    """How far a job is."""
    facts = {"id": job.id, "step": job.step, "steps": job.steps}
    return {**facts, "losses": numbers(job.losses), "seconds_left": job.seconds_left}


def picture_of(job: Job) -> str | None:
    """The address of the newest picture: the finished one in full, before that a small one."""
    if job.finished and (job.order.folder / job.output).is_file():
        return f"/api/jobs/{job.id}/picture"
    return preview_address(job, job.previews[-1]) if job.previews else None


def preview_address(job: Job, step: int) -> str:
    """The address of a small picture."""
    return f"/api/jobs/{job.id}/pictures/{step}.webp"


def files_of(folder: Path, output: str) -> list[dict[str, Any]]:
    """What a run has left so far, its videos and inputs included and its single steps left out.

    Args:
        folder: of the run, which may be writing, replacing and removing files meanwhile.
        output: name of the picture.
    """
    files = []
    for listed in (folder, folder / "steps", folder / INPUTS):
        for path in _listed(listed):
            try:
                facts = path.lstat()
            except OSError:
                continue  # it was the part of a file that is whole now
            is_step = listed.name == "steps" and path.suffix == ".png"
            if stat.S_ISREG(facts.st_mode) and not path.name.startswith(".") and not is_step:
                name = path.relative_to(folder).as_posix()
                files.append({"name": name, "bytes": facts.st_size, "kind": _kind(name, output)})
    return files


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def numbers(values: dict[str, float | None]) -> dict[str, float | None]:
    """Numbers as JSON knows them; None for those that are not finite."""
    return {name: value if value is not None and math.isfinite(value) else None for name, value in values.items()}


def error_of(job: Job) -> str | None:
    """What clients are told about a failure: the sentence without the folders of the server's disk."""
    folder, sentence = job.order.folder, job.error
    if sentence is None:
        return None
    for path in dict.fromkeys((folder, folder.resolve())):
        sentence = without_path(sentence, str(path), "the folder of the run").replace(f"{path.parent}/", "")
    return sentence


def _kind(name: str, output: str) -> str:
    path = Path(name)
    if path.parent.name == INPUTS:
        return "other"
    if path.suffix == ".png" and name != output:
        return "sprite"
    return _KINDS.get(path.suffix, "other")


def _moments(job: Job) -> dict[str, Any]:
    return {"created": job.created, "started": job.started, "completed": job.completed}
