"""Stable Diffusion WebUI's API, `/sdapi/v1`: one adapter for A1111, Forge, SD.Next, stable-diffusion.cpp, Draw Things.

Free, on a machine of one's own, with seeds. The server works on one request at a time, and says nothing until it is
done: unfinished pictures are asked for beside it, and a run that ends early interrupts it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pixray.providers.base import Capabilities, ImageRequest, Preview, Provider, Reply
from pixray.providers.decode import from_base64
from pixray.providers.errors import AuthError, DecodeError, ProtocolError, ProviderError, UnsupportedFeature
from pixray.providers.polling import farewell
from pixray.providers.price_list import PriceList
from pixray.providers.sdapi.sdcpp import run_job
from pixray.providers.sdapi.servers import KNOWN, Server, known_server
from pixray.providers.sdapi.wire import body_of, read_pictures, told
from pixray.providers.service_http import Answer, Http
from pixray.providers.sizes import SizeRule
from pixray.providers.unverified import SDCPP_PORT
from pixray.settings.declare import Refers, setting


class Sdapi(Provider):
    """A diffusion server of your own (A1111, Forge, SD.Next, stable-diffusion.cpp, Draw Things)."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Diffusion server of your own (A1111, Forge, SD.Next, stable-diffusion.cpp, Draw Things)"""

        sdapi_url: str | None = setting(
            None, "base address, such as http://127.0.0.1:7860 (the default)", refers=Refers.ENDPOINT
        )
        sdapi_model: str | None = setting(
            None, "name of the checkpoint, see `pixray services sdapi`; default: the one that is loaded"
        )
        sdapi_steps: int | None = setting(
            None, "steps of the sampler; default: the server's own", minimum=1, maximum=150
        )
        sdapi_guidance: float | None = setting(
            None, "how closely the prompt is followed; default: the server's own", minimum=0, maximum=30
        )
        sdapi_sampler: str | None = setting(None, "name of the sampler, see `pixray services sdapi`")
        sdapi_scheduler: str | None = setting(None, "name of the scheduler, such as karras")
        sdapi_preview_every: float = setting(
            0.5, "time between looks at the unfinished picture; 0: none", unit="seconds", minimum=0, maximum=60
        )

    settings: Settings
    name = "sdapi"
    prices = PriceList.free()
    local_ports = (7860, SDCPP_PORT)
    key_name, url_name, default_url = "SDAPI_AUTH", "SDAPI_URL", "http://127.0.0.1:7860"
    needs_key = False
    capabilities = Capabilities(
        init=True,
        mask=True,
        negative=True,
        seeds=2**32 - 1,
        most_images=4,
        sizes=SizeRule(multiple=8, minimum=64, maximum=2048),
        samplers=None,
        steps=True,
        guidance=True,
        previews=True,
        deterministic=True,
        concurrency=1,
        timeout=1800.0,  # a large picture on a CPU
    )

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._server: Server | None = None

    def repeatable(self, request: ImageRequest) -> bool:
        return super().repeatable(request) and request.model is not None  # else it is whatever is loaded

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        http = self._http()
        try:
            server = await self._which(http)
            if request.model and not server.chooses_model:
                raise UnsupportedFeature(f"sdapi: {server.name} paints with the model that it was started with")
            facts = {"server": server.name}
            if server.jobs:
                for made in await run_job(http, request, facts):
                    yield made
                return
            path = "/sdapi/v1/txt2img" if request.init is None else "/sdapi/v1/img2img"
            work = asyncio.ensure_future(http.post_json(path, body_of(request)))
            try:
                async for preview in self._previews(http, work, server):
                    yield preview
                answer = await work
            finally:
                await self._end(http, work, server)
            for made in read_pictures(answer, request.count, facts):
                yield made
        except ProviderError as error:
            raise self._told(error) from error.__cause__

    async def models(self) -> list[str]:
        """Names of checkpoints."""
        return await self._names("/sdapi/v1/sd-models", "title")

    async def samplers(self) -> list[str]:
        """Names of samplers."""
        return await self._names("/sdapi/v1/samplers", "name")

    async def recognised(self) -> str | None:
        try:
            server = await known_server(self._http())
        except AuthError:
            return f"a server that wants {self.key_name}"
        return None if server is None else server.name

    def _http(self) -> Http:
        headers = {"authorization": self.key.basic()} if self.key.is_set else {}
        return Http(self.name, self.url, self.key, bearer=False, headers=headers, timeout=self.capabilities.timeout)

    async def _which(self, http: Http) -> Server:
        if self._server is None:
            self._server = await known_server(http) or KNOWN["webui"]
        return self._server

    async def _names(self, path: str, field: str) -> list[str]:
        try:
            listed = (await self._http().get(path)).json(self.name)
        except ProviderError as error:
            raise self._told(error) from error.__cause__
        if not isinstance(listed, list):
            raise ProtocolError("sdapi answered without a list of names")
        return [str(entry[field]) for entry in listed if isinstance(entry, dict) and field in entry]

    async def _previews(self, http: Http, work: asyncio.Future[Answer], server: Server) -> AsyncIterator[Preview]:
        """Unfinished pictures until the work is done, each once. A question that fails is the last one."""
        period, last = self.settings.sdapi_preview_every, ""
        asking = period > 0 and server.progress
        while asking and not work.done():
            await asyncio.wait({work}, timeout=period)
            if work.done():
                return
            try:
                state = (await http.get("/sdapi/v1/progress?skip_current_image=false")).json(self.name)
            except ProviderError:
                return
            shown = state.get("current_image") if isinstance(state, dict) else None
            if isinstance(shown, str) and shown not in ("", last):
                last = shown
                with suppress(DecodeError):
                    yield Preview(from_base64(shown))

    async def _end(self, http: Http, work: asyncio.Future[Answer], server: Server) -> None:
        """Leave nothing working: a request that is still open is interrupted on the server, then closed."""
        if work.done():
            return
        if server.progress:
            await farewell(http.post_json("/sdapi/v1/interrupt", {}))
        work.cancel()
        with suppress(asyncio.CancelledError, ProviderError):
            await work

    def _told(self, error: ProviderError) -> ProviderError:
        return told(error, self.url, self.key_name, self.key.is_set)
