"""OpenAI's images, and every service that speaks its dialect.

`POST /images/generations` and `/images/edits` as documented in 2026; the older dialect of DALL-E, which compatible
servers still speak, is a setting. The service takes no seed: a picture cannot be had again.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pixray.providers.base import Bill, Capabilities, GeneratedImage, ImageRequest, Preview, Provider, Reply
from pixray.providers.decode import from_base64
from pixray.providers.errors import ProtocolError, UnsupportedFeature
from pixray.providers.openai_wire import bill_of, facts_of, read_images, size_of
from pixray.providers.picture_upload import png_file, transparent_mask
from pixray.providers.price_list import PriceList
from pixray.providers.service_http import Answer, File, Http
from pixray.providers.sizes import SizeRule
from pixray.providers.unverified import PRICES, PRICES_AS_OF
from pixray.settings.declare import Refers, setting

_LONGEST_PROMPT = {"gpt-image": 32_000, "legacy": 4_000}
_OF_LEGACY_ONLY = ("style",)
_OF_GPT_ONLY = ("background", "moderation", "output_compression", "complexity", "input_fidelity", "partial_images")


class OpenAI(Provider):
    """Any endpoint of this dialect."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """OpenAI, or a compatible service"""

        openai_url: str | None = setting(None, "base address, such as http://127.0.0.1:8080/v1", refers=Refers.ENDPOINT)
        openai_model: str = setting("gpt-image-2", "name of the model")
        openai_dialect: str = setting(
            "auto",
            "request format; legacy: that of DALL-E; auto: by the name of the model",
            choices=("auto", "gpt-image", "legacy"),
        )
        openai_quality: str | None = setting(
            None, "quality: auto, low, medium, high …; standard or hd in the legacy dialect"
        )
        openai_background: str | None = setting(
            None, "background of the picture", choices=("auto", "opaque", "transparent")
        )
        openai_output_format: str | None = setting(
            None, "format of the transferred picture", choices=("png", "jpeg", "webp")
        )
        openai_output_compression: int | None = setting(
            None, "compression of the transferred jpeg or webp, in percent", minimum=0, maximum=100
        )
        openai_moderation: str | None = setting(None, "strictness of the moderation", choices=("auto", "low"))
        openai_complexity: str | None = setting(None, "effort of the model", choices=("low", "medium", "high"))
        openai_input_fidelity: str | None = setting(
            None, "how closely the start picture is followed", choices=("low", "high")
        )
        openai_partial_images: int | None = setting(None, "number of partial pictures to show", minimum=0, maximum=3)
        openai_style: str | None = setting(None, "style, in the legacy dialect", choices=("vivid", "natural"))

    settings: Settings
    name = "openai"
    prices = PriceList(PRICES["openai"], PRICES_AS_OF)
    key_name, url_name, default_url = "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1"
    legacy_sizes = SizeRule(fixed=((256, 256), (512, 512), (1024, 1024), (1792, 1024), (1024, 1792)))
    fixed_sizes = SizeRule(fixed=((1024, 1024), (1536, 1024), (1024, 1536)))
    # From gpt-image-2 on; the bounds of the area are reported by third parties.
    free_sizes = SizeRule(
        multiple=16, minimum=256, maximum=3840, minimum_pixels=655_360, maximum_pixels=8_294_400, longest=3.0
    )
    # high quality can pass two minutes
    capabilities = Capabilities(
        init=True, mask=True, most_images=10, sizes=free_sizes, previews=True, timeout=300.0, most_input=50 << 20
    )

    def sizes(self, model: str | None) -> SizeRule:
        model = model or self.settings.openai_model
        if self._dialect(model) == "legacy":
            return self.legacy_sizes
        return self.fixed_sizes if model.startswith(("gpt-image-1", "chatgpt-image")) else self.free_sizes

    def refine(self, request: ImageRequest) -> ImageRequest:
        model = request.model or self.settings.openai_model
        dialect = self._dialect(model)
        problems = []
        foreign = _OF_GPT_ONLY if dialect == "legacy" else _OF_LEGACY_ONLY
        problems += [f"'{name}' is not of the {dialect} dialect" for name in foreign if request.options.get(name)]
        if len(request.text) > _LONGEST_PROMPT[dialect]:
            problems.append(f"the prompt has {len(request.text)} letters, at most {_LONGEST_PROMPT[dialect]} are taken")
        if request.option("background") == "transparent" and request.option("output_format") == "jpeg":
            problems.append("a transparent background needs png or webp")
        if dialect == "legacy" and request.init is not None and request.width != request.height:
            problems.append("the legacy dialect edits square pictures only")
        if problems:
            raise UnsupportedFeature(f"openai: {'; '.join(problems)}")
        return replace(request, model=model, strength=None)

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        http = Http(self.name, self.url, self.key, headers=_account_headers(), timeout=self.capabilities.timeout)
        if request.init is not None:
            answer = await http.post_form("/images/edits", self._fields(request), self._files(request))
        elif request.option("partial_images"):
            async for reply in self._streamed(http, request):
                yield reply
            return
        else:
            answer = await http.post_json("/images/generations", self._body(request))
        for reply in read_images(self.name, answer):
            yield reply

    def _dialect(self, model: str | None) -> str:
        """The old dialect is that of DALL-E; every other name is taken for a gpt-image."""
        if self.settings.openai_dialect != "auto":
            return self.settings.openai_dialect
        return "legacy" if (model or "").startswith("dall-e") else "gpt-image"

    def _body(self, request: ImageRequest) -> dict[str, Any]:
        body: dict[str, Any] = {"model": request.model, "prompt": request.text, "n": request.count}
        body["size"] = size_of(request)
        names = ("quality", "style") if self._dialect(request.model) == "legacy" else (
            "quality", "background", "output_format", "output_compression", "moderation", "complexity",
        )  # fmt: skip
        body.update({name: request.options[name] for name in names if request.options.get(name) is not None})
        if self._dialect(request.model) == "legacy":
            body["response_format"] = "b64_json"  # gpt-image answers 400 to it
        return body

    def _fields(self, request: ImageRequest) -> dict[str, str]:
        body = self._body(request)
        for name in ("style", "moderation", "complexity"):
            body.pop(name, None)
        if request.option("input_fidelity"):
            body["input_fidelity"] = request.option("input_fidelity")
        return {name: str(value) for name, value in body.items()}

    def _files(self, request: ImageRequest) -> list[tuple[str, File]]:
        assert request.init is not None
        files = [("image", png_file("image.png", request.init))]
        if request.mask is not None:
            files.append(("mask", png_file("mask.png", transparent_mask(request.mask))))
        return files

    async def _streamed(self, http: Http, request: ImageRequest) -> AsyncIterator[Reply]:
        body = {**self._body(request), "stream": True, "partial_images": request.option("partial_images")}
        finished = 0
        async for event in http.events("/images/generations", body):
            kind = str(event.get("type", ""))
            if kind.endswith(".partial_image"):
                yield Preview(from_base64(event.get("b64_json")))
            elif kind.endswith(".completed"):
                finished += 1
                yield GeneratedImage(from_base64(event.get("b64_json")), facts=facts_of({}, event))
                bill = bill_of(event)
                if bill is not None:
                    yield bill
            elif "data" in event:  # a server that knows no streaming answers in one piece
                for reply in _in_one_piece(self.name, event):
                    finished += isinstance(reply, GeneratedImage)
                    yield reply
        if not finished:
            raise ProtocolError("openai ended its stream without a finished picture")


def _in_one_piece(service: str, payload: Mapping[str, Any]) -> list[GeneratedImage | Bill]:

    return list(read_images(service, Answer(200, {}, json.dumps(payload).encode())))


def _account_headers() -> dict[str, str]:
    """Organisation and project, for keys that belong to several. An empty variable is as good as none."""
    names = {"openai-organization": "OPENAI_ORG_ID", "openai-project": "OPENAI_PROJECT_ID"}
    values = {header: os.environ.get(name, "").strip() for header, name in names.items()}
    return {header: value for header, value in values.items() if value}
