"""Pipelines of the package diffusers in this very process: no server and no account, but the weights and the memory.

A pipeline paints in a thread of its own. It is told to end between two of its steps, so that a run that is cancelled
does not wait for it.

Late imports: diffusers is an extra, and torch takes a second.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image

from pixray.errors import MissingPackage
from pixray.images.encode import picture_png
from pixray.models.network import hub_reachable
from pixray.providers.base import Capabilities, GeneratedImage, ImageRequest, Preview, Provider, Remark, Reply
from pixray.providers.errors import BadRequest, ModelNotFound, Transient, UnsupportedFeature
from pixray.providers.latent_preview import latent_preview
from pixray.providers.price_list import PriceList
from pixray.providers.refusals import shortened
from pixray.providers.sizes import SizeRule
from pixray.runtime.devices import choose_device, choose_dtype
from pixray.settings.declare import Refers, setting
from pixray.settings.named_files import model_files

_PATIENCE = 0.1
_INPAINTING = "AutoPipelineForInpainting"
_TOLD = {
    "image": "start picture", "mask_image": "mask", "negative_prompt": "negative prompt", "guidance_scale": "guidance",
    "strength": "strength",
}  # fmt: skip
"""What arguments of a pipeline are called in messages."""


class Ended(Exception):
    """The run was cancelled; leaves the pipeline between two steps."""


class Diffusers(Provider):
    """A diffusion pipeline in this process (package diffusers)."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Diffusion pipeline in this process (package diffusers)"""

        diffusers_model: str | None = setting(
            None,
            "folder or repository of a pipeline, such as stabilityai/sd-turbo",
            refers=Refers.FILE,
            references=model_files,
        )
        diffusers_steps: int | None = setting(
            None, "steps of the sampler; default: the pipeline's own", minimum=1, maximum=500
        )
        diffusers_guidance: float | None = setting(
            None, "how closely the prompt is followed; default: the pipeline's own", minimum=0, maximum=50
        )
        diffusers_device: str = setting("auto", "device that the pipeline works on, such as cuda:0 or cpu")
        diffusers_preview_every: int = setting(
            5, "number of steps between unfinished pictures; 0: none", minimum=0, maximum=500
        )

    loading: ClassVar[threading.Lock] = threading.Lock()
    """While weights are read, accelerate changes how every module of the process is made: one at a time."""

    settings: Settings
    name = "diffusers"
    needs_key = False
    prices = PriceList.free()
    capabilities = Capabilities(
        init=True,
        mask=True,
        negative=True,
        seeds=2**32 - 1,
        sizes=SizeRule(multiple=8, minimum=64, maximum=2048),
        steps=True,
        guidance=True,
        previews=True,
        deterministic=True,
        concurrency=1,
        timeout=3600.0,
    )

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._pipeline: Any = None
        self._at_work = threading.Lock()

    def refine(self, request: ImageRequest) -> ImageRequest:
        if not request.model:
            raise UnsupportedFeature("diffusers: say which pipeline (--diffusers_model), such as stabilityai/sd-turbo")
        return request

    def repeatable(self, request: ImageRequest) -> bool:
        return super().repeatable(request) and not Path(str(request.model)).exists()  # a folder may change

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        said: deque[Reply] = deque()
        cancelled = threading.Event()
        work = asyncio.ensure_future(asyncio.to_thread(self._paint, request, said, cancelled))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=_PATIENCE)
                while said:
                    yield said.popleft()
            content = work.result()
        finally:
            cancelled.set()
        yield GeneratedImage(content, seed=request.seed, facts={"model": str(request.model)})

    def _paint(self, request: ImageRequest, said: deque[Reply], cancelled: threading.Event) -> bytes:
        """The picture, as PNG; what comes before it goes into `said`: unfinished pictures, and what was left out.

        Raises:
            ProviderError: the pipeline is not there, cannot do this, or failed.
        """
        with self._at_work:
            if cancelled.is_set():
                raise Ended
            pipeline = _for_task(self._loaded(str(request.model)), request)
            call = _call_of(pipeline, request)
            said.extend(_left_out(pipeline, request))
            size = (request.height, request.width)

            def after_step(pipe: Any, step: int, timestep: Any, state: dict[str, Any]) -> dict[str, Any]:
                if cancelled.is_set():
                    raise Ended
                every = self.settings.diffusers_preview_every
                if every and (step + 1) % every == 0 and "latents" in state:
                    with suppress(Exception):  # a preview that some pipeline cannot give is no reason to fail
                        said.append(Preview(picture_png(latent_preview(pipe, state["latents"], *size))))
                return state

            if cancelled.is_set():
                raise Ended
            try:
                return picture_png(pipeline(**call, callback_on_step_end=after_step).images[0])
            except (ValueError, TypeError, NotImplementedError) as error:
                raise BadRequest(f"the pipeline refused: {shortened(str(error))}") from error
            except (RuntimeError, MemoryError) as error:
                raise Failed(f"the pipeline failed: {shortened(str(error))}") from error

    def _loaded(self, model: str) -> Any:
        """The pipeline, loaded once.

        Raises:
            MissingPackage: diffusers is not installed. ModelNotFound: there is no such pipeline.
        """
        if self._pipeline is not None:
            return self._pipeline
        try:
            import diffusers
        except ImportError as error:
            raise MissingPackage("the service 'diffusers'", "diffusers", "diffusers") from error
        device = choose_device(self.settings.diffusers_device)
        local = Path(model).expanduser().is_dir()
        try:
            # Weights are read from safetensors alone, and code that comes with a repository is never run.
            with self.loading, _without_bars():
                pipeline = diffusers.DiffusionPipeline.from_pretrained(
                    str(Path(model).expanduser()) if local else model,
                    dtype=choose_dtype("auto", device),
                    use_safetensors=True,
                    local_files_only=local or not hub_reachable(),
                )
        except (OSError, ValueError, ImportError) as error:
            raise ModelNotFound(f"the pipeline '{model}' cannot be loaded: {shortened(str(error), 160)}") from error
        pipeline.set_progress_bar_config(disable=True)
        self._pipeline = pipeline.to(device)
        return self._pipeline


class Failed(Transient):
    """The pipeline failed, for lack of memory most often; it would again."""

    most_attempts = 1


@contextmanager
def _without_bars() -> Iterator[None]:
    """Loading draws no bars over what pixray shows; afterwards they are as before."""
    from diffusers.utils import logging as of_diffusers
    from transformers.utils import logging as of_transformers

    shown = [log for log in (of_diffusers, of_transformers) if log.is_progress_bar_enabled()]
    for log in shown:
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log in shown:
            log.enable_progress_bar()


def _for_task(pipeline: Any, request: ImageRequest) -> Any:
    """The pipeline, or its sibling of the same weights that takes a start picture or a mask.

    Raises:
        UnsupportedFeature: there is none.
    """
    if request.init is None:
        return pipeline
    import diffusers

    name, what = ("AutoPipelineForImage2Image", "image") if request.mask is None else (_INPAINTING, "mask_image")
    own = type(pipeline).__name__
    try:
        sibling = getattr(diffusers, name).from_pipe(pipeline)
    except ValueError as error:
        if what in inspect.signature(pipeline.__call__).parameters:
            return pipeline  # it takes them itself
        # The package has siblings that its table does not list, such as that of FLUX.2 klein for masks.
        by_name = getattr(diffusers, own.replace("Pipeline", "InpaintPipeline"), None) if request.mask else None
        if by_name is None:
            raise UnsupportedFeature(f"diffusers: {own} takes no {_TOLD[what]}") from error
        sibling = by_name.from_pipe(pipeline)
    sibling.set_progress_bar_config(disable=True)
    return sibling


def _call_of(pipeline: Any, request: ImageRequest) -> dict[str, Any]:
    """The arguments of a call, as far as the pipeline knows them."""
    import torch

    values: dict[str, Any] = {
        "prompt": request.text,
        "negative_prompt": request.unwanted or None,
        "width": request.width,
        "height": request.height,
        "num_inference_steps": request.steps,
        "guidance_scale": request.guidance,
        "image": _opened(request.init, "RGB"),
        "mask_image": _opened(request.mask, "L"),
        "strength": request.strength if request.init is not None else None,
        # On the CPU, so that every device begins with the same noise.
        "generator": torch.Generator("cpu").manual_seed(request.seed or 0),
    }
    known = inspect.signature(pipeline.__call__).parameters
    return {name: value for name, value in values.items() if value is not None and name in known}


def _left_out(pipeline: Any, request: ImageRequest) -> Iterator[Remark]:
    """What was asked for and this pipeline has no argument for."""
    known = inspect.signature(pipeline.__call__).parameters
    asked = {
        "negative_prompt": bool(request.unwanted),
        "guidance_scale": request.guidance is not None,
        "strength": request.init is not None and request.strength is not None,
    }
    for name, is_asked in asked.items():
        if is_asked and name not in known:
            yield Remark(f"diffusers: {type(pipeline).__name__} takes no {_TOLD[name]}; it was left out")


def _opened(content: bytes | None, mode: str) -> Image.Image | None:
    return None if content is None else Image.open(io.BytesIO(content)).convert(mode)
