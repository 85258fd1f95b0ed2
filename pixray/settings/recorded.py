"""What a run used without being asked, kept in its record: so that later defaults and presets change no rerun.

A record holds what was asked for by name, and under `resolved` everything else:

    choices    values of the settings that presets follow from: quality, drawer, palette …, asked for or not
    defaults   values that no preset supplied
    presets    values that presets supplied, in groups by the choices from which they follow

When a record is read, the values of `defaults` and `presets` count below all that anybody asks for, and above today's
defaults and presets. Where a choice is another one than then, the groups that follow from it no longer count, and
today's presets that follow from it count above what the record has.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pixray.errors import SettingsError
from pixray.runtime.redact import redacted
from pixray.runtime.yaml_io import to_plain
from pixray.settings.convert import convert
from pixray.settings.declare import RESOLVED, Declaration, Refers, Role
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.lookup import normal_name, strongest
from pixray.settings.namespace import Settings
from pixray.settings.old_names import RENAMED
from pixray.settings.policy import refusals
from pixray.settings.run_inputs import by_name

_MISSING = object()


@dataclass(frozen=True)
class Recorded:
    """What an earlier run used without being asked.

    Attributes:
        label: what messages call the record.
        choices: the values that they had, by setting, in plain types.
        layers: its defaults, then a layer for each group of presets; their kind tells who brought the record.
    """

    label: str
    choices: Mapping[str, Any]
    layers: tuple[Layer, ...]

    def changed(self, declared: Mapping[str, Declaration], asked: Sequence[Layer]) -> frozenset[str]:
        """The choices that are other ones now than then.

        Args:
            declared: by setting name; a choice that is not among them is none now.
            asked: what people ask for now, weakest first.
        """
        recorded = {name: raw for layer in self.layers for name, raw in layer.values.items()}
        before = {name for name, then in self.choices.items() if _now(declared.get(name), asked, recorded) != then}
        new = {
            name
            for name, declaration in declared.items()
            if Role.CHOICE in declaration.role and name not in self.choices
        }
        return frozenset(before | {name for name in new if strongest(declared[name], asked)})

    def standing(
        self, changed: Collection[str], declared: Mapping[str, Declaration], services: Collection[str]
    ) -> list[Layer]:
        """The layers that count: without groups that follow from a changed choice, names that this run does not have,
        what their bringer may not name, and where services are, which nobody asked for.
        """
        layers = []
        for layer in self.layers:
            if set(layer.follows) & set(changed):
                continue
            values = {name: raw for name, raw in layer.values.items() if name in declared}
            refused = refusals(dataclasses.replace(layer, values=values), declared, services)
            endpoints = {name for name in values if declared[name].refers & Refers.ENDPOINT}
            values = {name: raw for name, raw in values.items() if name not in {*refused, *endpoints}}
            layers.append(dataclasses.replace(layer, kind=LayerKind.EARLIER, values=values))
        return layers


def _now(declared: Declaration | None, asked: Sequence[Layer], recorded: Mapping[str, Any]) -> Any:
    """The value of a choice in plain types; one that is wrong differs from every other."""
    if declared is None:
        return None
    winner = strongest(declared, asked)
    raw = winner[0] if winner else recorded.get(declared.name, declared.default)
    try:
        return redacted(to_plain(convert(declared, raw)))
    except ValueError:
        return _MISSING


def resolved_values(settings: Settings, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What stands under `resolved` in the record of a run.

    Args:
        settings: of the run.
        chosen: settings that the drawer decided while it was loaded.
    """
    # Without a timeline nothing happened, whatever the default: a run may be steered after its record was begun.
    left_out = (Role.UNRECORDED, Role.TIMELINE, Role.OF_MACHINE)
    recorded = [name for name in vars(settings) if not any(settings.has_role(name, role) for role in left_out)]
    asked = settings.given()
    defaults: dict[str, Any] = {}
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    for name in (name for name in recorded if name not in asked and name != "seed"):  # the record has the seed in use
        origin = settings.origins[name]
        if name == "size":
            groups.setdefault(_size_follows(settings), {})[name] = settings.size
        elif name in chosen:
            groups.setdefault(("drawer",), {})[name] = chosen[name]
        elif origin.follows:
            groups.setdefault(origin.follows, {})[name] = origin.raw
        else:
            defaults[name] = origin.raw
    presets = [{"follows": list(follows), "values": values} for follows, values in groups.items()]
    values = redacted(to_plain({"defaults": defaults, "presets": presets}))
    return {"choices": choice_values(settings), **values}


def _size_follows(settings: Settings) -> tuple[str, ...]:
    """The settings from which a canvas size follows that nobody asked for."""
    grids = (name for name in vars(settings) if settings.has_role(name, Role.SHAPES_CANVAS))
    retained = ("init_image",) if settings.aspect == "retain" else ()
    return ("aspect", "scale", "ezsize", "quality", *retained, *grids)


def choice_values(settings: Settings) -> dict[str, Any]:
    """The values of the settings that presets follow from, in plain types."""
    names = [name for name in vars(settings) if settings.has_role(name, Role.CHOICE)]
    values = {name: _portable(settings, name) for name in names if not settings.has_role(name, Role.UNRECORDED)}
    plain: dict[str, Any] = redacted(to_plain(values))
    return plain


def _portable(settings: Settings, name: str) -> Any:
    origin = settings.origins.get(name)
    return by_name(getattr(settings, name), origin.folder if origin else None)


def complete_values(record: Mapping[str, Any]) -> dict[str, Any]:
    """Every value that a record has, asked for or not; of an old record those asked for."""
    _, recorded = take_apart([Layer(LayerKind.RECORD, "record", record)])
    layers = recorded.layers if recorded else ()
    values = {name: raw for layer in layers for name, raw in layer.values.items()}
    return {**values, **{name: raw for name, raw in record.items() if name != RESOLVED}}


def take_apart(layers: Sequence[Layer]) -> tuple[list[Layer], Recorded | None]:
    """The layers with what people asked for alone, and what the strongest record among them used besides.

    Raises:
        SettingsError: what stands under `resolved` is damaged.
    """
    asked, recorded = [], None
    for layer in layers:
        if RESOLVED in layer.values:
            recorded = _read(layer.values[RESOLVED], layer)
            layer = _without_repeated(layer.without(RESOLVED), recorded)
        asked.append(layer)
    return asked, recorded


def _without_repeated(layer: Layer, recorded: Recorded) -> Layer:
    """Models in use stand among what was asked for, too, for people to see; nobody asked for them."""
    besides = {name: raw for weaker in recorded.layers for name, raw in weaker.values.items()}
    values = {name: raw for name, raw in layer.values.items() if not _same(besides.get(name, _MISSING), raw)}
    return dataclasses.replace(layer, values=values)


def _same(recorded: Any, shown: Any) -> bool:
    """Whether a value is the one in the record; a list of models is shown as one text."""
    return recorded == shown or (isinstance(recorded, list) and ",".join(map(str, recorded)) == shown)


def _read(section: Any, layer: Layer) -> Recorded:
    damaged = SettingsError(
        f"{RESOLVED} (from {layer.label}): expected choices, defaults and presets, as pixray writes"
    )
    if not isinstance(section, Mapping):
        raise damaged
    choices, defaults, groups = (section.get(key) or {} for key in ("choices", "defaults", "presets"))
    if not isinstance(choices, Mapping) or not isinstance(defaults, Mapping) or not isinstance(groups or [], list):
        raise damaged
    label = f"what {layer.label} used"
    layers = [dataclasses.replace(layer, label=label, values=_named(defaults))]
    for group in groups:
        if not isinstance(group, Mapping) or not isinstance(group.get("values"), Mapping):
            raise damaged
        follows = group.get("follows")
        if not isinstance(follows, list) or not all(isinstance(name, str) for name in follows):
            raise damaged
        layers.append(dataclasses.replace(layer, label=label, values=_named(group["values"]), follows=tuple(follows)))
    return Recorded(layer.label, _named(choices), tuple(layers))


def _named(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Values by the names that settings have today."""
    names = ((normal_name(key), raw) for key, raw in values.items())
    return {RENAMED.get(name, name): raw for name, raw in names}


def in_order(presets: Sequence[Layer], standing: Sequence[Layer], changed: Collection[str]) -> Iterator[Layer]:
    """Presets of today and the values of a record, weakest first.

    What a changed choice supplies counts above the record, unless a stronger preset supplies it that did not change.
    """
    yield from presets
    yield from standing
    winners = {name: layer for layer in presets for name in layer.values}
    for layer in presets:
        if set(layer.follows) & set(changed):
            values = {name: raw for name, raw in layer.values.items() if winners[name] is layer}
            yield dataclasses.replace(layer, values=values)
