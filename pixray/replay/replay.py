"""The same step, taken again and again: plainly, or recorded once and then replayed without any work on the host.

A step is some stages, one after the other. Each is a function of the step's inputs (a tree of tensors and fixed
values, see trees.py) and of the result of the stage before. To be recorded, stages must do the same for inputs of the
same shape, and take every number that changes from the inputs or from tensors that stay where they are.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from pixray.replay.machine import Machine
from pixray.replay.transfer import Places, moved
from pixray.replay.trees import mapped, shape_of, tensors

logger = logging.getLogger(__name__)

Stage = Callable[[Any, Any], Any]
Changed = Callable[[], Sequence[Tensor]]

WARM_UP = 2
"""Steps of each shape that are taken before one is recorded."""
PROOFS = 2
"""Replays of each recording that are compared with the same step taken plainly."""
MOST = 8
"""Shapes of steps that are recorded; whoever has more will have ever new ones."""
TOLERANCE = 0.1
"""How far a replay may be from the plain step, as a share of how far that moves. Sums in another order change single
parameters a lot; a step that was recorded wrongly goes another way altogether."""


class Plainly:
    """Takes each step by calling its stages.

    Args:
        device: where inputs are brought first, all in one go; None: they stay where they are.
    """

    def __init__(self, device: str | None = None) -> None:
        # A tensor's own device has a number, where "cuda" has none.
        self._device = None if device is None else torch.empty(0, device=device).device

    def take(self, stages: Sequence[Stage], inputs: Any, changed: Changed) -> Iterator[Any]:
        """One step: the result of each stage, when it is asked for.

        Args:
            changed: gives the tensors that a step changes in place.
        """
        yield from _run(stages, self._brought(inputs))

    def forget(self) -> None:
        """Hear that the tensors behind the stages may lie elsewhere now, or that the stages do something else."""

    def _brought(self, inputs: Any) -> Any:
        return inputs if self._device is None else moved(inputs, self._device)


@dataclass
class _Recording:
    """One step as the machine recorded it: for each stage, what does it again and its result."""

    places: Places
    stages: Sequence[tuple[Callable[[], object], Any]]
    unproven: int = PROOFS


class Replayed(Plainly):
    """Records a step of each shape once it has been taken a few times, and replays it from then on.

    The first replays are compared with the plain step. If they differ, or if something cannot be recorded, every
    further step is taken plainly; `logging` says so at debug level.

    Args:
        device: of all tensors.
        machine: records.

    Attributes:
        obstacle: why nothing is recorded any longer; None: nothing is wrong.
    """

    def __init__(self, device: str, machine: Machine) -> None:
        super().__init__(device)
        self._machine: Machine | None = machine
        self.obstacle: str | None = None
        self._taken: Counter[Hashable] = Counter()
        self._recordings: dict[Hashable, _Recording] = {}

    @property
    def recordings(self) -> int:
        """How many steps were recorded and are replayed now."""
        return len(self._recordings)

    def take(self, stages: Sequence[Stage], inputs: Any, changed: Changed) -> Iterator[Any]:
        shape = shape_of(inputs) if self._machine else None
        if self._machine:
            self._taken[shape] += 1
            if len(self._taken) > MOST:
                self._give_up("its steps are of too many shapes")
            elif self._taken[shape] > WARM_UP and shape not in self._recordings:
                self._record(self._machine, shape, stages, inputs)
        if shape in self._recordings:
            yield from self._replay(self._recordings[shape], stages, inputs, changed)
        elif self._machine:
            yield from self._warm(self._machine, stages, inputs)
        else:
            yield from super().take(stages, inputs, changed)

    def forget(self) -> None:
        self._recordings.clear()
        self._taken.clear()

    def _give_up(self, reason: str) -> None:
        logger.debug("steps are taken plainly from here on: %s", reason)
        self._machine, self.obstacle = None, reason
        self.forget()

    def _warm(self, machine: Machine, stages: Sequence[Stage], inputs: Any) -> Iterator[Any]:
        inputs, result = self._brought(inputs), None
        for stage in stages:
            with machine.warm_up():
                result = stage(inputs, result)
            yield result

    def _record(self, machine: Machine, shape: Hashable, stages: Sequence[Stage], inputs: Any) -> None:
        made: list[tuple[Callable[[], object], Any]] = []
        result = None
        try:
            assert self._device is not None
            places = Places(inputs, self._device)
            for stage in stages:
                again, result = machine.record(partial(stage, places.tree, result))
                made.append((again, result))
        except RuntimeError as error:  # running out of memory is one, too
            self._give_up(f"a step cannot be recorded ({error})")
            return
        # Without what autograd knows about the results, which would keep nodes of the recording alive.
        self._recordings[shape] = _Recording(places, [(again, mapped(one, Tensor.detach)) for again, one in made])

    def _replay(self, recording: _Recording, stages: Sequence[Stage], inputs: Any, changed: Changed) -> Iterator[Any]:
        recording.places.fill(inputs)
        before = _copies(changed()) if recording.unproven else None
        for number, (again, place) in enumerate(recording.stages):
            again()
            # What a stage gives is the caller's to keep, so it must not lie where the next replay writes.
            result = mapped(place, torch.clone)
            if before is not None and number == len(recording.stages) - 1:
                recording.unproven -= 1
                result = self._proven(before, result, stages, inputs, changed)
            yield result

    def _proven(self, before: list[Tensor], result: Any, stages: Sequence[Stage], inputs: Any, changed: Changed) -> Any:
        """The result of a step that was just replayed, after taking it plainly, too; if they differ, the plain one."""
        replayed = _copies(changed())
        _put(before, changed())
        *_, wanted = _run(stages, self._brought(inputs))
        plain = _copies(changed())
        moves = [[one - start for one, start in zip(state, before, strict=True)] for state in (replayed, plain)]
        if _near(*moves) and _near(tensors(result), tensors(wanted)):
            _put(replayed, changed())
            return result
        self._give_up("a replayed step was not the same as the plain one")
        return wanted


def _run(stages: Sequence[Stage], inputs: Any) -> Iterator[Any]:
    result = None
    for stage in stages:
        result = stage(inputs, result)
        yield result


def _copies(given: Sequence[Tensor]) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in given]


@torch.no_grad()
def _put(values: Sequence[Tensor], places: Sequence[Tensor]) -> None:
    for place, value in zip(places, values, strict=True):
        place.copy_(value)


def _near(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    off = _length([a - b for a, b in zip(one, other, strict=True)])
    return off <= TOLERANCE * _length(other) + 1e-6


def _length(given: Sequence[Tensor]) -> float:
    """Of all tensors as one vector."""
    return float(torch.stack([tensor.detach().float().square().sum() for tensor in given]).sum().sqrt()) if given else 0
