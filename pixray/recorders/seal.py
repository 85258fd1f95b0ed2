"""Knowing one's own runs: a seal on settings.yaml that only this user's key makes.

`pixray resume` goes on with a run of this user as it was, wherever its start picture lies; a folder from elsewhere
carries no seal, and its settings choose no files, addresses, services and locations without leave.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable

from pixray.runtime.folders import state_folder
from pixray.settings.layers import Layer, LayerKind

_MARK = "# Painted by this user: "


def sealed(text: str, layers: Iterable[Layer]) -> str:
    """The text with a seal as its last line; as it is where no key can be kept, or a client of a server asked for it.

    Args:
        layers: of the settings in the text.
    """
    key = None if any(layer.kind is LayerKind.CLIENT for layer in layers) else _key()
    return text if key is None else f"{text}{_MARK}{_digest(key, text)}\n"


def is_own(text: str) -> bool:
    """Whether a text carries the seal of this user and was not changed since."""
    body, mark, seal = text.rpartition(_MARK)
    key = _key() if mark else None
    return key is not None and hmac.compare_digest(seal.strip().encode(), _digest(key, body).encode())


def _digest(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _key() -> bytes | None:
    """The key of this user, made when it is first needed."""
    path = state_folder() / "seal"
    with contextlib.suppress(OSError, RuntimeError):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = path.with_name(f"seal-{secrets.token_hex(4)}")
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)  # whoever is first makes the key for all
            temporary.unlink()
        key = path.read_bytes()
        return key if len(key) == 32 else None
    return None
