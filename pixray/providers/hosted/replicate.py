"""Replicate: predictions of any model. Every model has inputs of its own; a setting says what they are called."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from pixray.providers.base import Capabilities, GeneratedImage, ImageRequest, Reply
from pixray.providers.errors import ContentFiltered, ProtocolError, UnsupportedFeature
from pixray.providers.hosted.queued import Queued, Task
from pixray.providers.picture_upload import data_url
from pixray.providers.polling import Lost, cancelling, pinned, until_ended
from pixray.providers.price_list import PriceList
from pixray.providers.refusals import shortened
from pixray.providers.service_http import Answer, Http
from pixray.providers.sizes import SizeRule
from pixray.providers.unverified import PRICES, PRICES_AS_OF, REPLICATE_DOMAINS, REPLICATE_FILTERED
from pixray.settings.declare import Refers, setting

_INPUTS = {
    "prompt": "prompt", "seed": "seed", "width": "width", "height": "height", "picture": "image", "mask": "mask",
    "strength": "prompt_strength", "negative": "negative_prompt", "steps": "num_inference_steps",
    "guidance": "guidance_scale",
}  # fmt: skip
_MODEL = re.compile(r"[\w.-]+/[\w.-]+")


def input_names(raw: Any) -> str:
    """`width=w,seed=-`, kept as text after a check; a dash leaves an input out.

    Raises:
        ValueError: an input that is not one of pixray's.
    """
    for item in filter(None, (item.strip() for item in str(raw).split(","))):
        ours, _, theirs = item.partition("=")
        if ours.strip() not in _INPUTS or not theirs.strip():
            raise ValueError(f"expected NAME=INPUT with a name of {', '.join(_INPUTS)}, not '{item}'")
    return str(raw)


class Replicate(Queued):
    """replicate.com."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Replicate"""

        replicate_url: str | None = setting(None, "base address", refers=Refers.ENDPOINT)
        replicate_model: str = setting("black-forest-labs/flux-dev", "model, owner/name")
        replicate_inputs: str | None = setting(
            None,
            "names of the model's inputs where they are others, such as picture=input_image,width=-",
            parse=input_names,
            grid="",
        )
        replicate_steps: int | None = setting(
            None, "steps of the sampler; default: the model's own", minimum=1, maximum=500
        )
        replicate_guidance: float | None = setting(
            None, "how closely the prompt is followed; default: the model's own", minimum=0, maximum=50
        )

    settings: Settings
    name = "replicate"
    needed = ("id", "urls")
    prices = PriceList(PRICES["replicate"], PRICES_AS_OF)
    key_name, url_name, default_url = "REPLICATE_API_TOKEN", "REPLICATE_BASE_URL", "https://api.replicate.com"
    capabilities = Capabilities(
        init=True,
        mask=True,
        negative=True,
        seeds=2**31 - 1,
        sizes=SizeRule(multiple=16, minimum=256, maximum=2048),
        steps=True,
        guidance=True,
        deterministic=True,
        timeout=600.0,
    )

    def refine(self, request: ImageRequest) -> ImageRequest:
        model = request.model or self.settings.replicate_model
        if not _MODEL.fullmatch(model):
            raise UnsupportedFeature(f"replicate: the model '{model[:80]}' is not of the form owner/name")
        return replace(request, model=model)

    async def submit(self, request: ImageRequest) -> Answer:
        path = f"/v1/models/{request.model}/predictions"
        return await self._http(self.url).post_json(path, {"input": self._inputs(request)})

    async def collect(self, task: Task, request: ImageRequest) -> AsyncIterator[Reply]:
        origin, path = self._place(task, "get")

        async def ask() -> dict[str, Any] | None:
            state = (await self._http(origin).get(path)).json(self.name)
            if not isinstance(state, dict):
                raise ProtocolError("replicate answered without a prediction")
            status = state.get("status")
            if status in ("failed", "canceled", "aborted"):
                raise _failure(status, str(state.get("error") or ""))
            return state if status == "succeeded" else None

        async with cancelling(lambda: self.take_back(task)):
            state = await until_ended(ask, service=self.name)
        output = state.get("output")
        listed = output if isinstance(output, list) else [output]
        facts = {"request_id": str(state.get("id", ""))[:200], "model": str(request.model)}
        for address in listed[: request.count]:
            pinned(self.name, address, self.url, REPLICATE_DOMAINS)
            yield GeneratedImage(address=address, seed=request.seed, facts=facts)

    def _place(self, task: Task, name: str) -> tuple[str, str]:
        """Where to ask after a prediction ("get"), or to end it ("cancel")."""
        urls = task.get("urls")
        if not isinstance(urls, dict):
            raise ProtocolError("replicate accepted a prediction without saying where it is ('urls')")
        return pinned(self.name, urls.get(name), self.url, ())

    async def take_back(self, task: Task) -> None:
        origin, path = self._place(task, "cancel")
        await self._http(origin).post_json(path, {})

    def _http(self, base: str) -> Http:
        return Http(self.name, base, self.key, timeout=60.0)

    def _inputs(self, request: ImageRequest) -> dict[str, Any]:
        """What the model is given, under its own names."""
        names = dict(_INPUTS)
        for item in filter(None, (item.strip() for item in str(request.option("inputs", "")).split(","))):
            ours, _, theirs = item.partition("=")
            names[ours.strip()] = theirs.strip()
        values: dict[str, Any] = {
            "prompt": request.text,
            "negative": request.unwanted or None,
            "seed": request.seed,
            "width": request.width,
            "height": request.height,
            "steps": request.steps,
            "guidance": request.guidance,
            "picture": data_url(request.init) if request.init is not None else None,
            "mask": data_url(request.mask) if request.mask is not None else None,
            "strength": request.strength if request.init is not None else None,
        }
        return {names[ours]: value for ours, value in values.items() if value is not None and names[ours] != "-"}


def _failure(status: str, said: str) -> Exception:
    if any(word in said.lower() for word in REPLICATE_FILTERED):
        return ContentFiltered(f"replicate refused the content: {shortened(said)}")
    return Lost(f"replicate's prediction {status}: {shortened(said) or 'nothing was said about it'}")
