"""The functions old notebooks call, as a thin shell over the engine: one object holds what a notebook sets up.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import PixrayError
from pixray.registry import Registry, import_plugins, plugin_items
from pixray.settings.namespace import Settings
from pixray.settings.output import require_folder
from pixray.settings.resolve import resolve
from pixray.settings.subject import require_subject

if TYPE_CHECKING:
    from PIL import Image

    from pixray.engine.session import Session
    from pixray.models.store import ModelStore
    from pixray.runs.animation import Animation
    from pixray.runs.audition import Audition
    from pixray.runs.farm.progress import FarmEvent
    from pixray.runs.stepwise import StepwiseRun


@dataclass
class _Collected:
    """What one thread set up: the settings it added, and the run that it started with them.

    Attributes:
        named: the settings of that run, the folder that they name since, and what they asked for.
    """

    added: dict[str, Any] = field(default_factory=dict)
    run: StepwiseRun | None = None
    named: tuple[argparse.Namespace, str, tuple[str, str]] | None = None


class Studio:
    """Settings being collected, and the run being done with them.

    Every thread has settings and a run of its own, so that runs of several threads do not disturb each other. A thread
    that began nothing itself sees what was begun last, so that a run may be started in one thread and done in another.

    Args:
        registry: where parts come from; default: the built-in ones and installed plugins.
        store: where models come from; loaded models stay with it between runs.
    """

    def __init__(self, registry: Registry | None = None, store: ModelStore | None = None) -> None:
        self._registry, self._store = registry, store
        self._making = threading.RLock()
        self._by_thread = threading.local()
        self._latest = _Collected()

    def _collected(self, *, fresh: bool = False) -> _Collected:
        """What this thread set up, or the latest of another one if it set up nothing.

        Args:
            fresh: it is about to be changed, so this thread needs one of its own.
        """
        collected: _Collected | None = getattr(self._by_thread, "collected", None)
        if collected is None:
            if not fresh:
                return self._latest
            collected = self._by_thread.collected = _Collected()
        self._latest = collected
        return collected

    @property
    def registry(self) -> Registry:
        """Where parts come from. The one of `pixray.register` also holds what modules in PIXRAY_PLUGINS register."""
        with self._making:
            if self._registry is None and self is not studio:
                self._registry = studio.registry.copy()
            if self._registry is None:
                self._registry = Registry.discover()
                import_plugins(item for item in plugin_items() if "=" not in item)
            return self._registry

    @property
    def store(self) -> ModelStore:
        with self._making:
            if self._store is None:
                from pixray.models.store import ModelStore
                from pixray.recorders.console import DownloadBar

                self._store = ModelStore(progress=DownloadBar())
            return self._store

    def reset_settings(self) -> None:
        """Forget all added settings."""
        self._collected(fresh=True).added = {}

    def add_settings(self, **settings: Any) -> None:
        """Add settings; later ones win. They are checked by `apply_settings`, so their order never matters."""
        self._collected(fresh=True).added.update(settings)

    def get_settings(self) -> dict[str, Any]:
        """What was added so far, without defaults."""
        return dict(self._collected().added)

    def apply_settings(self, argv: Sequence[str] = ()) -> Settings:
        """Complete and check the settings. Nothing is written, made or loaded.

        Args:
            argv: words of a command line, if the caller has one; they win over added settings.

        Raises:
            SettingsError: all mistakes at once, a line each.
        """
        return resolve(self.registry, self._collected().added, argv)

    def do_init(self, settings: argparse.Namespace, quiet: bool = False) -> None:
        """Build a run from settings: models, drawer, losses. The settings may be used again.

        Afterwards `settings.outdir` is the folder that the run really has, and `settings.output` the picture in it.

        Args:
            quiet: show nothing but errors; files are written all the same.
        """
        from pixray.runs.stepwise import StepwiseRun

        collected = self._collected(fresh=True)
        if collected.run is not None:
            collected.run.close()
            collected.run = None
        earlier, folder, asked_for = collected.named or (None, "", ("", ""))
        if settings is earlier and settings.outdir == folder:
            # The same settings again: what they asked for, not what the run before them got.
            settings.outdir, settings.output = asked_for
        templates = getattr(settings, "outdir", ""), getattr(settings, "output", "")
        collected.run = StepwiseRun(settings, self.registry, self.store, "quiet" if quiet else "live")
        collected.named = settings, settings.outdir, templates

    def do_run(self, settings: argparse.Namespace | None = None, return_display: bool = False) -> bool:
        """Do the run that `do_init` built.

        Args:
            settings: the run uses what `do_init` was given; after a finished run it is painted again with these.
            return_display: come back with False at each picture due for showing; call again to go on.

        Returns:
            True when the run is over: complete, or ended by Ctrl-C, which `stopped()` tells.

        Raises:
            PixrayError: there is no run to do.
        """
        run = self._collected().run
        if run is not None and run.finished and settings is not None:
            self.do_init(settings)
            run = self._collected().run
        if run is None:
            raise PixrayError("do_run: call do_init(settings) first")
        if run.finished:
            raise PixrayError("do_run: the run is over; do_init(settings) builds another one")
        return run.go_on(until_shown=return_display)

    def get_image(self) -> Image.Image | None:
        """The latest picture of the current run, or None before the first one."""
        run = self._collected().run
        return None if run is None else run.image

    def stopped(self) -> bool:
        """Whether Ctrl-C ended the current run before its last step. A loop over several runs can leave then."""
        run = self._collected().run
        return run is not None and run.stopped

    def run(
        self,
        prompts: str | Sequence[str] | None = None,
        drawer: str = "vqgan",
        *,
        quiet: bool = False,
        **settings: Any,
    ) -> Image.Image | None:
        """Paint a picture and return it.

            image = pixray.run("a red heart | pixel art", drawer="pixel", size=[256, 256], iterations=100, seed=1)
            image.save("heart.png")

        The picture, its settings, its steps and a video of them are written to a folder of their own, by default
        `outputs/DATE_NUMBER`; `outdir="heart"` names it. A progress line goes to standard error, in a notebook the
        picture is shown as it grows. Several threads may paint at once; `new_session` paints without touching the disk.

        Args:
            prompts: what to paint: a text, several separated by `|`, or a list; each may end in `:weight`.
            drawer: how it is made: "pixel", "vqgan", "line_sketch", "clipdraw", "fft", "multires", a remote service …
            quiet: show nothing but errors. Notices go to the logger "pixray" in any case.
            settings: any other setting by its name; docs/settings.md and `pixray --help-all` list them. None and empty
                texts mean "not given"; only `outdir=None`, which could as well mean "write nothing", is refused.

        Returns:
            the finished picture, a PIL.Image of mode RGB, or RGBA with `transparent=True`; None with `iterations=0` of
            a drawer that only proposes finished pictures.

        Raises:
            SettingsError: wrong settings, all of them at once, a line each; nothing was written.
            PixrayError: a model or package is missing, or the run cannot go on; the last good picture is kept.
            KeyboardInterrupt: after Ctrl-C, when the step it came in is done and everything is saved.
        """
        require_folder(settings)
        added = {"drawer": drawer, **settings, **({} if prompts is None else {"prompts": prompts})}
        collected = self._collected(fresh=True)
        collected.added = added
        self.do_init(resolve(self.registry, added, caller="run"), quiet)
        assert collected.run is not None
        collected.run.go_on()
        if collected.run.stopped:
            raise KeyboardInterrupt("the run was ended by Ctrl-C; what it painted is saved")
        return collected.run.image

    def new_session(
        self, prompts: str | Sequence[str] | None = None, drawer: str = "vqgan", **settings: Any
    ) -> Session | Animation | Audition:
        """A run of its own, apart from the settings collected here: iterate its `run()`, which yields events.

        Nothing is written; `pixray.recorders` holds what writes and shows.

        Raises:
            SettingsError: all mistakes at once, a line each.
        """
        from pixray.runs.start import build_run

        added = {"drawer": drawer, **settings, **({} if prompts is None else {"prompts": prompts})}
        chosen = resolve(self.registry, added, caller="new_session")
        require_subject(chosen)
        return build_run(chosen, self.registry, self.store)

    def compare(
        self,
        prompts: str,
        drawers: Sequence[str],
        seeds: Sequence[Any] = (1,),
        outdir: str | Path = "compare",
        judge: str | None = None,
        candidates: int = 1,
        on: str | None = None,
        **settings: Any,
    ) -> dict[str, Any]:
        """The same prompts by several drawers and services, side by side; writes a page, a sheet and JSON.

        Args:
            outdir: the folder, or its address in a store; the same comparison again reads what is there.
            judge: the perceptor that judges; None: the embedded referee.
            candidates: pictures of each service and seed, of which the best is shown.
            on: who paints: see `farm`.
            settings: of the runs.

        Returns:
            what compare.json holds: a dict for every drawer and seed in "rows".

        Raises:
            KeyboardInterrupt: after Ctrl-C, when everything is saved.
        """
        from pixray.runs.compared import compare_all

        facts = {"prompts": prompts, "drawers": drawers, "seeds": seeds, "settings": settings, "judge": judge}
        parts = {"registry": self.registry, "store": self.store, "candidates": candidates}
        comparison = compare_all(str(outdir), on, **facts, **parts)
        if comparison.stopped:
            raise KeyboardInterrupt("the comparison was ended by Ctrl-C; the same call goes on")
        return comparison.as_json()

    def farm(
        self,
        cells: Sequence[Mapping[str, Any]],
        on: str | None = None,
        outdir: str | Path = "farm",
        *,
        workers: int | None = None,
        gpus_per_run: float | None = None,
        cpus_per_run: float | None = None,
    ) -> Iterator[FarmEvent]:
        """Many runs on many devices and machines; yields what happens, as sessions do (docs/farm.md).

        Args:
            cells: settings of a run each, by name, as `run` takes them.
            on: "ray" (this machine), "auto", "HOST:6379", "ray://HOST:10001" or "slurm"; None: this
                process.
            outdir: the folder of the whole, which every machine sees, or its address in a store; the same call goes on
                there.
            workers: runs at once at most; gpus_per_run, cpus_per_run: of a machine for each.

        Raises:
            SettingsError: all mistakes of all cells at once; PixrayError: the cluster cannot be reached.
        """
        from pixray.runs.farm.open import open_farm
        from pixray.runs.farm.shares import Share

        share = Share(cpus_per_run, gpus_per_run, workers)
        yield from open_farm(cells, self.registry, self.store, outdir, on, share).run()

    def set_key(self, service: str, read: Callable[[], str | None]) -> None:
        """Let a callable give the key of a remote service, in place of the environment."""
        self.registry.keys[service] = read

    def add_custom_loss(self, name: str, cls: type) -> None:
        """Make a Loss of one's own known under a name, for `custom_loss="name:weight"`."""
        self.register("loss", name, cls)

    def register(self, kind: str, name: str, part: Any) -> None:
        """Make a part known: `register("drawer", "clay", Clay)`. A second part of the name replaces the first."""
        self.registry.add(kind, name, part, replace=True)


def load_settings(path: str | Path, *, trust: bool = False, **changes: Any) -> Settings:
    """The settings of an earlier run, with changes of one's own.

    Args:
        path: a PNG or SVG that pixray made, a YAML file of settings, or the folder of a run; also as an address such as
            s3://bucket/heart/output.png.
        trust: also take what the record says about files, addresses, paid services and locations on this machine;
            without it that is left out, and `notices` of the settings says so.
    """
    from pixray.recorders.staging import record_of

    return resolve(studio.registry, changes, caller="load_settings", base=record_of(str(path), trusted=trust))


studio: Studio = Studio()
"""The one behind `pixray.reset_settings` and its friends: the only module-level state of the package."""
