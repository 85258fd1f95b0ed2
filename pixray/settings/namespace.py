"""The settings of one run: a namespace that knows where each value came from."""

from __future__ import annotations

import argparse
import copy
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixray.settings.declare import Role
from pixray.settings.grammar import Weighted
from pixray.settings.layers import Layer, LayerKind


@dataclass(frozen=True)
class Origin:
    """Where a value came from, and what was asked for there: of the right type, but before "5%" became a number.

    Attributes:
        follows: the settings whose choice supplied it, if one did.
        folder: of the layer that it came from.
    """

    kind: LayerKind
    label: str
    raw: Any
    follows: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def asked_for(self) -> bool:
        """Whether somebody asked for it: it is neither a default nor implied by another setting, now or in a record."""
        return self.settled and self.kind is not LayerKind.EARLIER

    @property
    def settled(self) -> bool:
        """Whether it may not be replaced by another value that would do: it was asked for, or a run is made again."""
        return self.kind not in (LayerKind.DEFAULT, LayerKind.SUPPLIED)


class Settings(argparse.Namespace):
    """Every setting of a run, complete and checked; made by `Schema.resolve`.

    `vars(settings)` holds the values alone. Changing an attribute is allowed and checked when a session is built from
    it; the engine itself never changes one.
    """

    __slots__ = ("_layers", "_notices", "_origins", "_prompts", "_resolved", "_roles")

    def __init__(
        self,
        values: Mapping[str, Any],
        origins: Mapping[str, Origin],
        layers: tuple[Layer, ...],
        notices: tuple[str, ...],
        roles: Mapping[str, Role],
        prompts: Mapping[str, Sequence[Weighted]],
    ) -> None:
        super().__init__(**values)
        self._roles = roles
        self._prompts = prompts
        self._origins = dict(origins)
        self._layers = layers
        self._notices = notices
        self._resolved = copy.deepcopy(dict(values))

    def origin(self, name: str) -> str:
        """Where the value of a setting came from: "default", "quality=draft", "pixray.yaml", "the command line" …"""
        return "set on the namespace" if name in self.changed() else self._origins[name].label

    def origin_kind(self, name: str) -> LayerKind:
        """Who brought the value of a setting."""
        return LayerKind.NAMESPACE if name in self.changed() else self._origins[name].kind

    def is_untrusted(self, name: str) -> bool:
        """Whether the value of a setting may come from a request or somebody else's record; so it may, if unknown."""
        if name in self._origins and self.origin_kind(name).local and self._origins[name].asked_for:
            return False
        return any(not layer.kind.local for layer in self._layers)

    def section(self, group: type) -> Any:
        """The frozen dataclass that one part declared, filled from this namespace."""
        return group(**{field.name: getattr(self, field.name) for field in dataclasses.fields(group)})

    def section_of(self, part: type) -> Any:
        """The settings of one part: None if it declares none, its defaults in a run that was not made for it."""
        group = getattr(part, "Settings", None)
        if group is None:
            return None
        complete = all(hasattr(self, field.name) for field in dataclasses.fields(group))
        return self.section(group) if complete else group()

    def section_keyword(self, part: type) -> dict[str, Any]:
        """The keyword `settings` for parts that are given it only if they declare some."""
        return {} if getattr(part, "Settings", None) is None else {"settings": self.section_of(part)}

    @property
    def prompts_by_setting(self) -> Mapping[str, Sequence[Weighted]]:
        """Parsed prompts of the settings that hold some, as of when they were resolved; none has the weight 0."""
        return self._prompts

    def has_role(self, name: str, role: Role) -> bool:
        """Whether the declaration of a setting says so."""
        return role in self._roles[name]

    def given(self) -> dict[str, Any]:
        """What somebody asked for: everything that is neither a default nor supplied by a preset."""
        asked_for = {name: origin.raw for name, origin in self._origins.items() if origin.asked_for}
        return {**asked_for, **self.changed()}

    def changed(self) -> dict[str, Any]:
        """Attributes that were assigned after the settings had been resolved."""
        return {name: value for name, value in vars(self).items() if self._resolved.get(name, _MISSING) != value}

    def steered(self, names: Iterable[str], later: Settings) -> Settings:
        """These settings with some values of others, and with the settings of parts that those have in addition."""
        taken = [*names, *(name for name in vars(later) if name not in vars(self))]
        values = {**vars(self), **{name: getattr(later, name) for name in taken}}
        origins = {**self._origins, **{name: later._origins[name] for name in taken}}
        prompts = {**self._prompts, **{name: later._prompts[name] for name in taken if name in later._prompts}}
        roles = {**self._roles, **later._roles}
        return Settings(copy.deepcopy(values), origins, later._layers, self._notices, roles, prompts)

    @property
    def origins(self) -> Mapping[str, Origin]:
        """Where each value came from when the settings were resolved."""
        return self._origins

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers given by people, weakest first; presets and defaults are not among them."""
        return self._layers

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should be told about these settings, such as an old name that was understood."""
        return self._notices

    def __copy__(self) -> Settings:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Settings:
        clone = Settings(copy.deepcopy(self._resolved), *self._facts)
        vars(clone).update(copy.deepcopy(vars(self)))
        return clone

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (dict(vars(self)), self._resolved, *self._facts)

    @property
    def _facts(self) -> tuple[Any, ...]:
        """What never changes, in the order of the constructor."""
        return self._origins, self._layers, self._notices, self._roles, self._prompts


_MISSING = object()


def _restore(values: dict[str, Any], resolved: dict[str, Any], *rest: Any) -> Settings:
    settings = Settings(resolved, *rest)
    vars(settings).update(values)
    return settings
