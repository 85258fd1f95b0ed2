"""A painter that dies once. It is here, and in no file of tests, so that workers can import it."""

import os
import time

from pixray.runs.farm.painter import Painter
from pixray.runtime.store import Store

TEXTS = {
    "prompts": "red",
    "drawer": "pixel",
    "size": "24x16",
    "num_cuts": "2",
    "perceptors": "embedded",
    "iterations": "12",
    "checkpoint_every": "4",
    "seed": "1..3",
}
"""Of a grid of three small pictures, as flags give them."""


class OnceDeadly(Painter):
    """A painter whose process ends at the second checkpoint of a cell, once.

    Args:
        died: a file that tells that it has.
        stored: address of the farm's folder in a store; the process ends once a checkpoint of the cell has come there.
    """

    def __init__(self, registry, died, stored=None):
        super().__init__(registry)
        self.died, self.stored = died, stored

    def paint(self, cell, hear):
        kept = []

        def deadly(facts):
            kept.extend(["kept"] if "kept" in facts else [])
            if len(kept) == 2 and not self.died.exists():
                self._wait_for_checkpoint(cell)
                self.died.touch()
                os._exit(1)
            return hear(facts)

        return super().paint(cell, deadly)

    def _wait_for_checkpoint(self, cell):
        deadline = time.monotonic() + 60
        while self.stored and "checkpoint.safetensors" not in Store(f"{self.stored}/{cell.folder.name}").names():
            assert time.monotonic() < deadline, "no checkpoint came into the store"
            time.sleep(0.05)
