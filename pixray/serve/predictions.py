"""The routes that cog's server has, with its answers: predictions that wait, or that are told about by webhooks.

A mistake in the inputs is answered 422 with every sentence at once, before anything is loaded. A client that hangs up
ends its prediction.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import uuid
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pixray.errors import SettingsError
from pixray.registry import Registry
from pixray.runtime.version import __version__
from pixray.serve.answers import Json, read_json
from pixray.serve.facts import error_of
from pixray.serve.inputs import schema
from pixray.serve.job_actions import cancel
from pixray.serve.job_errors import AtCapacity, NoSuchJob, NotNow, QueueClosed
from pixray.serve.jobs import Job, Order
from pixray.serve.request import checked_layers
from pixray.serve.run_folder import new_folder
from pixray.serve.supervisor import Pool
from pixray.serve.waiting import changed, finished, finished_before_client_leaves
from pixray.serve.webhooks import check_webhook, send_news
from pixray.settings.layers import Leave

KEPT = 16
"""Finished predictions whose pictures stay for a while, to be asked for."""
MOST_PICTURES = 100
"""Pictures of one prediction that are sent besides the finished one."""
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


_STATUS = {"queued": "starting", "done": "succeeded", "failed": "failed", "cancelled": "canceled"}


@dataclass(frozen=True)
class Prediction:
    """A job under the name that its client knows it by.

    Attributes:
        name: chosen by the client, or at random.
        inputs: as the client sent them.
    """

    name: str
    job: Job
    inputs: Mapping[str, Any]


class Predictions:
    """The state behind the routes.

    Args:
        pool: paints what is in its queue.
        leave: what requests may name.
        keep: leave the folders of finished runs where they are, with their checkpoints.
        shut_down: called when a client asks for the end of the server.
    """

    def __init__(self, pool: Pool, leave: Leave, shut_down: Callable[[], None], *, keep: bool = False) -> None:
        self.pool, self.leave, self.keep, self._shut_down = pool, leave, keep, shut_down
        self.registry = Registry.discover()
        self._predictions: OrderedDict[str, Prediction] = OrderedDict()
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
        prediction = self._predictions.get(request.path_params["id"])
        return Json({}, 404) if prediction is None else Json(await asyncio.to_thread(_facts, prediction))

    async def cancel(self, request: Request) -> Response:
        prediction = self._predictions.get(request.path_params["id"])
        return Json({}, 200 if prediction is not None and self._cancel(prediction.job) else 404)

    async def create(self, request: Request) -> Response:
        body = await _json_of(request)
        if isinstance(body, Response):
            return body
        name = request.path_params.get("id")
        running = self._predictions.get(name) if name is not None else None
        if running is not None and not running.job.finished:
            return Json(await asyncio.to_thread(_facts, running), 202)
        try:
            prediction = await self._prediction(body, name)
            self.pool.queue.add(prediction.job, self.pool.free)
        except SettingsError as error:
            return _mistakes(error.problems)
        except AtCapacity:
            starting = self.pool.status == "STARTING"
            refusal = {"error": "At capacity - all prediction slots busy", "status": "failed"}
            return Json(refusal, 503 if starting else 409, {"retry-after": "2"} if starting else None)
        except QueueClosed as error:
            return Json({"error": str(error), "status": "failed"}, 503)
        self._remember(prediction)
        if "respond-async" in request.headers.get("prefer", ""):
            self._in_background(self._follow(prediction, body))
            return Json({"id": prediction.name, "status": "starting"}, 202)
        if body.get("webhook"):
            self._in_background(self._follow(prediction, body))
        if not await finished_before_client_leaves(prediction.job, request):
            self._cancel(prediction.job)
            self._in_background(self._forget_later(prediction))
            return Response(status_code=499)  # nobody reads it
        return Json(await asyncio.to_thread(_facts, prediction))

    async def _prediction(self, body: dict[str, Any], name: str | None) -> Prediction:
        """A job for a request.

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
        inputs = {} if body.get("input") is None else body["input"]
        async with self._looking:
            layers = await asyncio.to_thread(checked_layers, self.registry, inputs, self.leave)
        name = name or uuid.uuid4().hex
        order = Order(
            layers, new_folder(self.pool.queue.folder, name), resumable=self.keep, most_pictures=MOST_PICTURES
        )
        job = Job(order, door="predictions", asked=inputs, prompts=str(inputs.get("prompts") or ""))
        return Prediction(name, job, inputs)

    def _cancel(self, job: Job) -> bool:
        """Ask for the end of a job; whether it was not over yet."""
        try:
            cancel(self.pool.queue, job.id)
        except (NotNow, NoSuchJob):
            return False
        return True

    def _remember(self, prediction: Prediction) -> None:
        earlier = self._predictions.get(prediction.name)
        if earlier is not None:
            self._forget(earlier)
        self._predictions[prediction.name] = prediction
        over = [each for each in self._predictions.values() if each.job.finished]
        for each in over[: max(0, len(over) - KEPT)]:
            self._forget(each)

    async def _forget_later(self, prediction: Prediction) -> None:
        """Let a prediction go whose client has left, once it has ended."""
        await finished(prediction.job)
        self._forget(prediction)

    def _forget(self, prediction: Prediction) -> None:
        """Let a prediction go, and its job and folder unless they are kept."""
        if self._predictions.get(prediction.name) is prediction:
            del self._predictions[prediction.name]
        if not self.keep:
            with contextlib.suppress(NoSuchJob):
                self.pool.queue.remove(prediction.job.id)

    async def _follow(self, prediction: Prediction, body: dict[str, Any]) -> None:
        """Tell the client's webhook about a prediction from its start to its end."""
        address, events, job = body.get("webhook"), body.get("webhook_events_filter"), prediction.job
        reported = 0
        if address and (events is None or "start" in events):
            await send_news(address, {"id": prediction.name, "status": "starting", "input": prediction.inputs})
        while not job.finished:
            await changed(job)
            if address and len(job.pictures) > reported and (events is None or "output" in events) and not job.finished:
                reported = len(job.pictures)
                await send_news(address, await asyncio.to_thread(_facts, prediction))
        if address and (events is None or "completed" in events):
            await send_news(address, await asyncio.to_thread(_facts, prediction))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _facts(prediction: Prediction) -> dict[str, Any]:
    """What an answer says about a prediction, its pictures included."""
    job = prediction.job
    facts = {
        "id": prediction.name,
        "input": prediction.inputs,
        "status": _STATUS.get(job.state) or ("processing" if job.steps else "starting"),
        "created_at": job.created.isoformat(),
        "started_at": job.started and job.started.isoformat(),
        "completed_at": job.completed and job.completed.isoformat(),
        "logs": f"{job.step} of {job.steps} steps" if job.steps else "",
        "metrics": {"predict_time": job.seconds} if job.finished else {},
        "output": [_data_url(path) for path in list(job.pictures)],
    }
    return {**facts, "error": error_of(job)} if job.error else facts


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
