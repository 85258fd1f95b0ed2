"""The log of events on disk: append-only, with numbers that only grow, also when the server starts again.

It is the truth that pages follow: one that was away names the last number that it knows and gets what came after it.
Whatever would not tell it more than a later event does is removed in time, so that the log stays small.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pixray.serve.database import Database

Kind = Literal["job", "step", "picture", "order", "removed"]
FRAMES: tuple[Kind, ...] = ("step", "picture", "order")
"""Events that a later one of the same kind and job makes worthless."""
MOST = 20_000
"""Events after which the older half is thinned out."""
_GAP = 1000
"""Numbers that are left out at every start: a power failure may have taken some that clients have seen."""


@dataclass(frozen=True)
class Event:
    """Something that happened: its number, its kind, the job's id, and its data as JSON."""

    id: int
    kind: Kind
    job: str
    data: str


class EventLog:
    """Keeps events and tells those who listen.

    Args:
        database: of the server.
        most: events after which the older half is thinned out.
    """

    def __init__(self, database: Database, most: int = MOST) -> None:
        self._database, self._most = database, most
        self._listeners: list[Callable[[Event], None]] = []
        self._lock = threading.RLock()
        database("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'events'", (_GAP,))
        self._count = database("SELECT COUNT(*) FROM events")[0][0]

    def append(self, kind: Kind, job: str, data: Mapping[str, Any]) -> Event:
        """Keep an event, then tell it. Listeners hear the events in the order of their numbers."""
        text = json.dumps(data, separators=(",", ":"))
        with self._lock:
            number = self._database.insert("INSERT INTO events (kind, job, data) VALUES (?, ?, ?)", (kind, job, text))
            event = Event(number, kind, job, text)
            for listener in self._listeners:
                listener(event)
            self._count += 1
            if self._count > self._most:
                self.thin_out()
        return event

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Have a function called with every event, in the thread that brings it. Gives what ends that."""
        with self._lock:
            self._listeners.append(listener)
        return lambda: self._unlisten(listener)

    def _unlisten(self, listener: Callable[[Event], None]) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    @property
    def last(self) -> int:
        """The number of the newest event; 0 before the first."""
        return int(self._database("SELECT seq FROM sqlite_sequence WHERE name = 'events'")[0][0]) if self._count else 0

    def after(self, number: int, job: str | None = None, most: int = 500) -> list[Event]:
        """Events with greater numbers, oldest first.

        Args:
            job: of this job alone.
            most: how many at most.
        """
        where, values = ("job = ? AND", (job,)) if job is not None else ("", ())
        statement = f"SELECT id, kind, job, data FROM events WHERE {where} id > ? ORDER BY id LIMIT ?"
        return [Event(*row) for row in self._database(statement, (*values, number, most))]

    def thin_out(self) -> None:
        """Of the older half, remove what later events make worthless; then the oldest, if that was not enough."""
        half = self._most // 2
        with self._lock, self._database.together():
            border = self._database("SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?", (half,))
            if border:
                self._database(
                    "DELETE FROM events WHERE id <= ? AND kind != 'removed' AND id < "
                    "(SELECT MAX(later.id) FROM events AS later WHERE later.job = events.job "
                    "AND later.kind = events.kind)",
                    (border[0][0],),
                )
            self._count = self._database("SELECT COUNT(*) FROM events")[0][0]
            if self._count > self._most * 3 // 4:
                self._database(
                    "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?)",
                    (self._count - self._most * 3 // 4,),
                )
                self._count = self._most * 3 // 4

    def forget(self, job: str) -> None:
        """Remove the events of a job."""
        with self._lock:
            self._database("DELETE FROM events WHERE job = ?", (job,))
            self._count = self._database("SELECT COUNT(*) FROM events")[0][0]
