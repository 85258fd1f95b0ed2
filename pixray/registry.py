"""Names of parts and the classes behind them. Nothing is imported before it is chosen.

Built-in parts, installed plugins (entry points `pixray.drawers`, `pixray.losses` …), the variable PIXRAY_PLUGINS and
`pixray.register` share one table and one set of rights. PIXRAY_PLUGINS holds, separated by commas, modules that
register parts when they are imported, or single parts as `drawer:clay=module:Class`.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pixray.errors import InvalidPart, MissingPackage, PixrayError, SettingsError, did_you_mean, shown
from pixray.parts.builtin import ALIASES, BUILT_IN, EXTRAS, GONE
from pixray.parts.kinds import KINDS, check_part, import_attribute
from pixray.runtime.entry_points import may_be_announced

__all__ = ["ALIASES", "BUILT_IN", "GONE", "KINDS", "Registry", "import_plugins", "plugin_items"]


DRAWER_OF_PROVIDER = "pixray.drawers.remote.drawer:drawer_of"
"""What makes a drawer of a remote service: every provider can be chosen as one."""


@dataclass(frozen=True)
class _Entry:
    """A class, or "module:Class", and where it was announced, in words."""

    target: Any
    source: str

    def __str__(self) -> str:
        return f"{_target_path(self.target)} ({self.source})"


@dataclass(frozen=True)
class AddedPart:
    """A part that is not built in.

    Attributes:
        path: of its class, as module:Class; source: where it was announced: "package clay 1.0".
    """

    kind: str
    name: str
    path: str
    source: str


class Registry:
    """Parts by kind and name."""

    def __init__(self, table: Mapping[str, Mapping[str, Any]]) -> None:
        self._table: dict[str, dict[str, _Entry]] = {
            kind: {name: _Entry(target, "built in") for name, target in table.get(kind, {}).items()} for kind in KINDS
        }
        self._clashes: dict[tuple[str, str], str] = {}
        self._checked: dict[tuple[str, str], Any] = {}
        self.keys: dict[str, Callable[[], str | None]] = {}
        """What gives the keys of remote services, by service, where it is not the environment."""

    @classmethod
    def discover(cls, plugins: str | None = None) -> Registry:
        """The built-in parts and every installed plugin, by name only.

        What modules in PIXRAY_PLUGINS register themselves goes to `pixray.register`: see `Studio.registry`.

        Args:
            plugins: in place of the variable PIXRAY_PLUGINS.
        """
        registry = cls(BUILT_IN)
        if may_be_announced("pixray."):
            registry._announce_installed()
        for item in plugin_items(plugins):
            if "=" in item:
                head, _, target = item.partition("=")
                kind_name, _, part = head.strip().partition(":")
                if not target or not part:
                    raise SettingsError(f"PIXRAY_PLUGINS holds '{item}': expected a module, or kind:name=module:Class")
                registry._announce(kind_name, part, target.strip(), "from PIXRAY_PLUGINS")
        return registry

    def _announce_installed(self) -> None:
        import importlib.metadata  # half the time of a help page, and only plugins need it

        points = importlib.metadata.entry_points()
        for name, kind in KINDS.items():
            for point in points.select(group=kind.group):
                package = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
                self._announce(name, point.name, point.value, f"from the package {package}")

    def copy(self) -> Registry:
        """Another registry with the same parts, to which others may be added."""
        other = Registry({})
        other._table = {kind: dict(entries) for kind, entries in self._table.items()}
        other._clashes, other._checked, other.keys = dict(self._clashes), dict(self._checked), dict(self.keys)
        return other

    def add(self, kind: str, name: str, part: Any, *, replace: bool = False) -> None:
        """Add a part under a name.

        Args:
            kind: a name of `KINDS`: "drawer", "loss", "filter" …
            name: what users will call it.
            part: the class itself, or "module:Class".
            replace: take the place of a part that has the name already, as running a notebook cell again does.

        Raises:
            SettingsError: an unknown kind, or another part already has the name.
            InvalidPart: the class is not one of this kind.
        """
        _check_kind(kind)
        entry, other = _Entry(part, "registered"), self._table[kind].get(name)
        if other is not None and other.target != part and not replace:
            raise SettingsError(_clash(kind, name, other, entry))
        if not isinstance(part, str):
            check_part(kind, name, part, str(entry))
        self._table[kind][name] = entry
        self._clashes.pop((kind, name), None)
        self._checked.pop((kind, name), None)

    def names(self, kind: str) -> list[str]:
        """Every name of one kind, sorted."""
        return sorted(self._known(kind))

    def added(self, kind: str) -> list[str]:
        """The names of one kind that are not built in, sorted."""
        return sorted(name for name, entry in self._table[kind].items() if entry.source != "built in")

    def added_parts(self) -> list[AddedPart]:
        """All parts that are not built in."""
        return [
            AddedPart(kind, name, _target_path(entry.target), entry.source.removeprefix("from the "))
            for kind, entries in self._table.items()
            for name, entry in entries.items()
            if entry.source != "built in"
        ]

    def is_built_in(self, kind: str, name: str) -> bool:
        """Whether a name stands for a part that comes with pixray."""
        entry = self._table[kind].get(self.canonical(kind, name))
        return entry is not None and entry.source == "built in"

    def canonical(self, kind: str, name: str) -> str:
        """The name itself, or what an old name means today."""
        return ALIASES.get(kind, {}).get(name, name)

    def problem(self, kind: str, name: str, source: str) -> str | None:
        """Why a name cannot be used, as one line, or None when it can."""
        name = self.canonical(kind, name)
        if name in self._known(kind):
            return self._clashes.get((kind, name))
        if name in GONE.get(kind, {}):
            return f"{kind} {shown(name)} (from {source}) is gone: {GONE[kind][name]}"
        # An old name is understood and suggested, but not offered: --help does not list it, either.
        return (
            f"unknown {kind} {shown(name)} (from {source}): expected one of {', '.join(self.names(kind))}."
            + did_you_mean(name, [*self._known(kind), *ALIASES.get(kind, {})])
        )

    def load(self, kind: str, name: str) -> Any:
        """The class of a part, imported and checked now.

        Raises:
            SettingsError: no part of this name.
            MissingPackage: the part needs a package that is not installed.
            InvalidPart: what has the name is no part of this kind.
        """
        problem = self.problem(kind, name, "the registry")
        if problem:
            raise SettingsError(problem)
        name = self.canonical(kind, name)
        if kind == "drawer" and name not in self._table[kind]:
            make_drawer = import_attribute(DRAWER_OF_PROVIDER)
            return make_drawer(self.load("provider", name), self.keys.get(name))
        if (kind, name) not in self._checked:
            entry = self._table[kind][name]
            part = _import(kind, name, entry) if isinstance(entry.target, str) else entry.target
            check_part(kind, name, part, str(entry))
            self._checked[kind, name] = part
        return self._checked[kind, name]

    def classes(self, kind: str) -> Iterable[tuple[str, Any]]:
        """(name, class) of every part of one kind; imports them all."""
        return [(name, self.load(kind, name)) for name in self.names(kind)]

    def _known(self, kind: str) -> set[str]:
        """Names of a kind; every remote service is a drawer, too."""
        return {*self._table[kind], *(self._table["provider"] if kind == "drawer" else ())}

    def _announce(self, kind: str, name: str, target: str, source: str) -> None:
        """Add a part that is only announced: two of one name are a mistake when somebody uses the name."""
        _check_kind(kind)
        entry, other = _Entry(target, source), self._table[kind].get(name)
        if other is not None and other.target != target:
            self._clashes[kind, name] = _clash(kind, name, other, entry)
        else:
            self._table[kind][name] = entry


def _target_path(target: Any) -> str:
    return target if isinstance(target, str) else _path_of(target)


def _path_of(part: Any) -> str:
    """Where a class was defined, or what else was given in its place."""
    return f"{part.__module__}:{part.__qualname__}" if hasattr(part, "__qualname__") else repr(part)


def plugin_items(plugins: str | None = None) -> list[str]:
    """What PIXRAY_PLUGINS holds, or a text in its place: modules, and single parts with their "="."""
    text = os.environ.get("PIXRAY_PLUGINS", "") if plugins is None else plugins
    return [item.strip() for item in text.split(",") if item.strip()]


def import_plugins(modules: Iterable[str]) -> None:
    """Import modules that register parts.

    Raises:
        InvalidPart: one cannot be imported.
    """
    for module in modules:
        try:
            importlib.import_module(module)
        except PixrayError:
            raise
        except Exception as error:
            raise InvalidPart(
                f"PIXRAY_PLUGINS names the module '{module}', {_import_failure(module, error)}"
            ) from error


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise SettingsError(
            f"unknown kind of part '{kind}': expected one of {', '.join(KINDS)}.{did_you_mean(kind, KINDS)}"
        )


def _clash(kind: str, name: str, other: _Entry, entry: _Entry) -> str:
    return f"two parts want to be called {kind} '{name}': {other} and {entry}"


def _import(kind: str, name: str, entry: _Entry) -> Any:
    """What "module:Class" names."""
    module, _, attribute = entry.target.partition(":")
    label = f"{kind} '{name}', {entry}"
    if not attribute:
        raise InvalidPart(f"{label}: expected module:Class")
    try:
        return import_attribute(entry.target)
    except PixrayError:
        raise
    except ModuleNotFoundError as error:
        missing = error.name or module
        if not f"{module}.".startswith(f"{missing}.") or missing in EXTRAS:
            raise MissingPackage(f"{kind} '{name}'", *EXTRAS.get(missing, (missing,))) from error
        raise InvalidPart(f"{label}: there is no module '{missing}'") from error
    except AttributeError as error:
        loaded = importlib.import_module(module)
        if hasattr(loaded, attribute.partition(".")[0]):
            raise InvalidPart(f"{label}: {_import_failure(module, error)}") from error
        raise InvalidPart(
            f"{label}: the module '{module}' has no '{attribute}'.{did_you_mean(attribute, vars(loaded))}"
        ) from error
    except Exception as error:
        raise InvalidPart(f"{label}: the module '{module}', {_import_failure(module, error)}") from error


def _import_failure(module: str, error: Exception) -> str:
    reason = " ".join(str(error).split()) or "no reason given"
    return f"which cannot be imported ({type(error).__name__}: {reason})"
