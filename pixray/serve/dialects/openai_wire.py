"""The images API of OpenAI, read and answered: fields of requests to settings, pictures and mistakes to JSON."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from pixray.errors import PixrayError, SettingsError, did_you_mean, shown
from pixray.serve.answers import Json
from pixray.serve.dialects.painting import LONGEST_PROMPT, MOST_PICTURES, PaintingFailed
from pixray.serve.job_errors import AtCapacity, QueueClosed

QUALITIES = {"low": "draft", "medium": "normal", "high": "better", "xhigh": "best", "max": "supreme"}
"""Our names for OpenAI's; ours are understood as well."""
_OLD_QUALITIES = {"standard": "normal", "hd": "better"}
_FORMATS = ("png", "jpeg", "webp")
_BACKGROUNDS = ("auto", "transparent", "opaque")
_WITHOUT_EFFECT = frozenset({"user", "safety_identifier", "moderation", "style", "input_fidelity", "complexity"})
"""What says who asks, or is meant for other models."""
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
_NO_TOKENS = {
    "input_tokens": 0,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
    "output_tokens": 0,
    "total_tokens": 0,
}
"""Nothing is billed here; clients that read the field find it."""


class Mistake(Exception):
    """A request that is refused in this dialect's own words.

    Args:
        message: a sentence; param: the field that is wrong; code: for programs.
    """

    def __init__(self, message: str, param: str | None = None, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.param, self.code, self.status = message, param, code, status


@dataclass
class Wanted:
    """What a request asks for.

    Attributes:
        settings: of the pictures.
        count: how many; stream: whether they are sent as they grow, with `partial` unfinished ones each.
        format, compression: of the pictures; background: as it was asked for.
        quality: in OpenAI's words.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    count: int = 1
    stream: bool = False
    partial: int = 0
    format: str = "png"
    compression: int | None = None
    background: str = "auto"
    quality: str = "auto"

    def facts(self, size: tuple[int, int]) -> dict[str, Any]:
        """What every picture is told with."""
        background = "transparent" if self.settings.get("transparent") else "opaque"
        return {
            "background": background,
            "output_format": self.format,
            "quality": self.quality,
            "size": f"{size[0]}x{size[1]}",
        }


def read_request(body: Mapping[str, Any], drawers: Collection[str]) -> Wanted:
    """What the fields of a request ask for; those that are not of this dialect are settings.

    Raises:
        Mistake: a field is wrong.
    """
    fields = {name: value for name, value in body.items() if value is not None and name not in _WITHOUT_EFFECT}
    prompt = fields.pop("prompt", None)
    if not isinstance(prompt, str) or not prompt.strip():
        raise Mistake("prompt: expected a text that says what to paint", "prompt", "missing_required_parameter")
    if len(prompt) > LONGEST_PROMPT:
        raise Mistake(f"prompt: {len(prompt):,} characters are too many; at most {LONGEST_PROMPT:,}", "prompt")
    wanted = Wanted(
        count=_whole(fields, "n", 1, 1, MOST_PICTURES),
        stream=_yes(fields, "stream"),
        partial=_whole(fields, "partial_images", 0, 0, 3),
        format=_one_of(fields, "output_format", _FORMATS, "png"),
        background=_one_of(fields, "background", _BACKGROUNDS, "auto"),
    )
    if "output_compression" in fields:
        wanted.compression = _whole(fields, "output_compression", 100, 0, 100)
    if wanted.background == "transparent" and wanted.format == "jpeg":
        raise Mistake("background: a transparent one needs png or webp", "background")
    if _one_of(fields, "response_format", ("b64_json", "url"), "b64_json") == "url":
        raise Mistake("response_format: pictures are answered as b64_json, not at addresses", "response_format")
    settings: dict[str, Any] = {
        "prompts": prompt,
        **_model(fields, drawers),
        **_size(fields),
        **_quality(fields, wanted),
    }
    if wanted.background != "auto":
        settings["transparent"] = wanted.background == "transparent"
    if wanted.partial and wanted.stream:
        settings["display_every"] = f"{100 // (wanted.partial + 1)}%"
    wanted.settings = {**settings, **fields}
    return wanted


def _model(fields: dict[str, Any], drawers: Collection[str]) -> dict[str, str]:
    name = fields.pop("model", None)
    if name is None:
        return {}
    if name not in drawers:
        raise Mistake(
            f"the model {shown(name)} does not exist here.{did_you_mean(str(name), drawers)}",
            "model", "model_not_found", 404,
        )  # fmt: skip
    return {"drawer": name}


def _size(fields: dict[str, Any]) -> dict[str, list[int]]:
    text = fields.pop("size", "auto")
    if text == "auto":
        return {}
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise Mistake(f"size={shown(text)}: expected WIDTHxHEIGHT in pixels, such as 512x512, or auto", "size")
    return {"size": [int(match[1]), int(match[2])]}


def _quality(fields: dict[str, Any], wanted: Wanted) -> dict[str, str]:
    text = fields.pop("quality", "auto")
    if text == "auto":
        return {}
    ours = QUALITIES.get(text) or _OLD_QUALITIES.get(text) if isinstance(text, str) else None
    ours = ours or (text if text in QUALITIES.values() else None)
    if ours is None:
        listed = ", ".join([*QUALITIES, *QUALITIES.values()])
        raise Mistake(f"quality={shown(text)}: expected auto, {listed}", "quality")
    wanted.quality = next(name for name, own in QUALITIES.items() if own == ours)
    return {"quality": ours}


def _whole(fields: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = fields.pop(name, default)
    if isinstance(value, str) and value.isdecimal() and len(value) < 6:  # fields of a form are texts
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Mistake(f"{name}={shown(value)}: expected a whole number from {least} to {most}", name)
    return value


def _yes(fields: dict[str, Any], name: str) -> bool:
    value = fields.pop(name, False)
    if value not in (True, False, "true", "false"):
        raise Mistake(f"{name}={shown(value)}: expected true or false", name)
    return value in (True, "true")


def _one_of(fields: dict[str, Any], name: str, choices: Collection[str], default: str) -> str:
    value = fields.pop(name, default)
    if value not in choices:
        raise Mistake(f"{name}={shown(value)}: expected {', '.join(choices)}", name)
    return str(value)


def answer_of(wanted: Wanted, pictures: list[bytes], size: tuple[int, int]) -> dict[str, Any]:
    """All pictures at once.

    Args:
        pictures: in the format that was asked for.
    """
    data = [{"b64_json": base64.b64encode(picture).decode()} for picture in pictures]
    return {"created": int(time.time()), "data": data, **wanted.facts(size), "usage": _NO_TOKENS}


def partial_event(kind: str, wanted: Wanted, picture: bytes, size: tuple[int, int], index: int) -> dict[str, Any]:
    """An unfinished picture.

    Args:
        kind: "image_generation" or "image_edit"; index: from 0.
    """
    event = {"type": f"{kind}.partial_image", "partial_image_index": index}
    return {**event, **_in_event(wanted, picture, size)}


def completed_event(kind: str, wanted: Wanted, picture: bytes, size: tuple[int, int]) -> dict[str, Any]:
    """A finished picture."""
    return {"type": f"{kind}.completed", **_in_event(wanted, picture, size), "usage": _NO_TOKENS}


def _in_event(wanted: Wanted, picture: bytes, size: tuple[int, int]) -> dict[str, Any]:
    return {
        "b64_json": base64.b64encode(picture).decode(),
        "created_at": int(time.time()),
        **wanted.facts(size),
    }


def error_of(error: Exception) -> tuple[int, dict[str, Any]]:
    """The status of an answer about a mistake, and what it says: `{"error": {…}}`."""
    if isinstance(error, Mistake):
        return error.status, _error(error.message, "invalid_request_error", error.param, error.code)
    if isinstance(error, AtCapacity):
        return 429, _error(str(error), "rate_limit_error", None, "rate_limit_exceeded")
    if isinstance(error, QueueClosed):
        return 503, _error(str(error), "server_error", None, "server_is_ending")
    if isinstance(error, PaintingFailed):
        return 500, _error(str(error), "server_error", None, "painting_failed")
    if isinstance(error, SettingsError):
        first = error.problems[0]
        unknown = first.startswith("unknown setting")
        return 400, _error(str(error), "invalid_request_error", _param(first), "unknown_parameter" if unknown else None)
    assert isinstance(error, PixrayError), "other errors are mistakes of ours"
    return 400, _error(str(error), "invalid_request_error", None, None)


_CODES = {401: "invalid_api_key", 404: "unknown_url", 413: "request_too_large", 429: "rate_limit_exceeded"}


def error_of_status(status: int, sentence: str) -> dict[str, Any]:
    """What an answer says that no field of a request is to blame for."""
    kind = "rate_limit_error" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
    return _error(sentence, kind, None, _CODES.get(status))


def refusal(error: Exception) -> Response:
    """The answer about a mistake. Clients are told not to try again what would fail again."""
    status, body = error_of(error)
    headers = {"retry-after": "10"} if status in (429, 503) else {"x-should-retry": "false"}
    return Json(body, status, headers)


def _error(message: str, kind: str, param: str | None, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _param(problem: str) -> str | None:
    """The name of the setting that a sentence is about."""
    match = re.match(r"(?:unknown setting )?'?(\w+)'?(?:=| \(from|:)", problem)
    return {"prompts": "prompt", "drawer": "model"}.get(match[1], match[1]) if match else None
