"""BlockEntropy: the paths of OpenAI, but `n` is the seed, and the replies have many forms.

Edits and ControlNet as in its documents of 2024. Its published worker reads no mask: what comes back is guided by the
start picture, and the adapter lays it over the kept part itself, so that nothing outside of the mask changes.

Late imports keep PIL out of start-up.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pixray.providers.addresses import is_loopback, split
from pixray.providers.base import Capabilities, Control, GeneratedImage, ImageRequest, Provider, Reply
from pixray.providers.decode import from_base64, open_safely
from pixray.providers.errors import ProtocolError, ProviderError, Transient
from pixray.providers.openai_wire import size_of
from pixray.providers.picture_download import download
from pixray.providers.picture_upload import png_file, transparent_mask
from pixray.providers.refusals import read_complaint, shortened
from pixray.providers.service_http import Answer, File, Http
from pixray.providers.sizes import SizeRule
from pixray.settings.declare import Refers, setting

_MOST_WORDS_OF_ERROR = 300


class BlockEntropy(Provider):
    """blockentropy.ai, or its open worker on a machine of one's own."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """BlockEntropy"""

        blockentropy_url: str | None = setting(
            None, "base address, such as http://0.0.0.0:1234/v1", refers=Refers.ENDPOINT
        )
        blockentropy_model: str = setting("be-stable-diffusion-xl-base-1.0", "name of the model")
        blockentropy_quality: str | None = setting(None, "quality, such as standard")
        blockentropy_style: str | None = setting(None, "weight of the start picture, as text, such as 0.6")
        blockentropy_user: str | None = setting(
            None, "use of the start picture in edits: cn, or face:0.6,style:0.4,pose:1.0 with later workers"
        )
        blockentropy_response: str = setting("b64_json", "how pictures are returned", choices=("b64_json", "url"))

    settings: Settings
    name = "blockentropy"
    key_name, url_name, default_url = "BE_API_KEY", "BLOCKENTROPY_BASE_URL", "https://api.blockentropy.ai/v1"
    capabilities = Capabilities(
        init=True,
        mask=True,
        controls=("pose",),
        negative=True,
        weights="inline",
        seeds=2**31 - 1,
        sizes=SizeRule(fixed=((256, 256), (512, 512), (1024, 1024))),
        deterministic=True,
        timeout=120.0,
        most_input=4 << 20,
    )

    def refine(self, request: ImageRequest) -> ImageRequest:
        return replace(request, model=request.model or self.settings.blockentropy_model, strength=None)

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        http = Http(self.name, self.url, self.key, timeout=self.capabilities.timeout)
        if request.init is None and request.control is None:
            answer = await http.post_json("/images/generations", self._body(request))
        else:
            fields = {name: str(value) for name, value in self._body(request).items()}
            answer = await http.post_form("/images/edits", fields, self._files(request))
        image = self._read(answer)
        if request.mask is not None and request.init is not None:
            image = await self._kept_outside(image, request.init, request.mask)
        yield image

    def _body(self, request: ImageRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            "prompt": _weighted(request.prompts),
            "model": request.model,
            "n": request.seed if request.seed is not None else 42,  # the seed, whatever its name says
            "size": size_of(request),
            "response_format": request.option("response", self.settings.blockentropy_response),
        }
        body.update({name: request.options[name] for name in ("quality", "style") if request.option(name)})
        if request.unwanted:
            body["negprompt"] = request.unwanted
        user = request.option("user") or ("cn" if request.control is not None else None)
        return {**body, "user": user} if user else body

    def _files(self, request: ImageRequest) -> list[tuple[str, File]]:
        """Every picture is a part `image`: the worker does not know `image[]`."""
        files = [("image", png_file("image.png", request.init))] if request.init is not None else []
        if isinstance(request.control, Control):
            files.append(("image", png_file("control.png", request.control.image)))
        if request.mask is not None:
            files.append(("mask", png_file("mask.png", transparent_mask(request.mask))))
        return files

    def _read(self, answer: Answer) -> GeneratedImage:
        """The picture in whatever form this worker sends it."""
        payload = answer.json(self.name)
        if payload is None:
            raise ProtocolError("blockentropy answered null: its worker could not read the size or `blockentropy_user`")
        if isinstance(payload, dict) and payload.get("error"):
            raise self._worker_error(answer)
        data = payload.get("data") if isinstance(payload, dict) else None
        if isinstance(data, str):
            return GeneratedImage(from_base64(data))
        if not isinstance(data, list) or not data or not isinstance(data[0], dict):
            raise ProtocolError("blockentropy answered without a picture ('data')")
        return _from_entry(data[0])

    def _worker_error(self, answer: Answer) -> ProviderError:
        """An exception of the worker, sent with status 200. Worth another try, but only one: the work was begun."""
        complaint = self.key.redact(shortened(read_complaint(answer.body).text, _MOST_WORDS_OF_ERROR))
        return WorkerFailed(f"blockentropy's worker failed: {complaint}", status=200)

    async def _kept_outside(self, image: GeneratedImage, init: bytes, mask: bytes) -> GeneratedImage:
        """The reply inside of the mask, the start picture outside of it."""
        from PIL import Image

        content = image.content
        if content is None:
            content = await download(image.address or "", loopback=is_loopback(split(self.url).hostname or ""))
        below = open_safely(init).convert("RGB")
        above = open_safely(content).convert("RGB").resize(below.size, Image.Resampling.LANCZOS)
        picture = Image.composite(above, below, open_safely(mask).convert("L"))
        buffer = io.BytesIO()
        picture.save(buffer, format="PNG")
        facts = {**image.facts, "edit": "guided edit, laid over the kept part here"}
        return replace(image, content=buffer.getvalue(), address=None, facts=facts)


def _weighted(prompts: tuple[tuple[str, float], ...]) -> str:
    """Weights inside of the text, as the service's documents show them: `a barn, (a red sky)1.5`."""
    return ", ".join(text if weight == 1 else f"({text}){weight:g}" for text, weight in prompts if weight > 0)


class WorkerFailed(Transient):
    """The worker reported an exception; it is asked once more at most."""

    most_attempts = 2


def _from_entry(entry: Mapping[str, Any]) -> GeneratedImage:
    beside: dict[str, bytes | str] = {}
    if entry.get("b64_json_pose"):
        beside["pose"] = from_base64(entry["b64_json_pose"])
    elif isinstance(entry.get("url_pose"), str):
        beside["pose"] = entry["url_pose"]
    for name in ("b64_json", "b64_json_image"):
        if entry.get(name):
            return GeneratedImage(from_base64(entry[name]), beside=beside)
    for name in ("url", "url_image"):
        if isinstance(entry.get(name), str):
            return GeneratedImage(address=entry[name], beside=beside)
    raise ProtocolError("blockentropy answered with a picture in no form that is known")
