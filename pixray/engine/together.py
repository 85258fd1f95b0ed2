"""Steps of several sessions at once: the perceptors see the cutouts of all in one batch, which takes less time.

Every session draws its own random numbers and moves its own parameters, so that it paints what it would paint alone,
but for the last bits of sums where a device adds up large batches in another order.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from torch import Tensor

from pixray.engine.objective import backward_together
from pixray.engine.session import Session
from pixray.engine.step_random import StepRandomness
from pixray.engine.within_memory import within_memory
from pixray.events import Event
from pixray.optim.loss_values import LossValues
from pixray.optim.search import SearchOptimizer


def advance_together(sessions: Sequence[Session]) -> Iterator[tuple[Session, Iterator[Event]]]:
    """Take one step of each.

    Args:
        sessions: with the same settings but for the seed, and the same model store.

    Returns:
        each session with what happens to it, in parts to be iterated before the next; where that raises RunFailed,
        it is this session that failed.
    """
    searching = [session for session in sessions if isinstance(session.optimizer, SearchOptimizer)]
    if searching or len(sessions) == 1:  # a drawer without gradients takes what time it takes
        yield from ((session, session.advance()) for session in sessions)
        return
    for session in sessions:
        yield session, session.open_step()
    started = time.perf_counter()
    randomness = [session.draw_randomness() for session in sessions]
    canvases = _rendered(sessions)
    for session, canvas in zip(sessions, canvases, strict=True):
        yield session, session.show_step(canvas)

    def attempt(again: bool) -> list[LossValues]:
        return _updated(sessions, _rendered(sessions) if again else canvases, randomness)

    generators = [session.generators for session in sessions]
    losses = within_memory(sessions[0].objective.microbatcher, generators, attempt)
    seconds = (time.perf_counter() - started) / len(sessions)
    for session, canvas, values in zip(sessions, canvases, losses, strict=True):
        yield session, session.close_step(canvas, values, time.perf_counter() - seconds)


def _rendered(sessions: Sequence[Session]) -> list[Tensor]:
    with sessions[0].kernels():
        return [session.render() for session in sessions]


def _updated(
    sessions: Sequence[Session], canvases: Sequence[Tensor], randomness: Sequence[StepRandomness]
) -> list[LossValues]:
    """The losses of one step of each, after it was taken."""
    with sessions[0].kernels():
        judged = [
            session.objective.begin(canvas, session.executor.on_device(drawn), session.begin_update())
            for session, canvas, drawn in zip(sessions, canvases, randomness, strict=True)
        ]
        losses = backward_together(judged)
        for session, values in zip(sessions, losses, strict=True):
            session.end_update(values)
    return losses
