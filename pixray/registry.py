"""Names of parts and the classes behind them. Nothing is imported before it is chosen.

Built-in parts, installed plugins (entry points `pixray.drawers`, `pixray.losses` …), the variable PIXRAY_PLUGINS
("drawer:clay=module:Class", separated by commas) and run-time additions share one table and one set of rights.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pixray.errors import MissingPackage, PixrayError, SettingsError, did_you_mean

KINDS = ("drawer", "loss", "filter", "perceptor", "provider")

BUILT_IN: dict[str, dict[str, str]] = {
    "drawer": {
        "clipdraw": "pixray.drawers.strokes.clipdraw:ClipDrawDrawer",
        "fft": "pixray.drawers.fft:FftDrawer",
        "line_sketch": "pixray.drawers.strokes.line_sketch:LineSketchDrawer",
        "multires": "pixray.drawers.multires:MultiresDrawer",
        "pixel": "pixray.drawers.pixel.drawer:PixelDrawer",
        "super_resolution": "pixray.drawers.super_resolution:SuperResolutionDrawer",
        "vqgan": "pixray.drawers.vqgan.drawer:VqganDrawer",
    },
    "loss": {
        "aesthetic": "pixray.losses.aesthetic:AestheticLoss",
        "edge": "pixray.losses.edge:EdgeLoss",
        "gaussian": "pixray.losses.gaussian:GaussianLoss",
        "palette": "pixray.losses.palette:PaletteLoss",
        "resmem": "pixray.losses.resmem:ResmemLoss",
        "saturation": "pixray.losses.saturation:SaturationLoss",
        "smoothness": "pixray.losses.smoothness:SmoothnessLoss",
        "style": "pixray.losses.style:StyleLoss",
        "symmetry": "pixray.losses.symmetry:SymmetryLoss",
        "tv": "pixray.losses.tv:TotalVariation",
    },
    "filter": {
        "lookup": "pixray.filters.lookup:Lookup",
        "tiler": "pixray.filters.tiler:Tiler",
        "wallpaper": "pixray.filters.wallpaper:Wallpaper",
    },
    "perceptor": {
        "embedded": "pixray.perceptors.embedded:Embedded",
        "embedded-referee": "pixray.perceptors.embedded:Referee",
    },
    "provider": {
        "blockentropy": "pixray.providers.blockentropy:BlockEntropy",
        "openai": "pixray.providers.openai:OpenAI",
        "regolo": "pixray.providers.regolo:Regolo",
        "stability": "pixray.providers.stability:Stability",
        "stability_rest": "pixray.providers.stability_rest:StabilityRest",
        "visioncraft": "pixray.providers.visioncraft:VisionCraft",
    },
}

DRAWER_OF_PROVIDER = "pixray.drawers.remote.drawer:drawer_of"
"""What makes a drawer of a remote service: every provider can be chosen as one."""

ALIASES: dict[str, dict[str, str]] = {"drawer": {"fast_pixel": "pixel"}}
"""Old names that mean a part of another name."""

GONE: dict[str, dict[str, str]] = {
    "drawer": {"vdiff": "its models are no longer published; use a remote drawer such as openai"}
}
"""Old names without a successor: what to use instead."""


class Registry:
    """Parts by kind and name."""

    def __init__(self, table: Mapping[str, Mapping[str, Any]]) -> None:
        self._table: dict[str, dict[str, Any]] = {kind: dict(table.get(kind, {})) for kind in KINDS}
        self.keys: dict[str, Callable[[], str | None]] = {}
        """What gives the keys of remote services, by service, where it is not the environment."""

    @classmethod
    def discover(cls, plugins: str | None = None) -> Registry:
        """The built-in parts and every installed plugin, by name only.

        Args:
            plugins: more parts, "kind:name=module:Class" separated by commas; default: the variable PIXRAY_PLUGINS.
        """
        registry = cls(BUILT_IN)
        for kind in KINDS:
            for point in importlib.metadata.entry_points(group=f"pixray.{kind}s"):
                registry.add(kind, point.name, point.value)
        for line in filter(None, (plugins if plugins is not None else os.environ.get("PIXRAY_PLUGINS", "")).split(",")):
            head, _, target = line.partition("=")
            kind, _, name = head.strip().partition(":")
            if not target or not name:
                raise SettingsError(f"PIXRAY_PLUGINS holds '{line}': expected kind:name=module:Class")
            registry.add(kind, name, target.strip())
        return registry

    def add(self, kind: str, name: str, part: Any, *, replace: bool = False) -> None:
        """Add a part under a name.

        Args:
            kind: "drawer", "loss", "filter", "perceptor" or "provider".
            name: what users will call it.
            part: the class itself, or "module:Class".
            replace: take the place of a part that has the name already, as running a notebook cell again does.

        Raises:
            SettingsError: an unknown kind, or another part already has the name.
        """
        if kind not in KINDS:
            raise SettingsError(f"unknown kind of part '{kind}': expected one of {', '.join(KINDS)}")
        other = self._table[kind].get(name)
        if other is not None and other != part and not replace:
            raise SettingsError(
                f"two parts want to be called {kind} '{name}': {_describe(other)} and {_describe(part)}"
            )
        self._table[kind][name] = part

    def names(self, kind: str) -> list[str]:
        """Every name of one kind, sorted."""
        return sorted(self._known(kind))

    def canonical(self, kind: str, name: str) -> str:
        """The name itself, or what an old name means today."""
        return ALIASES.get(kind, {}).get(name, name)

    def problem(self, kind: str, name: str, source: str) -> str | None:
        """Why a name cannot be used, as one line, or None when it can."""
        name = self.canonical(kind, name)
        if name in self._known(kind):
            return None
        if name in GONE.get(kind, {}):
            return f"{kind} '{name}' (from {source}) is gone: {GONE[kind][name]}"
        known = [*self._known(kind), *ALIASES.get(kind, {})]
        return f"unknown {kind} '{name}' (from {source}): expected one of {', '.join(sorted(known))}." + did_you_mean(
            name, known
        )

    def load(self, kind: str, name: str) -> Any:
        """The class of a part, imported now.

        Raises:
            SettingsError: no part of this name.
            MissingPackage: the part needs a package that is not installed.
        """
        problem = self.problem(kind, name, "the registry")
        if problem:
            raise SettingsError(problem)
        name = self.canonical(kind, name)
        if kind == "drawer" and name not in self._table[kind]:
            module, _, attribute = DRAWER_OF_PROVIDER.partition(":")
            make_drawer = getattr(importlib.import_module(module), attribute)
            return make_drawer(self.load("provider", name), self.keys.get(name))
        part = self._table[kind][name]
        if not isinstance(part, str):
            return part
        module, _, attribute = part.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except PixrayError:
            raise
        except ModuleNotFoundError as error:
            raise MissingPackage(f"{kind} '{name}'", error.name or module) from error

    def _known(self, kind: str) -> set[str]:
        """Names of a kind; every remote service is a drawer, too."""
        return {*self._table[kind], *(self._table["provider"] if kind == "drawer" else ())}

    def classes(self, kind: str) -> Iterable[tuple[str, Any]]:
        """(name, class) of every part of one kind; imports them all."""
        return [(name, self.load(kind, name)) for name in self.names(kind)]


def _describe(part: Any) -> str:
    return part if isinstance(part, str) else f"{part.__module__}:{part.__qualname__}"
