"""OpenRouter: `POST /images`, which hands the request to whoever runs the model. Unknown parameters are refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from pixray.providers.base import Capabilities, ImageRequest, Provider, Reply
from pixray.providers.errors import DecodeError, ProtocolError
from pixray.providers.openai_wire import read_images
from pixray.providers.picture_upload import data_url
from pixray.providers.polling import submitted
from pixray.providers.price_list import PriceList
from pixray.providers.service_http import Http
from pixray.providers.sizes import SizeRule
from pixray.providers.unverified import OPENROUTER_MODEL, PRICES, PRICES_AS_OF
from pixray.settings.declare import Refers, setting


class OpenRouter(Provider):
    """openrouter.ai."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """OpenRouter"""

        openrouter_url: str | None = setting(None, "base address", refers=Refers.ENDPOINT)
        openrouter_model: str = setting(OPENROUTER_MODEL, "name of the model, see `pixray services openrouter`")

    settings: Settings
    name = "openrouter"
    prices = PriceList(PRICES["openrouter"], PRICES_AS_OF)
    key_name, url_name, default_url = "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1"
    # It is not asked for a size: which models take one is not known. What comes is fitted.
    capabilities = Capabilities(init=True, sizes=SizeRule(fixed=((1024, 1024),)), timeout=300.0)

    def refine(self, request: ImageRequest) -> ImageRequest:
        return replace(request, model=request.model or self.settings.openrouter_model, strength=None)

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        answer = await submitted(self._http().post_json("/images", _body(request)))
        payload = answer.json(self.name)
        items = payload.get("data") if isinstance(payload, dict) else None
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and "svg" in str(item.get("media_type", "")):
                raise DecodeError("openrouter sent an SVG drawing; choose a model that makes pictures of pixels")
        for reply in read_images(self.name, answer):
            yield reply

    async def models(self) -> list[str]:
        """Names of the models that make pictures; asking costs nothing."""
        payload = (await self._http().get("/images/models")).json(self.name)
        listed = payload.get("data") if isinstance(payload, dict) else None
        if not isinstance(listed, list):
            raise ProtocolError("openrouter answered without a list of models ('data')")
        return [str(entry["id"]) for entry in listed if isinstance(entry, dict) and "id" in entry]

    def _http(self) -> Http:
        return Http(self.name, self.url, self.key, timeout=self.capabilities.timeout)


def _body(request: ImageRequest) -> dict[str, Any]:
    body: dict[str, Any] = {"model": request.model, "prompt": request.text}
    if request.init is not None:
        body["input_references"] = [{"type": "image_url", "image_url": {"url": data_url(request.init)}}]
    return body
