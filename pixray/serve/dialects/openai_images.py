"""OpenAI's images API: generations, edits and models, as its clients call them.

The model is a drawer. Fields that are not of the API are settings of pixray, as clients send them in their extra body.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from pixray.errors import PixrayError, SettingsError, did_you_mean
from pixray.serve.answers import Json, json_object
from pixray.serve.dialects.openai_wire import (
    Mistake,
    Wanted,
    answer_of,
    completed_event,
    error_of,
    partial_event,
    read_request,
    refusal,
)
from pixray.serve.dialects.painting import (
    LONGEST_PROMPT,
    Painting,
    finished_picture,
    in_format,
    repainting,
    size_of,
    spot_and_rest,
)
from pixray.serve.jobs import Job
from pixray.serve.waiting import changed
from pixray.settings.run_inputs import name_of

if TYPE_CHECKING:
    from pixray.serve.services import Services

_QUIET = 15.0
"""Seconds after which a stream says that it is still there."""
_MOST_FILES, _MOST_FIELDS = 17, 200


def routes(services: Services) -> Sequence[BaseRoute]:
    """All of them, for a Starlette application."""
    images = OpenAIImages(Painting(services, "openai"))
    return [
        Route("/v1/models", images.models),
        Route("/v1/models/{id}", images.model),
        Route("/v1/images/generations", _answered(images.generate), methods=["POST"]),
        Route("/v1/images/edits", _answered(images.edit), methods=["POST"]),
    ]


class OpenAIImages:
    """The state behind the routes.

    Args:
        painting: makes the jobs.
    """

    def __init__(self, painting: Painting) -> None:
        self._painting = painting

    async def models(self, request: Request) -> Response:
        return Json({"object": "list", "data": [_model(name) for name in self._painting.drawers()]})

    async def model(self, request: Request) -> Response:
        name, names = request.path_params["id"], self._painting.drawers()
        if name in names:
            return Json(_model(name))
        sentence = f"the model '{name[:80]}' does not exist here.{did_you_mean(name[:80], names)}"
        return refusal(Mistake(sentence, "model", "model_not_found", 404))

    async def generate(self, request: Request) -> Response:
        try:
            body = await json_object(request)
        except SettingsError as error:
            raise Mistake(str(error)) from None
        wanted = read_request(body, self._painting.drawers())
        return await self._paint(request, "image_generation", wanted)

    async def edit(self, request: Request) -> Response:
        form = request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=4 * LONGEST_PROMPT)
        try:
            async with form as parts:
                wanted = await self._edit_of(parts)
        except HTTPException as error:
            raise Mistake(f"the body of the request is no form: {error.detail}") from None
        return await self._paint(request, "image_edit", wanted)

    async def _edit_of(self, form: FormData) -> Wanted:
        """What a form asks for, its pictures kept."""
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        pictures = [value for name, value in form.multi_items() if name in ("image", "image[]")]
        wanted = read_request(fields, self._painting.drawers())
        wanted.settings = {**await self._from_pictures(pictures, form.get("mask"), wanted), **wanted.settings}
        return wanted

    async def _from_pictures(self, pictures: Sequence[Any], mask: Any, wanted: Wanted) -> dict[str, Any]:
        """The first picture is the start, others are to be resembled; a mask says where to repaint."""
        if not pictures or not all(isinstance(picture, UploadFile) for picture in pictures):
            raise Mistake("image: expected a picture file", "image", "missing_required_parameter")
        start, *others = [await self._kept(picture, "image") for picture in pictures]
        settings: dict[str, Any] = {"init_image": name_of(start.stem), "init_image_alpha": 255}
        if "size" not in wanted.settings:
            settings["aspect"] = "retain"
        if others:
            settings["image_prompts"] = [name_of(path.stem) for path in others]
        if mask is not None:
            settings |= repainting(*await self._masked(start, mask), wanted.settings.pop("prompts"))
        return settings

    async def _masked(self, start: Path, mask: Any) -> tuple[Path, Path]:
        if not isinstance(mask, UploadFile):
            raise Mistake("mask: expected a picture file", "mask")
        path = await self._kept(mask, "mask")
        spot, rest = await asyncio.to_thread(_spot_of_alpha, start, path)
        return await self._painting.keep(spot), await self._painting.keep(rest)

    async def _kept(self, file: UploadFile, name: str) -> Path:
        try:
            return await self._painting.keep(await file.read())
        except PixrayError as error:
            raise Mistake(f"{name}: {error}", name, "invalid_image") from None

    async def _paint(self, request: Request, kind: str, wanted: Wanted) -> Response:
        most = wanted.partial if wanted.stream else 0
        if wanted.stream:
            return await self._streaming(kind, wanted, most)
        async with self._painting.jobs(wanted.settings, wanted.count, most, request) as jobs:
            pngs = [await finished_picture(job) for job in jobs]
        pictures = [await asyncio.to_thread(in_format, png, wanted.format, wanted.compression) for png in pngs]
        return Json(answer_of(wanted, pictures, size_of(pngs[0])))

    async def _streaming(self, kind: str, wanted: Wanted, most: int) -> Response:
        """The jobs are made before the answer begins, so that mistakes have a status of their own."""
        stack = contextlib.AsyncExitStack()
        jobs = await stack.enter_async_context(self._painting.jobs(wanted.settings, wanted.count, most))

        async def events() -> AsyncIterator[bytes]:
            async with stack:
                try:
                    for job in jobs:
                        async for event in _events_of(job, kind, wanted):
                            yield event
                except PixrayError as error:
                    yield _sse({"type": "error", **error_of(error)[1]})

        return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})


async def _events_of(job: Job, kind: str, wanted: Wanted) -> AsyncIterator[bytes]:
    """The pictures of a job as events, until it is over."""
    told = 0
    while True:
        over = job.finished
        for path in job.pictures[told : wanted.partial]:
            if path.name == job.output:
                break  # the finished one
            png = await asyncio.to_thread(path.read_bytes)
            picture = await asyncio.to_thread(in_format, png, wanted.format, wanted.compression)
            yield _sse(partial_event(kind, wanted, picture, size_of(png), told))
            told += 1
        if over:
            break
        try:
            await asyncio.wait_for(changed(job), _QUIET)
        except asyncio.TimeoutError:
            yield b": still painting\n\n"
    png = await finished_picture(job)
    picture = await asyncio.to_thread(in_format, png, wanted.format, wanted.compression)
    yield _sse(completed_event(kind, wanted, picture, size_of(png)))


def _sse(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _spot_of_alpha(start: Path, mask: Path) -> tuple[bytes, bytes]:
    """A mask of this dialect is transparent where to repaint."""
    with Image.open(mask) as opened:
        if not opened.has_transparency_data:
            raise Mistake(
                "mask: expected a picture that is transparent where to repaint; this one has no alpha", "mask"
            )
        keep = opened.convert("RGBA").getchannel("A")
    return spot_and_rest(start, keep)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "pixray"}


def _answered(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A handler whose errors are answers in this dialect."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except (Mistake, PixrayError) as error:
            return refusal(error)

    return handle
