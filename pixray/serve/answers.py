"""JSON in and out, strictly: what clients send may hold lone surrogates and numbers that JSON does not know."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from pixray.errors import SettingsError


class Json(JSONResponse):
    """JSON in plain ASCII, so that any text can be answered."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()


def read_json(content: bytes) -> Any:
    """The value in a body; an empty body is an empty object.

    Raises:
        ValueError: with what is wrong, also where it is nested too deeply or holds NaN or Infinity.
    """
    try:
        return json.loads(content or b"{}", parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


async def json_object(request: Request) -> dict[str, Any]:
    """The object in the body of a request; an empty body is an empty one.

    Raises:
        SettingsError: it is something else.
    """
    content = await request.body()
    try:
        body = await asyncio.to_thread(read_json, content)
    except ValueError as error:
        raise SettingsError(f"the body of the request is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise SettingsError("expected an object as the body of the request")
    return body


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")
