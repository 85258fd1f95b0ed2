"""The settings inside a picture that somebody dropped on the page, read as untrusted input."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError, SettingsError, without_path
from pixray.recorders.record import NoRecord, read_record
from pixray.registry import Registry
from pixray.runtime.yaml_io import to_plain
from pixray.settings.declare import Declaration, Role
from pixray.settings.layers import Layer, LayerKind, Leave
from pixray.settings.namespace import Settings
from pixray.settings.run_inputs import id_of
from pixray.settings.schema import Schema

_LABEL = "this file"
_NAME = "dropped"
_OF_NO_FORM = Role.UNRECORDED | Role.TIMELINE | Role.OF_MACHINE


def restored(content: bytes, registry: Registry, leave: Leave = Leave(), folder: Path | None = None) -> dict[str, Any]:
    """What made a picture, for a form.

    `settings`: all that have to be asked for to paint it again, by name: those that somebody asked for, and those that
    followed from them then and do not now; `used`: those that still follow from them and are no plain defaults;
    `start`: id of its start picture, if that is here; `notices`: what of it is not used here, a sentence each.

    Args:
        content: a PNG, JPEG, WebP, AVIF or SVG of pixray, or a settings.yaml.
        leave: what untrusted settings may name.
        folder: of the server, with the pictures that clients sent.

    Raises:
        SettingsError: its settings are wrong, or ask for a paid service.
        PixrayError: it holds no settings, or is damaged.
    """
    layer = Layer(LayerKind.RECORD, _LABEL, _record_of(content), leave, folder=folder)
    settings = Schema.for_choice(registry, [layer]).resolve([layer])
    asked = dataclasses.replace(layer, values=settings.given())
    schema = Schema.for_choice(registry, [asked])
    further, used = _followed(settings, schema.resolve([asked]), schema.declared)
    values = {**to_plain(asked.values), **further}
    start = id_of(values.get("init_image"))
    if start is not None:
        del values["init_image"]
    return {"settings": values, "used": used, "start": start, "notices": list(settings.notices)}


def _followed(
    then: Settings, now: Settings, declared: Mapping[str, Declaration]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What nobody asked for: values that are others now, and values that are the same and no defaults.

    Args:
        then: the run as it was; now: what the same wishes lead to today; declared: its settings.
    """
    further, used = {}, {}
    for name, declaration in declared.items():
        origin = then.origins.get(name)
        if origin is None or origin.asked_for or declaration.role & _OF_NO_FORM:
            continue
        before, today = to_plain(_value(then, name)), to_plain(_value(now, name))
        # What follows from the perceptors of this machine is known only when they are chosen, as a run begins.
        if before != today and "perceptors" not in origin.follows:
            further[name] = before
        elif before != to_plain(declaration.default):
            used[name] = before
    return further, used


def _value(settings: Settings, name: str) -> Any:
    """As somebody would ask for it: amounts as they were given, except the size, which is computed last."""
    return settings.size if name == "size" else settings.origins[name].raw


def _record_of(content: bytes) -> dict[str, Any]:
    """The record as it stands in the file.

    Raises:
        PixrayError: with a sentence that names no file of this machine.
    """
    with tempfile.TemporaryDirectory(prefix="pixray-") as folder:
        path = Path(folder) / f"{_NAME}{_ending(content)}"
        path.write_bytes(content)
        try:
            record = read_record(path)
        except NoRecord:
            record = {}
        except SettingsError as error:
            raise SettingsError([_nameless(text, path) for text in error.problems]) from None
        except PixrayError as error:
            raise PixrayError(_nameless(str(error), path)) from None
    if not record:
        raise NoRecord(f"{_LABEL} holds no settings of pixray")
    return record


def _nameless(sentence: str, path: Path) -> str:
    return without_path(sentence, str(path), _LABEL).replace("config_file=", "")


def _ending(content: bytes) -> str:
    """The ending of a file's name that says what it holds, from its first bytes."""
    beginning = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if beginning.startswith(b"<"):
        return ".svg"
    is_text = b"\0" not in beginning and not beginning.startswith((b"\x89", b"\xff"))
    return ".yaml" if is_text and not beginning.startswith(b"RIFF") else ".png"
