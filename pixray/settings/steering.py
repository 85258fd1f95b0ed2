"""Settings that change while a run paints: which may, and what the run has after such a change.

A change is a layer of settings above those that the run began with, checked as every layer is. Which settings may
change stands on their declarations (`Role.STEERABLE`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pixray.errors import SettingsError, did_you_mean
from pixray.registry import Registry
from pixray.runtime.yaml_io import to_plain
from pixray.settings.declare import Declaration, Role
from pixray.settings.layers import Layer, LayerKind, Leave
from pixray.settings.lookup import Mark
from pixray.settings.namespace import Settings
from pixray.settings.policy import LEFT_OUT
from pixray.settings.raw import is_empty
from pixray.settings.schema import Schema, layers_of
from pixray.settings.subject import require_subject


@dataclass(frozen=True)
class Change:
    """One change of a run.

    Attributes:
        step: before which it takes effect: the number of steps taken until then.
        values: what was asked for, as plain values by the names of today.
        layer: the same, with who asked for it.
        notices: what was left out of it, in sentences.
    """

    step: int
    values: Mapping[str, Any]
    layer: Layer
    notices: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As the record of the run holds it."""
        return {"step": self.step, "changes": dict(self.values)}


def change_of(
    base: Settings, registry: Registry, earlier: Sequence[Change], layer: Layer, step: int
) -> tuple[Change, Settings]:
    """A change that is checked, and the settings of the run after it.

    Args:
        base: what the run began with; earlier: what changed since.
        layer: the settings that change.

    Raises:
        SettingsError: a setting that cannot change while a run paints, or a value that is wrong; all problems at once.
    """
    if not layer.values:
        raise SettingsError("nothing to steer: give settings such as prompts or learning_rate")
    schema = Schema.for_choice(registry, [*layers_of(base), *(change.layer for change in earlier), layer])
    _refuse_fixed(schema, layer)
    raised = dataclasses.replace(layer, values=dict(_with_cleared(schema, layer)))
    later = schema.resolve([*layers_of(base), *(change.layer for change in earlier), raised])
    values = {
        name: None if raw is Mark.CLEARED else to_plain(later.origins[name].raw)
        for name, raw in raised.values.items()
        if name in schema.declared and (raw is Mark.CLEARED or later.origins[name].label == layer.label)
    }
    left_out = tuple(text for text in later.notices if text.startswith(LEFT_OUT) and layer.label in text)
    change = Change(step, values, raised, left_out)
    names = [name for each in (*earlier, change) for name in each.values]
    cleared = {name for name in names if not later.origins[name].asked_for and not base.origins[name].asked_for}
    steered = base.steered([name for name in names if name not in cleared], later)
    require_subject(steered)
    return change, steered


def planned_layers(base: Settings) -> list[tuple[int, Layer]]:
    """The changes that the settings of a run plan themselves, as that of a record does, each with its step.

    They are as trustworthy as whoever brought the setting `steering`.
    """
    origin = next(
        (layer for layer in reversed(layers_of(base)) if "steering" in layer.values),
        Layer(LayerKind.PYTHON, "steering", {}),
    )
    planned = []
    for number, entry in enumerate(base.steering or [], 1):
        label = f"change {number} of steering, {origin.label}"
        planned.append((entry["step"], Layer(origin.kind, label, entry["changes"], origin.leave)))
    return planned


def check_planned(base: Settings, registry: Registry) -> list[tuple[Change, Settings]]:
    """The planned changes of a run, checked one after the other.

    Raises:
        SettingsError: the first one that is wrong, with all that is.
    """
    checked: list[tuple[Change, Settings]] = []
    for step, layer in planned_layers(base):
        checked.append(change_of(base, registry, [change for change, _ in checked], layer, step))
    return checked


def check_request(
    registry: Registry,
    layers: Sequence[Layer],
    earlier: Sequence[Mapping[str, Any]],
    changes: Mapping[str, Any],
    leave: Leave = Leave(),
) -> Change:
    """What a client asks to change in a run of some layers, checked before the run hears of it.

    Args:
        layers: that the run began with.
        earlier: the timeline of the run so far, as its record holds it.
        leave: what the client may name.

    Raises:
        SettingsError: all mistakes at once.
    """
    layer = Layer(LayerKind.CLIENT, "the changes", dict(changes), leave)
    base = Schema.for_choice(registry, layers).resolve(layers)
    before: list[Change] = []
    for entry in earlier:
        told = Layer(LayerKind.CLIENT, "earlier changes", entry["changes"], leave)
        before.append(change_of(base, registry, before, told, entry["step"])[0])
    return change_of(base, registry, before, layer, 0)[0]


def _refuse_fixed(schema: Schema, layer: Layer) -> None:
    steerable = [declaration.name for declaration in schema.declared.values() if Role.STEERABLE in declaration.role]
    named = {key: schema.declaration(key) for key in layer.values}
    fixed = [
        key for key, declaration in named.items() if declaration is not None and Role.STEERABLE not in declaration.role
    ]
    if fixed:
        listed = ", ".join(fixed)
        raise SettingsError(
            f"{listed} (from {layer.label}): cannot change while a run paints; these can: {', '.join(steerable)}."
            f"{did_you_mean(fixed[0], steerable)}"
        )


def _with_cleared(schema: Schema, layer: Layer) -> list[tuple[str, Any]]:
    """The values under the names of today, with nothing at all as a wish to take the setting back."""
    values = []
    for key, raw in layer.values.items():
        declaration = schema.declaration(key)
        name = key if declaration is None else declaration.name
        values.append((name, Mark.CLEARED if declaration is not None and _takes_back(declaration, raw) else raw))
    return values


def _takes_back(declaration: Declaration, raw: Any) -> bool:
    means_none = declaration.optional and declaration.default is not None
    return raw is Mark.CLEARED or (is_empty(raw) and not means_none)
