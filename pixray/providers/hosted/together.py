"""Together: OpenAI's path for pictures with width, height, steps and seed, answered at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from pixray.providers.base import Capabilities, GeneratedImage, ImageRequest, Provider, Reply
from pixray.providers.openai_wire import read_images
from pixray.providers.picture_upload import data_url
from pixray.providers.polling import pinned, submitted
from pixray.providers.price_list import PriceList
from pixray.providers.service_http import Http
from pixray.providers.sizes import SizeRule
from pixray.providers.unverified import PRICES, PRICES_AS_OF, TOGETHER_DOMAINS
from pixray.settings.declare import Refers, setting


class Together(Provider):
    """together.ai."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Together"""

        together_url: str | None = setting(None, "base address", refers=Refers.ENDPOINT)
        together_model: str = setting("black-forest-labs/FLUX.1-schnell", "name of the model")
        together_steps: int | None = setting(
            None, "steps of the sampler; default: the model's own", minimum=1, maximum=100
        )

    settings: Settings
    name = "together"
    prices = PriceList(PRICES["together"], PRICES_AS_OF)
    key_name, url_name, default_url = "TOGETHER_API_KEY", "TOGETHER_BASE_URL", "https://api.together.xyz/v1"
    capabilities = Capabilities(
        init=True,
        most_images=4,
        seeds=2**31 - 1,
        sizes=SizeRule(multiple=16, minimum=256, maximum=1792),
        steps=True,
        deterministic=True,
        timeout=180.0,
    )

    def refine(self, request: ImageRequest) -> ImageRequest:
        return replace(request, model=request.model or self.settings.together_model, strength=None)

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        http = Http(self.name, self.url, self.key, timeout=self.capabilities.timeout)
        answer = await submitted(http.post_json("/images/generations", _body(request)))
        number = 0
        for reply in read_images(self.name, answer):
            if isinstance(reply, GeneratedImage):
                if reply.address is not None:
                    pinned(self.name, reply.address, self.url, TOGETHER_DOMAINS)
                seed = None if request.seed is None else request.seed + number
                number += 1
                reply = replace(reply, seed=seed)
            yield reply


def _body(request: ImageRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": request.model,
        "prompt": request.text,
        "width": request.width,
        "height": request.height,
        "n": request.count,
        "response_format": "base64",
    }
    optional = {"seed": request.seed, "steps": request.steps}
    body.update({name: value for name, value in optional.items() if value is not None})
    if request.init is not None:
        body["reference_images"] = [data_url(request.init)]
    return body
