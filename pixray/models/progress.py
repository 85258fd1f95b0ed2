"""What a download tells whoever waits for it. The console and notebooks show it; servers need not."""

from __future__ import annotations


class Progress:
    """Told about downloads as they happen. This one keeps silent; subclass it to show something."""

    def begin(self, name: str, done: int, total: int | None) -> None:
        """A file starts to arrive.

        Args:
            name: of the file.
            done: bytes that an earlier try has brought already.
            total: its size in bytes, if the server says.
        """

    def advance(self, count: int) -> None:
        """So many bytes more have arrived."""

    def end(self) -> None:
        """The file has arrived, or the try failed."""

    def say(self, text: str) -> None:
        """Something worth a sentence: a mirror that failed, a wait for another run."""
