"""What the dialects have in common: jobs for a client that waits, their pictures in its format, pictures it sends."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from starlette.requests import Request

from pixray.errors import PixrayError, SettingsError
from pixray.serve import job_actions
from pixray.serve.facts import error_of
from pixray.serve.jobs import Job
from pixray.serve.new_job import job_for
from pixray.serve.waiting import changed
from pixray.settings.run_inputs import name_of

if TYPE_CHECKING:
    from pixray.serve.services import Services

_SLOTS = 4
"""Requests whose settings and pictures are looked at at once."""
MOST_PICTURES = 10
"""Pictures that one request may ask for."""
LONGEST_PROMPT = 32_000
_QUALITY = 90
"""Of JPEG and WebP, where the client does not say."""


class PaintingFailed(PixrayError):
    """A job did not come to its picture."""


class Painting:
    """Makes jobs for one dialect and waits for them.

    Args:
        services: of the server.
        door: name of the dialect.
    """

    def __init__(self, services: Services, door: str) -> None:
        self.services, self._door = services, door
        self._looking = asyncio.Semaphore(_SLOTS)

    def drawers(self) -> list[str]:
        """Names of the drawers that clients may choose."""
        registry, leave = self.services.registry, self.services.leave
        paid = () if leave.services else registry.names("provider")
        return [name for name in registry.names("drawer") if name not in paid]

    async def keep(self, content: bytes) -> Path:
        """Keep a picture that the client sent, for settings to name it by the stem of its path (`run_inputs.name_of`).

        Raises:
            PixrayError: it is no picture, or too large.
        """
        async with self._looking:
            name, _, _ = await asyncio.to_thread(self.services.uploads.keep, content)
        path = self.services.uploads.path(name)
        assert path is not None, "it was kept just now"
        return path

    @asynccontextmanager
    async def jobs(
        self, settings: Mapping[str, Any], count: int, most_pictures: int = 0, request: Request | None = None
    ) -> AsyncIterator[list[Job]]:
        """Jobs in the queue, which are cancelled if they are not over when the block is left.

        Args:
            settings: of each; with a seed, the next picture has the next one.
            count: how many.
            most_pictures: unfinished pictures of each that are kept.
            request: whose client may leave; the jobs end then, too.

        Raises:
            SettingsError: all mistakes at once.
            AtCapacity, QueueClosed: the server takes no more jobs.
        """
        made: list[Job] = []
        watching = asyncio.create_task(self._cancel_when_left(request, made)) if request is not None else None
        try:
            for number in range(count):
                made.append(await self._job({**settings, **_seed(settings, number)}, most_pictures))
            yield made
        finally:
            if watching is not None:
                watching.cancel()
            self._cancel(made)

    async def _job(self, settings: Mapping[str, Any], most_pictures: int) -> Job:
        services = self.services
        async with self._looking:
            job = await asyncio.to_thread(
                job_for, services.registry, settings, services.leave, services.queue.folder,
                door=self._door, most_pictures=most_pictures,
            )  # fmt: skip
            job.order = dataclasses.replace(job.order, lasting=False)  # it ends with the client that waits for it
            return await asyncio.to_thread(services.queue.add, job)

    async def _cancel_when_left(self, request: Request, made: Sequence[Job]) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            continue
        self._cancel(made)

    def _cancel(self, made: Sequence[Job]) -> None:
        for job in made:
            with contextlib.suppress(PixrayError):  # it is over already
                job_actions.cancel(self.services.queue, job.id)


async def finished_picture(job: Job) -> bytes:
    """The PNG of a job, once it is over.

    Raises:
        PaintingFailed: there is none.
    """
    while not job.finished:
        await changed(job)
    if job.state != "done":
        raise PaintingFailed(error_of(job) or f"the job was {job.state} before its picture was finished")
    return await asyncio.to_thread((job.order.folder / job.output).read_bytes)


def in_format(png: bytes, name: str, quality: int | None = None) -> bytes:
    """A picture as the client wants it; a PNG keeps its settings inside.

    Args:
        name: "png", "jpeg" or "webp"; quality: of the last two, 0 to 100.
    """
    if name == "png":
        return png
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    if name == "jpeg" and picture.mode == "RGBA":
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    return _saved(picture, name.upper(), quality=_QUALITY if quality is None else quality)


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG."""
    with Image.open(io.BytesIO(png)) as picture:
        return picture.size


def spot_and_rest(picture: Path, keep: Image.Image) -> tuple[bytes, bytes]:
    """For repainting a part of a picture: the mask as `spot_file` takes it, dark where the spot is, and the rest of the
    picture, transparent there.

    Args:
        keep: grey, white where the picture stays as it is; of the size of the picture.

    Raises:
        SettingsError: it is of another size.
    """
    with Image.open(picture) as opened:
        rest = opened.convert("RGBA")
    if rest.size != keep.size:
        width, height = rest.size
        raise SettingsError(f"mask: expected {width}x{height}, the size of the picture, not {keep.width}x{keep.height}")
    rest.putalpha(keep)
    return _saved(keep, "PNG"), _saved(rest, "PNG")


def repainting(spot: Path, rest: Path, prompts: Any) -> dict[str, Any]:
    """Settings that paint in the spot alone: the prompts see nothing else, and the rest is laid over every step.

    Args:
        spot, rest: as `Painting.keep` keeps them.
    """
    return {
        "spot_prompts": prompts,
        "spot_file": name_of(spot.stem),
        "overlay_image": name_of(rest.stem),
        "overlay_every": "1 iterations",
    }


def _saved(picture: Image.Image, name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, name, **options)
    return buffer.getvalue()


def _seed(settings: Mapping[str, Any], number: int) -> dict[str, int]:
    """The seed of one of several pictures; none where the client gave none."""
    seed = settings.get("seed")
    if isinstance(seed, str) and seed.strip().isdecimal() and len(seed) < 20:
        seed = int(seed)
    return {"seed": seed + number} if isinstance(seed, int) and not isinstance(seed, bool) else {}
