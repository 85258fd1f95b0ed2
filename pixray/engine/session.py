"""THE LOOP. A session owns everything that one run needs, and yields what happens as events.

    randomness = draw()                         random numbers of the step
    canvas     = render(randomness)             the drawer's picture
    losses     = step(canvas, randomness)       objective.py: filters, cutouts, perceptors, losses, backward;
                                                then the optimizer, and the drawer's valid range
    events                                      pictures, losses, checkpoints

Nothing here knows which drawer, perceptor or loss it works with, and nothing outside a session changes while it runs:
two sessions stepped in turn give the same pictures as each alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from pixray.drawers.base import Drawer
from pixray.engine.capture.executor import EagerExecutor
from pixray.engine.ground import opaque_ground
from pixray.engine.hardening import change_when_hard
from pixray.engine.objective import Moment, Objective
from pixray.engine.output_schedule import Schedule
from pixray.engine.steering import Steerable, Steering
from pixray.engine.step_random import StepRandomness
from pixray.engine.unread_losses import UnreadLosses
from pixray.engine.within_memory import within_memory
from pixray.errors import RunFailed
from pixray.events import CheckpointDue, Drawn, Event, Finished, LearningRateDropped, Noticed, Started, Stepped
from pixray.images.camera import Camera
from pixray.images.io import to_u8
from pixray.images.overlay import Overlay
from pixray.optim.gradient import GradientOptimizer, finite
from pixray.optim.loss_values import LossValues
from pixray.optim.search import SearchOptimizer
from pixray.runtime.devices import deterministic_kernels
from pixray.runtime.rng import Generators

if TYPE_CHECKING:
    from PIL import Image

    from pixray.settings.namespace import Settings


@dataclass(repr=False)
class Session(Steerable):
    """One run. Build it with `pixray.runs.start.build_run`, iterate `run()`; leaving the loop stops the run.

    Attributes:
        settings, record: what was asked for, and what is needed to run it again.
        drawer: owns the parameters and renders them.
        objective: turns a canvas into losses and gradients.
        optimizer: owns the torch optimizer, or remembers the best candidate of a drawer without gradients.
        generators: all randomness of the run.
        steps: how many steps the run takes; step: how many were taken.
        executor: does the work of a step, on GPUs by replaying captured steps.
        schedule: when pictures and checkpoints are due.
        device: where the tensors are, such as "cpu" or "cuda:0".
        deterministic: whether cuDNN takes deterministic kernels only.
        notices: what there is to say at the start.
        overlay: a picture laid over the canvas from time to time.
        camera: moves the canvas from time to time.
        text: facts for the metadata of every picture.
        stopping: whether somebody asked the run to end.
        steering: what changes while it paints.
    """

    settings: Settings
    record: Mapping[str, Any]
    drawer: Drawer
    objective: Objective
    optimizer: GradientOptimizer | SearchOptimizer
    generators: Generators
    steps: int
    executor: EagerExecutor = field(default_factory=EagerExecutor)
    schedule: Schedule = Schedule()
    device: str = "cpu"
    deterministic: bool = False
    notices: Sequence[Noticed] = ()
    overlay: Overlay | None = None
    text: Mapping[str, str] = field(default_factory=dict)
    step: int = 0
    camera: Camera | None = None
    stopping: bool = field(default=False, init=False)
    steering: Steering = field(init=False)
    _unread: UnreadLosses = field(default_factory=UnreadLosses, init=False)
    _seconds_per_step: float | None = field(default=None, init=False)

    def run(self) -> Iterator[Event]:
        """Take the remaining steps.

        Raises:
            RunFailed: a loss or the canvas is no longer finite; the last good picture was yielded before.
        """
        started = time.perf_counter()
        seed = self.generators.seed
        yield Started(self.settings, self.record, self.drawer.size, self.device, seed, self.steps, self.step)
        yield from self.notices
        while self.unfinished:
            yield from self.steering.between_steps(self, self.schedule.keeps(self.step))
            yield from self.advance()
        yield from self.steering.end()
        if self._unread:
            yield from self._stop_if_broken(self.render())
        if self.schedule.keep and self.step:
            yield CheckpointDue(self.step, self.state())
        if self.optimizer.ready:
            self.drawer.settle()
            yield from self._last_picture()
        best = None if math.isinf(self.optimizer.best) else (self.optimizer.best, self.optimizer.best_step)
        yield Finished(self._reason(), self.step, time.perf_counter() - started, best)

    def __repr__(self) -> str:
        width, height = self.drawer.size
        facts = f"{self.settings.drawer} {width}x{height} on {self.device}, seed {self.generators.seed}"
        return f"<{type(self).__name__}: {facts}, step {self.step} of {self.steps}>"

    @property
    def unfinished(self) -> bool:
        """Whether there is another step to take."""
        return self.step < self.steps and not self.stopping and not self.optimizer.exhausted

    def advance(self) -> Iterator[Event]:
        """Take one step."""
        yield from self.open_step()
        if isinstance(self.optimizer, SearchOptimizer):
            yield from self._search(self.optimizer)
            return
        started = time.perf_counter()
        randomness = self.draw_randomness()
        with self.kernels():
            canvas = self.executor.render(self, randomness)
        yield from self.show_step(canvas)
        with self.kernels():
            losses = self._taken(canvas, randomness)
        yield from self.close_step(canvas, losses, started)

    def open_step(self) -> Iterator[Event]:
        """What comes before a step: a lower rate, the drawer's last manner, the camera."""
        if self.optimizer.drop_if_due(self.step):
            yield LearningRateDropped(self.step, self.optimizer.factor)
        if not isinstance(self.optimizer, SearchOptimizer):
            if self.step == self.drawer.hardens_at and self.step:
                yield self._compared_when_hard()
            self._repaint_if_due()

    def show_step(self, canvas: Tensor) -> Iterator[Event]:
        """The picture of a step, if one is due."""
        save, show = self.schedule.due(self.step)
        if save or show or self.schedule.video:
            yield self._drawn(canvas, save=save, show=show)

    def close_step(self, canvas: Tensor, losses: LossValues, started: float) -> Iterator[Event]:
        """What comes of a step that was taken.

        Raises:
            RunFailed: as `run`.
        """
        if self._unread.add(losses) or any(self.schedule.due(self.step)):
            yield from self._stop_if_broken(canvas)
        self.step += 1
        yield self._stepped(losses, time.perf_counter() - started)
        if self.optimizer.watch(self.step, losses):
            yield LearningRateDropped(self.step, self.optimizer.factor)

    def render(self) -> Tensor:
        """The canvas as it is now, 1 C H W in [0, 1], differentiable with respect to the parameters."""
        return self.drawer.render(self.step)

    def update(self, canvas: Tensor, randomness: StepRandomness) -> LossValues:
        """Move the parameters once against all losses; returns each loss by name, as it was before the move."""
        losses = self.objective.backward(canvas, randomness, self.begin_update())
        self.end_update(losses)
        return losses

    def begin_update(self) -> Moment:
        """Clear the gradients; where the run is."""
        self.optimizer.clear()
        return Moment(self.step, self.step / max(1, self.steps), self.drawer.latent())

    def end_update(self, losses: LossValues) -> None:
        """Move the parameters along the gradients."""
        if self.optimizer.update(losses):
            self.drawer.project()

    def changed_tensors(self) -> Sequence[Tensor]:
        """Every tensor that `update` changes in place."""
        return self.optimizer.tensors()

    def stop(self) -> None:
        """Ask the run to end after the current step; the final picture is still yielded."""
        self.stopping = True

    def state(self) -> dict[str, Any]:
        """Everything that steps change, as tensors, numbers and texts."""
        return {
            "step": self.step,
            "drawer": self.drawer.state(),
            "optimizer": self.optimizer.state(),
            "generators": self.generators.state(),
            "losses": {loss.name: state for loss in self.objective.losses if (state := loss.loss.state())},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved state; the session must have been built from the same settings."""
        self.step, self._unread = int(state["step"]), UnreadLosses()
        self.steering.replay(self.step)
        self.executor.forget()
        self.drawer.restore(state["drawer"])
        self.optimizer.restore(state["optimizer"])
        self.generators.restore(state["generators"])
        for loss in self.objective.losses:
            loss.loss.restore(state.get("losses", {}).get(loss.name, {}))

    def image(self) -> Image.Image:
        """The picture as it is now, for Pillow."""
        return self.draw().image

    @torch.no_grad()
    def draw(self, *, show: bool = True, final: bool = False) -> Drawn:
        """The picture as it is now."""
        return self._drawn(self.render(), save=True, show=show, final=final)

    def _last_picture(self) -> Iterator[Event]:
        drawn = self.draw(final=True)
        yield drawn
        if self.settings.transparent and (text := opaque_ground(drawn.image_u8, self.settings.transparent_weight)):
            yield Noticed("warning", text)

    def _compared_when_hard(self) -> Noticed:
        """How much the losses change when the drawer begins to paint as it delivers."""
        randomness, now = self.draw_randomness(), Moment(self.step, self.step / max(1, self.steps))
        with self.kernels():
            told = change_when_hard(self.drawer, self.objective, randomness, now)
        self.text = {**self.text, "pixray_hardened": f"step {self.step}: {told}"}
        return Noticed("info", f"from step {self.step} on the picture is painted as it is delivered: {told}")

    def draw_randomness(self) -> StepRandomness:
        """The random numbers of the next step."""
        return self.objective.draw(self.generators, self.drawer.size, self.step)

    def kernels(self) -> AbstractContextManager[None]:
        """Around the work of a step, never across a yield: what it switches belongs to the whole process."""
        return deterministic_kernels() if self.deterministic else nullcontext()

    @torch.no_grad()
    def _repaint_if_due(self) -> None:
        """Let the drawer take over what the camera sees after its move, and the canvas under the overlay."""
        if self.camera is not None and self.camera.due(self.step):
            self.drawer.paint(self.camera.moved(self.render()))
        if self.overlay is not None and self.overlay.due(self.step):
            self.drawer.paint(self.overlay.over(self.render()))

    def _taken(self, canvas: Tensor, randomness: StepRandomness) -> LossValues:
        """The losses of a step, after it was taken."""

        def attempt(again: bool) -> LossValues:
            if again:
                self.executor.forget()
            seen = self.executor.render(self, randomness) if again else canvas
            return self.executor.step(self, seen, randomness)

        return within_memory(self.objective.microbatcher, [self.generators], attempt)

    @torch.no_grad()
    def _search(self, optimizer: SearchOptimizer) -> Iterator[Event]:
        """One step of a drawer without gradients: it proposes, the losses judge, the best so far is kept."""
        started = time.perf_counter()
        randomness: StepRandomness | None = None
        losses = LossValues()
        with closing(self.drawer.propose(self.step)) as proposals:  # type: ignore[type-var]
            for proposal in proposals:
                if self.stopping:
                    return
                if proposal.notice:
                    yield Noticed("info", proposal.notice)
                if proposal.image is None:
                    continue
                better = False
                if proposal.finished:
                    # All candidates are seen through the same cutouts, or chance would choose between them.
                    randomness = randomness or self.draw_randomness()
                    with self.kernels():
                        losses = self.executor.step(self, proposal.image, randomness)
                    better = optimizer.offer(self.step + 1, sum(losses.values()))
                if better:
                    self.drawer.accept(proposal)
                yield self._drawn(proposal.image, save=better, show=True)
        self.step += 1
        yield self._stepped(losses, time.perf_counter() - started)

    def _drawn(self, canvas: Tensor, *, save: bool, show: bool, final: bool = False) -> Drawn:
        shown = self.objective.presented(canvas)
        files = self.drawer.files(shown) if save else {}
        text = {**self.text, **self.drawer.facts()} if save else {}
        return Drawn(self.step, to_u8(shown), final=final, save=save, show=show, files=files, text=text)

    def _stepped(self, losses: LossValues, seconds: float) -> Stepped:
        average = seconds if self._seconds_per_step is None else self._seconds_per_step
        self._seconds_per_step = 0.8 * average + 0.2 * seconds
        remaining = self._seconds_per_step * (self.steps - self.step)
        return Stepped(self.step, self.steps, self.optimizer.factor, seconds, remaining, losses)

    def _stop_if_broken(self, canvas: Tensor) -> Iterator[Event]:
        """Read the losses that were not read yet; raise if one is not finite, after the last good picture."""
        broken = self._unread.broken()
        if not broken:
            return
        if finite(canvas):
            yield self._drawn(canvas, save=True, show=True, final=True)
        names = ", ".join(f"'{name}'" for name in broken)
        raise RunFailed(
            f"the loss {names} is not a finite number after {self.step} steps; the last good picture is kept"
        )

    def _reason(self) -> Literal["complete", "stopped", "stalled"]:
        if self.step >= self.steps:
            return "complete"
        return "stopped" if self.stopping else "stalled"
