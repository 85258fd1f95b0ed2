"""What the status codes of Stability's gRPC service mean."""

from __future__ import annotations

from pixray.providers.errors import (
    AuthError,
    BadRequest,
    ModelNotFound,
    ProtocolError,
    ProviderError,
    QuotaError,
    RateLimited,
    Timeout,
    Transient,
)  # fmt: skip
from pixray.providers.refusals import shortened


def error_of(code: str, details: str) -> ProviderError:
    """The error that a status means.

    Args:
        code: its name, such as "UNAVAILABLE"; details: the service's words, without the key.
    """
    reason = f": {shortened(details)}" if details else ""
    text = f"stability {_WORDS.get(code, 'failed')} ({code}){reason}"
    if code == "RESOURCE_EXHAUSTED":
        return _exhausted(text, details)
    if code == "DEADLINE_EXCEEDED":
        return Timeout(text, code=code, maybe_billed=True)
    kind = _KINDS.get(code, ProtocolError)
    # A stream that breaks may have been paid for; a connection that never stood was not.
    broken = code == "INTERNAL" and "stream" in details.lower() and "connect" not in details.lower()
    return kind(text, code=code, maybe_billed=broken, unsent=code == "UNAVAILABLE" and "connect" in details.lower())


def _exhausted(text: str, details: str) -> ProviderError:
    """One code for three things, told apart by their words."""
    lower = details.lower()
    if "larger than max" in lower:
        return ProtocolError(text, code="RESOURCE_EXHAUSTED")
    if "balance" in lower or "credit" in lower:
        return QuotaError(text, code="RESOURCE_EXHAUSTED")
    return RateLimited(text, code="RESOURCE_EXHAUSTED")


_WORDS = {
    "UNAUTHENTICATED": "refused the key",
    "PERMISSION_DENIED": "refused the key",
    "RESOURCE_EXHAUSTED": "is out of something",
    "INVALID_ARGUMENT": "refused the request",
    "NOT_FOUND": "does not know the engine",
    "UNKNOWN": "failed at this request",
    "UNAVAILABLE": "cannot be reached",
    "DEADLINE_EXCEEDED": "did not answer in time; it may bill the request all the same",
    "CANCELLED": "gave the request up",
    "UNIMPLEMENTED": "does not offer this",
}
_KINDS: dict[str, type[ProviderError]] = {
    "UNAUTHENTICATED": AuthError,
    "PERMISSION_DENIED": AuthError,
    "INVALID_ARGUMENT": BadRequest,
    "OUT_OF_RANGE": BadRequest,
    "FAILED_PRECONDITION": BadRequest,
    "NOT_FOUND": ModelNotFound,
    # The server's text for sizes that are no multiples of 64 and the like; the same request fails again.
    "UNKNOWN": BadRequest,
    "UNAVAILABLE": Transient,
    "INTERNAL": Transient,
    "ABORTED": Transient,
}
