"""What can go wrong with a remote service, as a tree.

ProviderError
├── AuthError           no key, a wrong one, or one that may not do this
├── QuotaError          the account has no credit left
├── RateLimited         too many requests; `retry_after` says how long to wait, if the service did
├── BadRequest          the service does not accept these parameters
├── ModelNotFound       there is no such model (any more)
├── ContentFiltered     the prompt or the picture was refused
├── Transient           the service or the way to it failed for the moment
├── Timeout             no answer in time; the service may bill all the same
├── ProtocolError       an answer that makes no sense
├── UnsupportedFeature  this service cannot do what was asked; found before anything was sent (also an Unsupported)
├── DownloadError       the address of a picture was refused or gave nothing
├── DecodeError         what came is no picture, or one beyond the limits
├── PerhapsPaid         an earlier run may have been billed for the same request
└── BudgetExceeded      max_cost or max_requests forbids the next submission
"""

from __future__ import annotations

from typing import ClassVar

from pixray.errors import PixrayError, Unsupported


class ProviderError(PixrayError):
    """Root of the errors of remote services.

    Args:
        text: one sentence; never holds a key.
        retry_after: seconds the service asked to wait.
        maybe_billed: the work may have been done and charged although its result did not arrive.
        unsent: nothing of the request left this machine, so that it counts nowhere.
        status: HTTP status, if there was one; code: what the service calls the error.
        request_id: for questions to the service.
    """

    passing: ClassVar[bool] = False
    """Whether the same request may well succeed a little later."""
    most_attempts: ClassVar[int] = 1 << 30
    """How often it may be tried at all, whatever the policy allows."""
    unsent: bool = False

    def __init__(
        self,
        text: str,
        *,
        retry_after: float | None = None,
        maybe_billed: bool = False,
        unsent: bool | None = None,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.maybe_billed = maybe_billed
        self.unsent = type(self).unsent if unsent is None else unsent
        self.status = status
        self.code = code
        self.request_id = request_id


class AuthError(ProviderError):
    """No key, a wrong one, or one that may not do this."""


class QuotaError(ProviderError):
    """The account has no credit left."""


class RateLimited(ProviderError):
    """Too many requests for now."""

    passing = True


class BadRequest(ProviderError):
    """The service does not accept these parameters."""


class ModelNotFound(ProviderError):
    """There is no such model."""


class ContentFiltered(ProviderError):
    """The service refused the prompt or the picture."""


class Transient(ProviderError):
    """The service or the way to it failed for the moment."""

    passing = True


class Timeout(ProviderError):
    """No answer in time. `maybe_billed` is nearly always true."""

    passing = True


class ProtocolError(ProviderError):
    """An answer that makes no sense."""


class UnsupportedFeature(ProviderError, Unsupported):
    """This service cannot do what was asked; nothing was sent."""

    unsent = True


class DownloadError(ProviderError):
    """The address of a picture was refused, or gave nothing."""


class DecodeError(ProviderError):
    """What came is no picture, or one beyond the limits."""


class BudgetExceeded(ProviderError):
    """The budget forbids the next submission; nothing was sent."""

    unsent = True


class PerhapsPaid(ProviderError):
    """An earlier run may have been billed for the same request; nothing was sent."""

    unsent = True
