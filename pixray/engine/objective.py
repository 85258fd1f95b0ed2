"""The objective of a run: how far a canvas is from what was asked for, as losses and as the gradient of their sum.

canvas -> filters -> cutouts -> perceptors -> losses -> backward
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        filtered, penalties = self._filtered(canvas, randomness)
        # Batches of cutouts differentiate down to the filtered canvas only; the way from there back through filters
        # and drawer is then taken once, however many batches there were.
        leaf = filtered.detach().requires_grad_(True)
        values: dict[str, Tensor] = {}
        for view in randomness.views:
            inputs = self._loss_inputs(leaf, view, moment)
            terms = {loss.name: loss(inputs) / self.batches for loss in self.losses}
            total = sum(terms.values())
            if isinstance(total, Tensor) and total.requires_grad:
                total.backward()
            for name, term in terms.items():
                values[name] = values.get(name, 0.0) + term.detach()
        self._backward_through_filters(filtered, leaf.grad, penalties)
        values.update({name: penalty.detach() for name, penalty in penalties.items()})
        return LossValues.of(values)

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

    def _loss_inputs(self, canvas: Tensor, view: CutoutBatch, moment: Moment) -> LossInputs:
        """Everything that losses may see, for one batch of cutouts."""
        alpha = canvas[:, 3:] if canvas.shape[1] == 4 else None
        opaque = canvas if alpha is None else canvas[:, :3] * alpha + view.fill * (1 - alpha)
        crops = {size: plan(opaque) for size, plan in view.plans.items()}
        embeddings = {
            name: self.microbatcher.encode(perceptor, crops[perceptor.input_size])
            for name, perceptor in self.perceptors.items()
        }
        for spot, mask in self.spots.items():  # the same cutouts of the canvas with the rest of it painted black
            for name, perceptor in self.perceptors.items():
                masked_crops = view.plans[perceptor.input_size](opaque * mask)
                embeddings[f"{name}/{spot}"] = self.microbatcher.encode(perceptor, masked_crops)
        return LossInputs(opaque, alpha, moment.latent, view.plans, crops, embeddings, moment.step, moment.progress)

    @staticmethod
    def _backward_through_filters(filtered: Tensor, gradient: Tensor | None, penalties: Mapping[str, Tensor]) -> None:
        roots = [penalty for penalty in penalties.values() if penalty.requires_grad]
        if filtered.requires_grad and gradient is not None:
            roots.append(carry(filtered, gradient))
        if roots:
            torch.autograd.backward(roots)
