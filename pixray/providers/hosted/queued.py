"""Services that take work in and are asked after it: what is the same for all of them, whatever they call things."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar

from pixray.providers.base import Accepted, ImageRequest, Provider, Reply
from pixray.providers.errors import ProtocolError
from pixray.providers.polling import submitted
from pixray.providers.service_http import Answer

Task = Mapping[str, Any]
"""What a service answers to a submission: how the work is called, and where to ask after it."""


class Queued(Provider):
    """A service that takes work in.

    A subclass writes `submit` and `collect`, and `take_back` if its work can be cancelled.
    """

    needed: ClassVar[tuple[str, ...]]
    """What of the service's answer to a submission is needed afterwards; it may hold prompts besides."""

    async def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        async def take_back(answer: Answer) -> None:
            await self.take_back(self._task(answer))

        cancellable = type(self).take_back is not Queued.take_back
        task = self._task(await submitted(self.submit(request), take_back if cancellable else None))
        yield Accepted(task, cancellable)
        async with aclosing(self.collect(task, request)) as replies:  # type: ignore[type-var]
            async for reply in replies:
                yield reply

    @abstractmethod
    async def submit(self, request: ImageRequest) -> Answer:
        """Hand the work in."""

    async def take_back(self, task: Task) -> None:
        """Tell the service that the work is no longer wanted; some cannot be told."""

    def _task(self, answer: Answer) -> Task:
        task = answer.json(self.name)
        if not isinstance(task, dict):
            raise ProtocolError(f"{self.name} accepted a request without saying which")
        return {name: task[name] for name in self.needed if name in task}
