"""When pictures and checkpoints are due."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Periods in steps; 0 means only at the end.

    Attributes:
        save, show: of saving and of displaying the picture; keep: of checkpoints.
        video: whether every step yields a picture, for the video of the run.
    """

    save: int = 10
    show: int = 20
    keep: int = 50
    video: bool = False

    def due(self, step: int) -> tuple[bool, bool]:
        """Whether the picture after `step` steps is to be saved, and to be shown."""
        return _divides(self.save, step), _divides(self.show, step)

    def keeps(self, step: int) -> bool:
        """Whether a checkpoint is due after `step` steps."""
        return step > 0 and _divides(self.keep, step)


def _divides(period: int, step: int) -> bool:
    return period > 0 and step % period == 0
