"""The routes of the page: itself, its modules and styles, what it can offer, and settings inside dropped pictures.

Every answer of these routes lets a browser load nothing from elsewhere and run no script of the page's text.

Late imports keep Jinja2 out of start-up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from pixray.errors import PixrayError, SettingsError
from pixray.registry import Registry
from pixray.runtime.version import __version__
from pixray.serve.answers import Json
from pixray.settings.layers import Leave
from pixray.studio.options import options
from pixray.studio.restore import restored

if TYPE_CHECKING:
    from jinja2 import Environment

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def page_routes(registry: Registry, leave: Leave = Leave(), folder: Path | None = None) -> Sequence[BaseRoute]:
    """The routes of the page; its address is "/", so they stand before those of a server that has an index of its own.

    Args:
        registry: whose parts the page offers.
        leave: what visitors may name.
        folder: of the server, with the pictures that clients sent.
    """
    page = Page(registry, leave, folder)
    return [
        Route("/", page.show),
        Route("/api/options", page.tell_options),
        Route("/api/restore", page.restore, methods=["POST"]),
        Mount("/static", StaticModules(directory=_folder())),
    ]


class Page:
    """What the routes share.

    Args:
        registry: whose parts the page offers.
        leave: what visitors may name.
        folder: of the server, with the pictures that clients sent.
    """

    def __init__(self, registry: Registry, leave: Leave, folder: Path | None = None) -> None:
        self._registry, self._leave, self._folder = registry, leave, folder
        self._options: dict[str, Any] | None = None

    async def show(self, request: Request) -> Response:
        modules = sorted(path.name for path in _folder().glob("*.js"))
        text = _environment().get_template("index.html").render(version=__version__, modules=modules)
        return HTMLResponse(text, headers=_HEADERS)

    async def tell_options(self, request: Request) -> Response:
        if self._options is None:
            self._options = await asyncio.to_thread(options, self._registry, self._leave)
        return Json(self._options, headers=_HEADERS)

    async def restore(self, request: Request) -> Response:
        content = await request.body()
        try:
            return Json(await asyncio.to_thread(restored, content, self._registry, self._leave, self._folder))
        except SettingsError as error:
            return Json({"detail": "; ".join(error.problems)}, 422)
        except PixrayError as error:
            return Json({"detail": str(error)}, 422)


class StaticModules(StaticFiles):
    """Files of the package, asked about anew at every visit, so that a newer version is never mixed with an older."""

    def file_response(self, *arguments: Any, **keywords: Any) -> Response:
        response = super().file_response(*arguments, **keywords)
        response.headers.update(_HEADERS)
        return response


def _folder() -> Path:
    return Path(str(resources.files("pixray.studio").joinpath("static")))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(loader=PackageLoader("pixray.studio"), autoescape=True, undefined=StrictUndefined)
