"""What says what to paint, and whether anything does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixray.errors import SettingsError, shown
from pixray.settings.core import engine_declarations
from pixray.settings.declare import Role
from pixray.settings.namespace import Settings

NO_SUBJECT = "nothing says what to paint: give prompts"


def require_subject(settings: Settings) -> None:
    """Refuse a run that would spend its steps on noise; one without steps shows its start, which is fine.

    Raises:
        SettingsError: there is neither a prompt nor a picture, loss or direction to follow; or a whole file of prompts.
    """
    refuse_prompts_file(settings)
    subjects = [declaration.name for declaration in engine_declarations() if Role.SUBJECT in declaration.role]
    if settings.iterations and not any(getattr(settings, name) for name in subjects):
        raise SettingsError(NO_SUBJECT)


def words_of(record: Mapping[str, Any]) -> str:
    """The prompts in a record of settings, those with times included, as one line; records may hold anything.

    >>> words_of({"prompts": ["sea"], "timed_prompts": ["0%: dawn", "50%: dusk"]})
    'sea | 0%: dawn | 50%: dusk'
    """
    texts: list[str] = []
    for name in ("prompts", "timed_prompts"):
        value = record.get(name) or []
        texts += map(str, value if isinstance(value, list) else [value])
    return " | ".join(texts)


def refuse_prompts_file(settings: Settings) -> None:
    """Refuse a whole file of prompts where a single picture is painted.

    Raises:
        SettingsError: there is one, with the commands that paint it.
    """
    if settings.prompts_file:
        raise SettingsError(
            f"prompts_file={shown(settings.prompts_file)} asks for a picture a line, and this paints a single one: "
            "`pixray --prompts_file FILE` and `pixray grid --prompts_file FILE` paint them all; in Python, loop over "
            "the lines"
        )
