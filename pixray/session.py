"""THE LOOP. A session owns everything one run needs and yields what happens as events.

    chance  |  render -> filter -> cutouts -> perceptors -> losses -> backward -> optimizer -> project

What chance decides is drawn first; the rest is a function of that and of the parameters, so that a GPU can replay it.
Nothing here knows which drawer, perceptor or loss it works with, and nothing outside a session changes while it runs:
two sessions stepped in turn give the same pictures as each alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from pixray.cadence import Cadence
from pixray.chance import Chance, View, draw
from pixray.cutouts.base import Cutouts
from pixray.drawers.base import Drawer
from pixray.errors import RunFailed
from pixray.events import Drawn, Dropped, Event, Finished, Kept, Noticed, Started, Stepped
from pixray.filters.base import Filter
from pixray.losses.base import Look, WeightedLoss
from pixray.losses.reading import Reading
from pixray.perceptors.base import Perceptor
from pixray.perceptors.pieces import Pieces
from pixray.pictures.io import to_u8
from pixray.pictures.overlay import Overlay
from pixray.replay.replay import Plainly
from pixray.rng import Generators
from pixray.steppers.gradient import GradientStepper, finite
from pixray.steppers.search import SearchStepper

if TYPE_CHECKING:
    from PIL import Image

    from pixray.settings.namespace import Settings


_LAG = 16
"""Steps after which losses on a GPU are looked at, to notice numbers that are not finite."""


@dataclass
class Session:
    """One run. Build it with `pixray.build.build`, iterate `run()`; leaving the loop stops the run.

    Attributes:
        settings, record: what was asked for, and what is needed to run it again.
        drawer: owns the parameters.
        perceptors: by name.
        cutouts: decides where they look.
        losses: weighted; filters: with the weights of their penalties, in order.
        stepper: owns the optimizer, or remembers the best candidate of a drawer without gradients.
        generators: all randomness of the run.
        steps, batches: how many steps, and looks per step whose gradients are averaged.
        cadence: when pictures are due.
        notices: what there is to say at the start.
        spots: masks 1 1 H W of the parts of the picture that some prompts see alone, by name; white is seen.
        pieces: how many cutouts are encoded at once.
        replay: how the same step is taken again and again.
        overlay: a picture laid over this one from time to time.
        text: facts for the metadata of every picture.
    """

    settings: Settings
    record: Mapping[str, Any]
    drawer: Drawer
    perceptors: Mapping[str, Perceptor]
    cutouts: Cutouts
    losses: Sequence[WeightedLoss]
    filters: Sequence[tuple[Filter, float]]
    stepper: GradientStepper | SearchStepper
    generators: Generators
    steps: int
    batches: int = 1
    cadence: Cadence = Cadence()
    device: str = "cpu"
    notices: Sequence[Noticed] = ()
    spots: Mapping[str, Tensor] = field(default_factory=dict)
    overlay: Overlay | None = None
    text: Mapping[str, str] = field(default_factory=dict)
    step: int = 0
    pieces: Pieces = field(default_factory=Pieces)
    replay: Plainly = field(default_factory=Plainly)
    _unread: list[Reading] = field(default_factory=list, init=False)
    stopping: bool = field(default=False, init=False)

    def run(self) -> Iterator[Event]:
        """Take the remaining steps.

        Raises:
            RunFailed: a loss or the picture is no longer finite; the last good picture was yielded before.
        """
        begun = time.perf_counter()
        seed = self.generators.seed
        yield Started(self.settings, self.record, self.drawer.size, self.device, seed, self.steps, self.step)
        yield from self.notices
        while self.unfinished:
            if self.cadence.keeps(self.step):
                yield Kept(self.step, self.state())
            yield from self.advance()
        if self._unread:
            yield from self._stop_if_broken(self.drawer.render(self.step))
        if self.cadence.keep and self.step:
            yield Kept(self.step, self.state())
        if self.stepper.ready:
            yield self.draw(final=True)
        best = None if math.isinf(self.stepper.best) else (self.stepper.best, self.stepper.best_step)
        yield Finished(self._reason(), self.step, time.perf_counter() - begun, best)

    @property
    def unfinished(self) -> bool:
        """Whether there is another step to take."""
        return self.step < self.steps and not self.stopping and not self.stepper.exhausted

    def advance(self) -> Iterator[Event]:
        """Take one step."""
        if self.stepper.drop_if_due(self.step):
            yield Dropped(self.step, self.stepper.factor)
        if isinstance(self.stepper, SearchStepper):
            yield from self._search(self.stepper)
            return
        begun = time.perf_counter()
        if self.overlay is not None and self.overlay.due(self.step):
            self._lay_over(self.overlay)
        chance = self._chance()
        stages = self._take(chance)
        canvas = next(stages)
        save, show = self.cadence.due(self.step)
        if save or show or self.cadence.film:
            yield self._drawn(canvas, save=save, show=show)
        losses = self.pieces.fit(lambda: next(stages), lambda: self._take_afresh(chance), self.generators)
        self._unread.append(losses)
        if losses.at_hand or save or show or len(self._unread) >= _LAG:
            yield from self._stop_if_broken(canvas)
        self.step += 1
        yield self._stepped(losses, time.perf_counter() - begun)
        if self.stepper.watch(self.step, losses):
            yield Dropped(self.step, self.stepper.factor)

    def stop(self) -> None:
        """Ask the run to end after the step it is in; the final picture still comes."""
        self.stopping = True

    def state(self) -> dict[str, Any]:
        """Everything that steps change, as tensors, numbers and texts."""
        return {
            "step": self.step,
            "drawer": self.drawer.state(),
            "stepper": self.stepper.state(),
            "generators": self.generators.state(),
            "losses": {one.name: state for one in self.losses if (state := one.loss.state())},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved state; the session must have been built from the same settings."""
        self.replay.forget()
        self.step = int(state["step"])
        self.drawer.restore(state["drawer"])
        self.stepper.restore(state["stepper"])
        self.generators.restore(state["generators"])
        for one in self.losses:
            one.loss.restore(state.get("losses", {}).get(one.name, {}))

    def image(self) -> Image.Image:
        """The picture as it is now, for Pillow."""
        return self.draw().image

    @torch.no_grad()
    def _lay_over(self, overlay: Overlay) -> None:
        """Put the overlay on the picture and let the drawer take the result over."""
        self.drawer.paint(overlay.over(self.drawer.render(self.step)))

    def _chance(self) -> Chance:
        sizes = dict.fromkeys(perceptor.input_size for perceptor in self.perceptors.values())
        filters = [one for one, _ in self.filters]
        return draw(self.generators, self.cutouts, sizes, filters, self.drawer.size, self.batches, self.step)

    def _take(self, chance: Chance, canvas: Tensor | None = None) -> Iterator[Any]:
        """One step, from a canvas or from what the drawer draws: gives first this, then the losses."""
        stages = (lambda *_: self.drawer.render(self.step) if canvas is None else canvas, self._descend)
        return self.replay.take(stages, chance, self.stepper.tensors)

    def _take_afresh(self, chance: Chance) -> Reading:
        self.replay.forget()
        *_, losses = self._take(chance)
        return losses

    def _descend(self, chance: Chance, canvas: Tensor) -> Reading:
        """Move the parameters once against all losses; each loss by name, as it was before."""
        self.stepper.clear()
        filtered, penalties = self._filtered(canvas, chance)
        # Looks differentiate down to the finished canvas only; then the drawer is walked back through once,
        # however many batches of cutouts there were.
        leaf = filtered.detach().requires_grad_(True)
        values: dict[str, Tensor] = {}
        for view in chance.views:
            look = self._look(leaf, view)
            terms = {loss.name: loss(look) / self.batches for loss in self.losses}
            total = sum(terms.values())
            if isinstance(total, Tensor) and total.requires_grad:
                total.backward()
            for name, term in terms.items():
                values[name] = values.get(name, 0.0) + term.detach()
        roots = {name: penalty for name, penalty in penalties.items() if penalty.requires_grad}
        seeds: list[Tensor | None] = [None] * len(roots)
        if filtered.requires_grad and leaf.grad is not None:
            roots["canvas"] = filtered
            seeds.append(leaf.grad)
        if roots:
            torch.autograd.backward(list(roots.values()), seeds)
        values.update({name: penalty.detach() for name, penalty in penalties.items()})
        losses = Reading.of(values)
        if self.stepper.update(losses):
            self.drawer.project()
        return losses

    @torch.no_grad()
    def _search(self, stepper: SearchStepper) -> Iterator[Event]:
        """One step of a drawer without gradients: it proposes, the losses judge, the best so far is kept."""
        begun = time.perf_counter()
        looks = {purpose: self.generators.get(purpose).get_state() for purpose in ("cuts", "filters")}
        losses = Reading()
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
                    # Every candidate is looked at through the same cutouts, or chance would choose between them.
                    for purpose, state in looks.items():
                        self.generators.get(purpose).set_state(state)
                    *_, losses = self._take(self._chance(), proposal.image)
                    better = stepper.offer(self.step + 1, sum(losses.values()))
                if better:
                    self.drawer.accept(proposal)
                yield self._drawn(proposal.image, save=better, show=True)
        self.step += 1
        yield self._stepped(losses, time.perf_counter() - begun)

    def _filtered(self, canvas: Tensor, chance: Chance) -> tuple[Tensor, dict[str, Tensor]]:
        """The canvas as perceptors see it, and the filters' penalties by name."""
        penalties: dict[str, Tensor] = {}
        for number, ((one, weight), drawn) in enumerate(zip(self.filters, chance.filters, strict=True)):
            result = one(canvas, drawn)
            canvas = result.canvas
            if result.penalty is not None:
                called = type(one).__name__.lower() + (f"#{number}" if number else "")
                penalties[called] = weight * result.penalty
        return canvas, penalties

    def _look(self, canvas: Tensor, view: View) -> Look:
        """Everything that losses may see, from one set of cutouts."""
        alpha = canvas[:, 3:] if canvas.shape[1] == 4 else None
        flat = canvas if alpha is None else canvas[:, :3] * alpha + view.fill * (1 - alpha)
        crops = {size: plan(flat) for size, plan in view.plans.items()}
        embeddings = {name: self.pieces.encode(one, crops[one.input_size]) for name, one in self.perceptors.items()}
        for spot, mask in self.spots.items():  # the same cutouts of the picture with the rest of it painted black
            for name, one in self.perceptors.items():
                embeddings[f"{name}/{spot}"] = self.pieces.encode(one, view.plans[one.input_size](flat * mask))
        progress = self.step / max(1, self.steps)
        return Look(flat, alpha, self.drawer.latent(), view.plans, crops, embeddings, self.step, progress)

    @torch.no_grad()
    def draw(self, *, show: bool = True, final: bool = False) -> Drawn:
        """The picture as it is now."""
        return self._drawn(self.drawer.render(self.step), save=True, show=show, final=final)

    def _drawn(self, canvas: Tensor, *, save: bool, show: bool, final: bool = False) -> Drawn:
        with torch.no_grad():
            canvas = canvas.detach()
            for one, _ in self.filters:
                canvas = one.present(canvas)
        files = self.drawer.files() if save else {}
        text = {**self.text, **self.drawer.facts()} if save else {}
        return Drawn(self.step, to_u8(canvas), final=final, save=save, show=show, files=files, text=text)

    def _stepped(self, losses: Reading, seconds: float) -> Stepped:
        self._pace = 0.8 * getattr(self, "_pace", seconds) + 0.2 * seconds
        remaining = self._pace * (self.steps - self.step)
        return Stepped(self.step, self.steps, self.stepper.factor, seconds, remaining, lambda: losses)

    def _stop_if_broken(self, canvas: Tensor) -> Iterator[Event]:
        """Look at the losses that nobody has looked at yet."""
        unread, self._unread = self._unread, []
        broken = dict.fromkeys(name for losses in unread for name, value in losses.items() if not math.isfinite(value))
        if not broken:
            return
        if finite(canvas):
            yield self._drawn(canvas, save=True, show=True, final=True)
        named = ", ".join(f"'{name}'" for name in broken)
        raise RunFailed(
            f"the loss {named} is not a finite number after {self.step} steps; the last good picture is kept"
        )

    def _reason(self) -> Any:
        if self.step >= self.steps:
            return "complete"
        return "stopped" if self.stopping else "stalled"
