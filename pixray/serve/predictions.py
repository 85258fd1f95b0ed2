"""The routes that cog's server has, with its answers: predictions that wait, or that are told about by webhooks.

A mistake in the inputs is answered 422 with every sentence at once, before anything is loaded. A client that hangs up
ends its prediction.
"""

from __future__ import annotations

import asyncio
import base64
import re
import shutil
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pixray.errors import PixrayError, SettingsError
from pixray.registry import Registry
from pixray.runtime.version import __version__
from pixray.serve.answers import Json, read_json
from pixray.serve.inputs import schema
from pixray.serve.jobs import Job, Order
from pixray.serve.request import checked_layers
from pixray.serve.supervisor import AtCapacity, Pool, PoolClosed
from pixray.serve.webhooks import check_webhook, send_news
from pixray.settings.layers import Leave

KEPT = 16
"""Finished predictions whose pictures stay for a while, to be asked for."""
_ID = re.compile(r"[\w.-]{1,100}")
_SLOTS = 4
"""Requests whose settings are looked at at once."""
_INDEX = {
    "docs_url": "/docs",
    "healthcheck_url": "/health-check",
    "openapi_url": "/openapi.json",
    "predictions_cancel_url": "/predictions/{prediction_id}/cancel",
    "predictions_idempotent_url": "/predictions/{prediction_id}",
    "predictions_url": "/predictions",
    "shutdown_url": "/shutdown",
}


class Predictions:
    """The state behind the routes.

    Args:
        pool: paints.
        folder: where runs leave their files.
        leave: what requests may name.
        keep: leave the folders of finished runs where they are, with their checkpoints.
        shut_down: called when a client asks for the end of the server.
    """

    def __init__(
        self, pool: Pool, folder: Path, leave: Leave, shut_down: Callable[[], None], *, keep: bool = False
    ) -> None:
        self.pool, self.folder, self.leave, self.keep, self._shut_down = pool, folder, leave, keep, shut_down
        self.registry = Registry.discover()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._inputs: dict[str, Any] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking = asyncio.Semaphore(_SLOTS)

    def routes(self) -> list[Route]:
        """All of them, for a Starlette application."""
        return [
            Route("/", self.index),
            Route("/health-check", self.health),
            Route("/ready", self.ready),
            Route("/openapi.json", self.openapi),
            Route("/predictions", self.create, methods=["POST"]),
            Route("/predictions/{id}", self.create, methods=["PUT"]),
            Route("/predictions/{id}", self.show, methods=["GET"]),
            Route("/predictions/{id}/cancel", self.cancel, methods=["POST"]),
            Route("/shutdown", self.shut_down, methods=["POST"]),
        ]

    async def index(self, request: Request) -> Response:
        return Json({"version": __version__, **_INDEX})

    async def health(self, request: Request) -> Response:
        deaths = sum(supervisor.deaths for supervisor in self.pool.supervisors)
        version = {"pixray": __version__}
        return Json({"status": self.pool.status, "version": version, "worker_restarts": deaths})

    async def ready(self, request: Request) -> Response:
        """200 only while some worker can take a job now or after the one that it has."""
        status = self.pool.status
        return Json({"status": status}, 200 if status in ("READY", "BUSY") else 503)

    async def openapi(self, request: Request) -> Response:
        return Json(schema())

    async def shut_down(self, request: Request) -> Response:
        self._shut_down()
        return Json({})

    async def show(self, request: Request) -> Response:
        job = self._jobs.get(request.path_params["id"])
        return Json({}, 404) if job is None else Json(await asyncio.to_thread(self._facts, job))

    async def cancel(self, request: Request) -> Response:
        job = self._jobs.get(request.path_params["id"])
        if job is None or job.finished:
            return Json({}, 404)
        job.cancel()
        return Json({})

    async def create(self, request: Request) -> Response:
        body = await _json_of(request)
        if isinstance(body, Response):
            return body
        name = request.path_params.get("id")
        running = self._jobs.get(name) if name is not None else None
        if running is not None and not running.finished:
            return Json(await asyncio.to_thread(self._facts, running), 202)
        try:
            job = await self._job(body, name)
            job.order.folder.mkdir(parents=True)
            try:
                self.pool.submit(job)
            except PixrayError:
                job.order.folder.rmdir()
                raise
        except SettingsError as error:
            return _mistakes(error.problems)
        except AtCapacity:
            starting = self.pool.status == "STARTING"
            refusal = {"error": "At capacity - all prediction slots busy", "status": "failed"}
            return Json(refusal, 503 if starting else 409, {"retry-after": "2"} if starting else None)
        except PoolClosed as error:
            return Json({"error": str(error), "status": "failed"}, 503)
        self._remember(job, body)
        if "respond-async" in request.headers.get("prefer", ""):
            self._in_background(self._follow(job, body))
            return Json({"id": job.id, "status": "starting"}, 202)
        if body.get("webhook"):
            self._in_background(self._follow(job, body))
        if not await _finished_before_client_leaves(job, request):
            job.cancel()
            self._in_background(self._forget_later(job))
            return Response(status_code=499)  # nobody reads it
        return Json(await asyncio.to_thread(self._facts, job))

    async def _job(self, body: dict[str, Any], name: str | None) -> Job:
        """A job of a request.

        Raises:
            SettingsError: all mistakes in it at once.
        """
        body_id = body.get("id")
        if name is not None and body_id not in (None, name):
            raise SettingsError("id: prediction ID must match the ID supplied in the URL")
        name = body_id if name is None else name
        if name is not None and not (isinstance(name, str) and _ID.fullmatch(name)):
            raise SettingsError("id: expected up to 100 letters, digits, dots, dashes and underscores")
        check_webhook(body.get("webhook"), body.get("webhook_events_filter"))
        inputs = body.get("input")
        async with self._looking:
            layers = await asyncio.to_thread(
                checked_layers, self.registry, {} if inputs is None else inputs, self.leave
            )
        name = name or uuid.uuid4().hex
        folder = self.folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}-{uuid.uuid4().hex[:8]}"
        return Job(Order(layers, folder, resumable=self.keep), id=name)

    def _remember(self, job: Job, body: dict[str, Any]) -> None:
        earlier = self._jobs.get(job.id)
        if earlier is not None:
            self._forget(earlier)
        self._jobs[job.id], self._inputs[job.id] = job, body.get("input") or {}
        self._forget_beyond(KEPT)

    def _forget_beyond(self, kept: int) -> None:
        """Let the oldest finished predictions go, and their folders unless they are kept."""
        finished = [job for job in self._jobs.values() if job.finished]
        for job in finished[: max(0, len(finished) - kept)]:
            self._forget(job)

    async def _forget_later(self, job: Job) -> None:
        """Let a prediction go whose client has left, once it has ended."""
        await _finished(job)
        self._forget(job)

    def _forget(self, job: Job) -> None:
        if self._jobs.get(job.id) is job:
            del self._jobs[job.id], self._inputs[job.id]
        if not self.keep:
            shutil.rmtree(job.order.folder, ignore_errors=True)

    def _facts(self, job: Job) -> dict[str, Any]:
        """What an answer says about a prediction, its pictures included."""
        facts = {
            "id": job.id,
            "input": self._inputs.get(job.id, {}),
            "status": "canceled" if job.state == "canceled" else job.state.replace("queued", "starting"),
            "created_at": job.created.isoformat(),
            "started_at": job.started and job.started.isoformat(),
            "completed_at": job.completed and job.completed.isoformat(),
            "logs": f"{job.step} of {job.steps} steps" if job.steps else "",
            "metrics": {"predict_time": job.seconds} if job.finished else {},
            "output": [_data_url(path) for path in list(job.pictures)],
        }
        return {**facts, "error": job.error} if job.error else facts

    async def _follow(self, job: Job, body: dict[str, Any]) -> None:
        """Tell the client's webhook about a prediction from its start to its end."""
        address, events = body.get("webhook"), body.get("webhook_events_filter")
        reported = 0
        if address and (events is None or "start" in events):
            await send_news(address, {"id": job.id, "status": "starting", "input": self._inputs.get(job.id, {})})
        while not job.finished:
            await _changed(job)
            if address and len(job.pictures) > reported and (events is None or "output" in events) and not job.finished:
                reported = len(job.pictures)
                await send_news(address, await asyncio.to_thread(self._facts, job))
        if address and (events is None or "completed" in events):
            await send_news(address, await asyncio.to_thread(self._facts, job))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _json_of(request: Request) -> dict[str, Any] | Response:
    """The body of a request, or what to answer where it is not what it should be."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return PlainTextResponse("Expected request with `Content-Type: application/json`", 415)
    content = await request.body()
    try:
        body = await asyncio.to_thread(read_json, content)
    except ValueError as error:
        return PlainTextResponse(f"Failed to parse the request body as JSON: {error}", 400)
    return body if isinstance(body, dict) else _mistakes(["expected an object with the member 'input'"])


def _mistakes(problems: tuple[str, ...] | list[str]) -> Response:
    details = [{"loc": ["body", "input"], "msg": problem, "type": "value_error"} for problem in problems]
    return Json({"detail": details}, 422)


def _data_url(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"


async def _changed(job: Job) -> None:
    """Wait until something about a job has changed."""
    loop, changed = asyncio.get_running_loop(), asyncio.Event()

    def notice() -> None:
        loop.call_soon_threadsafe(changed.set)

    end = job.listen(notice)
    try:
        if not job.finished:
            await changed.wait()
    finally:
        end()


async def _finished(job: Job) -> None:
    while not job.finished:
        await _changed(job)


async def _finished_before_client_leaves(job: Job, request: Request) -> bool:
    """Whether a job ended while its client was there."""

    async def leave() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            continue

    tasks = [asyncio.create_task(_finished(job)), asyncio.create_task(leave())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return job.finished
    finally:
        for task in tasks:
            task.cancel()
