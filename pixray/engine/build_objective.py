"""Builds the objective of a run: filters, cutouts, perceptors and all losses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

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
from pixray.losses.anchor import ANCHORS, anchor_losses, label_loss
from pixray.losses.base import Loss, LossContext, WeightedLoss
from pixray.losses.transparency import OpacityLoss
from pixray.models.store import ModelStore
from pixray.perceptors.base import Perceptor
from pixray.prompts.build import Guidance
from pixray.registry import Registry
from pixray.runtime.rng import Generators
from pixray.settings.grammar import parse_parts
from pixray.settings.namespace import Settings

_PART_LISTS = ("priors", "custom_loss")
"""Settings that name losses, whose classes may have settings of their own."""


@dataclass(frozen=True)
class Beginning:
    """What the losses of a run hold on to, also those that come later.

    Attributes:
        drawer: started.
        context: for losses to prepare themselves with.
        start_picture: 1 C H W, what `init_weight_pix` holds the canvas to; None: nothing asked for it.
    """

    drawer: Drawer
    context: LossContext
    start_picture: Tensor | None


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

    def begin(self, drawer: Drawer, start_picture: Tensor | None) -> Beginning:
        """What the losses of a run may hold on to.

        Args:
            drawer: started.
            start_picture: 1 C H W, what `init_weight_pix` holds the canvas to.
        """
        return Beginning(drawer, self._loss_context(drawer), start_picture)

    def build(self, beginning: Beginning, cutouts: Cutouts) -> Objective:
        """The objective of a run that begins."""
        guidance = self._guidance(beginning, cutouts)
        losses = [
            replace(loss, setting=setting)
            for setting, make in self._makers(guidance, beginning, []).items()
            for loss in make()
        ]
        return Objective(
            self.filters(),
            cutouts,
            self.perceptors,
            _with_unique_names(losses),
            guidance.spots(),
            self.settings.batches,
            Microbatcher(self.settings.cuts_at_once),
        )

    def rebuild(self, beginning: Beginning, earlier: Objective, changed: Collection[str], purpose: str) -> Objective:
        """The objective after some settings have changed. What did not change keeps its losses with all they learned.

        Args:
            beginning: of the run.
            earlier: the objective so far, which stays as it is.
            changed: names of the settings, already changed in those of this builder.
            purpose: names the chance of new losses, so that it does not depend on what was drawn before.
        """
        guidance = self._guidance(beginning, earlier.cutouts)
        context = replace(beginning.context, palette=self.palette, generator=self.generators.get(purpose))
        own = [loss for loss in earlier.losses if loss.setting in _PART_LISTS]
        reusable = [loss for loss in own if not (loss.loss.uses_palette and "palette" in changed)]
        losses: list[WeightedLoss] = []
        for setting, make in self._makers(guidance, replace(beginning, context=context), reusable).items():
            if setting in changed or setting in _PART_LISTS:
                losses += [replace(loss, setting=setting) for loss in make()]
            else:
                losses += [loss for loss in earlier.losses if loss.setting == setting]
        spots = guidance.spots() if {"spot_prompts", "spot_prompts_off"} & set(changed) else earlier.spots
        return replace(earlier, filters=self.filters(), losses=_with_unique_names(losses), spots=spots)

    def give_settings(self, objective: Objective) -> None:
        """Let losses read the settings of this builder from their next look on."""
        for weighted in objective.losses:
            if weighted.setting in _PART_LISTS:
                weighted.loss.settings = self.settings.section_of(type(weighted.loss))

    def _guidance(self, beginning: Beginning, cutouts: Cutouts) -> Guidance:
        return Guidance(
            self.settings, self.perceptors, self.weights, cutouts, self.generators, beginning.drawer.size, self.device,
            self.store, self.notice,
        )  # fmt: skip

    def _makers(
        self, guidance: Guidance, beginning: Beginning, reusable: list[WeightedLoss]
    ) -> dict[str, Callable[[], list[WeightedLoss]]]:
        """What makes the losses that each setting asks for, in their order."""
        context, picture = beginning.context, beginning.start_picture
        return {
            **guidance.makers(),
            **{name: partial(anchor_losses, self.settings, name, context, picture) for name in ANCHORS},
            "transparent_weight": partial(self._opacity, beginning.drawer),
            "image_labels": partial(self._image_labels, beginning.drawer),
            **{setting: partial(self._losses, setting, context, reusable) for setting in _PART_LISTS},
        }

    def _image_labels(self, drawer: Drawer) -> list[WeightedLoss]:
        settings = self.settings
        if not settings.image_labels:
            return []
        files = expand(settings.image_labels, "image_labels")
        pictures = [on_white(open_picture(file, "image_labels")) for file in files]
        fitted = [resized(picture, drawer.size, settings.image_fit).convert("RGB") for picture in pictures]
        return [label_loss(settings, fitted, drawer.encode)]

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

    def _losses(self, setting: str, context: LossContext, reusable: list[WeightedLoss]) -> list[WeightedLoss]:
        """The losses that a list of parts names; of `reusable` those are taken that are the same."""
        losses = []
        for name, weight, stop, arguments in parse_parts(getattr(self.settings, setting)):
            cls = self.registry.load("loss", name)
            same = [
                old for old in reusable if old.setting == setting and _is_same_loss(old.loss, cls, tuple(arguments))
            ]
            if same:
                reusable.remove(same[0])
                losses.append(WeightedLoss(name, same[0].loss, weight, stop))
                continue
            loss = cls(self.settings.section_of(cls), arguments)
            unusable = loss.unusable(context)
            if unusable is not None:
                self.notice(unusable)
                continue
            loss.prepare(context)
            losses.append(WeightedLoss(name, loss, weight, stop))
        return losses

    def filters(self) -> list[tuple[Filter, float]]:
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
    named: dict[str, WeightedLoss] = {}
    for loss in losses:
        name, count = loss.name, 1
        while name in named:
            count += 1
            name = f"{loss.name} #{count}"
        named[name] = replace(loss, name=name)
    return list(named.values())


def _is_same_loss(loss: Loss, cls: type[Loss], arguments: tuple[str, ...]) -> bool:
    return type(loss) is cls and tuple(getattr(loss, "arguments", ())) == arguments
