"""What clients are told about a job, as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from pixray.serve.jobs import Job
from pixray.serve.run_folder import OWN

_KINDS = {".png": "picture", ".svg": "svg", ".mp4": "video", ".gif": "video", ".yaml": "record", ".jsonl": "record"}
_HIDDEN = (".pixray", OWN)


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
        "prompts": job.prompts,
        "drawer": job.drawer,
        "size": list(job.size) if job.size else None,
        "seed": job.seed,
        "step": job.step,
        "steps": job.steps,
        "seconds": round(job.seconds, 3),
        "seconds_left": job.seconds_left,
        "losses": numbers(job.losses),
        "error": job.error,
        **{name: moment and moment.isoformat() for name, moment in _moments(job).items()},
        "pictures": job.previews,
        "picture": picture_of(job),
        "files": files_of(job.order.folder, job.output),
        "steering": job.steering,
        "checkpoints": job.checkpoints,
        "parent": job.parent,
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
    """What a run has left so far, its videos included and its single steps left out."""
    found = []
    for place in (folder, folder / "steps"):
        try:
            paths = sorted(path for path in place.iterdir() if path.is_file() and not path.is_symlink())
        except OSError:
            continue
        for path in paths:
            name = path.relative_to(folder).as_posix()
            if not name.startswith(_HIDDEN) and not (place != folder and path.suffix == ".png"):
                found.append({"name": name, "bytes": path.stat().st_size, "kind": _kind(name, output)})
    return found


def numbers(values: dict[str, float | None]) -> dict[str, float | None]:
    """Numbers as JSON knows them; None for those that are not finite."""
    return {name: value if value is not None and math.isfinite(value) else None for name, value in values.items()}


def _kind(name: str, output: str) -> str:
    path = Path(name)
    if path.suffix == ".png" and name != output:
        return "sprite"
    return _KINDS.get(path.suffix, "other")


def _moments(job: Job) -> dict[str, Any]:
    return {"created": job.created, "started": job.started, "completed": job.completed}
