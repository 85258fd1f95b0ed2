"""Any pixray server as a service: `pixray serve` on another machine, or the image of cog, over their predictions."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from pixray.providers.base import Capabilities, GeneratedImage, ImageRequest, Preview, Provider, Reply
from pixray.providers.decode import from_base64
from pixray.providers.errors import BadRequest, DecodeError, ProtocolError, ProviderError, Transient
from pixray.providers.polling import Lost, NotRunning, cancelling, until_ended
from pixray.providers.price_list import PriceList
from pixray.providers.refusals import shortened
from pixray.providers.service_http import Http
from pixray.providers.sizes import SizeRule
from pixray.settings.declare import Refers, setting

_GOING_ON = ("starting", "processing")


class PixrayServer(Provider):
    """A pixray server."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """pixray server"""

        pixray_url: str | None = setting(
            None, "base address, such as http://127.0.0.1:5000 (the default)", refers=Refers.ENDPOINT
        )
        pixray_drawer: str | None = setting(None, "drawer that the server paints with; default: its own")
        pixray_quality: str | None = setting(None, "quality that the server paints in; default: its own")
        pixray_iterations: int | None = setting(None, "iterations on the server; default: its own", minimum=0)
        pixray_palette: str | None = setting(None, "palette that the server paints with", grid="")
        pixray_preset: str | None = setting(None, "preset of the server, such as text2pixel")

    settings: Settings
    name = "pixray"
    prices = PriceList.free()
    local_ports = (5000,)
    needs_key = False
    url_name, default_url = "PIXRAY_SERVER_URL", "http://127.0.0.1:5000"
    capabilities = Capabilities(
        negative=True,
        weights="multi",
        seeds=2**31 - 1,
        sizes=SizeRule(minimum=16, maximum=4096),
        previews=True,
        deterministic=True,
        timeout=3600.0,
    )

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        http = Http(self.name, self.url, self.key, bearer=False, timeout=60.0)
        path = f"/predictions/{uuid.uuid4().hex}"
        try:
            body = {"input": _inputs(request)}
            async with cancelling(lambda: http.post_json(f"{path}/cancel", {})):
                await http.put_json(path, body, prefer="respond-async")
                async for reply in self._followed(http, path, request):
                    yield reply
        except ProviderError as error:
            if isinstance(error, Transient) and error.unsent:
                raise NotRunning(f"no pixray server answers at {self.url}: start one with `pixray serve`") from None
            if error.status == 422:
                raise BadRequest(str(error).replace("body.input: ", ""), status=422) from None
            raise

    async def recognised(self) -> str | None:
        http = Http(self.name, self.url, self.key, bearer=False, timeout=60.0)
        health = (await http.get("/health-check")).json(self.name)
        version = health.get("version") if isinstance(health, dict) else None
        number = version.get("pixray") if isinstance(version, dict) else None
        return None if number is None else f"pixray {str(number)[:20]}"

    async def _followed(self, http: Http, path: str, request: ImageRequest) -> AsyncIterator[Reply]:
        """Unfinished pictures as they come, then the last one.

        Raises:
            Lost: the server failed, or somebody cancelled the prediction.
        """
        shown = 0
        while True:
            state = await until_ended(partial(self._news, http, path, shown), service=self.name)
            pictures = _texts(state.get("output"))
            if state.get("status") in _GOING_ON:
                shown = len(pictures)
                with suppress(DecodeError):
                    yield Preview(from_base64(pictures[-1]))
                continue
            if state.get("status") != "succeeded":
                said = shortened(str(state.get("error") or state.get("status")))
                raise Lost(f"the pixray server did not finish: {said}", maybe_billed=True)
            if not pictures:
                raise ProtocolError("pixray finished without a picture ('output')")
            yield GeneratedImage(from_base64(pictures[-1]), seed=request.seed)
            return

    async def _news(self, http: Http, path: str, shown: int) -> dict[str, Any] | None:
        state = (await http.get(path)).json(self.name)
        if not isinstance(state, dict):
            raise ProtocolError("pixray answered without a prediction")
        return None if state.get("status") in _GOING_ON and len(_texts(state.get("output"))) <= shown else state


def _texts(output: Any) -> list[str]:
    """The pictures of an answer; cog also sends a single one."""
    listed = output if isinstance(output, list) else [output]
    return [text for text in listed if isinstance(text, str)]


def _inputs(request: ImageRequest) -> dict[str, Any]:
    """The inputs of a prediction. The size is another setting; JSON is YAML."""
    prompts = [text if weight == 1 else f"{text}:{weight:g}" for text, weight in request.prompts]
    prompts += [f"{request.negative}:-1"] if request.negative else []
    inputs: dict[str, Any] = {
        "prompts": " | ".join(prompts),
        "seed": str(request.seed),
        "settings": json.dumps({"size": [request.width, request.height]}),
    }
    for name in ("drawer", "quality", "iterations", "palette", "preset"):
        if request.option(name) is not None:
            inputs[name] = request.option(name)
    return inputs
