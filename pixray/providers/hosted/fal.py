"""fal: a queue for every model; submit, ask, fetch the answer, and take back what has not begun."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from pixray.providers.base import Capabilities, GeneratedImage, ImageRequest, Reply
from pixray.providers.decode import from_base64
from pixray.providers.errors import ContentFiltered, ProtocolError, ProviderError
from pixray.providers.hosted.queued import Queued, Task
from pixray.providers.picture_upload import data_url
from pixray.providers.polling import billed, cancelling, pinned, until_ended
from pixray.providers.price_list import PriceList
from pixray.providers.service_http import Answer, Http
from pixray.providers.sizes import SizeRule
from pixray.providers.unverified import FAL_DOMAINS, FAL_PICTURE_MODEL, PRICES, PRICES_AS_OF
from pixray.settings.declare import Refers, setting

_GOING_ON = ("IN_QUEUE", "IN_PROGRESS")


class Fal(Queued):
    """fal.ai."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """fal"""

        fal_url: str | None = setting(None, "base address of the queue", refers=Refers.ENDPOINT)
        fal_model: str | None = setting(
            None, "model; default: fal-ai/flux/dev, and with a start picture its image-to-image"
        )
        fal_steps: int | None = setting(None, "steps of the sampler; default: the model's own", minimum=1, maximum=100)
        fal_guidance: float | None = setting(
            None, "how closely the prompt is followed; default: the model's own", minimum=0, maximum=30
        )

    settings: Settings
    name = "fal"
    needed = ("request_id", "status_url", "response_url", "cancel_url")
    prices = PriceList(PRICES["fal"], PRICES_AS_OF)
    key_name, url_name, default_url = "FAL_KEY", "FAL_BASE_URL", "https://queue.fal.run"
    capabilities = Capabilities(
        init=True,
        seeds=2**31 - 1,
        sizes=SizeRule(multiple=16, minimum=256, maximum=2048, maximum_pixels=4_194_304),
        steps=True,
        guidance=True,
        deterministic=True,
        timeout=600.0,
    )

    def refine(self, request: ImageRequest) -> ImageRequest:
        default = FAL_PICTURE_MODEL if request.init is not None else "fal-ai/flux/dev"
        return replace(request, model=request.model or default)

    async def submit(self, request: ImageRequest) -> Answer:
        return await self._http(self.url).post_json(f"/{request.model}", _body(request))

    async def collect(self, task: Task, request: ImageRequest) -> AsyncIterator[Reply]:
        status, response = (self._place(task.get(f"{name}_url")) for name in ("status", "response"))

        async def ask() -> bool | None:
            state = (await self._http(status[0]).get(status[1])).json(self.name)
            said = state.get("status") if isinstance(state, dict) else None
            if said == "COMPLETED":
                return True
            if said not in _GOING_ON:
                raise ProtocolError(f"fal answered with a status that is not known: {str(said)[:60]!r}")
            return None

        async with cancelling(lambda: self.take_back(task)):
            await until_ended(ask, service=self.name)
        try:
            payload = (await self._http(response[0]).get(response[1])).json(self.name)
        except ProviderError as error:
            raise billed(error) from error.__cause__
        for made in self._pictures(payload, request, str(task.get("request_id", ""))[:200]):
            yield made

    async def take_back(self, task: Task) -> None:
        """Cancel a request, which works until it begins."""
        origin, path = self._place(task.get("cancel_url"))
        await self._http(origin).put(path)

    def _http(self, base: str) -> Http:
        headers = {"authorization": f"Key {self.key.reveal()}"}
        return Http(self.name, base, self.key, bearer=False, headers=headers, timeout=60.0)

    def _place(self, address: object) -> tuple[str, str]:
        return pinned(self.name, address, self.url, FAL_DOMAINS)

    def _pictures(self, payload: Any, request: ImageRequest, request_id: str) -> list[GeneratedImage]:
        images = payload.get("images") if isinstance(payload, dict) else None
        if not isinstance(images, list):
            raise ProtocolError("fal answered without a list of pictures ('images')")
        if not images:
            raise ContentFiltered("fal answered with an empty list of pictures: filtered, or simply empty")
        unsafe = payload.get("has_nsfw_concepts")
        seed = payload.get("seed")
        facts = {"request_id": request_id, "model": str(request.model)}
        made = []
        for number, image in enumerate(images[: request.count]):
            address = image.get("url") if isinstance(image, dict) else None
            blurred = isinstance(unsafe, list) and number < len(unsafe) and unsafe[number] is True
            common: dict[str, Any] = {"seed": seed if type(seed) is int else None, "facts": facts}
            if blurred:
                common.update(status="blurred", refusal="by the service's filter")
            if isinstance(address, str) and address.startswith("data:"):
                made.append(GeneratedImage(from_base64(address), **common))
                continue
            self._place(address)
            made.append(GeneratedImage(address=address, **common))
        return made


def _body(request: ImageRequest) -> dict[str, Any]:
    optional = {"seed": request.seed, "num_inference_steps": request.steps, "guidance_scale": request.guidance}
    body: dict[str, Any] = {name: value for name, value in optional.items() if value is not None}
    body.update(prompt=request.text, num_images=request.count)
    if request.init is not None:
        body["image_url"] = data_url(request.init)
        body["strength"] = 0.75 if request.strength is None else request.strength
        return body
    return {**body, "image_size": {"width": request.width, "height": request.height}}
