"""Pictures that clients send: decoded under the limits of every picture, kept as PNG, called after their content.

The settings of jobs name them as those of a run name its own pictures, which they become: `inputs/HASH.png`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from pixray.errors import PixrayError
from pixray.images.encode import png_bytes
from pixray.images.io import open_picture
from pixray.runtime.files import write_atomic
from pixray.serve.answers import Json
from pixray.settings.run_inputs import FOLDER, content_id

MOST = 500
"""Uploads that are kept besides those that jobs start from; the oldest are given up."""
_ID = re.compile(r"[0-9a-f]{32}")
_DECODERS = 2
"""Pictures that are decoded at once."""


class Uploads:
    """The folder of uploaded pictures, and the routes to it.

    Args:
        folder: of the server; `inputs` below it is made when the first one comes.
        used: whether some job starts from the upload of an id.
    """

    def __init__(self, folder: Path, used: Callable[[str], bool]) -> None:
        self.folder, self._used = folder / FOLDER, used
        self._decoding = asyncio.Semaphore(_DECODERS)

    def routes(self) -> Sequence[BaseRoute]:
        """Sending a picture, and seeing it."""
        return [
            Route("/api/uploads", self.receive, methods=["POST"]),
            Route("/api/uploads/{id}", self.show),
        ]

    def path(self, name: object) -> Path | None:
        """The file of an upload; None: there is none of that id."""
        if not isinstance(name, str) or not _ID.fullmatch(name):
            return None
        path = self.folder / f"{name}.png"
        return path if path.is_file() else None

    def keep(self, content: bytes) -> tuple[str, int, int]:
        """Decode a picture and keep it; its id, width and height.

        Raises:
            PixrayError: it is no picture that can be read, or is too large.
        """

        with tempfile.NamedTemporaryFile(prefix="pixray-upload-") as file:
            file.write(content)
            file.flush()
            try:
                picture = open_picture(file.name, "upload")
            except PixrayError as error:
                raise PixrayError(str(error).replace(f"='{file.name}'", "")) from None
        png = png_bytes(np.asarray(picture), level=1)
        name = content_id(png)
        path = self.folder / f"{name}.png"
        try:
            os.utime(path)  # it came before, and counts as new
        except FileNotFoundError:
            write_atomic(path, png)
        self._remove_oldest()
        return name, picture.width, picture.height

    async def receive(self, request: Request) -> Response:
        content = await request.body()
        if not content:
            return Json({"detail": "expected a picture file as the body of the request"}, 422)
        async with self._decoding:
            try:
                name, width, height = await asyncio.to_thread(self.keep, content)
            except PixrayError as error:
                return Json({"detail": str(error)}, 422)
        return Json({"id": name, "width": width, "height": height}, 201)

    async def show(self, request: Request) -> Response:
        path = self.path(request.path_params["id"])
        return Json({"detail": "there is no upload of that id"}, 404) if path is None else FileResponse(path)

    def _remove_oldest(self) -> None:
        with contextlib.suppress(OSError):  # of two uploads at once, one may remove what the other has listed
            paths = sorted(self.folder.glob("*.png"), key=lambda path: path.stat().st_mtime)
            for path in paths[: max(0, len(paths) - MOST)]:
                if not self._used(path.stem):
                    path.unlink()
