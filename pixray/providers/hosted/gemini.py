"""Gemini: `POST /models/{model}:generateContent`, words and pictures in, a picture among the parts of the answer."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pixray.providers.base import Bill, Capabilities, GeneratedImage, ImageRequest, Provider, Reply
from pixray.providers.decode import from_base64
from pixray.providers.errors import ContentFiltered, ProtocolError, UnsupportedFeature
from pixray.providers.picture_upload import as_base64
from pixray.providers.polling import submitted
from pixray.providers.price_list import PriceList
from pixray.providers.refusals import shortened
from pixray.providers.service_http import Http
from pixray.providers.sizes import SizeRule
from pixray.providers.unverified import GEMINI_MODEL, GEMINI_SHAPES, PRICES, PRICES_AS_OF
from pixray.settings.declare import Refers, setting

_MODEL = re.compile(r"[\w.-]+")


class Gemini(Provider):
    """Google's Gemini."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Gemini"""

        gemini_url: str | None = setting(None, "base address", refers=Refers.ENDPOINT)
        gemini_model: str = setting(GEMINI_MODEL, "name of the model")
        gemini_image_size: str | None = setting(
            None, "size of the transferred picture; default: the model's own", choices=("1K", "2K", "4K")
        )

    settings: Settings
    name = "gemini"
    prices = PriceList(PRICES["gemini"], PRICES_AS_OF)
    key_name, url_name = "GEMINI_API_KEY", "GEMINI_BASE_URL"
    default_url = "https://generativelanguage.googleapis.com/v1beta"
    capabilities = Capabilities(init=True, sizes=SizeRule(fixed=tuple(GEMINI_SHAPES.values())), timeout=300.0)

    def refine(self, request: ImageRequest) -> ImageRequest:
        model = request.model or self.settings.gemini_model
        if not _MODEL.fullmatch(model):
            raise UnsupportedFeature(f"gemini: '{model[:80]}' is no name of a model")
        return replace(request, model=model, strength=None)

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        headers = {"x-goog-api-key": self.key.reveal()}  # never in the address
        limit = self.capabilities.timeout
        http = Http(self.name, self.url, self.key, bearer=False, headers=headers, timeout=limit)
        answer = await submitted(http.post_json(f"/models/{request.model}:generateContent", _body(request)))
        payload = answer.json(self.name)
        if not isinstance(payload, dict):
            raise ProtocolError("gemini answered without an object")
        for made in _pictures(payload, str(request.model)):
            yield made
        usage = payload.get("usageMetadata")
        tokens = usage.get("candidatesTokenCount") if isinstance(usage, dict) else None
        if type(tokens) is int:
            yield Bill(tokens=tokens)


def _body(request: ImageRequest) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": request.text}]
    if request.init is not None:
        inline = {"mimeType": "image/png", "data": as_base64(request.init)}
        parts.append({"inlineData": inline})
    shape = next(name for name, size in GEMINI_SHAPES.items() if size == (request.width, request.height))
    image = {"aspectRatio": shape}
    if request.option("image_size"):
        image["imageSize"] = request.option("image_size")
    return {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": image},
    }


def _pictures(payload: dict[str, Any], model: str) -> Iterator[GeneratedImage]:
    """The pictures among the parts of the first candidate."""
    candidates = payload.get("candidates")
    first = candidates[0] if isinstance(candidates, list) and candidates else None
    content = first.get("content") if isinstance(first, dict) else None
    parts = content.get("parts") if isinstance(content, dict) else None
    for part in parts if isinstance(parts, list) else ():
        inline = part.get("inlineData") if isinstance(part, dict) else None
        if isinstance(inline, dict):
            yield GeneratedImage(from_base64(inline.get("data")), facts={"model": model})
            return  # one was asked for
    raise _without_picture(payload, first, parts)


def _without_picture(payload: dict[str, Any], first: Any, parts: Any) -> Exception:
    feedback = payload.get("promptFeedback")
    reason = feedback.get("blockReason") if isinstance(feedback, dict) else None
    reason = reason or (first.get("finishReason") if isinstance(first, dict) else None)
    if reason not in (None, "STOP"):
        return ContentFiltered(f"gemini made no picture ({shortened(str(reason), 60)})", code=str(reason)[:60])
    words = [str(part["text"]) for part in parts or () if isinstance(part, dict) and "text" in part]
    said = f": it said '{shortened(' '.join(words), 120)}'" if words else ""
    return ProtocolError(f"gemini answered without a picture{said}")
