"""Settings as YAML files: read with the line of a mistake, written so that any YAML reader gets them back.

Late imports keep PyYAML out of start-up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixray.errors import SettingsError, shown

MOST_BYTES = 64 * 1024
"""Longest YAML text of settings."""
_LOST_COLOR = re.compile(r"\s*(?:([\w-]+)\s*:|-)\s+(#(?:[0-9a-fA-F]{3}){1,2})(?!\w)")
HEADER = "# Settings of a pixray run. Run it again:  python -m pixray settings.yaml\n"


def read_yaml(path: str | Path) -> dict[str, Any]:
    """The settings in a YAML file, as written.

    Values are taken literally: `${…}` is not replaced, so that an untrusted file cannot read the environment.

    Raises:
        SettingsError: no such file, no YAML, a key given twice, or something else than a list of settings.
    """
    return parse_yaml(*_text_of(path))


def read_json(path: str | Path) -> dict[str, Any]:
    """The settings in a JSON file: an object of them by name.

    Raises:
        SettingsError: no such file, no JSON, a key given twice, or something else than an object.
    """
    text, where = _text_of(path)
    try:
        values = json.loads(text, object_pairs_hook=once_each)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{where}: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{where}: {error}") from None
    if not isinstance(values, dict):
        raise SettingsError(f"{where}: expected an object of settings by name")
    return values


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What `json` makes an object of, with every name once.

    Raises:
        ValueError: a name that is given twice, which JSON allows.
    """
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in names if names.count(name) > 1)}' is given twice")
    return values


def _text_of(path: str | Path) -> tuple[str, str]:
    """The text of a file of settings, and how a message calls it."""
    where = f"config_file={shown(str(path))}"
    try:
        with Path(path).expanduser().open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise SettingsError(f"{where}: is longer than settings are (at most {MOST_BYTES:,} bytes)")
        return content.decode("utf-8-sig"), where
    except FileNotFoundError:
        raise SettingsError(f"{where}: there is no such file") from None
    except SettingsError:
        raise
    except (OSError, ValueError, RuntimeError) as error:  # no text, a NUL in the name, ~nobody
        raise SettingsError(f"{where}: cannot be read ({error})") from error


def parse_yaml(text: str, where: str) -> dict[str, Any]:
    """The settings in a YAML text, as written.

    Args:
        where: how a message calls the text.

    Raises:
        SettingsError: no YAML, too much of it, a key given twice, or something else than a list of settings.
    """
    import yaml

    from pixray.runtime.yaml_reader import SettingsReader

    if len(text) > MOST_BYTES:
        raise SettingsError(f"{where}: is longer than settings are (at most {MOST_BYTES:,} bytes)")
    try:
        values = yaml.load(text, SettingsReader)
    except yaml.reader.ReaderError as error:
        raise SettingsError(f"{where}: holds a character that YAML does not allow ({error.reason})") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        position = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "is not valid YAML"
        if re.search(r"[\[,]\s*#[0-9a-fA-F]{3}", text):
            position += "; a colour such as '#f00' needs its quotes, since a comment begins at the #"
        raise SettingsError(f"{where}: {problem}{position}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"{where}: expected lines of the form 'name: value'")
    _refuse_lost_colors(text, values, where)
    return values


def _refuse_lost_colors(text: str, values: dict[str, Any], where: str) -> None:
    """`palette: #f00` is a setting without a value to YAML, since a comment begins at the #."""
    empty = {name for name, value in values.items() if value is None}
    holes = any(isinstance(value, list) and None in value for value in values.values())
    for number, line in enumerate(text.splitlines(), 1):
        lost = _LOST_COLOR.match(line)
        if lost and (lost[1] in empty if lost[1] else holes):
            raise SettingsError(
                f"{where}: a comment begins at the # in line {number}, so that {lost[2]} is lost: "
                f"write '{lost[2]}' with quotes"
            )


def write_yaml(values: Mapping[str, Any], *, ascii_only: bool = False) -> str:
    """A YAML file of settings; tuples become lists and amounts become text, so that safe loaders read it.

    Args:
        ascii_only: write other characters as YAML's escapes, which mean the same.
    """
    return HEADER + yaml_text(values, ascii_only=ascii_only)


def yaml_text(values: Mapping[str, Any], *, ascii_only: bool = False, short: bool = False) -> str:
    """The lines of such a file.

    Args:
        short: lists and mappings of plain values stand in one line.
    """
    import yaml

    style = None if short else False
    plain = {name: to_plain(value) for name, value in values.items()}
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=not ascii_only, width=100, default_flow_style=style)


def to_plain(value: Any) -> Any:
    """A value made of what YAML and JSON know."""
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): to_plain(item) for name, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
