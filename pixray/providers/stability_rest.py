"""Stability's REST interface of version v2beta: core, ultra and sd3, as far as its documents are known to us.

Multipart forms only; sizes are proportions; the answer is JSON with the picture, or the picture itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from pixray.providers.base import Capabilities, GeneratedImage, ImageRequest, Provider, Reply
from pixray.providers.decode import from_base64, sniff
from pixray.providers.errors import ProtocolError, UnsupportedFeature
from pixray.providers.picture_upload import png_file
from pixray.providers.service_http import Answer, File, Http
from pixray.providers.sizes import SizeRule
from pixray.providers.stability import STYLES
from pixray.settings.declare import Refers, setting

_SHAPES = {
    "1:1": (1024, 1024), "16:9": (1344, 768), "9:16": (768, 1344), "3:2": (1216, 832), "2:3": (832, 1216),
    "21:9": (1536, 640), "9:21": (640, 1536), "5:4": (1152, 896), "4:5": (896, 1152),
}  # fmt: skip
"""About what each proportion comes out as; the picture itself says what it really is."""
_SERVICES = ("core", "ultra", "sd3")


class StabilityRest(Provider):
    """Stability AI over REST."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Stability (REST, v2beta)"""

        stability_rest_url: str | None = setting(None, "base address", refers=Refers.ENDPOINT)
        stability_rest_service: str = setting("core", "endpoint of the service", choices=_SERVICES)
        stability_rest_model: str | None = setting(None, "model for sd3, such as sd3.5-large")
        stability_rest_style: str | None = setting(None, "style preset, for core", choices=STYLES)
        stability_rest_output_format: str = setting(
            "png", "format of the transferred picture", choices=("png", "jpeg", "webp")
        )

    settings: Settings
    name = "stability_rest"
    key_name, url_name, default_url = "STABILITY_KEY", "STABILITY_REST_URL", "https://api.stability.ai"
    capabilities = Capabilities(
        init=True,
        negative=True,
        seeds=2**32 - 2,
        sizes=SizeRule(fixed=tuple(_SHAPES.values())),
        deterministic=True,
        rate=(150, 10.0),
        timeout=120.0,
    )

    def refine(self, request: ImageRequest) -> ImageRequest:
        service = request.option("service", self.settings.stability_rest_service)
        if request.init is not None and service == "core":
            raise UnsupportedFeature("stability_rest: core takes no start picture; ultra and sd3 do")
        if request.option("style") and service != "core":
            raise UnsupportedFeature(f"stability_rest: {service} has no style presets; core does")
        return request

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        http = Http(self.name, self.url, self.key, timeout=self.capabilities.timeout)
        service = request.option("service", self.settings.stability_rest_service)
        path = f"/v2beta/stable-image/generate/{service}"
        answer = await http.post_form(path, self._fields(request, service), self._files(request))
        yield self._read(answer, request.model or service)

    def _fields(self, request: ImageRequest, service: str) -> dict[str, str]:
        fields: dict[str, Any] = {"prompt": request.text}
        fields["output_format"] = request.option("output_format", self.settings.stability_rest_output_format)
        if request.unwanted:
            fields["negative_prompt"] = request.unwanted
        if request.seed is not None:
            fields["seed"] = request.seed
        if request.option("style"):
            fields["style_preset"] = request.option("style")
        if service == "sd3" and request.model:
            fields["model"] = request.model
        if request.init is not None:
            fields["strength"] = 0.65 if request.strength is None else request.strength
        if request.init is not None and service == "sd3":
            fields["mode"] = "image-to-image"  # which takes its proportions from the start picture
        else:
            size = (request.width, request.height)
            fields["aspect_ratio"] = next(name for name, shape in _SHAPES.items() if shape == size)
        return {name: str(value) for name, value in fields.items()}

    def _files(self, request: ImageRequest) -> list[tuple[str, File]]:
        return [] if request.init is None else [("image", png_file("image.png", request.init))]

    def _read(self, answer: Answer, model: str) -> GeneratedImage:
        facts = {"model": model, "request_id": answer.headers.get("x-request-id", "")}
        if sniff(answer.body) is not None:
            return self._made(answer.body, answer.headers.get("finish-reason", ""), answer.headers.get("seed"), facts)
        payload = answer.json(self.name)
        if not isinstance(payload, dict) or "image" not in payload:
            raise ProtocolError("stability_rest answered without a picture ('image')")
        content = from_base64(payload["image"])
        return self._made(content, str(payload.get("finish_reason", "")), payload.get("seed"), facts)

    def _made(self, content: bytes, finish: str, seed: Any, facts: dict[str, str]) -> GeneratedImage:
        number = int(seed) if str(seed).isdigit() else None
        filtered = "FILTER" in finish.upper()
        refusal = f"by the service's filter ({finish})" if filtered else ""
        return GeneratedImage(
            content, seed=number, status="blurred" if filtered else "ok", refusal=refusal, facts=facts
        )
