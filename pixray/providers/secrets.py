"""Keys of services: read when they are needed, from the environment or a callable, and masked everywhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn

from pixray.errors import PixrayError
from pixray.providers.errors import AuthError
from pixray.runtime.redact import MASK


class Secret:
    """A key that shows itself to nobody but `reveal`. Its text, its representation and pickles of it hold no key.

    Args:
        read: gives the key; called each time it is needed, so that keys may change.
        name: what the user knows it by, such as "STABILITY_KEY".
    """

    __slots__ = ("_last", "_read", "name")

    def __init__(self, read: Callable[[], str | None], name: str) -> None:
        self._read, self.name = read, name
        self._last = ""

    def reveal(self) -> str:
        """The key itself, for the wire.

        Raises:
            AuthError: there is none, or it holds what no key can hold, as after a bad paste.
        """
        key = (self._read() or "").strip()
        if not key:
            raise AuthError(f"no key: set the variable {self.name} (keys are never read from settings)")
        if not key.isascii() or not key.isprintable() or " " in key:
            raise AuthError(f"the key in {self.name} holds characters that no key has; paste it again")
        self._last = key
        return key

    def redact(self, text: str) -> str:
        """The text without the key, should somebody have written it there."""
        return text.replace(self._last, MASK) if self._last else text

    def occurs_in(self, text: str) -> bool:
        """Whether somebody wrote the key there."""
        return bool(self._last) and self._last in text

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise PixrayError("a key cannot be stored")


def secret(name: str) -> Secret:
    """The key in an environment variable."""
    return Secret(lambda: os.environ.get(name), name)
