"""Submissions that cost money and whose end nobody saw, as after a crash: on disk, so that none is paid for twice.

A note is written before a submission and taken away after it. One that is still there belongs to a run that was killed:
if the service had accepted the work, it is asked for the result; otherwise nobody knows, and the user is asked.
Notes hold neither keys nor prompts.

Late imports: filelock.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pixray.providers.base import Accepted
from pixray.providers.errors import PerhapsPaid, ProviderError
from pixray.providers.secrets import Secret


@dataclass
class Note:
    """What is known of a submission.

    Attributes:
        earlier: work of an earlier run that the service accepted, to be collected instead of submitted again.
        path: where it is written; None: nowhere.
        gave_up: the deadline ended the wait.
        kept: a picture could not be fetched, and the work can still be asked for it.
    """

    earlier: Accepted | None = None
    path: Path | None = None
    gave_up: bool = False
    kept: bool = False

    def __post_init__(self) -> None:
        self._accepted = self.earlier

    def accept(self, accepted: Accepted, key: Secret) -> None:
        """The service took the work in."""
        self._accepted = accepted
        self.write(key)

    def write(self, key: Secret) -> None:
        """Write down what is known, without the key."""
        if self.path is None:
            return
        content = {} if self._accepted is None else asdict(self._accepted)
        with suppress(OSError):  # a disk that is full is no reason to lose a picture
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".", suffix=".part")  # mode 0600
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(key.redact(json.dumps(content)))
            os.replace(temporary, self.path)

    def settle(self, error: BaseException | None) -> None:
        """Take the note away, unless the work was accepted, goes on, and has not been fetched."""
        fetchable = self._accepted is not None and (self.kept or self._goes_on(self._accepted, error))
        if self.path is not None and not fetchable:
            self.path.unlink(missing_ok=True)

    def _goes_on(self, accepted: Accepted, error: BaseException | None) -> bool:
        if self.gave_up or isinstance(error, asyncio.CancelledError):
            return not accepted.can_be_cancelled
        # The way to the service failed, not the work.
        return isinstance(error, ProviderError) and error.passing and error.most_attempts > 1


@dataclass(frozen=True)
class Unfinished:
    """The notes in a folder.

    Args:
        folder: made when something is written.
    """

    folder: Path

    @contextmanager
    def noted(self, service: str, digest: str, key: Secret, *, pay_twice: bool) -> Iterator[Note]:
        """A note of a submission for the time of a `with` block.

        Args:
            digest: of everything that decides about the result.
            pay_twice: submit although an earlier run may have done so.

        Raises:
            PerhapsPaid: an earlier run ended after it may have submitted the same.
        """
        from filelock import FileLock, Timeout

        path = self.folder / f"{digest}.json"
        lock = FileLock(path.with_suffix(".lock"))
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock.acquire(blocking=False)
        except (OSError, Timeout):  # a disk that cannot be written to; another run that asks for the same just now
            yield Note()
            return
        try:
            note = Note(_left_in(path, service, pay_twice), path)
            note.write(key)
            try:
                yield note
            except BaseException as error:
                note.settle(error)
                raise
            note.settle(None)
        finally:
            with suppress(OSError):
                path.with_suffix(".lock").unlink(missing_ok=True)
            lock.release()


def _left_in(path: Path, service: str, pay_twice: bool) -> Accepted | None:
    """The accepted work that an earlier run left, or None if there is no note of one.

    Raises:
        PerhapsPaid: there was a submission of which nobody knows whether it was accepted.
    """
    try:
        left = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if isinstance(left, dict) and isinstance(left.get("task"), dict):
        return Accepted(left["task"], left.get("can_be_cancelled") is True)
    if pay_twice:
        return None
    raise PerhapsPaid(
        f"{service}: an earlier run ended in the middle of this very request, which may have been billed; "
        "--pay_twice yes asks again"
    )
