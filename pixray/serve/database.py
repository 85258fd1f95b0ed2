"""The server's file: jobs and events in SQLite, which survives the death of every process at any moment."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError

NAME = "queue.sqlite"
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    place REAL,
    ended REAL,
    prompts TEXT NOT NULL,
    folder TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_by_end ON jobs (ended, number);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    job TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_of_job ON events (job, kind, id);
"""


class Unwritable(PixrayError):
    """The queue on disk can be neither read nor written."""


class Database:
    """One connection for all threads of the server.

    Args:
        path: of the file; made if it is missing.

    Raises:
        PixrayError: it cannot be opened, is no such file, or belongs to a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            # With a write-ahead log nothing that was committed is lost with the process; only a power failure may
            # take the last moments.
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise PixrayError(f"{path} was written by a newer pixray")
            self._connection.executescript(_SCHEMA)
            self._connection.execute(f"PRAGMA user_version={_VERSION}")
        except (OSError, sqlite3.Error) as error:
            raise PixrayError(f"{path}: the queue cannot be opened ({error})") from None

    def __call__(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows that a statement gives.

        Raises:
            Unwritable: the disk is full or gone.
        """
        with self._lock:
            return self._executed(statement, values).fetchall()

    def insert(self, statement: str, values: tuple[Any, ...]) -> int:
        """The number of the row that was added.

        Raises:
            Unwritable: the disk is full or gone.
        """
        with self._lock:
            return int(self._executed(statement, values).lastrowid or 0)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What happens inside is kept whole or not at all."""
        with self._lock:
            self._executed("BEGIN IMMEDIATE", ())
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._executed("COMMIT", ())

    def _executed(self, statement: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise Unwritable(f"the queue on disk cannot be used: {error}") from error

    def close(self) -> None:
        """Close the file; further calls fail."""
        with self._lock:
            self._connection.close()
