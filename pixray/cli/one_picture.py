"""`pixray "a red heart" -o heart.png`: whether a picture is all that was asked for, and whether it can be written.

Late imports keep the reading of pictures out of start-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pixray.errors import PixrayError, SettingsError
from pixray.runtime.files import user_path
from pixray.settings.declare import Role
from pixray.settings.layers import LayerKind
from pixray.settings.output import output_name

if TYPE_CHECKING:
    from pixray.settings.layers import Layer
    from pixray.settings.namespace import Settings
    from pixray.settings.schema import Schema


def asks_for_one_file(settings: Settings) -> bool:
    """Whether the command line names a picture, and nobody named a folder or anything that needs one."""
    needs_folder = [name for name in vars(settings) if settings.has_role(name, Role.NEEDS_FOLDER)]
    asked = settings.given()
    files_beside = [
        name for name, value in vars(settings).items() if value and settings.has_role(name, Role.FURTHER_FILE)
    ]
    return (
        settings.origin_kind("output") is LayerKind.FLAGS
        and not files_beside
        and not any(name in asked for name in needs_folder)
    )


def check_picture(settings: Settings) -> None:
    """Refuse, before torch is loaded, a path at which the only picture cannot be written.

    Raises:
        SettingsError: there is a folder, or a file that pixray did not make.
    """
    if asks_for_one_file(settings) and (problems := _problems_at(settings.output)):
        raise SettingsError(problems)


def picture_problems(schema: Schema, layers: Sequence[Layer]) -> list[str]:
    """The same of settings that are wrong elsewhere, to be reported together; nothing where it is open whether the
    picture goes into a folder."""
    output = None
    for layer in layers:
        for name, raw in layer.values.items():
            declared = schema.declaration(name)
            if declared is None:
                continue
            if declared.role & (Role.NEEDS_FOLDER | Role.FURTHER_FILE):
                return []
            if declared.name == "output":
                output = raw if layer.kind is LayerKind.FLAGS else None
    try:
        return [] if output is None else _problems_at(output_name(output))
    except ValueError:  # the name itself is wrong, which is reported with the other settings
        return []


def _problems_at(name: str) -> list[str]:
    """What stands in the way of a picture of this name; a name with braces is known only when the run begins."""
    from pixray.recorders.picture_place import earlier_picture

    if "{" in name:
        return []
    try:
        earlier_picture(user_path(name, "output"))
    except PixrayError as error:
        return [str(error)]
    return []
