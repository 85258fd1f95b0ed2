"""VisionCraft: `POST /sd` with the key in the body; the answer is the picture, or an error as JSON with any status.

The service takes no seed, so a picture cannot be had again. It has moved its address often: `visioncraft_url`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from pixray.providers.base import Capabilities, GeneratedImage, ImageRequest, Provider, Reply
from pixray.providers.decode import sniff
from pixray.providers.errors import BadRequest, ProtocolError, UnsupportedFeature
from pixray.providers.refusals import read_complaint, refusal
from pixray.providers.service_http import Answer, Http
from pixray.providers.sizes import SizeRule
from pixray.settings.declare import Refers, setting
from pixray.settings.grammar import parse_parts

_MOST_LORAS = 5


def lora_weights(raw: Any) -> str:
    """`name:weight,…`, kept as text after a check.

    Raises:
        ValueError: more of them than the service takes.
    """
    if len(parse_parts(str(raw))) > _MOST_LORAS:
        raise ValueError(f"expected at most {_MOST_LORAS} loras, name[:weight] separated by commas")
    return str(raw)


class VisionCraft(Provider):
    """visioncraft.top."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """VisionCraft"""

        visioncraft_url: str | None = setting(None, "base address", refers=Refers.ENDPOINT)
        visioncraft_model: str = setting("sdxl-base", "name of the model")
        visioncraft_sampler: str = setting("Euler a", "name of the sampler, see `pixray services visioncraft`")
        visioncraft_steps: int = setting(30, "steps of the sampler", minimum=1, maximum=35)
        visioncraft_guidance: float = setting(
            7.0, "how closely the prompt is followed, rounded to a whole number", minimum=1, maximum=30
        )
        visioncraft_loras: str | None = setting(
            None, "LoRAs, name[:weight] separated by commas", parse=lora_weights, grid=""
        )

    settings: Settings
    name = "visioncraft"
    key_name, url_name, default_url = "VISIONCRAFT_TOKEN", "VISIONCRAFT_BASE_URL", "https://visioncraft.top"
    capabilities = Capabilities(
        negative=True,
        sizes=SizeRule(minimum=64, maximum=1024),
        samplers=None,
        steps=True,
        guidance=True,
        timeout=180.0,
    )

    def refine(self, request: ImageRequest) -> ImageRequest:
        steps = request.steps if request.steps is not None else self.settings.visioncraft_steps
        guidance = request.guidance if request.guidance is not None else self.settings.visioncraft_guidance
        problems = []
        if not 1 <= steps <= 35:
            problems.append(f"steps={steps}: expected 1 to 35")
        if not 1 <= guidance <= 30:
            problems.append(f"guidance={guidance:g}: expected 1 to 30")
        if problems:
            raise UnsupportedFeature(f"visioncraft: {'; '.join(problems)}")
        return replace(
            request,
            model=request.model or self.settings.visioncraft_model,
            sampler=request.sampler or self.settings.visioncraft_sampler,
            steps=steps,
            guidance=guidance,
        )

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        answer = await self._http().post_json("/sd", self._body(request), accept="*/*")
        if sniff(answer.body) is None:
            raise self._masked_complaint(answer)
        yield GeneratedImage(answer.body)

    async def models(self, family: str = "sdxl") -> list[str]:
        """Names of models.

        Args:
            family: "sd", "sdxl" or "sd3".
        """
        return await self._names(f"/sd/models-{family}")

    async def samplers(self) -> list[str]:
        """Names of samplers."""
        return await self._names("/sd/samplers")

    async def loras(self, family: str = "sdxl") -> list[str]:
        """Names of loras, for "sd" or "sdxl"."""
        return await self._names(f"/sd/loras-{family}")

    def _http(self) -> Http:
        return Http(self.name, self.url, self.key, bearer=False, timeout=self.capabilities.timeout)

    async def _names(self, path: str) -> list[str]:
        names = (await self._http().get(path)).json(self.name)
        if not isinstance(names, list):
            raise ProtocolError("visioncraft answered without a list of names")
        return [str(name) for name in names]

    def _body(self, request: ImageRequest) -> dict[str, Any]:
        """All fields are sent: the service's own texts disagree about which are required."""
        body: dict[str, Any] = {
            "token": self.key.reveal(),
            "model": request.model,
            "prompt": request.text,
            "negative_prompt": request.unwanted,
            "sampler": request.sampler,
            "steps": request.steps,
            "width": request.width,
            "height": request.height,
            "cfg_scale": round(request.guidance or 7),
        }
        loras = {name: weight for name, weight, _, _ in parse_parts(request.option("loras"))}
        return {**body, "loras": loras} if loras else body

    def _masked_complaint(self, answer: Answer) -> Exception:
        """What an answer without a picture means; with status 200, too, it is most often an error as JSON."""
        try:
            json.loads(answer.body)
        except ValueError:
            kind = answer.headers.get("content-type", "nothing said about its type")
            return ProtocolError(f"visioncraft answered {answer.status} with neither a picture nor JSON ({kind})")
        complaint = read_complaint(answer.body)
        error = refusal(self.name, 400, answer.headers, answer.body)
        if type(error) is BadRequest and not complaint.text:
            return ProtocolError("visioncraft answered with JSON that is no error it is known to send")
        error.args = tuple(self.key.redact(str(text)) for text in error.args)
        return error
