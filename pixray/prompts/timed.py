"""Prompts that count for a part of the run alone. Each is encoded once; in a step only its share changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from pixray.losses.base import Loss, LossInputs
from pixray.settings.grammar import Weighted
from pixray.settings.timed_prompts import sections_of

if TYPE_CHECKING:
    from pixray.settings.namespace import Settings


@dataclass(frozen=True)
class Turn:
    """When prompts count.

    Attributes:
        start: the first step in which they do; end: the first step of what follows, None for the last.
        fade: how many steps it takes until they count in full, and until what follows does; what counts from the
            beginning of the run does not fade in.
    """

    start: int
    end: int | None = None
    fade: int = 0

    def share(self, step: int) -> float:
        """How much they count in a step, 0 to 1. The shares of turns that follow each other add up to 1.

        >>> [Turn(2, 4, fade=1).share(step) for step in range(6)]
        [0.0, 0.0, 0.5, 1.0, 0.5, 0.0]
        """
        return self._risen(self.start, step) - (0.0 if self.end is None else self._risen(self.end, step))

    def _risen(self, start: int, step: int) -> float:
        """How much of what begins at `start` is there."""
        return 1.0 if start == 0 else min(1.0, max(0.0, (step - start + 1) / (self.fade + 1)))


def turns(settings: Settings) -> Iterator[tuple[Turn, Sequence[Weighted]]]:
    """Every section of `timed_prompts` that a run has prompts for, with the steps in which it counts."""
    sections = sections_of(settings.timed_prompts)
    starts = [section.start.of(settings.iterations) for section in sections]
    for section, start, end in zip(sections, starts, [*starts, None][1:], strict=True):
        yield Turn(start, end, settings.timed_fade), section.prompts


def prompts_at(settings: Settings, step: int) -> list[Weighted]:
    """All prompts that count in a step, those without times included."""
    timed = [prompt for turn, prompts in turns(settings) if turn.share(step) for prompt in prompts]
    return [*settings.prompts_by_setting["prompts"], *timed]


class TimedLoss(Loss):
    """The loss of a prompt, as much of it as its turn says. What a step costs follows from the number of steps taken
    alone, so a run that was broken off goes on as if it had not been.

    Args:
        loss: of the prompt; turn: when it counts.
    """

    def __init__(self, loss: Loss, turn: Turn) -> None:
        super().__init__()
        self.loss, self.turn = loss, turn

    def __call__(self, inputs: LossInputs) -> Tensor:
        share = self.turn.share(inputs.step)
        return share * self.loss(inputs) if share else inputs.canvas.new_zeros(())
