"""From settings to a session: the only place that knows how the parts fit together."""

from __future__ import annotations

import argparse
import dataclasses
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from pixray.drawers.base import Canvas, Drawer
from pixray.errors import SettingsError
from pixray.events import Noticed
from pixray.images.fetch import addresses_of
from pixray.models.store import ModelStore
from pixray.registry import Registry
from pixray.runtime.redact import redacted, without_secrets
from pixray.runtime.rng import Generators, seed_from
from pixray.runtime.yaml_io import to_plain
from pixray.settings.declare import Role
from pixray.settings.grammar import parse_parts
from pixray.settings.namespace import Settings
from pixray.settings.schema import up_to_date

if TYPE_CHECKING:
    import torch
    from PIL import Image
    from torch import Tensor

    from pixray.cutouts.base import Cutouts
    from pixray.engine.session import Session
    from pixray.filters.base import Filter
    from pixray.images.overlay import Overlay
    from pixray.images.palette import Palette
    from pixray.losses.base import LossContext, WeightedLoss
    from pixray.optim.gradient import GradientOptimizer
    from pixray.optim.search import SearchOptimizer


def build_session(
    settings: argparse.Namespace, registry: Registry, store: ModelStore, cutouts: Cutouts | None = None
) -> Session:
    """Make everything a run needs: check the settings again, choose device and models, start the drawer.

    Args:
        settings: from `Schema.resolve`, possibly changed by its owner since.
        registry: where parts come from.
        store: where weights come from; sessions that share one share loaded models.
        cutouts: those of another session to share, as the frames of an animation do.

    Raises:
        SettingsError, ModelUnavailable, MissingPackage: before anything was written.
    """
    with strangers_held(settings):
        return SessionBuilder(settings, registry, store).session(cutouts)


def strangers_held(settings: argparse.Namespace) -> AbstractContextManager[None]:
    """Hold fetches to the public internet where a stranger named the address.

    Everything that settings name is opened while a run is built; one that has begun opens nothing more.
    """
    return addresses_of(settings.from_stranger if isinstance(settings, Settings) else lambda name: False)


class SessionBuilder:
    """Checks the settings, chooses device and models, and puts the parts of a session together."""

    def __init__(self, settings: argparse.Namespace, registry: Registry, store: ModelStore) -> None:
        from pixray.perceptors.choose import open_perceptors

        self.registry = registry
        self.notices: list[Noticed] = []
        self.text: dict[str, str] = {}
        self.settings = up_to_date(settings, registry)
        self.store = store = store.but(self.settings.checkpoints_dir, self.settings.offline, self.settings.models_file)
        self.palette = self._read_palette()
        perception = open_perceptors(self.settings, registry, store)
        self.settings, self.device = perception.settings, perception.device
        self.perceptors, self.weights = perception.perceptors, perception.weights
        self._notice(*self.settings.notices, *filter(None, [perception.notice]))
        self.deterministic = wants_determinism(self.settings, self.device)
        if self.settings.cudnn_determinism and not self.deterministic:
            self._notice(f"cudnn_determinism has no effect on {self.device}: cuDNN works on CUDA GPUs alone")
        self.generators = Generators(seed_from(self.settings.seed))
        self.given: Tensor | None = None

    def session(self, cutouts: Cutouts | None = None) -> Session:
        from pixray.engine.capture.choose import choose_executor
        from pixray.engine.capture.executor import CudaGraphExecutor
        from pixray.engine.microbatch import Microbatcher
        from pixray.engine.objective import Objective
        from pixray.engine.schedule import Schedule
        from pixray.engine.session import Session
        from pixray.prompts.build import Guidance

        settings = self.settings
        drawer, cutouts = self._drawer(), cutouts or self._cutouts()
        guidance = Guidance(
            settings,
            self.perceptors,
            self.weights,
            cutouts,
            self.generators,
            drawer.size,
            self.device,
            self.store,
            self._notice,
        )
        scene = self._scene(drawer)
        losses = _unique([*guidance.losses(), *self._anchors(drawer, scene), *self._losses(scene)])
        objective = Objective(
            self._filters(),
            cutouts,
            self.perceptors,
            losses,
            guidance.spots(),
            settings.batches,
            Microbatcher(settings.cuts_at_once),
        )
        optimiser = self.registry.load("optimizer", settings.optimiser)
        executor = choose_executor(settings, self.device, drawer, objective, optimiser)
        return Session(
            settings=settings,
            record=self.record(drawer),
            drawer=drawer,
            objective=objective,
            optimizer=self._stepper(drawer, optimiser, capturable=isinstance(executor, CudaGraphExecutor)),
            generators=self.generators,
            steps=settings.iterations,
            executor=executor,
            schedule=Schedule(
                settings.save_every, settings.display_every, settings.checkpoint_every, settings.make_video
            ),
            device=self.device,
            deterministic=self.deterministic,
            overlay=self._overlay(drawer),
            notices=tuple(self.notices),
            text=self.text,
        )

    def _read_palette(self) -> Palette:
        from pixray.images.palette import read_palette

        text = self.settings.palette
        try:
            return read_palette(text) if text else ()
        except ValueError as error:  # only what had to be fetched can still be wrong
            raise SettingsError(f"palette={text!r}: {error}") from None

    def _stepper(
        self, drawer: Drawer, optimiser: type[torch.optim.Optimizer], capturable: bool
    ) -> GradientOptimizer | SearchOptimizer:
        from pixray.optim.gradient import GradientOptimizer
        from pixray.optim.search import SearchOptimizer

        settings, groups = self.settings, drawer.parameters()
        if not groups:
            return SearchOptimizer()
        return GradientOptimizer(
            groups,
            optimiser,
            settings.learning_rate,
            settings.learning_rate_drops,
            settings.auto_stop,
            capturable,
            settings.section_keyword(optimiser),
        )

    def record(self, drawer: Drawer) -> dict[str, Any]:
        """Every given setting plus the seed and models really used, in one fixed order: enough to run it again."""
        given = {name: to_plain(raw) for name, raw in self.settings.given().items()}
        # Where files are and how steps are taken is no part of what they show; a rerun shall not overwrite them either.
        given = {name: value for name, value in given.items() if not self.settings.has_role(name, Role.UNRECORDED)}
        given["seed"] = self.generators.seed
        given["clip_models"] = ",".join(self.settings.clip_models)
        given.update(drawer.chosen())
        return {name: redacted(given[name]) for name in vars(self.settings) if name in given}

    def _notice(self, *texts: str) -> None:
        self.notices += [Noticed("info", without_secrets(text)) for text in texts]

    def _notice_idle_palette(self, drawer: Drawer) -> None:
        """A palette alone changes nothing, which surprises people."""
        settings = self.settings
        asked = {part[0] for parts in (settings.filters, settings.custom_loss) for part in parse_parts(parts)}
        if self.palette and not asked & {"lookup", "palette"} and not drawer.uses_palette:
            self._notice("the palette has no effect yet: filters=lookup or custom_loss=palette would use it")

    def _drawer(self) -> Drawer:
        from pixray.images.inputs import start_image

        settings = self.settings
        cls = self.registry.load("drawer", settings.drawer)
        width, height = settings.size
        canvas = Canvas(width, height, self.device, settings.transparent, self.palette, self._notice)
        drawer = cls(self.settings.section_of(cls), canvas)
        drawer.load(self.store)
        drawer.configure(settings, self.generators.seed)
        noise = self.generators.get("noise")
        made = self._draft(drawer.size)
        image = start_image(settings, drawer.size, noise=drawer.wants_noise, generator=noise, made=made)
        if settings.init_weight_pix:
            self.given = start_image(settings, drawer.size, noise=False, generator=noise, made=made)
        drawer.start(image, self.generators.get("start"))
        self._notice_idle_palette(drawer)
        return drawer

    def _draft(self, size: tuple[int, int]) -> Image.Image | None:
        """The picture of a remote service to start from, if the run wants one."""
        from pixray.drawers.remote.drawer import draft

        name = self.settings.init_from
        if not name:
            return None
        service = self.registry.load("provider", name)
        made, self.text = draft(
            service(self.settings.section_of(service), self.registry.keys.get(name)),
            self.settings, self.generators.seed, size, self.store, self._notice,
        )  # fmt: skip
        return made

    def _cutouts(self) -> Cutouts:
        width, height = self.settings.size
        settings, cls = self.settings, self.registry.load("cutouts", self.settings.cutouts)
        return cls(settings.num_cuts, width / height, settings.cut_noise, self.device, **settings.section_keyword(cls))

    def _overlay(self, drawer: Drawer) -> Overlay | None:
        from pixray.images.inputs import overlay

        settings = self.settings
        if settings.overlay_image and not drawer.can_paint:
            raise SettingsError(
                f"overlay_image={settings.overlay_image!r}: the drawer {settings.drawer} cannot take over a picture, "
                "since it is made elsewhere; drawers such as pixel and vqgan can"
            )
        if settings.overlay_image and settings.overlay_offset >= settings.overlay_every > 0:
            self._notice(f"overlay_offset={settings.overlay_offset} is no step of a period: the overlay never comes")
        return overlay(settings, drawer.size, self.device)

    def _anchors(self, drawer: Drawer, scene: LossContext) -> list[WeightedLoss]:
        """What holds the picture to its start or to other pictures."""
        from pixray.images.glob import expand
        from pixray.images.io import on_white, open_picture, resized
        from pixray.losses.anchor import anchor_losses, label_loss

        settings = self.settings
        losses = [*anchor_losses(settings, scene, self.given), *self._opacity(drawer)]
        if settings.image_labels:
            files = expand(settings.image_labels, "image_labels")
            pictures = [on_white(open_picture(file, "image_labels")) for file in files]
            fitted = [resized(picture, drawer.size, settings.image_fit).convert("RGB") for picture in pictures]
            losses.append(label_loss(settings, fitted, drawer.encode))
        return losses

    def _opacity(self, drawer: Drawer) -> list[WeightedLoss]:
        """The pull towards transparency or opacity, where the drawer has any."""
        import torch

        from pixray.losses.base import WeightedLoss
        from pixray.losses.transparency import OpacityLoss

        asked, weight = self.settings.transparent, self.settings.transparent_weight
        if not asked and not weight:
            return []
        with torch.no_grad():
            able = drawer.render(0).shape[1] == 4
        if asked and not able and drawer.parameters():
            self._notice(f"transparent has no effect: the drawer {self.settings.drawer} paints opaque pictures")
        elif weight and not able:
            self._notice("transparent_weight has no effect: it needs a picture with transparency, transparent=yes")
        return [WeightedLoss("transparent_weight", OpacityLoss(), weight)] if weight and able else []

    def _losses(self, scene: LossContext) -> list[WeightedLoss]:
        from pixray.losses.base import WeightedLoss

        losses = []
        for setting in ("priors", "custom_loss"):
            for name, weight, stop, arguments in parse_parts(getattr(self.settings, setting)):
                cls = self.registry.load("loss", name)
                loss = cls(self.settings.section_of(cls), arguments)
                loss.prepare(scene)
                losses.append(WeightedLoss(name, loss, weight, stop))
        return losses

    def _filters(self) -> list[tuple[Filter, float]]:
        filters = []
        for name, weight, _, _ in parse_parts(self.settings.filters):
            cls = self.registry.load("filter", name)
            filters.append((cls(self.settings.section_of(cls), self.palette, self.device), weight))
        return filters

    def _scene(self, drawer: Drawer) -> LossContext:
        import torch

        from pixray.losses.base import LossContext

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


def wants_determinism(settings: argparse.Namespace, device: str) -> bool:
    """Whether cuDNN is to take deterministic kernels only; it works on CUDA GPUs alone."""
    return settings.cudnn_determinism and device.startswith("cuda")


def _unique(losses: list[WeightedLoss]) -> list[WeightedLoss]:
    """The same losses with a number behind names that occur twice, so that the log can tell them apart."""
    seen: dict[str, int] = {}
    named = []
    for loss in losses:
        seen[loss.name] = seen.get(loss.name, 0) + 1
        count = seen[loss.name]
        named.append(loss if count == 1 else dataclasses.replace(loss, name=f"{loss.name} #{count}"))
    return named
