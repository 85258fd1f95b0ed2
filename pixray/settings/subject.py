"""Whether anything says what to paint."""

from __future__ import annotations

from pixray.errors import SettingsError
from pixray.settings.core import engine_declarations
from pixray.settings.declare import Role
from pixray.settings.namespace import Settings

NO_SUBJECT = "nothing says what to paint: give prompts"


def require_subject(settings: Settings) -> None:
    """Refuse a run that would spend its steps on noise; one without steps shows its start, which is fine.

    Raises:
        SettingsError: there is neither a prompt nor a picture, loss or direction to follow.
    """
    subjects = [one.name for one in engine_declarations() if Role.SUBJECT in one.role]
    if settings.iterations and not any(getattr(settings, name) for name in subjects):
        raise SettingsError(NO_SUBJECT)
