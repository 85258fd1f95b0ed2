"""Executors: do the work of a step directly, or capture it once and replay it without any work on the host.

    canvas = executor.render(work, inputs)
    losses = executor.step(work, canvas, inputs)

`inputs` is a tree of tensors and fixed values (see trees.py). Work that is to be captured must do the same for inputs
of the same shape, and take every number that changes from the inputs or from tensors that stay where they are.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from pixray.engine.capture.backend import GraphBackend
from pixray.engine.capture.transfer import StaticBuffers, moved
from pixray.engine.capture.trees import mapped, shape_of, tensors

logger = logging.getLogger(__name__)

WARM_UP = 2
"""Steps of each input shape that run directly before one is captured."""
PROOFS = 2
"""Replays of each capture that are compared with the same step run directly."""
MOST_SHAPES = 8
"""Input shapes that are captured; a run with more of them will keep having new ones."""
TOLERANCE = 0.1
"""Largest distance of a replay from the direct step, as a share of how far that moves. Sums in another order change
single parameters a lot; a step that was captured wrongly moves in another direction altogether."""


class Work(Protocol):
    """What a step does."""

    def render(self) -> Tensor:
        """The canvas, differentiable with respect to the parameters."""

    def update(self, canvas: Tensor, inputs: Any) -> Any:
        """Change the parameters in place; returns a tree of tensors, such as the losses."""

    def changed_tensors(self) -> Sequence[Tensor]:
        """Every tensor that `update` changes in place."""


class EagerExecutor:
    """Runs every step directly.

    Args:
        device: where the inputs are copied before the update, all in one transfer; None: they stay where they are.
    """

    def __init__(self, device: str | None = None) -> None:
        # A tensor's own device has a number, where "cuda" has none.
        self._device = None if device is None else torch.empty(0, device=device).device

    def render(self, work: Work, inputs: Any) -> Tensor:
        """The canvas of a step.

        Args:
            inputs: those of the update that follows.
        """
        return work.render()

    def step(self, work: Work, canvas: Tensor, inputs: Any) -> Any:
        """The result of the update.

        Args:
            canvas: from `render` with the same inputs, or any other picture.
        """
        return work.update(canvas, self.on_device(inputs))

    def forget(self) -> None:
        """Drop all captures, because the tensors of the work may lie elsewhere now or the work itself changed."""

    def on_device(self, inputs: Any) -> Any:
        """The inputs where the update wants them."""
        return inputs if self._device is None else moved(inputs, self._device)


@dataclass
class _Recording:
    """A captured step: its inputs, what replays each half, and the memory that each half writes its result to."""

    places: StaticBuffers
    replay_render: Callable[[], object]
    canvas: Tensor
    replay_update: Callable[[], object]
    result: Any
    unproven: int = PROOFS


@dataclass(frozen=True)
class _Rendered:
    """A canvas that was replayed and waits for its update; `before` holds the changed tensors if it is to be proven."""

    canvas: Tensor
    recording: _Recording
    before: Sequence[Tensor] | None


class CudaGraphExecutor(EagerExecutor):
    """Captures a step of each input shape after a few direct ones, and replays it from then on.

    The first replays are compared with the direct step. If they differ, or if something cannot be captured, every
    later step runs directly; `logging` says so at debug level.

    Args:
        device: of all tensors.
        machine: captures.

    Attributes:
        obstacle: why nothing is captured any longer; None: nothing is wrong.
    """

    def __init__(self, device: str, machine: GraphBackend) -> None:
        super().__init__(device)
        self._machine: GraphBackend | None = machine
        self.obstacle: str | None = None
        self._step_counts: Counter[Hashable] = Counter()
        self._recordings: dict[Hashable, _Recording] = {}
        self._rendered: _Rendered | None = None

    @property
    def recordings(self) -> int:
        """How many steps are captured and replayed now."""
        return len(self._recordings)

    def render(self, work: Work, inputs: Any) -> Tensor:
        self._rendered = None
        recording = self._recording_of(work, inputs)
        if recording is not None:
            self._rendered = _replay_render(recording, work, inputs)
            return self._rendered.canvas
        if self._machine is None:
            return super().render(work, inputs)
        with self._machine.warm_up():
            return super().render(work, inputs)

    def step(self, work: Work, canvas: Tensor, inputs: Any) -> Any:
        rendered, self._rendered = self._rendered, None
        if rendered is not None and rendered.canvas is canvas:
            return self._replay_update(rendered, work, inputs)
        if self._machine is None:
            return super().step(work, canvas, inputs)
        with self._machine.warm_up():
            return super().step(work, canvas, inputs)

    def forget(self) -> None:
        self._recordings.clear()
        self._step_counts.clear()
        self._rendered = None

    def _give_up(self, reason: str) -> None:
        logger.debug("steps run directly from here on: %s", reason)
        self._machine, self.obstacle = None, reason
        self.forget()

    def _recording_of(self, work: Work, inputs: Any) -> _Recording | None:
        """The capture for these inputs, made now if it is time; None: the step runs directly."""
        if self._machine is None:
            return None
        try:
            shape = shape_of(inputs)
        except TypeError as error:
            self._give_up(str(error))
            return None
        self._step_counts[shape] += 1
        if len(self._step_counts) > MOST_SHAPES:
            self._give_up("their inputs have too many shapes")
        elif self._step_counts[shape] > WARM_UP and shape not in self._recordings:
            self._record(self._machine, shape, work, inputs)
        return self._recordings.get(shape)

    def _record(self, machine: GraphBackend, shape: Hashable, work: Work, inputs: Any) -> None:
        assert self._device is not None, "captures need a device"
        try:
            places = StaticBuffers(inputs, self._device)
            replay_render, canvas = machine.record(work.render)
            replay_update, result = machine.record(partial(work.update, canvas, places.tree))
        except RuntimeError as error:  # running out of memory is one, too
            self._give_up(f"a step cannot be captured ({error})")
            return
        # Without what autograd knows about the results, which would keep nodes of the capture alive.
        self._recordings[shape] = _Recording(
            places, replay_render, canvas.detach(), replay_update, mapped(result, Tensor.detach)
        )

    def _replay_update(self, rendered: _Rendered, work: Work, inputs: Any) -> Any:
        recording = rendered.recording
        recording.replay_update()
        # The result is the caller's to keep, so it must not lie where the next replay writes.
        result = mapped(recording.result, torch.clone)
        if rendered.before is None:
            return result
        recording.unproven -= 1
        return self._proven(rendered.before, result, work, inputs)

    def _proven(self, before: Sequence[Tensor], result: Any, work: Work, inputs: Any) -> Any:
        """The result of a step that was just replayed, after running it directly, too; if they differ, the direct one.

        Args:
            before: the changed tensors as they were before the replay.
        """
        after_replay = _copies(work.changed_tensors())
        _assign(work.changed_tensors(), before)
        direct_result = work.update(work.render(), self.on_device(inputs))
        after_direct = _copies(work.changed_tensors())
        replayed_move, direct_move = _differences(after_replay, before), _differences(after_direct, before)
        if _close(replayed_move, direct_move) and _close(tensors(result), tensors(direct_result)):
            _assign(work.changed_tensors(), after_replay)
            return result
        self._give_up("a replayed step was not the same as the direct one")
        return direct_result


def _replay_render(recording: _Recording, work: Work, inputs: Any) -> _Rendered:
    recording.places.fill(inputs)
    before = _copies(work.changed_tensors()) if recording.unproven else None
    recording.replay_render()
    return _Rendered(recording.canvas.clone(), recording, before)


def _copies(originals: Sequence[Tensor]) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in originals]


@torch.no_grad()
def _assign(targets: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    for target, value in zip(targets, values, strict=True):
        target.copy_(value)


def _differences(minuends: Sequence[Tensor], subtrahends: Sequence[Tensor]) -> list[Tensor]:
    return [minuend - subtrahend for minuend, subtrahend in zip(minuends, subtrahends, strict=True)]


def _close(replayed: Sequence[Tensor], direct: Sequence[Tensor]) -> bool:
    return _norm(_differences(replayed, direct)) <= TOLERANCE * _norm(direct) + 1e-6


def _norm(vectors: Sequence[Tensor]) -> float:
    """Of all tensors as one vector."""
    if not vectors:
        return 0.0
    return float(torch.stack([tensor.detach().float().square().sum() for tensor in vectors]).sum().sqrt())
