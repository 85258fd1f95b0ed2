"""Work that a service does on its own time: submit once, ask until it is done, say when it is no longer wanted.

A submission that was accepted is never made again by itself: whatever goes wrong afterwards is raised as something that
may have been billed, so that retries leave it alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from pixray.providers.addresses import split
from pixray.providers.errors import BadRequest, ProtocolError, ProviderError, Transient

Answered = TypeVar("Answered")

FAREWELL = 0.6
"""Seconds that a service gets to hear that its work is no longer wanted."""
_PERHAPS_ACCEPTED = (500, 502, 504)
"""Statuses after which nobody knows whether a submission was accepted: a gateway gave up waiting, say."""


class Lost(Transient):
    """Work that was accepted and did not come to an end that makes sense."""

    most_attempts = 1


class NotRunning(Transient):
    """No server of one's own answers at the address; trying again at once is of no use."""

    most_attempts = 1
    unsent = True


@dataclass(frozen=True)
class Pace:
    """How often is asked.

    Attributes:
        first: seconds until the second question; factor: how much longer each following wait is.
        longest: the longest wait.
        failures: so many questions in a row may fail in passing.
    """

    first: float = 0.25
    factor: float = 1.4
    longest: float = 3.0
    failures: int = 5


async def submitted(
    call: Awaitable[Answered], take_back: Callable[[Answered], Awaitable[Any]] | None = None
) -> Answered:
    """What a submission is answered.

    Args:
        take_back: cancels the work that an answer tells of, should this be cancelled before the answer is there.

    Raises:
        ProviderError: of the call, with `maybe_billed` set where it may have been accepted all the same.
    """
    work = asyncio.ensure_future(call)
    try:
        return await asyncio.shield(work)
    except ProviderError as error:
        raise (billed(error) if error.status in _PERHAPS_ACCEPTED else error) from error.__cause__
    except asyncio.CancelledError:
        if take_back is not None:
            await farewell(_taken_back(work, take_back))
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        raise


async def _taken_back(work: asyncio.Future[Answered], take_back: Callable[[Answered], Awaitable[Any]]) -> None:
    await take_back(await work)


async def until_ended(ask: Callable[[], Awaitable[Answered | None]], *, service: str, pace: Pace = Pace()) -> Answered:
    """Ask until there is an answer. The deadline is the caller's: cancel this.

    Args:
        ask: gives None while the work goes on.

    Raises:
        ProviderError: of `ask`, with `maybe_billed` set.
    """
    wait, failed = pace.first, 0
    while True:
        try:
            state = await ask()
        except ProviderError as error:
            failed += 1
            if not error.passing or error.most_attempts == 1 or failed > pace.failures:
                raise billed(error) from error.__cause__
            wait = max(wait, min(error.retry_after or 0.0, 60.0))
        else:
            if state is not None:
                return state
            failed = 0
        await asyncio.sleep(wait)
        wait = min(wait * pace.factor, pace.longest)


@asynccontextmanager
async def cancelling(cancel: Callable[[], Awaitable[Any]]) -> AsyncIterator[None]:
    """Tell the service that its work is no longer wanted if the `with` block is cancelled."""
    try:
        yield
    except (asyncio.CancelledError, GeneratorExit):
        await farewell(cancel())
        raise


def billed(error: ProviderError) -> ProviderError:
    """The same error as one of work that was accepted: trying again might pay a second time."""
    error.maybe_billed, error.unsent = True, False
    return error


async def farewell(call: Awaitable[Any]) -> None:
    """Tell a service that work is no longer wanted. Short, and its failure changes nothing."""
    with suppress(ProviderError, asyncio.TimeoutError):
        await asyncio.wait_for(call, FAREWELL)


def pinned(service: str, address: object, base: str, domains: Sequence[str]) -> tuple[str, str]:
    """An address in a reply that belongs to the service, as origin and the rest of it.

    Args:
        base: the address of the service; its own host and port are right.
        domains: other hosts, with all below them, over https.

    Raises:
        ProtocolError: it leads to somebody else, who would get the key or hand out a picture.
    """
    if not isinstance(address, str):
        raise ProtocolError(f"{service} answered without an address where one was due")
    try:
        parts, own = split(address), split(base)
    except BadRequest as error:
        raise ProtocolError(f"{service} answered with an address that was refused: {error}") from error
    host = (parts.hostname or "").rstrip(".").lower()
    is_own = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
    is_listed = any(host == domain or host.endswith(f".{domain}") for domain in domains)
    if not is_own and not (parts.scheme == "https" and parts.port in (None, 443) and is_listed):
        raise ProtocolError(f"{service} answered with an address at {host[:80] or 'no host'}, which is not its own")
    return f"{parts.scheme}://{parts.netloc}", f"{parts.path}{'?' if parts.query else ''}{parts.query}"
