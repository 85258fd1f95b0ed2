"""The functions old notebooks call, as a thin shell over the engine: one object holds what a notebook sets up."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import PixrayError
from pixray.events import Drawn, Event
from pixray.registry import Registry, import_plugins, plugin_items
from pixray.settings.namespace import Settings
from pixray.settings.resolve import resolve

if TYPE_CHECKING:
    from PIL import Image

    from pixray.engine.session import Session
    from pixray.models.store import ModelStore
    from pixray.recorders.files import FileRecorder
    from pixray.runs.animation import Animation


class Studio:
    """Settings being collected, and the run being done with them. Make one per user of a server.

    Args:
        registry: where parts come from; default: the built-in ones and installed plugins.
        store: where models come from; loaded models stay with it between runs.
    """

    def __init__(self, registry: Registry | None = None, store: ModelStore | None = None) -> None:
        self._registry, self._store = registry, store
        self._added: dict[str, Any] = {}
        self._session: Session | Animation | None = None
        self._events: Iterator[Event] | None = None
        self._image: Image.Image | None = None
        self._files: FileRecorder | None = None
        self._named: tuple[argparse.Namespace, str, str] | None = None

    @property
    def registry(self) -> Registry:
        """Where parts come from. The one of `pixray.register` also holds what modules in PIXRAY_PLUGINS register."""
        if self._registry is None and self is not studio:
            self._registry = studio.registry.copy()
        if self._registry is None:
            self._registry = Registry.discover()
            import_plugins(item for item in plugin_items() if "=" not in item)
        return self._registry

    @property
    def store(self) -> ModelStore:
        if self._store is None:
            from pixray.models.store import ModelStore
            from pixray.recorders.console import DownloadBar

            self._store = ModelStore(progress=DownloadBar())
        return self._store

    def reset_settings(self) -> None:
        """Forget all added settings."""
        self._added = {}

    def add_settings(self, **settings: Any) -> None:
        """Add settings; later ones win. They are checked by `apply_settings`, so their order never matters."""
        self._added.update(settings)

    def get_settings(self) -> dict[str, Any]:
        """What was added so far, without defaults."""
        return dict(self._added)

    def apply_settings(self, argv: Sequence[str] = ()) -> Settings:
        """Complete and check the settings. Nothing is written, made or loaded.

        Args:
            argv: words of a command line, if the caller has one; they win over added settings.

        Raises:
            SettingsError: all mistakes at once, a line each.
        """
        return resolve(self.registry, self._added, argv)

    def do_init(self, settings: argparse.Namespace) -> None:
        """Build a run from settings: models, drawer, losses. The settings may be used again.

        Afterwards `settings.outdir` is the folder that the run really has, and `settings.output` the picture in it.
        """
        from pixray.runs.to_folder import prepare_folder_run, run_to_folder

        self._close()
        if self._named is not None and settings is self._named[0] and settings.outdir == self._named[1]:
            settings.outdir = self._named[2]  # the same settings again: what they asked for, not what they got
        template = getattr(settings, "outdir", "")
        self._session, self._files = prepare_folder_run(settings, self.registry, self.store)
        self._files.claim()
        settings.outdir, settings.output = str(self._files.folder), self._session.settings.output
        self._named = settings, settings.outdir, template
        self._events = run_to_folder(self._session, self._files, self.registry, "live")
        self._image = None

    def do_run(self, settings: argparse.Namespace | None = None, return_display: bool = False) -> bool:
        """Do the run that `do_init` built.

        Args:
            settings: taken for the sake of old notebooks; the run uses what `do_init` was given.
            return_display: come back with False at each picture due for showing; call again to go on.

        Returns:
            True when the run is complete.
        """
        if self._events is None or self._session is None:
            raise PixrayError("do_run: call do_init(settings) first")
        from pixray.runtime.signals import graceful

        with graceful(self._session):
            for event in self._events:
                if isinstance(event, Drawn):
                    self._image = event.image
                    if return_display and event.show and event.step and not event.final:
                        return False
        return True

    def get_image(self) -> Image.Image | None:
        """The latest picture of the current run, or None before the first one."""
        return self._image

    def run(
        self, prompts: str | Sequence[str] | None = None, drawer: str = "vqgan", **settings: Any
    ) -> Image.Image | None:
        """Reset, add, apply, init and run in one call; gives the picture."""
        self.reset_settings()
        self.add_settings(drawer=drawer, **settings)
        if prompts is not None:
            self.add_settings(prompts=prompts)
        self.do_init(self.apply_settings())
        self.do_run()
        return self._image

    def new_session(
        self, prompts: str | Sequence[str] | None = None, drawer: str = "vqgan", **settings: Any
    ) -> Session | Animation:
        """A run of its own, apart from the settings collected here: iterate its `run()`, which yields events.

        Nothing is written; `pixray.recorders` holds what writes and shows.

        Raises:
            SettingsError: all mistakes at once, a line each.
        """
        from pixray.runs.start import build_run

        given = {"drawer": drawer, **settings, **({} if prompts is None else {"prompts": prompts})}
        return build_run(resolve(self.registry, given), self.registry, self.store)

    def compare(
        self,
        prompts: str,
        drawers: Sequence[str],
        seeds: Sequence[Any] = (1,),
        outdir: str | Path = "compare",
        judge: str | None = None,
        candidates: int = 1,
        **settings: Any,
    ) -> dict[str, Any]:
        """The same prompts by several drawers and services, side by side; writes a page, a sheet and JSON.

        Args:
            outdir: the folder; the same comparison again reads what is there.
            judge: the perceptor that judges; None: the embedded referee.
            candidates: pictures of each service and seed, of which the best is shown.
            settings: of the runs.

        Returns:
            what compare.json holds: a dict for every drawer and seed in "rows".
        """
        from pixray.runs.compare import Comparison
        from pixray.runs.report.compare_page import write_comparison
        from pixray.runtime.signals import graceful

        comparison = Comparison(prompts, drawers, seeds, settings, self.registry, self.store, outdir, judge, candidates)
        with graceful(comparison):
            for _ in comparison.run():
                pass
        write_comparison(comparison.folder, comparison.as_json())
        return comparison.as_json()

    def set_key(self, service: str, read: Callable[[], str | None]) -> None:
        """Let a callable give the key of a remote service, in place of the environment."""
        self.registry.keys[service] = read

    def add_custom_loss(self, name: str, cls: type) -> None:
        """Make a Loss of one's own known under a name, for `custom_loss="name:weight"`."""
        self.register("loss", name, cls)

    def register(self, kind: str, name: str, part: Any) -> None:
        """Make a part known: `register("drawer", "clay", Clay)`. A second part of the name replaces the first."""
        self.registry.add(kind, name, part, replace=True)

    def _close(self) -> None:
        close = getattr(self._events, "close", None)
        if close is not None:
            close()
        if self._files is not None:
            self._files.close()
        self._events = self._session = self._files = None


def load_settings(path: str | Path, *, trust: bool = False, **changes: Any) -> Settings:
    """The settings of an earlier run, with changes of one's own.

    Args:
        path: a PNG or SVG that pixray made, a YAML file of settings, or the folder of a run.
        trust: also take what the record says about files, addresses, paid services and places on this machine;
            without it that is left out, and `notices` of the settings says so.
    """
    from pixray.recorders.record import record_layer

    return resolve(studio.registry, changes, base=record_layer(Path(path), trusted=trust))


studio: Studio = Studio()
"""The one behind `pixray.reset_settings` and its friends: the only module-level state of the package."""
