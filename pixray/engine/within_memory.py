"""Steps that are taken again with fewer cutouts at once where a device runs out of memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from pixray.engine.microbatch import Microbatcher
from pixray.runtime.rng import Generators

Result = TypeVar("Result")


def within_memory(
    microbatcher: Microbatcher, generators: Sequence[Generators], attempt: Callable[[bool], Result]
) -> Result:
    """What an attempt gives, made again with half as many cutouts at once as often as memory runs out.

    Args:
        microbatcher: says how many cutouts are encoded at once.
        generators: what each attempt is to find as the first did.
        attempt: takes the step; its argument says whether it was tried before.

    Raises:
        torch.OutOfMemoryError: a single cutout at a time is still too much.
    """
    before = [generator.state() for generator in generators]
    again = False
    while True:
        try:
            return attempt(again)
        except torch.OutOfMemoryError:
            if not microbatcher.halve():
                raise
        # After the except block, where the error no longer holds on to the tensors of the failed try.
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        for generator, state in zip(generators, before, strict=True):
            generator.restore(state)
        again = True
