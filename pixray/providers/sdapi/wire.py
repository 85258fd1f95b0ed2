"""Bodies and replies of /sdapi/v1, and the errors of its servers in one form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pixray.providers.base import GeneratedImage, ImageRequest
from pixray.providers.decode import from_base64, open_safely
from pixray.providers.errors import (
    AuthError,
    BadRequest,
    ContentFiltered,
    DecodeError,
    ModelNotFound,
    ProtocolError,
    ProviderError,
    Transient,
)
from pixray.providers.picture_upload import as_base64
from pixray.providers.polling import NotRunning
from pixray.providers.service_http import Answer
from pixray.providers.unverified import SDAPI_WHITE_REPAINTS


class ServerFailed(Transient):
    """The server reported an exception of its own, such as too little memory; it would come again."""

    most_attempts = 1


def body_of(request: ImageRequest) -> dict[str, Any]:
    """The JSON body of txt2img, or of img2img with a start picture. What nobody gave is left to the server."""
    body: dict[str, Any] = {
        "prompt": request.text,
        "negative_prompt": request.unwanted,
        "width": request.width,
        "height": request.height,
        "seed": request.seed,
        "batch_size": request.count,
        "send_images": True,
        "save_images": False,  # which also keeps the server from sending a grid first
    }
    optional = {
        "steps": request.steps,
        "cfg_scale": request.guidance,
        "sampler_name": request.sampler,
        "scheduler": request.option("scheduler"),
    }
    body.update({name: value for name, value in optional.items() if value is not None})
    if request.model:
        body["override_settings"] = {"sd_model_checkpoint": request.model}
        body["override_settings_restore_afterwards"] = True
    if request.init is not None:
        body["init_images"] = [as_base64(request.init)]
        body["denoising_strength"] = 0.75 if request.strength is None else request.strength
    if request.mask is not None:
        body["mask"] = as_base64(request.mask)
        body["inpainting_mask_invert"] = int(not SDAPI_WHITE_REPAINTS)
        body["inpainting_fill"] = 1  # begin with what the picture shows there
    return body


def read_pictures(answer: Answer, count: int, facts: Mapping[str, str]) -> Iterator[GeneratedImage]:
    """The pictures of a reply in the order of their seeds, without a grid before them or maps of extensions after them.

    Raises:
        ProtocolError: the reply has another form. ContentFiltered: it holds no picture.
        DecodeError: a picture is not base64.
    """
    payload = answer.json("sdapi")
    images = payload.get("images") if isinstance(payload, dict) else None
    if not isinstance(images, list):
        raise ProtocolError("sdapi answered without a list of pictures ('images')")
    if not images:
        raise ContentFiltered("sdapi answered with an empty list of pictures: filtered, or simply empty")
    info = read_info(payload.get("info"))
    seeds, model = info.get("all_seeds"), str(info.get("sd_model_name") or "")[:200]
    known = {**facts, "model": model} if model else dict(facts)
    for number, content in enumerate(_chosen(images, info, count)):
        seed = seeds[number] if isinstance(seeds, list) and number < len(seeds) else None
        if seed is None and number == 0:
            seed = info.get("seed")
        yield GeneratedImage(content, seed=seed if _is_seed(seed) else None, facts=known)


def read_info(info: Any) -> dict[str, Any]:
    """The facts about a reply: a JSON object as text, though it may be an object, an empty text, or not there."""
    if isinstance(info, str):
        try:
            info = json.loads(info)
        except (ValueError, RecursionError):
            return {}
    return info if isinstance(info, dict) else {}


def _chosen(images: list[Any], info: Mapping[str, Any], count: int) -> list[bytes]:
    """The pictures that were asked for: not a grid before them, nor what extensions send after them.

    A grid is told by `index_of_first_image`, or by its size, which is that of several pictures.
    """
    first = info.get("index_of_first_image")
    if isinstance(first, int) and not isinstance(first, bool) and 0 <= first < len(images):
        return [from_base64(image) for image in images[first:][:count]]
    pictures = [from_base64(image) for image in images[: count + 1]]
    if len(pictures) > max(count, 1) and _size(pictures[0]) != _size(pictures[1]):
        return pictures[1:]
    return pictures[:count]


def _size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None for what is no picture, which is reported where it is used."""
    try:
        return open_safely(content).size
    except DecodeError:
        return None


def _is_seed(seed: Any) -> bool:
    return isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**32


def told(error: ProviderError, url: str, key_name: str, has_key: bool) -> ProviderError:
    """An error of one of these servers with what to do about it."""
    text = str(error)
    facts: dict[str, Any] = {"status": error.status, "code": error.code}
    if isinstance(error, AuthError) and error.status is not None and not has_key:
        return AuthError(f"the server at {url} wants a user and a password: set {key_name}=user:password", **facts)
    if isinstance(error, ModelNotFound):
        said = text.partition(": ")[2]
        if said.lower() in ("", "not found"):
            return ModelNotFound(f"the server at {url} has no such API: start it with its API switched on", **facts)
        return BadRequest(f"sdapi refused the request: {said}", **facts)  # A1111 reports missing pictures like this
    if isinstance(error, Transient) and error.unsent:
        return NotRunning(f"no server answers at {url}: start one, or say where it is (--sdapi_url)")
    if isinstance(error, Transient) and error.status == 500:
        return ServerFailed(text, **facts)
    return error
