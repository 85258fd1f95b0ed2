"""JSON in and out, strictly: what clients send may hold lone surrogates and numbers that JSON does not know."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse


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


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")
