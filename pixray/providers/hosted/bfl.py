"""Black Forest Labs: `POST /v1/{model}`, then ask at the address in the answer until the picture is ready."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from pixray.providers.base import Capabilities, GeneratedImage, ImageRequest, Reply
from pixray.providers.errors import ContentFiltered, ModelNotFound, ProtocolError, UnsupportedFeature
from pixray.providers.hosted.queued import Queued, Task
from pixray.providers.picture_upload import as_base64
from pixray.providers.polling import Lost, pinned, until_ended
from pixray.providers.price_list import PriceList
from pixray.providers.refusals import shortened
from pixray.providers.service_http import Answer, Http
from pixray.providers.sizes import SizeRule
from pixray.providers.unverified import BFL_DOMAINS, BFL_FILL_PICTURE, PRICES, PRICES_AS_OF
from pixray.settings.declare import Refers, setting

_FILTERED = ("Content Moderated", "Request Moderated")
_FAILED = ("Error", "Failed", "Task not found")
_FILL = "flux-pro-1.0-fill"


class BlackForestLabs(Queued):
    """bfl.ai, FLUX."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Black Forest Labs (FLUX)"""

        bfl_url: str | None = setting(None, "base address", refers=Refers.ENDPOINT)
        bfl_model: str | None = setting(
            None, "model: flux-2-pro (the default), flux-2-max, flux-2-flex, flux-2-klein-4b; with a mask always fill"
        )

    settings: Settings
    name = "bfl"
    needed = ("id", "polling_url")
    prices = PriceList(PRICES["bfl"], PRICES_AS_OF)
    key_name, url_name, default_url = "BFL_API_KEY", "BFL_BASE_URL", "https://api.bfl.ai"
    capabilities = Capabilities(
        init=True,
        mask=True,
        seeds=2**31 - 1,
        sizes=SizeRule(multiple=16, minimum=256, maximum=2048, maximum_pixels=4_194_304),
        deterministic=True,
        timeout=300.0,
    )

    def refine(self, request: ImageRequest) -> ImageRequest:
        if request.mask is not None and request.model not in (None, _FILL):
            raise UnsupportedFeature(f"bfl: only {_FILL} repaints a masked part, and bfl_model={request.model}")
        model = _FILL if request.mask is not None else request.model or "flux-2-pro"
        return replace(request, model=model, strength=None)

    async def submit(self, request: ImageRequest) -> Answer:
        return await self._http(self.url).post_json(f"/v1/{request.model}", _body(request))

    async def collect(self, task: Task, request: ImageRequest) -> AsyncIterator[Reply]:
        origin, path = pinned(self.name, task.get("polling_url"), self.url, BFL_DOMAINS)
        where = self._http(origin)

        async def ask() -> dict[str, Any] | None:
            try:
                state = (await where.get(path)).json(self.name)
            except ModelNotFound as error:
                raise Lost("bfl no longer knows the task") from error
            if not isinstance(state, dict):
                raise ProtocolError("bfl answered without a state")
            status = state.get("status")
            if status in _FILTERED:
                raise ContentFiltered(f"bfl refused the content ({status})", code=str(status))
            if status in _FAILED:
                raise Lost(f"bfl failed: {shortened(str(state.get('details') or status))}")
            return state if status == "Ready" else None

        state = await until_ended(ask, service=self.name)
        result = state.get("result")
        sample = result.get("sample") if isinstance(result, dict) else None
        pinned(self.name, sample, self.url, BFL_DOMAINS)
        facts = {"request_id": str(task.get("id", ""))[:200], "model": str(request.model)}
        yield GeneratedImage(address=sample, seed=request.seed, facts=facts)

    def _http(self, base: str) -> Http:
        limit = self.capabilities.timeout
        return Http(self.name, base, self.key, bearer=False, headers={"x-key": self.key.reveal()}, timeout=limit)


def _body(request: ImageRequest) -> dict[str, Any]:
    body: dict[str, Any] = {"prompt": request.text, "output_format": "png"}
    if request.seed is not None:
        body["seed"] = request.seed
    if request.mask is not None and request.init is not None:
        pictures = {BFL_FILL_PICTURE: request.init, "mask": request.mask}
        return {**body, **{name: as_base64(content) for name, content in pictures.items()}}
    if request.init is not None:
        body["input_image"] = as_base64(request.init)
    return {**body, "width": request.width, "height": request.height}
