"""The objective of a run: how far a canvas is from what was asked for, as losses and as the gradient of their sum.

canvas -> filters -> cutouts -> perceptors -> losses -> backward
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from pixray.cutouts.base import Cutouts
from pixray.engine.microbatch import Microbatcher
from pixray.engine.step_random import CutoutBatch, StepRandomness, draw
from pixray.filters.base import Filter
from pixray.losses.base import LossInputs, WeightedLoss
from pixray.ops.carry import carry
from pixray.optim.loss_values import LossValues
from pixray.perceptors.base import Perceptor
from pixray.runtime.rng import Generators


@dataclass(frozen=True)
class Moment:
    """Where a run is when its canvas is judged.

    Attributes:
        step: steps taken so far; progress: share of the run, in [0, 1].
        latent: the drawer's latent picture with gradient, or None.
    """

    step: int
    progress: float
    latent: Tensor | None = None


@dataclass
class Objective:
    """Compares a canvas with everything that the run asks for.

    Attributes:
        filters: image transforms applied before the perceptors, in order, with the weights of their penalties.
        cutouts: decides which parts of the canvas the perceptors see.
        perceptors: by name.
        losses: weighted.
        spots: masks 1 1 H W of the parts of the canvas that some prompts are compared with alone, by name; white is
            seen.
        batches: batches of cutouts per step, whose gradients are averaged.
        microbatcher: how many cutouts are encoded at once.
    """

    filters: Sequence[tuple[Filter, float]]
    cutouts: Cutouts
    perceptors: Mapping[str, Perceptor]
    losses: Sequence[WeightedLoss]
    spots: Mapping[str, Tensor] = field(default_factory=dict)
    batches: int = 1
    microbatcher: Microbatcher = field(default_factory=Microbatcher)

    def draw(self, generators: Generators, size: tuple[int, int], step: int) -> StepRandomness:
        """The random numbers of one step.

        Args:
            size: width and height of the canvas.
            step: steps taken so far.
        """
        input_sizes = dict.fromkeys(perceptor.input_size for perceptor in self.perceptors.values())
        filters = [filter_ for filter_, _ in self.filters]
        return draw(generators, self.cutouts, input_sizes, filters, size, self.batches, step)

    def backward(self, canvas: Tensor, randomness: StepRandomness, moment: Moment) -> LossValues:
        """Each loss by name; their gradients are added to those of the tensors that the canvas was rendered from.

        Args:
            canvas: 1 C H W in [0, 1], C 3 or 4.
        """
        return backward_together([self.begin(canvas, randomness, moment)])[0]

    def begin(self, canvas: Tensor, randomness: StepRandomness, moment: Moment) -> Judging:
        """A canvas with everything that it is judged by; for `backward_together`."""
        filtered, penalties = self._filtered(canvas, randomness)
        # Batches of cutouts differentiate down to the filtered canvas only; the way from there back through filters
        # and drawer is then taken once, however many batches there were.
        leaf = filtered.detach().requires_grad_(True)
        return Judging(self, randomness.views, moment, filtered, penalties, leaf)

    @torch.no_grad()
    def presented(self, canvas: Tensor) -> Tensor:
        """The canvas as people see it, with what filters add for show; detached."""
        canvas = canvas.detach()
        for filter_, _ in self.filters:
            canvas = filter_.present(canvas)
        return canvas

    def _filtered(self, canvas: Tensor, randomness: StepRandomness) -> tuple[Tensor, dict[str, Tensor]]:
        """The canvas as perceptors see it, and the filters' penalties by name."""
        penalties: dict[str, Tensor] = {}
        for number, ((filter_, weight), drawn) in enumerate(zip(self.filters, randomness.filters, strict=True)):
            result = filter_(canvas, drawn)
            canvas = result.canvas
            if result.penalty is not None:
                name = type(filter_).__name__.lower() + (f"#{number}" if number else "")
                penalties[name] = weight * result.penalty
        return canvas, penalties


@dataclass(frozen=True)
class Seen:
    """What one batch of cutouts shows: all that losses may see but the embeddings.

    Attributes:
        view: the cutouts; canvas: 1 3 H W with gradient, opaque; alpha: 1 1 H W, or None.
        crops: N 3 S S, by perceptor input size.
    """

    view: CutoutBatch
    canvas: Tensor
    alpha: Tensor | None
    crops: Mapping[int, Tensor]


@dataclass
class Judging:
    """A canvas while an objective judges it.

    Attributes:
        objective, views, moment: by what and when.
        filtered: the canvas as perceptors see it; leaf: the same without its past, which gathers the gradient.
        penalties: of the filters, by name.
        values: each loss by name, as far as the batches were seen.
    """

    objective: Objective
    views: Sequence[CutoutBatch]
    moment: Moment
    filtered: Tensor
    penalties: Mapping[str, Tensor]
    leaf: Tensor
    values: dict[str, Tensor] = field(default_factory=dict)

    def see(self, number: int) -> Seen:
        """What a batch of cutouts shows."""
        view, canvas = self.views[number], self.leaf
        alpha = canvas[:, 3:] if canvas.shape[1] == 4 else None
        opaque = canvas if alpha is None else canvas[:, :3] * alpha + view.fill * (1 - alpha)
        return Seen(view, opaque, alpha, {size: plan(opaque) for size, plan in view.plans.items()})

    def to_encode(self, seen: Seen) -> Iterator[tuple[str, Perceptor, Tensor]]:
        """Every name under which losses look for embeddings, with the perceptor and the crops N 3 S S."""
        perceptors = self.objective.perceptors
        for name, perceptor in perceptors.items():
            yield name, perceptor, seen.crops[perceptor.input_size]
        for spot, mask in self.objective.spots.items():  # the same cutouts with the rest of the canvas painted black
            for name, perceptor in perceptors.items():
                yield f"{name}/{spot}", perceptor, seen.view.plans[perceptor.input_size](seen.canvas * mask)

    def total(self, seen: Seen, embeddings: Mapping[str, Tensor]) -> Tensor | None:
        """The sum of all losses of a batch, if it has a gradient."""
        moment, batches = self.moment, self.objective.batches
        inputs = LossInputs(
            seen.canvas,
            seen.alpha,
            moment.latent,
            seen.view.plans,
            seen.crops,
            embeddings,
            moment.step,
            moment.progress,
        )
        terms = {loss.name: loss(inputs) / batches for loss in self.objective.losses}
        for name, term in terms.items():
            self.values[name] = self.values.get(name, 0.0) + term.detach()
        total = sum(terms.values())
        return total if isinstance(total, Tensor) and total.requires_grad else None

    def end(self) -> LossValues:
        """Go back through filters and drawer."""
        roots = [penalty for penalty in self.penalties.values() if penalty.requires_grad]
        if self.filtered.requires_grad and self.leaf.grad is not None:
            roots.append(carry(self.filtered, self.leaf.grad))
        if roots:
            torch.autograd.backward(roots)
        self.values.update({name: penalty.detach() for name, penalty in self.penalties.items()})
        return LossValues.of(self.values)


def backward_together(all_judged: Sequence[Judging]) -> list[LossValues]:
    """Judge several canvases by the same perceptors, which see the cutouts of all in one batch.

    Args:
        all_judged: from `Objective.begin` of objectives with the same perceptors, spots and number of batches.

    Returns:
        as `Objective.backward`, in the same order.
    """
    for number in range(len(all_judged[0].views)):
        seen = [judging.see(number) for judging in all_judged]
        embeddings = _encoded(all_judged, seen)
        totals = [judging.total(one, found) for judging, one, found in zip(all_judged, seen, embeddings, strict=True)]
        with_gradient = [total for total in totals if total is not None]
        if with_gradient:
            torch.autograd.backward(with_gradient)
    return [judging.end() for judging in all_judged]


def _encoded(all_judged: Sequence[Judging], all_seen: Sequence[Seen]) -> list[dict[str, Tensor]]:
    """The embeddings of each canvas by name."""
    microbatcher = all_judged[0].objective.microbatcher
    embeddings: list[dict[str, Tensor]] = [{} for _ in all_judged]
    asked = [judging.to_encode(seen) for judging, seen in zip(all_judged, all_seen, strict=True)]
    for same in zip(*asked, strict=True):
        name, perceptor, crops = same[0]
        if len(same) == 1:  # without a copy, and a tensor of its own, not a view
            embeddings[0][name] = microbatcher.encode(perceptor, crops)
            continue
        found = microbatcher.encode(perceptor, torch.cat([crops for _, _, crops in same]))
        for own, part in zip(embeddings, found.split([len(crops) for _, _, crops in same]), strict=True):
            own[name] = part
    return embeddings
