"""Streams that people look at: nothing written to them can end a run, steer the terminal, or be unencodable."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from typing import Any, TextIO

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What steers a terminal (escape sequences above all), turns the direction of writing, or is no character."""


def plain(text: str) -> str:
    r"""The text with everything that steers a terminal written as its escape.

    >>> plain("red\x1b[2J\n")
    'red\\x1b[2J\n'
    """
    return _UNSEEN.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


class Terminal:
    """A stream to write to, whatever becomes of it.

    Characters that its encoding does not know are written as escapes. When it is closed, full, or nobody reads it any
    more, what is written is dropped.

    Args:
        stream: None: there is none, as where a program was started without one.
        steers: let escape sequences through, for a progress bar that draws itself.

    Attributes:
        lost: what made the stream useless; None while it works.
    """

    def __init__(self, stream: TextIO | None, *, steers: bool = False) -> None:
        inner = stream.stream if isinstance(stream, Terminal) else stream
        self.stream: TextIO | None = inner
        self.lost: BaseException | None = None if inner is not None else OSError(errno.EBADF, "there is no stream")
        self._steers = steers

    @property
    def encoding(self) -> str | None:
        return getattr(self.stream, "encoding", None)

    def write(self, text: str) -> int:
        """Write, or drop what cannot be written."""
        if self.lost is None and self.stream is not None:
            shown = text if self._steers else plain(text)
            if self.encoding:
                shown = shown.encode(self.encoding, "backslashreplace").decode(self.encoding)
            try:
                self.stream.write(shown)
            except (OSError, ValueError) as error:
                self.lost = error
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        if self.lost is None and self.stream is not None:
            try:
                self.stream.flush()
            except (OSError, ValueError) as error:
                self.lost = error

    def isatty(self) -> bool:
        try:
            return self.lost is None and self.stream is not None and self.stream.isatty()
        except (OSError, ValueError):
            return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def open_closed_streams() -> None:
    """Give a program that was started with closed streams empty ones; else its files would get their numbers."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest free number


def leave(*streams: TextIO | None) -> None:
    """Before a program ends: streams that no longer take what they hold are pointed elsewhere, or Python complains."""
    for stream in streams:
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
