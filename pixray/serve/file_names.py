"""What downloads are called: by the words of the picture, so that a folder of them can be told apart."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import quote

from pixray.serve.jobs import Job

_LONGEST = 40
_SHORT_ID = 4


def name_of_job(job: Job) -> str:
    """The words of a job, how it was pushed and the beginning of its id: "a-sailboat-warmer-3f2a"."""
    words = re.sub(r"[\W_]+", "-", f"{job.prompts[: 4 * _LONGEST]} ".lower()).strip("-")
    if len(words) > _LONGEST:
        words = words[: _LONGEST + 1].rpartition("-")[0] or words[:_LONGEST]
    push = re.sub(r"[\W_]+", "-", job.push or "").strip("-")
    return "-".join(part for part in (words or "picture", push, job.id[:_SHORT_ID]) if part)


def download_name(job: Job, name: str) -> str:
    """What a file of a job is called where it is downloaded.

    Args:
        name: of the file, from the folder of the run.
    """
    path, output = PurePosixPath(name).name, PurePosixPath(job.output).stem
    rest = path.removeprefix(output) if path.startswith(output) else f"-{path}"
    return f"{name_of_job(job)}{rest}"


def attachment(name: str) -> dict[str, str]:
    """The header that gives a download its name, whatever letters it has."""
    return {"content-disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}"}
