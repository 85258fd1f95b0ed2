"""Asking after work that a service does on its own time: back-off, patience with passing failures, and taking leave.

A submission that was accepted is never made again by itself: whatever goes wrong afterwards is raised as something that
may have been billed, so that retries leave it alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from pixray.providers.errors import ProviderError, Transient

State = TypeVar("State")

FAREWELL = 0.6
"""Seconds that a service gets to hear that its work is no longer wanted."""


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


async def until_ended(ask: Callable[[], Awaitable[State | None]], *, service: str, pace: Pace = Pace()) -> State:
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
            if not error.passing or failed > pace.failures:
                raise billed(error) from error.__cause__
            wait = max(wait, min(error.retry_after or 0.0, 60.0))
        else:
            if state is not None:
                return state
            failed = 0
        await asyncio.sleep(wait)
        wait = min(wait * pace.factor, pace.longest)


def billed(error: ProviderError) -> ProviderError:
    """The same error as one of work that was accepted: trying again might pay a second time."""
    error.maybe_billed = True
    return error


async def farewell(call: Awaitable[Any]) -> None:
    """Tell a service that work is no longer wanted. Short, and its failure changes nothing."""
    with suppress(ProviderError, asyncio.TimeoutError):
        await asyncio.wait_for(call, FAREWELL)


class Lost(Transient):
    """Work that was accepted and did not come to an end that makes sense."""

    most_attempts = 1


class NotRunning(Transient):
    """No server of one's own answers at the address; trying again at once is of no use."""

    most_attempts = 1
