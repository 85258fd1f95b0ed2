"""The job API of stable-diffusion.cpp: submit, ask until it is done, cancel one's own job alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pixray.providers.base import GeneratedImage, ImageRequest
from pixray.providers.decode import from_base64
from pixray.providers.errors import ModelNotFound, ProtocolError, Transient
from pixray.providers.picture_upload import as_base64
from pixray.providers.polling import cancelling, submitted, until_ended
from pixray.providers.refusals import shortened
from pixray.providers.sdapi.wire import ServerFailed
from pixray.providers.service_http import Answer, Http
from pixray.providers.unverified import SDCPP_SEEDS_COUNT_UP

_GOING_ON = ("queued", "generating")


def job_body(request: ImageRequest) -> dict[str, Any]:
    """The body of POST /sdcpp/v1/img_gen."""
    sampling: dict[str, Any] = {
        "sample_steps": request.steps,
        "sample_method": request.sampler,
        "scheduler": request.option("scheduler"),
        "guidance": None if request.guidance is None else {"txt_cfg": request.guidance},
    }
    body: dict[str, Any] = {
        "prompt": request.text,
        "negative_prompt": request.unwanted,
        "width": request.width,
        "height": request.height,
        "seed": request.seed,
        "batch_count": request.count,
        "output_format": "png",
        "sample_params": {name: value for name, value in sampling.items() if value is not None},
    }
    if request.init is not None:
        body["init_image"] = as_base64(request.init)
        body["strength"] = 0.75 if request.strength is None else request.strength
    if request.mask is not None:
        body["mask_image"] = as_base64(request.mask)
    return body


async def run_job(http: Http, request: ImageRequest, facts: dict[str, str]) -> list[GeneratedImage]:
    """Submit a job and wait for its end; cancelling this cancels the job.

    Raises:
        ProviderError: it failed, was cancelled by somebody else, or is gone.
    """

    async def cancel(answer: Answer) -> None:
        await http.post_json(f"{_place_of(answer)}/cancel", {})

    answer = await submitted(http.post_json("/sdcpp/v1/img_gen", job_body(request)), cancel)
    path = _place_of(answer)

    async def ask() -> dict[str, Any] | None:
        job = (await http.get(path)).json(http.service)
        if not isinstance(job, dict):
            raise ProtocolError("sdapi answered without a job")
        return None if job.get("status") in _GOING_ON else job

    try:
        async with cancelling(lambda: cancel(answer)):
            job = await until_ended(ask, service=http.service)
    except ModelNotFound as error:  # 404 and 410
        raise ServerFailed("the job is gone from the server before its pictures were fetched") from error
    return list(_pictures(job, request, facts))


def _place_of(answer: Answer) -> str:
    """The path of the job that an answer tells of."""
    job = answer.json("sdapi")
    identifier = job.get("id") if isinstance(job, dict) else None
    if not isinstance(identifier, str) or not identifier.replace("_", "").replace("-", "").isalnum():
        raise ProtocolError("sdapi accepted a job without saying which ('id')")
    return f"/sdcpp/v1/jobs/{identifier}"


def _pictures(job: dict[str, Any], request: ImageRequest, facts: dict[str, str]) -> Iterator[GeneratedImage]:
    if job.get("status") != "completed":
        error = job.get("error")
        said = error.get("message") if isinstance(error, dict) else None
        kind = Transient if job.get("status") == "cancelled" else ServerFailed
        raise kind(f"the job ended as {shortened(str(job.get('status')))}: {shortened(str(said))}", maybe_billed=True)
    result = job.get("result")
    images = result.get("images") if isinstance(result, dict) else None
    if not isinstance(images, list) or not images:
        raise ProtocolError("sdapi finished a job without pictures ('result.images')")
    for number, image in enumerate(images[: request.count]):
        content = from_base64(image.get("b64_json") if isinstance(image, dict) else None)
        seed = request.seed + number if request.seed is not None and SDCPP_SEEDS_COUNT_UP else None
        yield GeneratedImage(content, seed=seed, facts=facts)
