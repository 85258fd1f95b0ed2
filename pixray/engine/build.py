"""Builds a session from settings: the only module that knows how the parts fit together.

Late imports keep PIL, NumPy and httpx out of start-up.
"""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from pixray.drawers.base import Canvas, Drawer
from pixray.engine.workload import check_workload
from pixray.errors import SettingsError
from pixray.events import Noticed
from pixray.images.fetch import restrict_fetches
from pixray.models.store import ModelStore
from pixray.registry import Registry
from pixray.runtime.forks import keep_painting_after_fork
from pixray.runtime.memory import refuse_more_than_memory
from pixray.runtime.redact import redacted, without_secrets
from pixray.runtime.rng import Generators, seed_from
from pixray.runtime.yaml_io import to_plain
from pixray.settings.declare import RESOLVED, Role
from pixray.settings.grammar import parse_parts
from pixray.settings.namespace import Settings
from pixray.settings.recorded import resolved_values
from pixray.settings.schema import up_to_date

if TYPE_CHECKING:
    import torch
    from PIL import Image
    from torch import Tensor

    from pixray.cutouts.base import Cutouts
    from pixray.engine.session import Session
    from pixray.images.camera import Camera
    from pixray.images.overlay import Overlay
    from pixray.images.palette import Palette
    from pixray.optim.gradient import GradientOptimizer
    from pixray.optim.search import SearchOptimizer


def build_session(
    settings: argparse.Namespace, registry: Registry, store: ModelStore, cutouts: Cutouts | None = None
) -> Session:
    """Build everything that a run needs: check changed settings, choose device and models, start the drawer.

    Args:
        settings: from `resolve`, perhaps with attributes assigned since.
        registry: parts by name.
        store: model files; sessions with the same store share loaded models.
        cutouts: those of another session, shared by the frames of an animation.

    Raises:
        SettingsError, ModelUnavailable, MissingPackage: nothing was written.
    """
    with fetches_restricted(settings):
        return SessionBuilder(settings, registry, store).session(cutouts)


def fetches_restricted(settings: argparse.Namespace) -> AbstractContextManager[None]:
    """Restrict fetches to the public internet where the address comes from an untrusted source.

    Everything that settings name is opened while a run is built; a run that has begun opens only what steers it.
    """
    return restrict_fetches(settings.is_untrusted if isinstance(settings, Settings) else lambda name: False)


class SessionBuilder:
    """Checks the settings, chooses device and models, and puts the parts of a session together."""

    def __init__(self, settings: argparse.Namespace, registry: Registry, store: ModelStore) -> None:
        from pixray.perceptors.choose import open_perceptors

        self.registry = registry
        self.notices: list[Noticed] = []
        self.text: dict[str, str] = {}
        after_fork = keep_painting_after_fork()
        self.settings = up_to_date(settings, registry)
        self.store = store = store.but(self.settings.checkpoints_dir, self.settings.offline, self.settings.models_file)
        self.palette = self._read_palette()
        perception = open_perceptors(self.settings, registry, store)
        self.settings, self.device = perception.settings, perception.device
        refuse_more_than_memory(tuple(self.settings.size), self.device)
        self.perceptors, self.weights = perception.perceptors, perception.weights
        workload = check_workload(self.settings, self.perceptors, self.device)
        self._notice(*self.settings.notices, *filter(None, [perception.notice, after_fork, workload]))
        self.deterministic = wants_determinism(self.settings, self.device)
        if self.settings.cudnn_determinism and not self.deterministic:
            self._notice(f"cudnn_determinism has no effect on {self.device}: cuDNN works on CUDA GPUs alone")
        self.generators = Generators(seed_from(self.settings.seed))

    def session(self, cutouts: Cutouts | None = None) -> Session:
        from pixray.engine.build_objective import ObjectiveBuilder
        from pixray.engine.capture.choose import choose_executor
        from pixray.engine.capture.executor import CudaGraphExecutor
        from pixray.engine.output_schedule import Schedule
        from pixray.engine.session import Session
        from pixray.engine.steered_parts import SteeredParts
        from pixray.engine.steering import Steering

        settings = self.settings
        drawer, start_picture = self._started_drawer()
        self._refuse_idle_times(drawer)
        cutouts = cutouts or self._cutouts()
        builder = ObjectiveBuilder(
            settings, self.registry, self.store, self.device, self.palette, self.perceptors, self.weights,
            self.generators, self._notice,
        )  # fmt: skip
        beginning = builder.begin(drawer, start_picture)
        objective = builder.build(beginning, cutouts)
        optimizer_class = self.registry.load("optimizer", settings.optimiser)
        executor = choose_executor(settings, self.device, drawer, objective, optimizer_class)
        session = Session(
            settings=settings,
            record=self.record(drawer),
            drawer=drawer,
            objective=objective,
            optimizer=self._optimizer(drawer, optimizer_class, capturable=isinstance(executor, CudaGraphExecutor)),
            generators=self.generators,
            steps=settings.iterations,
            executor=executor,
            schedule=Schedule(
                settings.save_every, settings.display_every, settings.checkpoint_every, settings.make_video
            ),
            device=self.device,
            deterministic=self.deterministic,
            overlay=self._overlay(drawer),
            camera=self._camera(drawer),
            notices=tuple(self.notices),
            text=self.text,
        )
        keeps = settings.checkpoint_every > 0 and bool(drawer.parameters())
        session.steering = Steering(settings, self.registry, [SteeredParts(session, builder, beginning)], keeps)
        return session

    def _read_palette(self) -> Palette:
        from pixray.images.palette import read_palette

        text = self.settings.palette
        try:
            return read_palette(text) if text else ()
        except ValueError as error:  # files and grammar were checked with the settings, fetched pictures were not
            raise SettingsError(f"palette={text!r}: {error}") from None

    def _optimizer(
        self, drawer: Drawer, optimizer_class: type[torch.optim.Optimizer], capturable: bool
    ) -> GradientOptimizer | SearchOptimizer:
        from pixray.optim.gradient import GradientOptimizer
        from pixray.optim.parameter_group import at_multiple
        from pixray.optim.search import SearchOptimizer

        settings, groups = self.settings, drawer.parameters()
        if not groups:
            return SearchOptimizer()
        if settings.learning_rate_factor != 1:
            groups = at_multiple(groups, settings.learning_rate_factor, settings.learning_rate)
        return GradientOptimizer(
            groups,
            optimizer_class,
            settings.learning_rate,
            settings.learning_rate_drops,
            settings.auto_stop,
            capturable,
            settings.section_keyword(optimizer_class),
        )

    def record(self, drawer: Drawer) -> dict[str, Any]:
        """Every setting that somebody gave, with the seed and models in use, in a fixed order; then what the run used
        without being asked: enough for a rerun, also under other defaults and presets.
        """
        record = {name: to_plain(raw) for name, raw in self.settings.given().items()}
        # Where files are and how steps are computed does not change the picture, and a rerun must not overwrite files.
        record = {name: value for name, value in record.items() if not self.settings.has_role(name, Role.UNRECORDED)}
        record["seed"] = self.generators.seed
        record["clip_models"] = ",".join(self.settings.clip_models)
        chosen = drawer.chosen()
        record.update(chosen)
        record = {name: redacted(record[name]) for name in vars(self.settings) if name in record}
        return {**record, RESOLVED: resolved_values(self.settings, chosen)}

    def _notice(self, *texts: str) -> None:
        self.notices += [Noticed("info", without_secrets(text)) for text in texts]

    def _notice_idle_palette(self, drawer: Drawer) -> None:
        """Tell the user that a palette which no part uses has no effect."""
        settings = self.settings
        chosen = {part[0] for parts in (settings.filters, settings.custom_loss) for part in parse_parts(parts)}
        if self.palette and not chosen & {"lookup", "palette"} and not drawer.uses_palette:
            self._notice("the palette has no effect yet: filters=lookup or custom_loss=palette would use it")

    def _notice_idle_settings(self, drawer: Drawer) -> None:
        """Tell the user about what was asked for and has no effect."""
        settings = self.settings
        self._notice_idle_palette(drawer)
        if settings.init_noise != "none" and not drawer.wants_noise and "init_noise" in settings.given():
            self._notice(f"init_noise has no effect: {settings.drawer} begins in a way of its own")
        if settings.judge and settings.audition == 1:
            self._notice("judge has no effect: it chooses between the seeds of an audition, such as audition=4")
        if (
            settings.negative_prompt
            and not settings.init_from
            and settings.drawer not in self.registry.names("provider")
        ):
            self._notice(
                "negative_prompt has no effect: it is for remote services; a prompt pushes away by a negative weight, "
                "such as 'text:-0.5'"
            )

    def _started_drawer(self) -> tuple[Drawer, Tensor | None]:
        """The drawer, and the picture that `init_weight_pix` holds it to."""
        from pixray.engine.guide_draft import draft_by_guide
        from pixray.images.inputs import start_image
        from pixray.images.noise import laid_over

        settings = self.settings
        cls = self.registry.load("drawer", settings.drawer)
        width, height = settings.size
        canvas = Canvas(width, height, self.device, settings.transparent, self.palette, self._notice)
        drawer = cls(self.settings.section_of(cls), canvas)
        drawer.load(self.store)
        drawer.configure(settings, self.generators.seed)
        noise = self.generators.get("noise")
        draft = self._draft(drawer.size)
        image = start_image(settings, drawer.size, noise=drawer.wants_noise, generator=noise, generated=draft)
        start_picture = None
        if settings.init_weight_pix:
            start_picture = start_image(settings, drawer.size, noise=False, generator=noise, generated=draft)
        if start_picture is not None:
            start_picture = laid_over(start_picture, None, 1.0)
        if image is None and drawer.wants_draft is not None:
            build = partial(build_session, registry=self.registry, store=self.store)
            image = draft_by_guide(drawer, settings, self.registry, self.store, self.generators, self.device, build)
        drawer.start(image, self.generators.get("start"))
        self._notice_idle_settings(drawer)
        return drawer, start_picture

    def _draft(self, size: tuple[int, int]) -> Image.Image | None:
        """The picture of a remote service to start from, if `init_from` names one."""
        name = self.settings.init_from
        if not name:
            return None
        from pixray.drawers.remote.drawer import draft

        service = self.registry.load("provider", name)
        picture, self.text = draft(
            service(self.settings.section_of(service), self.registry.keys.get(name)),
            self.settings, self.generators.seed, size, self.store, self._notice,
        )  # fmt: skip
        return picture

    def _cutouts(self) -> Cutouts:
        width, height = self.settings.size
        settings, cls = self.settings, self.registry.load("cutouts", self.settings.cutouts)
        return cls(settings.num_cuts, width / height, settings.cut_noise, self.device, **settings.section_keyword(cls))

    def _overlay(self, drawer: Drawer) -> Overlay | None:
        from pixray.images.inputs import overlay

        settings = self.settings
        if settings.overlay_image:
            self._require_painting(f"overlay_image={settings.overlay_image!r}", drawer)
        if settings.overlay_image and settings.overlay_offset >= settings.overlay_every > 0:
            self._notice(f"overlay_offset={settings.overlay_offset} is no step of a period: the overlay never comes")
        return overlay(settings, drawer.size, self.device)

    def _camera(self, drawer: Drawer) -> Camera | None:

        from pixray.images.camera import Camera

        settings = self.settings
        right, down = (percent / 100 for percent in settings.camera_pan)
        camera = Camera(settings.camera_zoom, right, down, settings.camera_rotate, settings.camera_every)
        if not camera.moves:
            return None
        self._require_painting("a camera", drawer)
        with torch.no_grad():
            transparent = drawer.render(0).shape[1] == 4
        if transparent:
            raise SettingsError(
                "a camera: the drawer would take over the colours alone and leave its transparency where it is; "
                "with transparent=no it works"
            )
        return camera

    def _refuse_idle_times(self, drawer: Drawer) -> None:
        """A drawer without gradients keeps its best candidate: what counted at another time would choose it."""
        if self.settings.timed_prompts and not drawer.parameters():
            raise SettingsError(
                f"timed_prompts: the drawer {self.settings.drawer} does not follow prompts step by step; give prompts "
                "alone, or a drawer such as pixel or vqgan"
            )

    def _require_painting(self, setting: str, drawer: Drawer) -> None:
        if not drawer.can_paint:
            raise SettingsError(
                f"{setting}: the drawer {self.settings.drawer} cannot take over a picture, since it is made elsewhere; "
                "drawers such as pixel and vqgan can"
            )


def wants_determinism(settings: argparse.Namespace, device: str) -> bool:
    """Whether cuDNN should use deterministic kernels only; other devices have no cuDNN."""
    return settings.cudnn_determinism and device.startswith("cuda")
