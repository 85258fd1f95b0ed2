"""What the routes of a server share, whichever interface they belong to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute

from pixray.registry import Registry
from pixray.serve.queue import Queue
from pixray.serve.supervisor import Pool
from pixray.serve.uploads import Uploads
from pixray.settings.layers import Leave


@dataclass(frozen=True)
class Services:
    """What the routes of a server share.

    Attributes:
        queue: of jobs, with the log of events.
        pool: of workers.
        uploads: pictures that clients sent.
        leave: what clients may name besides their uploads.
        registry: of parts.
    """

    queue: Queue
    pool: Pool
    uploads: Uploads
    leave: Leave
    registry: Registry


Routes = Callable[[Services], Sequence[BaseRoute]]
