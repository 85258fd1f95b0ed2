"""When to try again, how much at once, and how much at most: the same rules for every service."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pixray.providers.errors import BudgetExceeded, ProviderError


@dataclass(frozen=True)
class Retries:
    """Trying again, with full jitter (Brooker 2015, "Exponential backoff and jitter").

    Attributes:
        attempts: submissions in all.
        base, cap: the wait before attempt k is drawn from 0 to min(cap, base * 2**k) seconds.
        longest: a service that asks for a longer wait than this is given up.
        billable: also after a failure that may have been billed, such as a time-out: may pay twice.
        draw: a number in [0, 1).
    """

    attempts: int = 3
    base: float = 0.5
    cap: float = 20.0
    longest: float = 120.0
    billable: bool = False
    draw: Callable[[], float] = field(default=random.random, repr=False)

    def wait(self, tried: int, error: ProviderError) -> float | None:
        """Seconds until the next attempt, or None to give up.

        Args:
            tried: submissions so far.
        """
        if (
            tried >= min(self.attempts, error.most_attempts)
            or not error.passing
            or (error.maybe_billed and not self.billable)
        ):
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.longest else None
        return self.draw() * min(self.cap, self.base * 2 ** (tried - 1))


class Gate:
    """Lets so many in at once, and so many per period. Works across threads and event loops.

    Args:
        concurrency: how many at once.
        rate: how many in how many seconds, or None.
    """

    def __init__(self, concurrency: int = 2, rate: tuple[int, float] | None = None) -> None:
        self.concurrency, self.rate = concurrency, rate
        self._inside = 0
        self._entered: deque[float] = deque()
        self._lock = threading.Lock()

    async def __aenter__(self) -> None:
        while (wait := self.try_to_enter()) > 0:
            await asyncio.sleep(wait)

    async def __aexit__(self, *_: Any) -> None:
        self.leave()

    def leave(self) -> None:
        """One that was let in is done."""
        with self._lock:
            self._inside -= 1

    def try_to_enter(self) -> float:
        """0 when let in; otherwise seconds after which to ask again."""
        with self._lock:
            now = time.monotonic()
            if self._inside >= self.concurrency:
                return 0.05
            if self.rate is not None:
                count, period = self.rate
                while self._entered and now - self._entered[0] >= period:
                    self._entered.popleft()
                if len(self._entered) >= count:
                    return max(0.001, period - (now - self._entered[0]))
                self._entered.append(now)
            self._inside += 1
            return 0.0


class Budget:
    """What a run, or a whole comparison, may submit and spend. Asked before every submission.

    Args:
        cost: at most this much, in the unit of the price list; None: no limit.
        requests: at most so many submissions; None: no limit.
    """

    def __init__(self, cost: float | None = None, requests: int | None = None) -> None:
        self.cost, self.requests = cost, requests
        self.spent, self.submitted = 0.0, 0
        self.guessed = 0.0
        """What submissions without a price of the user cost by the lists of the services, in their units."""
        self._lock = threading.Lock()

    def reserve(self, service: str, price: float | None) -> None:
        """Take a submission out of the budget.

        Args:
            price: what it will cost, or None if nobody knows.

        Raises:
            BudgetExceeded: it would go beyond a limit, or costs are limited and the price is unknown.
        """
        with self._lock:
            if self.requests is not None and self.submitted >= self.requests:
                raise BudgetExceeded(f"max_requests={self.requests} is used up; nothing more was sent to {service}")
            if self.cost is not None:
                if price is None:
                    raise BudgetExceeded(
                        f"max_cost={self.cost:g} needs the price of a picture by {service}: prices={service}:AMOUNT"
                    )
                if self.spent + price > self.cost + 1e-9:
                    raise BudgetExceeded(
                        f"max_cost={self.cost:g} does not allow another {price:g} for {service} "
                        f"({self.spent:g} is spent); nothing more was sent"
                    )
            self.submitted += 1
            self.spent += price or 0.0

    def release(self, price: float | None) -> None:
        """Put a submission back of which nothing was sent."""
        with self._lock:
            self.submitted -= 1
            self.spent -= price or 0.0

    def guess(self, amount: float) -> None:
        """Note what a submission may have cost by the list of its service."""
        with self._lock:
            self.guessed += amount

    def settle(self, price: float | None, actual: float) -> None:
        """Replace what a submission was thought to cost by what it did."""
        with self._lock:
            self.spent += actual - (price or 0.0)
