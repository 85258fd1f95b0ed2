"""The grammar of `steering`: which settings change at which steps of a run, as its record keeps them.

[{"step": 20, "changes": {"prompts": ["a red heart:2"], "learning_rate": 0.1}}, …]

A value of None takes the setting back to what it is when nobody says anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_EXAMPLE = '[{"step": 20, "changes": {"prompts": "a red heart"}}]'
_LAST_STEP = 10_000_000
_MEMBERS = {"step", "changes"}


def timeline(raw: Any) -> list[dict[str, Any]]:
    """The changes in the order of their steps, after a check of their form; their values are checked with the run.

    Args:
        raw: a list of objects, one of them alone, or JSON of either.

    Raises:
        ValueError: with what is right.

    >>> timeline('{"step": 3, "changes": {"learning_rate": 0.1}}')
    [{'step': 3, 'changes': {'learning_rate': 0.1}}]
    """
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            raise ValueError(f"expected JSON such as {_EXAMPLE}") from None
    entries = raw if isinstance(raw, list | tuple) else [raw]
    return sorted((_entry(entry) for entry in entries), key=lambda entry: entry["step"])


def _entry(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, Mapping) or set(raw) != _MEMBERS:
        raise ValueError(f"expected objects with step and changes, such as {_EXAMPLE}")
    step, changes = raw["step"], raw["changes"]
    if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step <= _LAST_STEP:
        raise ValueError(f"expected a step from 0 to {_LAST_STEP:,}, a whole number")
    if not isinstance(changes, Mapping) or not changes:
        raise ValueError(f"expected the settings that change at step {step}, by name")
    return {"step": step, "changes": dict(changes)}
