"""Regolo: `POST /v1/images/generations`, pictures as base64. No start picture, no seed, no negative prompt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from pixray.providers.base import Capabilities, ImageRequest, Provider, Reply
from pixray.providers.openai_wire import read_images, size_of
from pixray.providers.service_http import Http
from pixray.providers.sizes import SizeRule
from pixray.settings.declare import Refers, setting


class Regolo(Provider):
    """regolo.ai."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Regolo"""

        regolo_url: str | None = setting(None, "base address, without /v1", refers=Refers.ENDPOINT)
        regolo_model: str = setting("Qwen-Image", "name of the model")
        regolo_quality: str | None = setting(None, "quality: standard or hd")
        regolo_style: str | None = setting(None, "style, such as realistic")

    settings: Settings
    name = "regolo"
    key_name, url_name, default_url = "REGOLO_API_KEY", "REGOLO_BASE_URL", "https://api.regolo.ai"
    capabilities = Capabilities(
        most_images=4, sizes=SizeRule(fixed=((256, 256), (512, 512), (1024, 1024))), timeout=180.0
    )

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        http = Http(self.name, self.url, self.key, timeout=self.capabilities.timeout)
        answer = await http.post_json("/v1/images/generations", self._body(request))
        for reply in read_images(self.name, answer):
            yield reply

    async def models(self) -> list[str]:
        """The models that the key may use."""
        http = Http(self.name, self.url, self.key, timeout=self.capabilities.timeout)
        payload = (await http.get("/v1/models")).json(self.name)
        listed = payload.get("data", []) if isinstance(payload, dict) else []
        return [str(model["id"]) for model in listed if isinstance(model, dict) and "id" in model]

    def _body(self, request: ImageRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            "prompt": request.text,
            "model": request.model or self.settings.regolo_model,
            "n": request.count,
            "size": size_of(request),
        }
        body.update({name: request.options[name] for name in ("quality", "style") if request.option(name)})
        return body
