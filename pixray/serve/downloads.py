"""What jobs have painted, for clients: pictures, files, losses, archives that are made while they are sent."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from collections.abc import Iterator, Sequence

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from pixray.errors import SettingsError
from pixray.serve.answers import Json
from pixray.serve.curve import curve_of
from pixray.serve.facts import files_of
from pixray.serve.file_names import attachment, download_name, name_of_job
from pixray.serve.job_errors import NoSuchJob
from pixray.serve.jobs import Job
from pixray.serve.jobs_api import answered
from pixray.serve.queue import Queue
from pixray.serve.run_folder import preview_path

_MOST_JOBS = 200
"""Jobs in one archive."""
_PREVIEW = re.compile(r"(\d{1,9})\.webp", re.ASCII)
_CHUNK = 1 << 16
_FOREVER = {"cache-control": "private, max-age=31536000, immutable"}
_NOW = {"cache-control": "no-cache"}
_INERT = {"content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"}
"""A file that is opened by itself, such as an SVG, runs nothing."""


class Downloads:
    """The routes.

    Args:
        queue: knows the jobs.
    """

    def __init__(self, queue: Queue) -> None:
        self.queue = queue

    def routes(self) -> Sequence[BaseRoute]:
        """All of them, for a Starlette application."""
        return [
            Route("/api/jobs/{id}/pictures/{name}", answered(self.preview)),
            Route("/api/jobs/{id}/picture", answered(self.picture)),
            Route("/api/jobs/{id}/files/{name:path}", answered(self.file)),
            Route("/api/jobs/{id}/curve", answered(self.curve)),
            Route("/api/jobs/{id}/archive.zip", answered(self.archive)),
            Route("/api/archive.zip", answered(self.archives)),
        ]

    async def preview(self, request: Request) -> Response:
        job = await self._job(request.path_params["id"])
        step = _PREVIEW.fullmatch(request.path_params["name"])
        path = preview_path(job.order.folder, int(step[1])) if step else None
        if path is None or not path.is_file():
            raise NoSuchJob("there is no picture of that step")
        return FileResponse(path, headers=_NOW if not job.finished else _FOREVER)

    async def picture(self, request: Request) -> Response:
        job = await self._job(request.path_params["id"])
        path = job.order.folder / job.output
        if not path.is_file():
            raise NoSuchJob("there is no picture yet")
        return FileResponse(path, headers={**_NOW, **_INERT})

    async def file(self, request: Request) -> Response:
        job = await self._job(request.path_params["id"])
        name = request.path_params["name"]
        if name not in {file["name"] for file in await asyncio.to_thread(files_of, job.order.folder, job.output)}:
            raise NoSuchJob("there is no file of that name")
        return FileResponse(job.order.folder / name, filename=download_name(job, name), headers={**_NOW, **_INERT})

    async def curve(self, request: Request) -> Response:
        job = await self._job(request.path_params["id"])
        return Json(await asyncio.to_thread(curve_of, job.order.folder))

    async def archive(self, request: Request) -> Response:
        job = await self._job(request.path_params["id"])
        return _zipped([job], f"{name_of_job(job)}.zip")

    async def archives(self, request: Request) -> Response:
        names = list(dict.fromkeys(request.query_params.getlist("id")))
        if not 1 <= len(names) <= _MOST_JOBS:
            raise SettingsError(f"id: expected 1 to {_MOST_JOBS} jobs")
        return _zipped([await self._job(name) for name in names], "pixray.zip")

    async def _job(self, name: str) -> Job:
        return await asyncio.to_thread(self.queue.get, name)


def _zipped(jobs: Sequence[Job], name: str) -> Response:
    return StreamingResponse(_archive(jobs), media_type="application/zip", headers=attachment(name))


def _archive(jobs: Sequence[Job]) -> Iterator[bytes]:
    """An archive of the files of jobs, a piece at a time; pictures are not packed any tighter."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_STORED) as archive:
        for job in jobs:
            place = "" if len(jobs) == 1 else f"{name_of_job(job)}-{job.id[4:]}/"
            for facts in files_of(job.order.folder, job.output):
                try:
                    file = (job.order.folder / facts["name"]).open("rb")
                except OSError:
                    continue  # the run has removed it since
                with file, archive.open(f"{place}{facts['name']}", "w", force_zip64=True) as entry:
                    while chunk := file.read(_CHUNK):
                        entry.write(chunk)
                        yield pieces.taken()
    yield pieces.taken()


class _Pieces(io.RawIOBase):
    """A file that is only written to, and whose content is taken away piece by piece."""

    def __init__(self) -> None:
        self._buffer, self._length = bytearray(), 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        return self._length

    def write(self, content: bytes) -> int:  # type: ignore[override]
        self._buffer += content
        self._length += len(content)
        return len(content)

    def taken(self) -> bytes:
        """What was written since the last time."""
        piece, self._buffer = bytes(self._buffer), bytearray()
        return piece
