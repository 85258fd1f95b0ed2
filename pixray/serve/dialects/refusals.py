"""What the server refuses before any route is asked, in the form of the interface that it was asked at."""

from __future__ import annotations

from typing import Any

from pixray.serve.dialects.openai_wire import error_of_status
from pixray.serve.dialects.sdapi_wire import error_fields

_BASIC = {"www-authenticate": 'Basic realm="pixray"'}
"""Clients of the sdapi dialect know no other way to show a token."""


def refusal_form(path: str, status: int, sentence: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The body of a refusal, and headers that belong to it.

    Args:
        path: of the request.
        status: of the answer.
        sentence: what is wrong.
    """
    if path.startswith("/v1/"):
        return error_of_status(status, sentence), {"x-should-retry": "false"}
    if path.startswith("/sdapi/"):
        return error_fields("HTTPException", sentence), _BASIC if status == 401 else {}
    return {"detail": sentence}, {}
