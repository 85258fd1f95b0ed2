"""A painter that dies once. It is here, and in no file of tests, so that workers can import it."""

import os

from pixray.runs.farm.painter import Painter


class OnceDeadly(Painter):
    """A painter whose process ends at the second checkpoint of a cell, once.

    Args:
        died: a file that tells that it has.
    """

    def __init__(self, registry, died):
        super().__init__(registry)
        self.died = died

    def paint(self, cell, hear):
        kept = []

        def deadly(facts):
            kept.extend(["kept"] if "kept" in facts else [])
            if len(kept) == 2 and not self.died.exists():
                self.died.touch()
                os._exit(1)
            return hear(facts)

        return super().paint(cell, deadly)
