"""Keys of services: read when they are needed, from the environment or a callable, and masked everywhere else."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from typing import NoReturn

from pixray.errors import PixrayError
from pixray.providers.errors import AuthError
from pixray.runtime.redact import MASK

_LEAST_MASKED = 6
"""Letters of a password from which on it is masked by itself too; a shorter one would be found in any text."""


class Secret:
    """A key that shows itself to nobody but `reveal`. Its text, its representation and pickles of it hold no key.

    Args:
        read: gives the key; called each time it is needed, so that keys may change.
        name: what the user knows it by, such as "STABILITY_KEY".
    """

    __slots__ = ("_read", "_revealed", "name")

    def __init__(self, read: Callable[[], str | None], name: str) -> None:
        self._read, self.name = read, name
        self._revealed: tuple[str, ...] = ()

    @property
    def is_set(self) -> bool:
        """Whether there is a key at all; services of this machine often need none."""
        return bool((self._read() or "").strip())

    def reveal(self) -> str:
        """The key itself, for the wire.

        Raises:
            AuthError: there is none, or it holds what no key can hold, as after a bad paste.
        """
        key = (self._read() or "").strip()
        if not key:
            raise AuthError(f"no key: set the variable {self.name} (keys are never read from settings)", unsent=True)
        if not key.isascii() or not key.isprintable() or " " in key:
            raise AuthError(f"the key in {self.name} holds characters that no key has; paste it again", unsent=True)
        self._revealed = (key,)
        return key

    def basic(self) -> str:
        """A key of the form user:password as the value of an Authorization header (HTTP Basic).

        Raises:
            AuthError: there is none, or it has no colon.
        """
        key = self.reveal()
        if ":" not in key:
            raise AuthError(f"the key in {self.name} must have the form user:password", unsent=True)
        encoded = base64.b64encode(key.encode()).decode()
        password = key.partition(":")[2]
        self._revealed = (key, encoded, *([password] if len(password) >= _LEAST_MASKED else []))
        return f"Basic {encoded}"

    def redact(self, text: str) -> str:
        """The text without the key, should somebody have written it there."""
        for form in self._revealed:
            text = text.replace(form, MASK) if form else text
        return text

    def occurs_in(self, text: str) -> bool:
        """Whether somebody wrote the key there."""
        return any(form and form in text for form in self._revealed)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise PixrayError("a key cannot be stored")


def secret(name: str) -> Secret:
    """The key in an environment variable."""
    return Secret(lambda: os.environ.get(name), name)
