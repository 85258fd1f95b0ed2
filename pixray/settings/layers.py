"""Layers of settings: values with who brought them, which decides how far they are trusted."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class LayerKind(enum.Enum):
    """Who brought the values of a layer."""

    DEFAULT = "the declarations"
    SUPPLIED = "what another setting implies, such as a quality"
    EARLIER = "what an earlier run, which is made again, used without being asked"
    PRESET = "a named preset of the package"
    FILE = "a YAML file that the user of this machine runs"
    PYTHON = "a Python caller"
    FLAGS = "the command line"
    NAMESPACE = "attributes set on a namespace"
    RECORD = "the record of a picture or run, which may be untrusted"
    CLIENT = "a request to a server"

    @property
    def local(self) -> bool:
        """Whether the user of this machine brought the values, or this package."""
        return self not in (LayerKind.EARLIER, LayerKind.RECORD, LayerKind.CLIENT)

    @property
    def may_direct_keys(self) -> bool:
        """Whether these values may say where the key of a service is sent."""
        return self in (LayerKind.DEFAULT, LayerKind.PYTHON, LayerKind.FLAGS, LayerKind.NAMESPACE)


@dataclass(frozen=True)
class Leave:
    """What untrusted input is allowed to name, by the user of this machine.

    Attributes:
        folders: whose files may be read, each resolved; None: every file.
        addresses: whether web addresses may be fetched; public ones only.
        services: whether remote services may be paid.
    """

    folders: tuple[Path, ...] | None = ()
    addresses: bool = False
    services: bool = False


@dataclass(frozen=True)
class Layer:
    """Values by setting name, as given.

    Attributes:
        kind: who brought them.
        label: where they came from, as messages say it: "the command line", "mine.yaml".
        values: by name; names may be old ones or aliases.
        leave: what untrusted values may name; values of the user of this machine may name anything.
        follows: the settings whose choice supplied the values, if one did.
        folder: below which the pictures are that the values call `inputs/HASH.png`; None: nowhere.
    """

    kind: LayerKind
    label: str
    values: Mapping[str, Any]
    leave: Leave = Leave()
    follows: tuple[str, ...] = ()
    folder: Path | None = None

    def without(self, name: str) -> Layer:
        """The layer without one of its values."""
        return dataclasses.replace(self, values={key: raw for key, raw in self.values.items() if key != name})


def python_layer(values: Mapping[str, Any], caller: str = "add_settings") -> Layer:
    """What a Python caller gave to a function."""
    return Layer(LayerKind.PYTHON, caller, values)


def flags_layer(values: Mapping[str, Any]) -> Layer:
    """What stands on the command line."""
    return Layer(LayerKind.FLAGS, "the command line", values)
