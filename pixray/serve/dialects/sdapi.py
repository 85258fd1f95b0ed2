"""The API of A1111's web UI (`/sdapi/v1/…`), as far as its clients need it.

A model is a drawer, a sampler an optimizer. One client at a time is what this API is made for: its options, its
progress and its interruption belong to the whole server.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from pixray.errors import PixrayError
from pixray.images.encode import picture_png
from pixray.serve import job_actions
from pixray.serve.answers import Json, json_object
from pixray.serve.dialects.painting import Painting, PaintingFailed, finished_picture, repainting, spot_and_rest
from pixray.serve.dialects.sdapi_wire import (
    MODEL,
    NoPicture,
    Wanted,
    answer_of,
    known_drawer,
    opacity_of,
    picture_of,
    read_request,
    refusal,
)
from pixray.serve.jobs import Job
from pixray.serve.run_folder import preview_path
from pixray.settings.core import Guidance
from pixray.settings.run_inputs import name_of

if TYPE_CHECKING:
    from pixray.serve.services import Services

_DOOR = "sdapi"
_NO_LISTS = (
    "upscalers",
    "latent-upscale-modes",
    "sd-vae",
    "loras",
    "hypernetworks",
    "face-restorers",
    "realesrgan-models",
    "prompt-styles",
    "script-info",
    "extensions",
    "sd-modules",
)
_NOTHING: dict[str, Any] = {
    **{name: [] for name in _NO_LISTS},
    "cmd-flags": {},
    "scripts": {"txt2img": [], "img2img": []},
    "embeddings": {"loaded": {}, "skipped": {}},
    "memory": {"ram": {}, "cuda": {}},
}
"""What clients ask for and there is none of."""


def routes(services: Services) -> Sequence[BaseRoute]:
    """All of them, for a Starlette application."""
    api, root = Sdapi(services), "/sdapi/v1"
    reading = {
        "progress": api.progress,
        "options": api.options,
        "sd-models": api.models,
        "samplers": api.samplers,
        "schedulers": api.schedulers,
        **{name: _constant(value) for name, value in _NOTHING.items()},
    }
    writing = {
        "txt2img": api.txt2img,
        "img2img": api.img2img,
        "options": api.set_options,
        "interrupt": api.interrupt,
        "skip": api.interrupt,
        "refresh-checkpoints": _constant({}),
    }
    return [
        *(Route(f"{root}/{name}", _answered(handler), methods=["GET"]) for name, handler in reading.items()),
        *(Route(f"{root}/{name}", _answered(handler), methods=["POST"]) for name, handler in writing.items()),
    ]


class Sdapi:
    """The state behind the routes: the drawer that clients chose, if they did."""

    def __init__(self, services: Services) -> None:
        self._services, self._painting = services, Painting(services, _DOOR)
        self._drawer: str | None = None

    async def txt2img(self, request: Request) -> Response:
        body = await json_object(request)
        return await self._paint(request, self._wanted(body))

    async def img2img(self, request: Request) -> Response:
        body = await json_object(request)
        wanted = self._wanted(body)
        pictures = body.get("init_images")
        if not isinstance(pictures, list) or not pictures:
            raise NoPicture("Init image not found")
        start = await self._painting.keep(picture_of(pictures[0], "init_images"))
        wanted.settings.update(init_image=name_of(start.stem), init_image_alpha=opacity_of(body))
        if body.get("mask"):
            mask = await self._painting.keep(picture_of(body["mask"], "mask"))
            spot, rest = await asyncio.to_thread(_spot_of_grey, start, mask, bool(body.get("inpainting_mask_invert")))
            paths = [await self._painting.keep(part) for part in (spot, rest)]
            wanted.settings.update(repainting(paths[0], paths[1], wanted.settings.pop("prompts")))
        return await self._paint(request, wanted)

    async def progress(self, request: Request) -> Response:
        """How far the job is that is painted now, with its picture so far."""
        job = self._running()
        state = {"skipped": False, "interrupted": False, "job": "", "job_count": 0, "job_timestamp": "0", "job_no": 0}
        if job is None:
            state |= {"sampling_step": 0, "sampling_steps": 0}
            return Json({"progress": 0.0, "eta_relative": 0.0, "state": state, "current_image": None, "textinfo": None})
        state |= {"job": job.id, "job_count": 1, "sampling_step": job.step, "sampling_steps": job.steps}
        state |= {"interrupted": job.wish == "cancel", "job_timestamp": job.created.strftime("%Y%m%d%H%M%S")}
        image = None
        if request.query_params.get("skip_current_image", "false").lower() != "true":
            image = await asyncio.to_thread(_newest_preview, job)
        share = job.step / job.steps if job.steps else 0.0
        left = job.seconds_left or 0.0
        return Json({"progress": share, "eta_relative": left, "state": state, "current_image": image, "textinfo": None})

    async def interrupt(self, request: Request) -> Response:
        """End the job that is painted now; its client gets the picture so far."""
        job = self._running()
        if job is not None:
            await asyncio.to_thread(job_actions.cancel, self._services.queue, job.id)
        return Json({})

    async def options(self, request: Request) -> Response:
        return Json({MODEL: self._drawer or self._default_drawer(), "samples_format": "png"})

    async def set_options(self, request: Request) -> Response:
        """The model alone; options of diffusion models have no effect."""
        body = await json_object(request)
        if body.get(MODEL) is not None:
            self._drawer = known_drawer(body[MODEL], self._painting.drawers())
        return Json({})

    async def models(self, request: Request) -> Response:
        facts = {"hash": None, "sha256": None, "config": None}
        names = self._painting.drawers()
        return Json([{"title": name, "model_name": name, "filename": name, **facts} for name in names])

    async def samplers(self, request: Request) -> Response:
        return Json([{"name": name, "aliases": [], "options": {}} for name in self._optimizers()])

    async def schedulers(self, request: Request) -> Response:
        return Json(
            [{"name": "automatic", "label": "Automatic", "aliases": None, "default_rho": -1, "need_inner_model": False}]
        )

    def _wanted(self, body: dict[str, Any]) -> Wanted:
        return read_request(body, self._drawer, self._painting.drawers(), self._optimizers())

    def _optimizers(self) -> list[str]:
        return list(self._services.registry.names("optimizer"))

    def _default_drawer(self) -> str:
        return Guidance.drawer

    def _running(self) -> Job | None:
        jobs = self._services.queue.unfinished()
        return next((job for job in jobs if job.door == _DOOR and job.state == "running"), None)

    async def _paint(self, request: Request, wanted: Wanted) -> Response:
        async with self._painting.jobs(wanted.settings, wanted.count, request=request) as jobs:
            pictures = []
            for job in jobs:
                try:
                    pictures.append(await finished_picture(job))
                except PaintingFailed:
                    if job.state == "failed":
                        raise
                    pictures += await asyncio.to_thread(_picture_so_far, job)
        return Json(answer_of(wanted, jobs, pictures))


def _picture_so_far(job: Job) -> list[bytes]:
    path = job.order.folder / job.output
    return [path.read_bytes()] if path.is_file() else []


def _newest_preview(job: Job) -> str | None:
    """The small picture of the newest step as a PNG in base64."""
    for step in reversed(job.previews):
        try:
            with Image.open(preview_path(job.order.folder, step)) as opened:
                return base64.b64encode(picture_png(opened)).decode()
        except OSError:
            continue  # given up meanwhile
    return None


def _spot_of_grey(start: Path, mask: Path, inverted: bool) -> tuple[bytes, bytes]:
    """A mask of this dialect is white where to repaint, and of any size."""
    with Image.open(start) as picture, Image.open(mask) as opened:
        grey = opened.convert("RGB").convert("L").resize(picture.size)
    return spot_and_rest(start, grey if inverted else ImageOps.invert(grey))


def _constant(value: Any) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return Json(value)

    return answer


def _answered(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A handler whose errors are answers in this dialect."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except PixrayError as error:
            return refusal(error)

    return handle
