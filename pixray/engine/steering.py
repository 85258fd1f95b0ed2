"""Steering: changes to a run while it paints, asked for from any thread and taken over between two steps.

    session.steer(prompts="a red heart:2 | gold", learning_rate=0.1)
    session.undo(50)

What has effect is the timeline, which the record of the run holds, so that the same picture can be painted again and an
interrupted run goes on as if it had not been. A change that was undone leaves the timeline; the log keeps both.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from pixray.engine.history import History
from pixray.errors import PixrayError, SettingsError
from pixray.events import CheckpointDue, Event, Noticed, Steered, Undone
from pixray.runtime.redact import redacted, without_secrets
from pixray.settings.declare import RESOLVED, Role
from pixray.settings.layers import Layer, python_layer
from pixray.settings.steering import Change, change_of, check_planned, planned_layers

if TYPE_CHECKING:
    from pixray.engine.steered_parts import SteeredParts
    from pixray.registry import Registry
    from pixray.settings.namespace import Settings


class Run(Protocol):
    """What is steered: a session, or an animation of several."""

    record: Mapping[str, Any]

    @property
    def step(self) -> int:
        """Steps taken."""

    def state(self) -> dict[str, Any]:
        """Everything that steps change."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved state."""


class Steerable:
    """What sessions and animations have in common: they can be steered."""

    steering: Steering

    def steer(self, **changes: Any) -> None:
        """Change settings from the next step on. May be called from any thread, before and while the run paints.

            session.steer(prompts="a red heart:2 | gold", custom_loss="smoothness:3", learning_rate=0.1)

        Each value takes the place of the whole earlier one, so prompts are given with those that stay; None takes a
        setting back to what it is when nobody says anything. `learning_rate` counts in relation to that of the
        beginning: half of it halves the steps of every drawer. `Role.STEERABLE` marks the settings that can change.

        The run yields `Steered` once a change has effect, or `Noticed` if something it needs cannot be had.

        Raises:
            SettingsError: a wrong value, or a setting that cannot change while a run paints; nothing has changed.
            PixrayError: the run is over, or its drawer does not paint step by step.
        """
        self.steer_by(python_layer(changes, "steer"))

    def steer_by(self, layer: Layer) -> None:
        """As `steer`, for values of which somebody else than the Python caller may be the source."""
        self.steering.ask(layer)

    def undo(self, step: int) -> None:
        """Go back to an earlier checkpoint before the next step, and forget what was changed since.

        May be called from any thread. The run yields `Undone`, and takes the steps after `step` again.

        Args:
            step: one of `checkpoints`.

        Raises:
            PixrayError: there is no such checkpoint, or the run is over.
        """
        self.steering.ask_undo(step)

    @property
    def checkpoints(self) -> list[int]:
        """Steps that `undo` can go back to: the beginning and every `checkpoint_every` steps, thinned out in time."""
        return self.steering.history.steps


class Steering:
    """The timeline of a run, what is asked for and not taken over yet, and the states to go back to.

    Args:
        base: settings that the run began with.
        registry: of its parts.
        parts: of its sessions.
        keeps: whether states are kept.

    Raises:
        SettingsError: the settings plan a change that is wrong.
    """

    def __init__(self, base: Settings, registry: Registry, parts: Sequence[SteeredParts], keeps: bool) -> None:
        self.history = History()
        self._base, self._registry, self.parts, self._keeps = base, registry, list(parts), keeps
        self._lock = threading.RLock()
        self._asked: deque[Layer | int] = deque()
        self._taken: list[Change] = []
        """Changes that have effect, each with the step before which it was taken over."""
        self._planned = planned_layers(base)
        self._changed = self._over = False
        if self._planned:
            self._refuse_if_fixed()
            check_planned(base, registry)

    def __getstate__(self) -> dict[str, Any]:
        """For copies of a session: a lock cannot be copied, so each has its own."""
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state, _lock=threading.RLock())

    def timeline(self) -> list[dict[str, Any]]:
        """Every change that has effect or is planned, as the record holds them."""
        with self._lock:
            coming = [{"step": step, "changes": dict(layer.values)} for step, layer in self._planned]
            return redacted([*(change.plain() for change in self._taken), *coming])

    def ask(self, layer: Layer) -> None:
        """Ask for a change.

        Raises:
            PixrayError: as `Steerable.steer`.
        """
        self._refuse_if_fixed()
        with self._lock:
            self._refuse_if_over()
            earlier = [*self._taken]
            for asked in self._asked:
                earlier += [] if isinstance(asked, int) else [self._change(earlier, asked, 0)[0]]
            self._change(earlier, layer, 0)
            self._asked.append(layer)

    def ask_undo(self, step: int) -> None:
        """Ask to go back.

        Raises:
            PixrayError: as `Steerable.undo`.
        """
        with self._lock:
            self._refuse_if_over()
            steps = self.history.steps
            if step not in steps:
                listed = ", ".join(map(str, steps)) or "none yet"
                hint = "" if self._keeps else "; checkpoint_every=0 keeps none"
                raise PixrayError(f"undo({step!r}): there is no checkpoint of that step, only of these: {listed}{hint}")
            self._asked.append(step)

    def between_steps(self, run: Run, due: bool) -> Iterator[Event]:
        """Keep the state if that is due, then take over what is planned for this step or was asked for.

        Args:
            due: whether a checkpoint is due at this step.
        """
        if due or (self._keeps and not self.history.steps):
            state = run.state()
            self.history.keep(run.step, state)
            if due:
                yield CheckpointDue(run.step, state)
        while True:
            with self._lock:
                planned = bool(self._planned) and self._planned[0][0] <= run.step
                if not planned and not self._asked:
                    return
                asked = self._planned.pop(0)[1] if planned else self._asked.popleft()
            yield from self._go_back(run, asked) if isinstance(asked, int) else self._take(run, asked, planned)

    def replay(self, step: int) -> None:
        """Bring the parts to where they are before the changes at a step, for a state that was saved there."""
        with self._lock:
            if not self._changed and not self._planned:
                return
            changes = [(change.step, dataclasses.replace(change.layer, values=change.values)) for change in self._taken]
            changes += self._planned
            self._taken, self._planned = [], [change for change in changes if change[0] >= step]
            for parts in self.parts:
                parts.begin_again()
            for before, layer in changes:
                if before < step:
                    self._apply(*self._change(self._taken, layer, before))

    def end(self) -> Iterator[Event]:
        """The run is over: what was asked for too late is told."""
        with self._lock:
            self._over, late = True, len(self._asked)
            self._asked.clear()
        if late:
            yield Noticed("warning", "the run was over before its last change could have effect")

    def _take(self, run: Run, layer: Layer, planned: bool) -> Iterator[Event]:
        try:
            change, settings = self._change(self._taken, layer, run.step)
            self._apply(change, settings)
        except PixrayError as error:
            if planned:
                raise  # the picture would not be the one that the record promises
            yield Noticed("warning", f"step {run.step}: nothing was changed: {error}")
            return
        for text in [*change.notices, *self._told()]:
            yield Noticed("info", text)
        if not change.values:
            return
        run.record = self._record(run.record)
        yield Steered(run.step, redacted(change.values), run.record)

    def _go_back(self, run: Run, to: int) -> Iterator[Event]:
        taken, state = run.step, self.history.back_to(to)
        with self._lock:
            self._taken = [change for change in self._taken if change.step < to]
        run.restore(state)
        run.record = self._record(run.record)
        # The state first: until the record follows, a run that is broken off here goes on as before the undo.
        if self._keeps:
            yield CheckpointDue(to, state)
        yield Undone(taken, to, run.record)

    def _change(self, earlier: Sequence[Change], layer: Layer, step: int) -> tuple[Change, Settings]:
        change, settings = change_of(self._base, self._registry, earlier, layer, step)
        own = [name for name in change.values if len(self.parts) > 1 and settings.has_role(name, Role.PER_FRAME)]
        if own:
            raise SettingsError(f"{own[0]}: each frame of the animation has its own, which stays as it is")
        return change, settings

    def _apply(self, change: Change, settings: Settings) -> None:
        names = list(dict.fromkeys(name for taken in (*self._taken, change) for name in taken.values))
        self._changed = True
        for parts in self.parts:
            # Each session has files of its own, as the frames of an animation have.
            parts.take(parts.base.steered(names, settings), change.values, change.step)
        with self._lock:
            self._taken.append(change)

    def _record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        return record_with(record, self._base, self.timeline())

    def _told(self) -> list[str]:
        told = list(dict.fromkeys(without_secrets(text) for parts in self.parts for text in parts.told))
        for parts in self.parts:
            parts.told.clear()
        return told

    def _refuse_if_fixed(self) -> None:
        refusal = next(filter(None, (parts.refusal() for parts in self.parts)), None)
        if refusal is not None:
            raise SettingsError(refusal)

    def _refuse_if_over(self) -> None:
        if self._over:
            raise PixrayError("the run is over: nothing about it changes any more")


def record_with(record: Mapping[str, Any], settings: Settings, timeline: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The record of a run with another timeline, in the order of all records."""
    changed = {**record, "steering": list(timeline)}
    names = (name for name in (*vars(settings), RESOLVED) if name in changed)
    return {name: changed[name] for name in names if timeline or name != "steering"}
