"""The routes of jobs: making them, looking at them, and what may be done with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from pixray.errors import PixrayError, SettingsError
from pixray.registry import Registry
from pixray.serve import job_actions
from pixray.serve.answers import Json, json_object
from pixray.serve.job_errors import AtCapacity, NoSuchJob, NotNow, QueueClosed
from pixray.serve.jobs import Job
from pixray.serve.new_job import job_for
from pixray.serve.queue import Queue
from pixray.serve.uploads import Uploads
from pixray.settings.layers import Leave

_LONGEST_PUSH = 40
_MOST_LISTED = 500
_SLOTS = 4
"""Requests whose settings are looked at at once."""


class JobsApi:
    """The state behind the routes.

    Args:
        queue: of the server.
        uploads: pictures to start from.
        leave: what clients may name.
        registry: of parts.
    """

    def __init__(self, queue: Queue, uploads: Uploads, leave: Leave, registry: Registry) -> None:
        self.queue, self.uploads, self.leave, self.registry = queue, uploads, leave, registry
        self._looking = asyncio.Semaphore(_SLOTS)

    def routes(self) -> Sequence[BaseRoute]:
        """All of them, for a Starlette application."""
        return [
            Route("/api/jobs", answered(self.list), methods=["GET"]),
            Route("/api/jobs", answered(self.create), methods=["POST"]),
            Route("/api/jobs/{id}", answered(self.show), methods=["GET"]),
            Route("/api/jobs/{id}", answered(self.remove), methods=["DELETE"]),
            Route("/api/jobs/{id}/{wish:str}", answered(self.do), methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        query, before = request.query_params.get("query", ""), request.query_params.get("before") or None
        limit = request.query_params.get("limit", "50")
        if not (limit.isdecimal() and len(limit) < 6 and int(limit) <= _MOST_LISTED):
            raise SettingsError(f"limit={limit[:20]!r}: expected a number of jobs, {_MOST_LISTED} at most")
        return Json(await asyncio.to_thread(self._listed, query[:200], int(limit), before))

    async def create(self, request: Request) -> Response:
        body = await json_object(request)
        start = body.get("start")
        if start is not None and self.uploads.path(start) is None:
            raise SettingsError("start: there is no upload of that id")
        parent, push = body.get("parent"), body.get("push")
        if push is not None and not (isinstance(push, str) and 0 < len(push) <= _LONGEST_PUSH):
            raise SettingsError(f"push: expected a word such as warmer, at most {_LONGEST_PUSH} characters")
        if parent is not None:
            await asyncio.to_thread(self.queue.get, str(parent))
        async with self._looking:
            job = await asyncio.to_thread(
                job_for, self.registry, body.get("settings", {}), self.leave, self.queue.folder, start=start
            )
            job.parent, job.push = parent, push
            await asyncio.to_thread(self.queue.add, job)
        return self._told(job, 201)

    async def show(self, request: Request) -> Response:
        return self._told(await asyncio.to_thread(self.queue.get, request.path_params["id"]))

    async def remove(self, request: Request) -> Response:
        await asyncio.to_thread(self.queue.remove, request.path_params["id"])
        return Response(status_code=204)

    async def do(self, request: Request) -> Response:
        """What may be done with a job."""
        name, wish = request.path_params["id"], request.path_params["wish"]
        body = await json_object(request)
        if wish == "move":
            before = body.get("before")
            await asyncio.to_thread(job_actions.move, self.queue, name, None if before is None else str(before))
            return Json(await asyncio.to_thread(self._listed, "", 50, None))
        if wish == "continue":
            iterations = str(body.get("iterations", ""))
            return self._told(await asyncio.to_thread(job_actions.go_on, self.queue, name, iterations), 201)
        if wish == "steer":
            changes = body.get("changes")
            return self._told(await asyncio.to_thread(job_actions.steer, self.queue, self.registry, name, changes))
        if wish == "undo":
            step = body.get("step")
            if not isinstance(step, int) or isinstance(step, bool):
                raise SettingsError("step: expected the step of a checkpoint")
            return self._told(await asyncio.to_thread(job_actions.undo, self.queue, name, step))
        action = {"cancel": job_actions.cancel, "pause": job_actions.pause, "resume": job_actions.resume}.get(wish)
        if action is None:
            return Json({"detail": "there is nothing here"}, 404)
        return self._told(await asyncio.to_thread(action, self.queue, name))

    def _told(self, job: Job, status: int = 200) -> Response:
        return Json(self.queue.facts(job), status)

    def _listed(self, query: str, limit: int, before: str | None) -> dict[str, Any]:
        last = self.queue.log.last  # before the jobs are read, so that nothing between is missed
        jobs = self.queue.listed(query, limit, before)
        return {"jobs": [self.queue.facts(job) for job in jobs], "last_event": last}


def answered(handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """A handler whose errors are answers: what is wrong, in one sentence."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except NoSuchJob as error:
            return Json({"detail": str(error)}, 404)
        except AtCapacity as error:
            return Json({"detail": str(error)}, 429, {"retry-after": "10"})
        except QueueClosed as error:
            return Json({"detail": str(error)}, 503)
        except NotNow as error:
            return Json({"detail": str(error)}, 409)
        except PixrayError as error:
            return Json({"detail": str(error)}, 422)

    return handle
