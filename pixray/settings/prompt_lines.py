"""A text file that holds the prompts of one picture in each line."""

from __future__ import annotations

import re
from pathlib import Path

from pixray.errors import SettingsError, shown
from pixray.images.glob import expand, is_address
from pixray.runtime.files import reason, short

_MOST_BYTES = 4 << 20


def read_prompt_lines(name: str, most: int) -> list[str]:
    """The lines that hold prompts: blank ones and those that begin with # are left out, repeated ones come once.

    Args:
        name: path of the file, which is UTF-8.
        most: how many there may be.

    Raises:
        PixrayError: the file is missing, is no text, holds no prompts or more than `most`; one sentence each.
    """
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", _text(name))]
    lines = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not lines:
        raise SettingsError(f"prompts_file={shown(name)}: it holds no prompts; expected those of one picture a line")
    if len(lines) > most:
        raise SettingsError(f"prompts_file={shown(name)}: it holds {len(lines):,} lines; at most {most:,} are painted")
    return lines


def _text(name: str) -> str:
    paths = expand(name, "prompts_file")
    if len(paths) != 1 or is_address(paths[0]):
        raise SettingsError(f"prompts_file={shown(name)}: expected one file of this machine")
    path = Path(paths[0])
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"prompts_file='{short(path)}': it cannot be read: {reason(error)}") from error
    if len(content) > _MOST_BYTES:
        raise SettingsError(f"prompts_file='{short(path)}': it is larger than {_MOST_BYTES >> 20} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise SettingsError(f"prompts_file='{short(path)}': it is no text in UTF-8")
    return text
