"""From layers of given values to one complete, checked namespace: defaults < presets < file < added < flags.

Nothing here touches a file, a device or torch, and nothing is changed by it: resolving twice gives the same twice.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pixray.errors import InvalidPart, SettingsError, did_you_mean, shown
from pixray.registry import Registry
from pixray.runtime.redact import redacted
from pixray.settings import tables as presets
from pixray.settings.convert import convert
from pixray.settings.core import engine_declarations
from pixray.settings.declare import Declaration, Role, declarations, offered
from pixray.settings.derive import derive, derive_times
from pixray.settings.embedded import ASKED, EMBEDDED_FOLLOWS, chosen_embedded
from pixray.settings.files import file_problems
from pixray.settings.grammar import Amount, Weighted, parse_parts
from pixray.settings.indexed import IndexedPart, indexed_part
from pixray.settings.ladders import LADDER_FOLLOWS, is_robust, robust_layer
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.lookup import Mark, normal_name, part_name, strongest
from pixray.settings.namespace import Origin, Settings
from pixray.settings.old_names import RENAMED, RETIRED, RETIRED_VALUES
from pixray.settings.pictures import missing_pictures
from pixray.settings.policy import LEFT_OUT, admit
from pixray.settings.prompt_kinds import parse_prompts
from pixray.settings.raw import is_empty, is_switched_off, plain
from pixray.settings.recorded import Recorded, in_order, take_apart
from pixray.settings.reference import owner_of
from pixray.settings.run_inputs import located

DEFAULT = "default"


class Schema:
    """The settings that exist for one choice of parts.

    Args:
        declared: every declaration; two of one name are an error, so that a plugin cannot shadow a core setting.
        problems: what is already known to be wrong, to be reported together with everything else.
        supplies: what the chosen drawer supplies unless somebody says otherwise.
        registry: tells which part a setting belongs to that this choice does not have, and which names are services,
            which untrusted input may not choose.
    """

    def __init__(
        self,
        declared: Iterable[Declaration],
        problems: Sequence[str] = (),
        supplies: Sequence[Layer] = (),
        registry: Registry | None = None,
    ) -> None:
        self._registry = registry
        self.problems = tuple(problems)
        self.supplies = tuple(supplies)
        self.services = frozenset(registry.names("provider") if registry else ())
        self.declared: dict[str, Declaration] = {}
        self._by_name: dict[str, Declaration] = {}
        for declaration in declared:
            for name in declaration.python_names:
                other = self._by_name.setdefault(name, declaration)
                if other is not declaration:
                    raise SettingsError(
                        f"the setting '{name}' is declared twice: by {other.owner} and by {declaration.owner}"
                    )
            self.declared[declaration.name] = declaration

    @classmethod
    def for_choice(cls, registry: Registry, layers: Sequence[Layer]) -> Schema:
        """Import just the parts that some layer chooses, and collect their settings with those of the engine.

        An unknown drawer, loss or filter is a problem that `resolve` reports with all others.
        """
        declared = [*engine_declarations()]
        asked, recorded = take_apart(layers)
        chosen = [*(recorded.layers if recorded else ()), *asked]
        problems: list[str] = []
        supplies: list[Layer] = []
        for declaration in engine_declarations():
            for kind, name, source in _parts_named(declaration, registry, [*supplies, *chosen]):
                problem = registry.problem(kind, name, source)
                if problem:
                    problems.append(problem)
                    continue
                # A service is known as the drawer of its name, also where it only makes the start.
                owner = f"{'drawer' if kind == 'provider' else kind} {registry.canonical(kind, name)}"
                if any(other.owner == owner for other in declared):
                    continue
                part = _part(registry, kind, name, owner)
                if part.supplies and kind != "provider":
                    supplies.append(
                        Layer(LayerKind.SUPPLIED, f"{kind}={name}", part.supplies, follows=(declaration.name,))
                    )
                declared += part.declared
        return cls(declared, problems, supplies, registry)

    def resolve(self, layers: Sequence[Layer]) -> Settings:
        """One namespace from the layers that people gave, weakest first.

        Raises:
            SettingsError: all problems at once, a line each.
        """
        problems = list(self.problems)
        notices: list[str] = []
        asked, recorded = take_apart(layers)
        asked = admit(self._gather(asked, recorded, problems, notices), self.declared, self.services, problems, notices)
        changed = recorded.changed(self.declared, asked) if recorded else frozenset()
        standing = recorded.standing(changed, self.declared, self.services) if recorded else []
        values: dict[str, Any] = {}
        origins: dict[str, Origin] = {}
        for layer in [*in_order(self._presets([*standing, *asked]), standing, changed), *asked]:
            for name, raw in layer.values.items():
                origins[name] = Origin(layer.kind, layer.label, raw, layer.follows, layer.folder)
        for name, declaration in self.declared.items():
            origin = origins.setdefault(name, Origin(LayerKind.DEFAULT, DEFAULT, declaration.default))
            try:
                values[name] = convert(declaration, origin.raw) if origin.raw is not None else None
                origins[name] = dataclasses.replace(origin, raw=copy.deepcopy(values[name]))
                values[name] = located(declaration, values[name], origin.folder)
            except ValueError as error:
                if origin.kind is LayerKind.DEFAULT:  # a mistake of whoever declared it, not of the user
                    raise InvalidPart(
                        f"{declaration.owner}: the default of its setting {name}={origin.raw!r}: {error}"
                    ) from error
                problem = RETIRED_VALUES.get(name, {}).get(origin.raw, error) if isinstance(origin.raw, str) else error
                problems.append(f"{name}={shown(redacted(origin.raw))} (from {origin.label}): {problem}")
        problems += file_problems(self.declared, values)
        prompts: dict[str, Sequence[Weighted]] = {}
        problems += missing_pictures(self.declared.values(), values)
        if not problems:
            derive(self.declared, values, origins, problems)
            prompts = self._prompts(values, origins, problems, self.declared)
        if problems:
            raise SettingsError(list(dict.fromkeys([*problems, *(text for text in notices if LEFT_OUT in text)])))
        return Settings(values, origins, tuple(layers), tuple(notices), self._roles(), prompts)

    def _roles(self) -> dict[str, Role]:
        return {name: declaration.role for name, declaration in self.declared.items()}

    def _prompts(
        self, values: Mapping[str, Any], origins: Mapping[str, Origin], problems: list[str], names: Iterable[str]
    ) -> dict[str, Sequence[Weighted]]:
        """The parsed prompts of those among the named settings that hold prompts."""
        prompts: dict[str, Sequence[Weighted]] = {}
        for name in (name for name in names if Role.WEIGHTED in self.declared[name].role):
            prompts[name], wrong = parse_prompts(values[name] or ())
            problems += [f"{name}={shown(text)} (from {origins[name].label}): {reason}" for text, reason in wrong]
        return prompts

    def supply(self, settings: Settings, supplied: Layer) -> Settings:
        """Complete settings by values that follow from a choice made after they were resolved.

        Args:
            settings: resolved and not changed since; this schema declares all of them, and perhaps more.
            supplied: counts below everything that somebody asked for. No size may be in it, since other values follow
                from it.

        Raises:
            SettingsError: with the iterations that were supplied, timed prompts are no longer in their order.
        """
        values: dict[str, Any] = {}
        origins: dict[str, Origin] = {}
        for name, declaration in self.declared.items():
            origin = settings.origins.get(name)
            if name in supplied.values and not (origin and origin.asked_for):
                values[name] = convert(declaration, supplied.values[name])
                raw = copy.deepcopy(values[name])
                origins[name] = Origin(supplied.kind, supplied.label, raw, supplied.follows)
            elif origin is not None:
                values[name], origins[name] = getattr(settings, name), origin
            else:
                values[name] = None if declaration.default is None else convert(declaration, declaration.default)
                origins[name] = Origin(LayerKind.DEFAULT, DEFAULT, copy.deepcopy(values[name]))
        problems: list[str] = []
        derive_times(self.declared, values, {name: origin.raw for name, origin in origins.items()}, problems)
        if problems:
            raise SettingsError(problems)
        prompts = {**settings.prompts_by_setting, **self._prompts(values, origins, [], supplied.values)}
        return Settings(values, origins, settings.layers, settings.notices, self._roles(), prompts)

    def declaration(self, key: Any) -> Declaration | None:
        """What is declared under any of the names of a setting, old ones included."""
        name = normal_name(key)
        return self._by_name.get(name) or self._by_name.get(RENAMED.get(name, name))

    def _gather(
        self, layers: Sequence[Layer], recorded: Recorded | None, problems: list[str], notices: list[str]
    ) -> list[Layer]:
        """The layers with every name understood; unknown names become problems."""
        gathered: list[Layer] = []
        for layer in layers:
            values: dict[str, Any] = {}
            for key, raw in layer.values.items():
                name = normal_name(key)
                if name in RENAMED and name not in self._by_name:
                    notices.append(f"'{name}' is now called '{RENAMED[name]}'")
                    name = RENAMED[name]
                if name not in self._by_name:
                    said = notices if recorded and layer.label == recorded.label and self._owner(name) else problems
                    said.extend(self._unknown(name, raw, layer.label))
                elif raw is Mark.CLEARED:
                    canonical = self._by_name[name].name
                    gathered = [weaker.without(canonical) for weaker in gathered]
                elif not is_empty(raw) or _means_none(self._by_name[name]):
                    values[self._by_name[name].name] = raw
            gathered.append(dataclasses.replace(layer, values=values))
        return gathered

    def _unknown(self, name: str, raw: Any, source: str) -> list[str]:
        """What to say about a name that no setting of this run has, in one line or none."""
        if name in RETIRED:
            if is_switched_off(raw):
                return []  # what is gone is not missed by a script that did not use it
            return [f"'{name}' (from {source}) is an old setting that is gone: {RETIRED[name]}"]
        owner = self._owner(name)
        if owner:
            offer = offered(owner, "drawer=")
            return [f"'{name}' (from {source}) is a setting of {owner}, which this run does not use{offer}"]
        return [f"unknown setting {shown(name)} (from {source}).{did_you_mean(name, self._by_name)}"]

    def _owner(self, name: str) -> str | None:
        """The parts that have a setting of this name, in words."""
        return owner_of(name, self._registry)

    def _presets(self, layers: Sequence[Layer]) -> list[Layer]:
        """What the chosen quality and perceptors supply; a wrong quality is reported by convert() in its place."""
        names = dict.fromkeys((*LADDER_FOLLOWS, *EMBEDDED_FOLLOWS))
        chosen = {name: self._choice(name, layers) for name in names}
        today = [layer for layer in layers if layer.kind is not LayerKind.EARLIER]
        below: list[Layer] = []
        if chosen["quality"] in presets.QUALITY:
            quality = chosen["quality"]
            values = presets.quality_layer(quality)
            below.append(Layer(LayerKind.SUPPLIED, f"quality={quality}", values, follows=("quality",)))
            named = any("clip_models" in layer.values for layer in today)
            if is_robust(chosen["ladder"], chosen["perceptors"]) and not named:
                below.append(robust_layer(quality))
        if chosen["sprite"]:
            values = presets.sprite_values(chosen["filters"])
            below.append(Layer(LayerKind.SUPPLIED, "sprite", values, follows=("sprite", "filters")))
        declared = {name: self.declared[name] for name in ASKED if name in self.declared}
        asked = {name: chosen[name] for name in declared if strongest(declared[name], today)}
        below += chosen_embedded(chosen, asked)
        return [*below, *self.supplies]

    def _choice(self, name: str, layers: Sequence[Layer]) -> Any:
        if name not in self.declared:
            return None
        winner = strongest(self.declared[name], layers)
        try:
            return convert(self.declared[name], winner[0] if winner else self.declared[name].default)
        except ValueError:
            return None


def _parts_named(declaration: Declaration, registry: Registry, layers: Sequence[Layer]) -> list[tuple[str, str, str]]:
    """(kind, name, where it was given) of each part that a setting chooses; none if it chooses none."""
    if declaration.part is None:
        return []
    value, source = strongest(declaration, layers) or (declaration.default, DEFAULT)
    if value is None:
        return []
    try:
        names = [part_name(value)] if declaration.parse is None else [part[0] for part in parse_parts(plain(value))]
    except (ValueError, TypeError):
        return []  # convert() reports it in its place, with the others
    if declaration.part == "perceptor":  # all other names are models of open_clip
        families = [name.partition("/")[0] for name in names]
        names = [family for family in families if family in registry.names("perceptor")]
    return [(declaration.part, name, source) for name in names]


def _part(registry: Registry, kind: str, name: str, owner: str) -> IndexedPart:
    """What a part declares and supplies. Only those of plugins are imported for it, since most need torch."""
    if any(registry.is_built_in(other, name) for other in ((kind, "provider") if kind == "drawer" else (kind,))):
        return indexed_part(owner)
    part = registry.load(kind, name)
    group = getattr(part, "Settings", None)
    return IndexedPart(() if group is None else declarations(group, owner), getattr(part, "supplies", None) or {})


def _means_none(declared: Declaration) -> bool:
    """Whether nothing at all is a value of the setting, as no rate drops and no vector prompts are."""
    return declared.optional and declared.default is not None


def layers_of(settings: argparse.Namespace) -> tuple[Layer, ...]:
    """What people gave for these settings, what they assigned afterwards included; a plain namespace is one layer."""
    if not isinstance(settings, Settings):
        return (Layer(LayerKind.NAMESPACE, "the namespace", dict(vars(settings))),)
    changed = {
        name: Mark.CLEARED if is_empty(value) else _as_iterations(name, value)
        for name, value in settings.changed().items()
    }
    return (*settings.layers, Layer(LayerKind.NAMESPACE, "the namespace", changed)) if changed else settings.layers


def _as_iterations(name: str, value: Any) -> Any:
    """In a resolved namespace an amount is a number of iterations, also where bare numbers are otherwise percents."""
    if name in (declaration.name for declaration in engine_declarations() if Role.PERCENTS in declaration.role):
        return [Amount(step, "iterations") if isinstance(step, int) else step for step in value or []]
    return value


def up_to_date(settings: argparse.Namespace, registry: Registry) -> Settings:
    """Settings as they are, unless their owner assigned something since they were resolved: then resolved again.

    Raises:
        SettingsError: what was assigned is wrong, or a plain namespace is; all problems at once.
    """
    if isinstance(settings, Settings) and not settings.changed():
        return copy.copy(settings)
    layers = layers_of(settings)
    return Schema.for_choice(registry, layers).resolve(layers)
