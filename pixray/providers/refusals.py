"""From an HTTP answer that is no success to the error that it means, whatever shape the service gives it."""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixray.providers.errors import (
    AuthError,
    BadRequest,
    ContentFiltered,
    ModelNotFound,
    ProtocolError,
    ProviderError,
    QuotaError,
    RateLimited,
    Transient,
)

_FILTERED = {"moderation_blocked", "content_policy_violation", "content_moderation", "content_filter"}
_FILTERED_TYPES = {"image_generation_user_error"}
_NO_CREDIT = {
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "payment_required",
}
_PERIOD = re.compile(r"users can .*?per\s+(\d+)?\s*(second|minute|hour)", re.IGNORECASE | re.DOTALL)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True)
class Complaint:
    """What an error body says: the sentence, and the service's own words for the kind of error."""

    text: str = ""
    code: str = ""
    kind: str = ""


def read_complaint(body: bytes) -> Complaint:
    """The complaint in a body.

    Understood are `{"error": {"message", "type", "code"}}`, `{"error": "text", "detail", "errors"}`,
    `{"detail": "text"}`, `{"detail": [{"loc", "msg"}]}`, `{"name", "message"}`, `{"name", "errors": [...]}`,
    plain text, HTML by its title.
    """
    text = body[:20_000].decode("utf-8", "replace").strip()
    try:
        payload = json.loads(text)
    except ValueError:
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        return Complaint(title.group(1).strip() if title else "" if text.startswith("<") else text)
    return _from_payload(payload)


def _from_payload(payload: Any) -> Complaint:
    if isinstance(payload, str):
        return Complaint(payload)
    if not isinstance(payload, dict):
        return Complaint()
    error = payload.get("error")
    if isinstance(error, dict):
        said = [_word(error.get("message")), *_of_nodes(payload.get("node_errors"))]
        return Complaint("; ".join(filter(None, said)), _word(error.get("code")), _word(error.get("type")))
    if isinstance(error, str):
        return Complaint(": ".join(_different(error, payload.get("detail"), payload.get("errors"))))
    detail = payload.get("detail")
    if isinstance(detail, list):
        entries = [entry for entry in detail if isinstance(entry, dict)]
        return Complaint(
            "; ".join(f"{'.'.join(map(str, entry.get('loc', [])))}: {entry.get('msg')}" for entry in entries)
        )
    if isinstance(detail, str):
        return Complaint(detail)
    listed = payload.get("errors")
    message = "; ".join(map(str, listed)) if isinstance(listed, list) else _word(payload.get("message"))
    return Complaint(message, _word(payload.get("name")))


def _of_nodes(errors: Any) -> list[str]:
    """What ComfyUI says about single nodes of a graph."""
    said = []
    for number, node in errors.items() if isinstance(errors, dict) else ():
        listed = node.get("errors") if isinstance(node, dict) else None
        for error in listed if isinstance(listed, list) else ():
            if isinstance(error, dict):
                words = ": ".join(_different(error.get("message"), error.get("details")))
                said.append(f"node {number} ({_word(node.get('class_type'))}): {words}")
    return said


def _different(*texts: Any) -> list[str]:
    """The texts among some values, each once: servers with exceptions repeat them under several names."""
    return list(dict.fromkeys(text for text in texts if isinstance(text, str) and text))


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def refusal(service: str, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error that an answer means.

    Args:
        service: its name, for the sentence; status, headers (names in small letters), body: of the answer.
    """
    complaint = read_complaint(body)
    facts: dict[str, Any] = {
        "status": status,
        "code": complaint.code or complaint.kind or None,
        "request_id": headers.get("x-request-id"),
        "retry_after": retry_after(headers, complaint.text),
    }
    kind = _kind(status, complaint)
    words = {
        AuthError: "refused the key",
        QuotaError: "has no credit left for this account",
        RateLimited: "asks for fewer requests",
        ContentFiltered: "refused the content",
        ModelNotFound: "does not know the model or the path",
        BadRequest: "refused the request",
        Transient: "failed for the moment",
        ProtocolError: "answered in a way that makes no sense",
    }
    code = f" {complaint.code}" if complaint.code and complaint.code != str(status) else ""
    text = f"{service} {words[kind]} ({status}{code})"
    return kind(f"{text}: {shortened(complaint.text)}" if complaint.text else text, **facts)


def _kind(status: int, complaint: Complaint) -> type[ProviderError]:
    if complaint.code in _FILTERED or complaint.kind in _FILTERED_TYPES:
        return ContentFiltered
    if complaint.code in _NO_CREDIT or complaint.kind in _NO_CREDIT or status == 402:
        return QuotaError
    if status == 429 or _PERIOD.search(complaint.text):
        return RateLimited
    if status in (401, 403):
        return AuthError
    if status in (404, 410):
        return ModelNotFound
    if status >= 500 or status in (408, 409, 425):
        return Transient
    return BadRequest if 400 <= status < 500 else ProtocolError


def retry_after(headers: Mapping[str, str], text: str = "", now: float | None = None) -> float | None:
    """How many seconds to wait: from `retry-after-ms`, `retry-after` (seconds, a date), or a sentence about limits."""
    milliseconds = headers.get("retry-after-ms", "")
    if re.fullmatch(r"\d{1,9}(\.\d+)?", milliseconds):
        return float(milliseconds) / 1000
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        return float(value)
    if value:
        try:
            moment = email.utils.parsedate_to_datetime(value).timestamp()
        except (ValueError, TypeError):
            return None
        return max(0.0, moment - (time.time() if now is None else now))
    period = _PERIOD.search(text)
    return float(int(period.group(1) or 1) * _SECONDS[period.group(2).lower()]) if period else None


def shortened(text: str, most: int = 300) -> str:
    """Untrusted text in one line of bounded length, without control characters."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= most else f"{line[:most]}…"
