"""Which value of a setting wins, under any of the names that people use for it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

from pixray.errors import shown
from pixray.settings.declare import Declaration
from pixray.settings.layers import Layer
from pixray.settings.old_names import RENAMED
from pixray.settings.raw import is_empty


class Mark(enum.Enum):
    """What stands in a layer in place of a value."""

    CLEARED = "taken back"
    """The owner of a namespace assigned None: what weaker layers give no longer counts."""


def strongest(declared: Declaration, layers: Sequence[Layer]) -> tuple[Any, str] | None:
    """The value that wins, under any of its names, and where it came from; None when no layer gives one.

    Args:
        layers: weakest first.
    """
    for layer in reversed(layers):
        for key, value in reversed([*layer.values.items()]):
            name = normal_name(key)
            if not is_empty(value) and value is not Mark.CLEARED and RENAMED.get(name, name) in declared.python_names:
                return value, layer.label
    return None


def normal_name(key: Any) -> str:
    """A name as people write it (`num-cuts`), as it is declared."""
    return part_name(key).replace("-", "_")


def part_name(value: Any) -> str:
    """The name of a part or setting, from whatever was given."""
    value = value[0] if isinstance(value, list | tuple) and len(value) == 1 else value
    return value.strip() if isinstance(value, str) else shown(value)
