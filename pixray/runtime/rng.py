"""Random numbers of a run: one seed, one generator per purpose, nothing shared with the rest of the process.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def seed_from(value: int | str | None) -> int:
    """The number behind a seed setting.

    Args:
        value: a whole number or a string of digits is itself; any other text is hashed (SHA-512, modulo 2**32, as
            the old pixray did); None draws a new one.

    >>> seed_from("hello"), seed_from("42"), seed_from(7)
    (3168714819, 42, 7)
    """
    if value is None:
        return secrets.randbits(32)
    if isinstance(value, int):
        return value
    if value.isascii() and value.isdigit():
        return int(value)
    return int.from_bytes(hashlib.sha512(value.encode("utf-8")).digest(), "big") % 2**32


class Generators:
    """Independent torch generators, one per purpose, all derived from one seed.

    A part that draws more or fewer numbers than before thus changes nothing for the others.

    Args:
        seed: the seed of the run.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._made: dict[str, torch.Generator] = {}

    def get(self, purpose: str, device: str = "cpu") -> torch.Generator:
        """The generator for one purpose ("start", "cuts", "noise" …), always the same object."""
        import torch

        key = f"{purpose}@{device}"
        if key not in self._made:
            self._made[key] = torch.Generator(device=device).manual_seed(self._derive(purpose))
        return self._made[key]

    def _derive(self, purpose: str) -> int:
        digest = hashlib.sha256(f"{self.seed}/{purpose}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 1

    def state(self) -> dict[str, torch.Tensor]:
        """The state of every generator in use, by key."""
        return {key: generator.get_state() for key, generator in self._made.items()}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Continue from a saved state."""
        for key, saved in state.items():
            purpose, _, device = key.rpartition("@")
            self.get(purpose, device).set_state(saved)
