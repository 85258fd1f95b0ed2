"""The API of A1111's web UI, read and answered: fields of requests to settings, pictures and mistakes to JSON."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from pixray.errors import PixrayError, SettingsError, did_you_mean, shown
from pixray.serve.answers import Json
from pixray.serve.dialects.painting import LONGEST_PROMPT, MOST_PICTURES, PaintingFailed
from pixray.serve.job_errors import AtCapacity, QueueClosed
from pixray.serve.jobs import Job

MODEL = "sd_model_checkpoint"
"""The option that names the model; here a drawer."""
_AWAY = -0.5
"""The weight of a negative prompt."""
_OF_OTHERS = frozenset(
    {"sd_vae", "CLIP_stop_at_last_layers", "eta_noise_seed_delta", "samples_format", "sd_checkpoint_hash"}
)
"""Options of diffusion models, which clients send as they are."""


class NoPicture(PixrayError):
    """An img2img without a picture."""


@dataclass(frozen=True)
class Wanted:
    """What a request asks for.

    Attributes:
        settings: of the pictures; count: how many.
        send: whether they are sent back.
        body: as it came, without pictures, which the answer repeats.
    """

    settings: dict[str, Any]
    count: int
    send: bool
    body: dict[str, Any]


def read_request(
    body: Mapping[str, Any], drawer: str | None, drawers: Collection[str], optimizers: Collection[str]
) -> Wanted:
    """What the fields of a request ask for. Those of diffusion models alone have no effect.

    Args:
        drawer: the chosen model, unless the request names another.

    Raises:
        SettingsError: a field is wrong.
    """
    override = body.get("override_settings") or {}
    if not isinstance(override, Mapping):
        raise SettingsError("override_settings: expected an object of names and values")
    for name in ("script_name", "firstpass_image"):
        if body.get(name):
            raise SettingsError(f"{name}={shown(body[name])}: there are no scripts here")
    chosen = override.get(MODEL, drawer)
    settings: dict[str, Any] = {
        "prompts": _prompts(body),
        "size": [_whole(body, name, 512) for name in ("width", "height")],
    }
    if chosen is not None:
        settings["drawer"] = known_drawer(chosen, drawers)
    if body.get("steps") is not None:
        settings["iterations"] = _whole(body, "steps", 50)
    if isinstance(body.get("seed"), int) and body["seed"] >= 0:
        settings["seed"] = body["seed"]
    if body.get("tiling") is True:
        settings["filters"] = "tiler"
    sampler = body.get("sampler_name") or body.get("sampler_index")
    if sampler in optimizers:
        settings["optimiser"] = sampler
    settings |= {name: value for name, value in override.items() if name != MODEL and name not in _OF_OTHERS}
    count = _whole(body, "batch_size", 1) * _whole(body, "n_iter", 1)
    if not 1 <= count <= MOST_PICTURES:
        raise SettingsError(f"batch_size and n_iter: expected 1 to {MOST_PICTURES} pictures in all, not {count:,}")
    told = {name: value for name, value in body.items() if name not in ("init_images", "mask")}
    return Wanted(settings, count, body.get("send_images") is not False, told)


def known_drawer(name: Any, drawers: Collection[str]) -> str:
    """The name of a drawer, of which titles of models are made.

    Raises:
        SettingsError: there is no such drawer.
    """
    if not isinstance(name, str) or name not in drawers:
        raise SettingsError(f"{MODEL}={shown(name)}: there is no such model here.{did_you_mean(str(name), drawers)}")
    return name


def _prompts(body: Mapping[str, Any]) -> list[str]:
    prompt, away = body.get("prompt") or "", body.get("negative_prompt") or ""
    if not isinstance(prompt, str) or not isinstance(away, str) or max(len(prompt), len(away)) > LONGEST_PROMPT:
        raise SettingsError(f"prompt: expected a text of at most {LONGEST_PROMPT:,} characters")
    return [*([prompt] if prompt.strip() else []), *([f"{away}:{_AWAY}"] if away.strip() else [])]


def _whole(body: Mapping[str, Any], name: str, default: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise SettingsError(f"{name}={shown(value)}: expected a whole number")
    return value


def picture_of(text: Any, name: str) -> bytes:
    """A picture from base64, bare or as a data URL.

    Raises:
        SettingsError: it is neither.
    """
    if not isinstance(text, str):
        raise SettingsError(f"{name}: expected a picture in base64")
    try:
        return base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError(f"{name}: this is no base64; addresses and files of the server are not read") from None


def opacity_of(body: Mapping[str, Any]) -> int:
    """How opaque the start picture is laid over noise, 0 to 255, from `denoising_strength`.

    Raises:
        SettingsError: it is no number from 0 to 1.
    """
    strength = body.get("denoising_strength")
    strength = 0.75 if strength is None else strength
    if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 <= strength <= 1:
        raise SettingsError(f"denoising_strength={shown(strength)}: expected a number from 0 to 1")
    return round(255 * (1 - strength))


def answer_of(wanted: Wanted, jobs: Sequence[Job], pictures: Sequence[bytes]) -> dict[str, Any]:
    """The answer to txt2img and img2img.

    Args:
        pictures: PNGs, of jobs that came to one.
    """
    seeds, first = [job.seed for job in jobs], jobs[0]
    width, height = first.size or (0, 0)
    prompt = wanted.body.get("prompt", "")
    info = {
        "prompt": prompt,
        "all_prompts": [prompt] * len(jobs),
        "negative_prompt": wanted.body.get("negative_prompt", ""),
        "seed": first.seed,
        "all_seeds": seeds,
        "width": width,
        "height": height,
        "steps": first.steps,
        "batch_size": len(jobs),
        "sd_model_name": first.drawer,
        "infotexts": [f"{prompt}\nSteps: {job.steps}, Seed: {job.seed}, Model: {job.drawer}" for job in jobs],
    }
    images = [base64.b64encode(picture).decode() for picture in pictures] if wanted.send else []
    return {"images": images, "parameters": wanted.body, "info": json.dumps(info)}


def refusal(error: PixrayError) -> Response:
    """The answer about a mistake, as A1111's clients expect it."""
    kinds = ((NoPicture, 404), (AtCapacity, 429), (QueueClosed, 503), (PaintingFailed, 500))
    status = next((status for kind, status in kinds if isinstance(error, kind)), 422)
    headers = {"retry-after": "10"} if status in (429, 503) else None
    return Json(error_fields(type(error).__name__, str(error)), status, headers)


def error_fields(kind: str, sentence: str) -> dict[str, str]:
    """What every answer about a mistake holds.

    Args:
        kind: for programs.
    """
    return {"error": kind, "detail": sentence, "body": "", "errors": sentence}
