"""The limits of remote services across all workers of a farm: one process holds the clocks of all services, and the
budget where there is one for the whole.

Late imports: Ray is an extra.
"""

from __future__ import annotations

import asyncio
import importlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixray.providers.errors import BudgetExceeded
from pixray.providers.limits import Budget, Gate

if TYPE_CHECKING:
    from pixray.models.store import ModelStore
    from pixray.registry import Registry


_CLOSED_PACE = 0.5
"""Seconds between the questions of those who wait at a closed server."""


@dataclass(frozen=True)
class Bill:
    """What a farm submitted and spent, as `Budget` counts it."""

    spent: float = 0.0
    guessed: float = 0.0
    requests: int = 0


class LimitServer:
    """Lets workers submit: so many at once and per period for each service, and so much in all.

    Args:
        cost, requests: of the whole farm; see `Budget`.
    """

    def __init__(self, cost: float | None = None, requests: int | None = None) -> None:
        self._gates: dict[str, Gate] = {}
        self._inside: dict[str, dict[str, str]] = {}
        self._budget = Budget(cost, requests)
        self._closed = False

    def close(self) -> None:
        """Let nobody in any more: who still waits to submit is about to be told to stop."""
        self._closed = True

    def enter(self, service: str, worker: str, ticket: str, concurrency: int, rate: tuple[int, float] | None) -> float:
        """0 when let in; otherwise seconds after which to ask again.

        Args:
            ticket: names the submission, for `leave`.
        """
        if self._closed:
            return _CLOSED_PACE
        gate = self._gates.setdefault(service, Gate(concurrency, rate))
        wait = gate.try_to_enter()
        if not wait:
            self._inside.setdefault(worker, {})[ticket] = service
        return wait

    def leave(self, worker: str, ticket: str) -> None:
        """A submission has ended, or its sender no longer wants to be let in."""
        service = self._inside.get(worker, {}).pop(ticket, None)
        if service is not None:
            self._gates[service].leave()

    def forget(self, worker: str) -> None:
        """A worker is no more, and nothing that it submitted counts as going on."""
        for service in self._inside.pop(worker, {}).values():
            self._gates[service].leave()

    def reserve(self, service: str, price: float | None) -> str | None:
        """Take a submission out of the budget; why not, if it does not allow it."""
        try:
            self._budget.reserve(service, price)
        except BudgetExceeded as error:
            return str(error)
        return None

    def release(self, price: float | None) -> None:
        """See `Budget.release`."""
        self._budget.release(price)

    def guess(self, amount: float) -> None:
        """See `Budget.guess`."""
        self._budget.guess(amount)

    def settle(self, price: float | None, actual: float) -> None:
        """See `Budget.settle`."""
        self._budget.settle(price, actual)

    def bill(self) -> Bill:
        """What came of it so far."""
        return Bill(self._budget.spent, self._budget.guessed, self._budget.submitted)


class SharedGate:
    """A `Gate` held by the farm's limit server."""

    def __init__(self, limit_server: Any, service: str, worker: str, gate: Gate) -> None:
        self._limit_server, self._service, self._worker = limit_server, service, worker
        self._limits = gate.concurrency, gate.rate
        self._tickets: dict[Any, str] = {}

    async def __aenter__(self) -> None:
        ticket = secrets.token_hex(8)
        self._tickets[asyncio.current_task()] = ticket
        try:
            while (wait := await self._ask(ticket)) > 0:
                await asyncio.sleep(wait)
        except BaseException:  # given up while the answer was on its way, which may have been yes
            await self.__aexit__()
            raise

    async def __aexit__(self, *_: Any) -> None:
        self._limit_server.leave.remote(self._worker, self._tickets.pop(asyncio.current_task()))

    async def _ask(self, ticket: str) -> float:
        answer = self._limit_server.enter.remote(self._service, self._worker, ticket, *self._limits)
        wait: float = await asyncio.to_thread(importlib.import_module("ray").get, answer)
        return wait


class SharedBudget(Budget):
    """A `Budget` held by the farm's limit server."""

    def __init__(self, limit_server: Any) -> None:
        super().__init__()
        self._limit_server = limit_server

    def reserve(self, service: str, price: float | None) -> None:
        refusal = importlib.import_module("ray").get(self._limit_server.reserve.remote(service, price))
        if refusal:
            raise BudgetExceeded(refusal)

    def release(self, price: float | None) -> None:
        self._limit_server.release.remote(price)

    def guess(self, amount: float) -> None:
        self._limit_server.guess.remote(amount)

    def settle(self, price: float | None, actual: float) -> None:
        self._limit_server.settle.remote(price, actual)


@dataclass(frozen=True)
class Limits:
    """What a worker uses in place of limits of its own.

    Attributes:
        limit_server: of the farm; worker: the name by which it knows this one.
        common: whether there is one budget for the whole farm.
    """

    limit_server: Any
    worker: str
    common: bool

    def put_into(self, store: ModelStore, registry: Registry, service: str) -> None:
        """Have every client of a service that is built with a store wait for the limit server."""
        capabilities = registry.load("provider", service).capabilities
        gate = Gate(capabilities.concurrency, capabilities.rate)
        store.shared(("remote gate", service), lambda: SharedGate(self.limit_server, service, self.worker, gate))
