"""Builds the objective of a run: filters, cutouts, perceptors and all losses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from pixray.cutouts.base import Cutouts
from pixray.drawers.base import Drawer
from pixray.engine.microbatch import Microbatcher
from pixray.engine.objective import Objective
from pixray.filters.base import Filter
from pixray.images.glob import expand
from pixray.images.io import on_white, open_picture, resized
from pixray.images.palette import Palette
from pixray.losses.anchor import anchor_losses, label_loss
from pixray.losses.base import LossContext, WeightedLoss
from pixray.losses.transparency import OpacityLoss
from pixray.models.store import ModelStore
from pixray.perceptors.base import Perceptor
from pixray.prompts.build import Guidance
from pixray.registry import Registry
from pixray.runtime.rng import Generators
from pixray.settings.grammar import parse_parts
from pixray.settings.namespace import Settings


@dataclass(frozen=True)
class ObjectiveBuilder:
    """What the objective is built from.

    Attributes:
        settings: of the run; registry: parts by name; store: model files.
        device: of all tensors.
        palette: of the run.
        perceptors, weights: by name.
        generators: all randomness of the run.
        notice: shows the user a sentence.
    """

    settings: Settings
    registry: Registry
    store: ModelStore
    device: str
    palette: Palette
    perceptors: Mapping[str, Perceptor]
    weights: Mapping[str, float]
    generators: Generators
    notice: Callable[[str], None]

    def build(self, drawer: Drawer, cutouts: Cutouts, start_picture: Tensor | None) -> Objective:
        """The objective for a drawer.

        Args:
            drawer: started.
            start_picture: 1 C H W, what `init_weight_pix` holds the canvas to.
        """
        guidance = Guidance(
            self.settings, self.perceptors, self.weights, cutouts, self.generators, drawer.size, self.device,
            self.store, self.notice,
        )  # fmt: skip
        context = self._loss_context(drawer)
        losses = [*guidance.losses(), *self._anchors(drawer, context, start_picture), *self._losses(context)]
        return Objective(
            self._filters(),
            cutouts,
            self.perceptors,
            _with_unique_names(losses),
            guidance.spots(),
            self.settings.batches,
            Microbatcher(self.settings.cuts_at_once),
        )

    def _anchors(self, drawer: Drawer, context: LossContext, start_picture: Tensor | None) -> list[WeightedLoss]:
        """The losses that hold the picture to its start or to other pictures."""
        settings = self.settings
        losses = [*anchor_losses(settings, context, start_picture), *self._opacity(drawer)]
        if settings.image_labels:
            files = expand(settings.image_labels, "image_labels")
            pictures = [on_white(open_picture(file, "image_labels")) for file in files]
            fitted = [resized(picture, drawer.size, settings.image_fit).convert("RGB") for picture in pictures]
            losses.append(label_loss(settings, fitted, drawer.encode))
        return losses

    def _opacity(self, drawer: Drawer) -> list[WeightedLoss]:
        """The loss for `transparent_weight`, if the drawer paints with transparency."""
        transparent, weight = self.settings.transparent, self.settings.transparent_weight
        if not transparent and not weight:
            return []
        with torch.no_grad():
            has_alpha = drawer.render(0).shape[1] == 4
        if transparent and not has_alpha and drawer.parameters():
            self.notice(f"transparent has no effect: the drawer {self.settings.drawer} paints opaque pictures")
        elif weight and not has_alpha:
            self.notice("transparent_weight has no effect: it needs a picture with transparency, transparent=yes")
        return [WeightedLoss("transparent_weight", OpacityLoss(), weight)] if weight and has_alpha else []

    def _losses(self, context: LossContext) -> list[WeightedLoss]:
        losses = []
        for setting in ("priors", "custom_loss"):
            for name, weight, stop, arguments in parse_parts(getattr(self.settings, setting)):
                cls = self.registry.load("loss", name)
                loss = cls(self.settings.section_of(cls), arguments)
                unusable = loss.unusable(context)
                if unusable is not None:
                    self.notice(unusable)
                    continue
                loss.prepare(context)
                losses.append(WeightedLoss(name, loss, weight, stop))
        return losses

    def _filters(self) -> list[tuple[Filter, float]]:
        filters = []
        for name, weight, _, _ in parse_parts(self.settings.filters):
            cls = self.registry.load("filter", name)
            filters.append((cls(self.settings.section_of(cls), self.palette, self.device), weight))
        return filters

    def _loss_context(self, drawer: Drawer) -> LossContext:
        with torch.no_grad():
            start = drawer.render(0)[:, :3].detach()
            latent = drawer.latent()
        return LossContext(
            size=drawer.size,
            device=self.device,
            perceptors=self.perceptors,
            palette=self.palette,
            start=start,
            latent=None if latent is None else latent.detach().clone(),
            generator=self.generators.get("losses"),
            models=self.store,
        )


def _with_unique_names(losses: list[WeightedLoss]) -> list[WeightedLoss]:
    """The losses, with a number appended to names that occur twice, so that the log tells them apart."""
    seen: dict[str, int] = {}
    named = []
    for loss in losses:
        seen[loss.name] = seen.get(loss.name, 0) + 1
        count = seen[loss.name]
        named.append(loss if count == 1 else dataclasses.replace(loss, name=f"{loss.name} #{count}"))
    return named
