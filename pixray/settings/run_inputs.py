"""Pictures that belong to a run: they lie in its folder, under names made of their content.

Settings and records call such a picture `inputs/HASH.png`, which means a file below the folder of the run. So a record
tells nothing about the disk it was written on, and means the same wherever the folder goes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pixray.settings.declare import Declaration, Refers
from pixray.settings.named_files import texts

FOLDER = "inputs"
"""Below the folder of a run, or of a server whose clients sent the pictures."""
_NAME = re.compile(rf"(?<![\w./\\~-]){FOLDER}/[0-9a-f]{{32}}\.png(?![\w./\\])", re.ASCII)
_WEIGHT = re.compile(r"(:[-+.\de]+)?", re.ASCII)


def content_id(png: bytes) -> str:
    """What a picture is called: 32 hexadecimal digits that follow from the bytes of its PNG."""
    return hashlib.sha256(png).hexdigest()[:32]


def name_of(picture_id: str) -> str:
    """The name in settings of the picture of an id."""
    return f"{FOLDER}/{picture_id}.png"


def id_of(name: Any) -> str | None:
    """The id in such a name; None: it is something else."""
    return name[len(FOLDER) + 1 : -len(".png")] if isinstance(name, str) and _NAME.fullmatch(name) else None


def names_in(value: Any) -> Iterator[str]:
    """Every such name in a value or in a whole record, however deep."""
    for text in texts(value):
        yield from _NAME.findall(text)


def is_input_of(name: str, folder: Path | None) -> bool:
    """Whether a text names a picture that lies in the folder of the run, and not outside of it by a symbolic link.

    Args:
        name: perhaps with a weight, as prompts have it.
    """
    match = _NAME.match(name)
    if folder is None or match is None or not _WEIGHT.fullmatch(name, match.end()):
        return False
    path = folder / match[0]
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def located(declaration: Declaration, value: Any, folder: Path | None) -> Any:
    """A value of a setting with the paths of the pictures that it names; names without a picture stay as they are.

    Args:
        value: of the declared type, without weights taken apart.
        folder: of the run; None: there is none.
    """
    if folder is None or Refers.FILE not in declaration.refers:
        return value
    if isinstance(value, str):
        return _NAME.sub(lambda match: str(folder / match[0]) if is_input_of(match[0], folder) else match[0], value)
    if isinstance(value, list):
        return [located(declaration, item, folder) for item in value]
    if isinstance(value, Mapping):
        return {name: located(declaration, item, folder) for name, item in value.items()}
    return value


def by_name(value: Any, folder: Path | None) -> Any:
    """What `located` made of a text, back again."""
    if folder is None or not isinstance(value, str):
        return value
    return value.replace(f"{folder / FOLDER}/", f"{FOLDER}/")
