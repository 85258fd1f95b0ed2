"""Stability's gRPC service: pictures from words, from a start picture, and inside of a mask.

Spoken without the official package, whose pins fit no recent grpcio, which cannot ask for DDIM (its number is 0), loses
`cfg_scale` beside a guidance preset, has no deadline, and hands out blurred pictures as if they were fine.

Late imports keep PIL out of start-up; grpc is an optional package.
"""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pixray.errors import MissingPackage
from pixray.providers import stability_messages as wire
from pixray.providers.addresses import is_loopback
from pixray.providers.base import Capabilities, GeneratedImage, ImageRequest, Provider, Reply
from pixray.providers.errors import BadRequest, UnsupportedFeature
from pixray.providers.sizes import SizeRule
from pixray.providers.stability_status import error_of
from pixray.settings.declare import Refers, setting

LARGEST_MESSAGE = 64 << 20
STYLES = (
    "3d-model", "analog-film", "anime", "cinematic", "comic-book", "digital-art", "enhance", "fantasy-art", "isometric",
    "line-art", "low-poly", "modeling-compound", "neon-punk", "origami", "photographic", "pixel-art", "tile-texture",
)  # fmt: skip
_ANCESTRAL = ("ddim", "k_euler_ancestral", "k_dpm_2_ancestral", "k_dpmpp_2s_ancestral")


class Stability(Provider):
    """Stability AI over gRPC, and open servers that speak the same."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Stability (gRPC)"""

        stability_url: str | None = setting(None, "host:port, without a scheme", refers=Refers.ENDPOINT)
        stability_model: str = setting("stable-diffusion-xl-1024-v1-0", "name of the engine")
        stability_sampler: str | None = setting(None, "sampler; none: the service's choice", choices=wire.SAMPLERS)
        stability_steps: int | None = setting(None, "steps of the sampler", minimum=10, maximum=150)
        stability_guidance: float | None = setting(
            None, "cfg_scale: how closely the prompt is followed", minimum=0, maximum=35
        )
        stability_end: float = setting(0.01, "end of the noise schedule, with a start picture", minimum=0, maximum=1)
        stability_clip_guidance: str = setting(
            "none", "CLIP guidance by the service (not reproducible)", choices=wire.GUIDANCE
        )
        stability_clip_strength: float | None = setting(
            None, "strength of the CLIP guidance; 0.25 works well", minimum=0, maximum=1
        )
        stability_style: str | None = setting(None, "style preset", choices=STYLES)
        stability_masked_area: str = setting(
            "zero", "initial content of the masked area", choices=("zero", "random", "original")
        )
        stability_plaintext: bool = setting(False, "connect without TLS; only for servers on this machine")

    settings: Settings
    name = "stability"
    key_name, url_name, default_url = "STABILITY_KEY", "STABILITY_HOST", "grpc.stability.ai:443"
    xl_sizes = SizeRule(
        fixed=(
            (1024, 1024), (1152, 896), (896, 1152), (1216, 832), (832, 1216), (1344, 768), (768, 1344), (1536, 640),
            (640, 1536),
        )
    )  # fmt: skip
    other_sizes = SizeRule(multiple=64, minimum=256, maximum=2048, maximum_pixels=1_048_576)
    sizes_of_1_6 = SizeRule(multiple=64, minimum=320, maximum=1536, maximum_pixels=1_048_576)
    capabilities = Capabilities(
        init=True,
        mask=True,
        controls=("sketch", "depth", "canny"),
        negative=True,
        weights="multi",
        seeds=2**32 - 1,
        most_images=10,
        sizes=xl_sizes,
        samplers=wire.SAMPLERS,
        steps=True,
        guidance=True,
        deterministic=True,
        rate=(150, 10.0),
        timeout=90.0,
        tokens=77,
    )

    def sizes(self, model: str | None) -> SizeRule:
        model = model or self.settings.stability_model
        if model.startswith("stable-diffusion-xl-1024"):
            return self.xl_sizes
        return self.sizes_of_1_6 if model == "stable-diffusion-v1-6" else self.other_sizes

    def refine(self, request: ImageRequest) -> ImageRequest:
        problems = []
        if request.option("clip_guidance", "none") != "none" and request.sampler not in (None, *_ANCESTRAL):
            problems.append(f"clip_guidance needs one of the samplers {', '.join(_ANCESTRAL)}, not {request.sampler}")
        if request.steps is not None and not 10 <= request.steps <= 150:
            problems.append(f"steps={request.steps}: expected 10 to 150")
        if request.guidance is not None and not 0 <= request.guidance <= 35:
            problems.append(f"guidance={request.guidance:g}: expected 0 to 35")
        if request.control is not None and not (request.model or "").startswith("stable-diffusion-xl"):
            problems.append(f"control '{request.control.kind}' needs an SDXL engine")
        if any(not -10 <= weight <= 10 for _, weight in request.prompts):
            problems.append("weights of prompts go from -10 to 10")
        if problems:
            raise UnsupportedFeature(f"stability: {'; '.join(problems)}")
        return replace(request, model=request.model or self.settings.stability_model)

    def repeatable(self, request: ImageRequest) -> bool:
        return super().repeatable(request) and request.option("clip_guidance", "none") == "none"

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        messages = wire.load_messages()
        grpc = import_grpc()
        limit = request.timeout or self.capabilities.timeout
        async with self._channel(grpc) as channel:
            call = channel.unary_stream(
                wire.METHOD,
                request_serializer=messages.Request.SerializeToString,
                response_deserializer=messages.Answer.FromString,
            )(self.message(request, messages), timeout=limit, metadata=self._metadata())
            try:
                async for answer in call:
                    for image in _read(answer, request):
                        yield image
            except grpc.aio.AioRpcError as error:
                raise error_of(error.code().name, self.key.redact(error.details() or "")) from None
            finally:
                call.cancel()

    async def engines(self) -> list[str]:
        """Names of the engines that are ready."""
        messages = wire.load_messages()
        grpc = import_grpc()
        async with self._channel(grpc) as channel:
            call = channel.unary_unary(
                wire.ENGINES_METHOD,
                request_serializer=messages.ListEnginesRequest.SerializeToString,
                response_deserializer=messages.Engines.FromString,
            )
            try:
                listed = await call(messages.ListEnginesRequest(), timeout=30.0, metadata=self._metadata())
            except grpc.aio.AioRpcError as error:
                raise error_of(error.code().name, self.key.redact(error.details() or "")) from None
        return [engine.id for engine in listed.engine if engine.ready]

    def message(self, request: ImageRequest, messages: wire.Messages) -> Any:
        """The request as the service reads it."""
        message = messages.Request(
            engine_id=request.model, request_id=str(uuid.uuid4()), requested_type=wire.ARTIFACT_IMAGE
        )
        for text, weight in request.prompts:
            _add_text(message, text, weight)
        if request.negative:
            _add_text(message, request.negative, -1.0)
        picture = request.control.image if request.control is not None else request.init
        if picture is not None:
            _add_picture(message, wire.ARTIFACT_IMAGE, picture)
        if request.mask is not None:
            # The service repaints what is black; our masks repaint what is white.
            _add_picture(message, wire.ARTIFACT_MASK, inverted(request.mask))
        self._fill_image(message.image, request)
        style = request.option("style")
        if style:
            message.extras.update({"$IPC": {"preset": style}})
        return message

    def _fill_image(self, image: Any, request: ImageRequest) -> None:
        image.width, image.height, image.samples = request.width, request.height, request.count
        if request.seed is not None:
            image.seed.append(request.seed)
        if request.steps is not None:
            image.steps = request.steps
        if request.sampler is not None:
            # Set even if it is 0, which is DDIM: the oneof says that it was set.
            image.transform.diffusion = wire.SAMPLERS.index(request.sampler)
        step = image.parameters.add()
        if request.guidance is not None:
            step.sampler.cfg_scale = request.guidance
        preset = request.option("clip_guidance", "none")
        if preset != "none":
            step.guidance.guidance_preset = wire.GUIDANCE.index(preset)
            if request.option("clip_strength") is not None:
                step.guidance.instances.add().guidance_strength = request.option("clip_strength")
        if request.control is not None:
            image.adapter.adapter_type = wire.ADAPTERS.index(request.control.kind)
            image.adapter.adapter_strength = 0.4 if request.control.scale is None else request.control.scale
        elif request.init is not None:
            # Only ever with a start picture: without one a schedule washes the picture out.
            step.schedule.start = 0.65 if request.strength is None else max(request.strength, 1e-3)
            step.schedule.end = request.option("end", self.settings.stability_end)
        if request.mask is not None:
            names = ("zero", "random", "original")
            image.masked_area_init = names.index(request.option("masked_area", self.settings.stability_masked_area))

    def _channel(self, grpc: Any) -> Any:
        host = self._host()
        options = [
            ("grpc.max_send_message_length", LARGEST_MESSAGE),
            ("grpc.max_receive_message_length", LARGEST_MESSAGE),
            ("grpc.enable_retries", 0),  # ours are the only ones, so that cost is in one place
        ]
        if self.settings.stability_plaintext:
            return grpc.aio.insecure_channel(self.url, options)
        return grpc.aio.secure_channel(host, grpc.ssl_channel_credentials(), options)

    def _host(self) -> str:
        """host:port, checked: a scheme or a path would make gRPC fail strangely, or send the key in the open."""
        host, _, port = self.url.rpartition(":")
        if self.url.startswith("unix:"):
            host, port = "localhost", "0"
        if "/" in host or not port.isdigit():
            raise BadRequest(f"stability_url: expected host:port without a scheme, such as {self.default_url}")
        if self.settings.stability_plaintext and not is_loopback(host.strip("[]")):
            raise BadRequest("stability_plaintext: a key is sent without TLS to this machine only")
        return self.url

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.key.reveal()}"),)


def import_grpc() -> Any:
    """The module grpc with its asynchronous part.

    Raises:
        MissingPackage: grpcio is not installed.
    """
    try:
        # Videos are written by a child of a real fork, which gRPC's handlers have been seen to break.
        os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
        import grpc
        import grpc.aio
    except ImportError as error:
        raise MissingPackage("the service 'stability'", "grpcio", "stability") from error
    return grpc


def inverted(mask: bytes) -> bytes:
    """A grey picture with black and white exchanged, as PNG."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(mask)) as opened:
        grey = ImageOps.invert(opened.convert("L"))
    buffer = io.BytesIO()
    grey.save(buffer, format="PNG")
    return buffer.getvalue()


def _add_text(message: Any, text: str, weight: float) -> None:
    prompt = message.prompt.add(text=text)
    if weight != 1:
        prompt.parameters.weight = weight


def _add_picture(message: Any, kind: int, content: bytes) -> None:
    artifact = message.prompt.add().artifact
    artifact.type, artifact.binary = kind, content


def _read(answer: Any, request: ImageRequest) -> Iterator[GeneratedImage]:
    """The pictures and refusals in one answer; one without artifacts only keeps the connection alive."""
    facts = {"request_id": answer.request_id, "engine": answer.meta.engine_id or request.model or ""}
    blurred = [
        ", ".join(category.name for category in artifact.classifier.exceeds) or "no category named"
        for artifact in answer.artifacts
        if artifact.type == wire.ARTIFACT_CLASSIFICATIONS
        and artifact.classifier.realized_action == wire.ACTION_OBFUSCATE
    ]
    for artifact in answer.artifacts:
        seed = artifact.seed or None
        if artifact.type == wire.ARTIFACT_TEXT and artifact.finish_reason == wire.FINISH_FILTER:
            yield GeneratedImage(status="filtered", refusal=artifact.text[:300], seed=seed, facts=facts)
        elif artifact.type == wire.ARTIFACT_IMAGE and artifact.finish_reason == wire.FINISH_ERROR:
            yield GeneratedImage(
                status="error", refusal="the service reports an error for this picture", seed=seed, facts=facts
            )
        elif artifact.type == wire.ARTIFACT_IMAGE and artifact.binary:
            flagged = blurred or artifact.finish_reason == wire.FINISH_FILTER
            refusal = f"by the service's filter ({blurred[0] if blurred else 'prompt or picture'})" if flagged else ""
            yield GeneratedImage(
                artifact.binary, seed=seed, status="blurred" if flagged else "ok", refusal=refusal, facts=facts
            )
