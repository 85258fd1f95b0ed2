"""Why the queue does not do what somebody asks of it."""

from __future__ import annotations

from pixray.errors import PixrayError


class QueueClosed(PixrayError):
    """The server is ending and takes no more jobs."""


class AtCapacity(PixrayError):
    """As many jobs as may are waiting."""


class NotNow(PixrayError):
    """The state of the job does not allow it."""


class NoSuchJob(PixrayError):
    """There is no job of that id."""
