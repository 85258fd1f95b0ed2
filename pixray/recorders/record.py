"""What made a picture: the settings inside a PNG or SVG, or in a run's folder.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixray.errors import PixrayError
from pixray.images.png_text import read_text
from pixray.recorders.seal import is_own
from pixray.runtime.files import reason, user_path
from pixray.runtime.version import __version__
from pixray.runtime.yaml_io import read_yaml, write_yaml, yaml_text
from pixray.settings.declare import RESOLVED
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.subject import words_of

_SVG_OPENING, _SVG_CLOSING = '<metadata id="pixray_record">', "</metadata>"
_OLD_PREFIX = "pixray_"
# Written by the old pixray into each picture, but no settings of a run.
_NO_SETTINGS = {"seed_used", "record", "sheet"}
_BESIDES = "# What the run used besides, as it was then; whatever is asked for, above or in a rerun, counts more.\n"


_LONGEST, _DEEPEST = 1 << 22, 16
"""Letters of a record, and lists inside of lists in it: far more than any run writes."""
_LONGEST_LITERAL = 10_000
_SHEET = "pixray_sheet"
_LONGEST_SHEET, _LONGEST_TITLE = 900_000, 1_000
"""Characters: readers of PNG refuse texts that grow beyond a megabyte."""
_SVG_START = 1 << 24
"""Bytes of an SVG that are searched for its record, which stands behind the opening of its root."""


class NoRecord(PixrayError):
    """A sound file, but no picture of pixray."""


def read_record(path: str | Path) -> dict[str, Any]:
    """The settings that made a picture, as given, with the seed and models really used.

    Args:
        path: a PNG or SVG of pixray (pictures of the old pixray work too), a settings.yaml, or the folder of a run.

    Raises:
        PixrayError: no such file, or damaged settings in it.
        NoRecord: there are none.
    """
    path = user_path(path, "picture")
    if path.is_dir():
        path = path / "settings.yaml"
    if not path.is_file():
        raise PixrayError(f"{path}: there is no such file")
    if path.suffix.lower() in (".yaml", ".yml"):
        return read_yaml(path)
    record = _record_inside(path)
    if record is None:
        pictures = [each["picture"] for each in sheet_records(path)]
        what = f"is a sheet of {len(pictures)} pictures, such as {pictures[0]}" if pictures else ""
        raise NoRecord(f"{path} {what or 'holds no settings of pixray'}")
    return record


def sheet_text(pictures: Mapping[str, Path]) -> dict[str, str]:
    """Texts of a contact sheet: what it shows, and the records of its pictures.

    Args:
        pictures: the files by the names that the sheet calls them; those without a record are left out.
    """
    records: list[dict[str, Any]] = []
    for name, path in pictures.items():
        with contextlib.suppress(PixrayError):
            records.append({"picture": name, "record": read_record(path)})
    titles = dict.fromkeys(words_of(each["record"]) for each in records)
    text = {"Description": f"contact sheet of {len(pictures)} pictures", "Software": f"pixray ({__version__})"}
    for shown in (records, [{**each, "record": _asked_for(each["record"])} for each in records]):
        listed = json.dumps(shown)
        if len(listed) < _LONGEST_SHEET:
            text[_SHEET] = listed
            break
    return {"Title": " / ".join(filter(None, titles))[:_LONGEST_TITLE] or "pixray", **text}


def sheet_records(path: str | Path) -> list[dict[str, Any]]:
    """The pictures on a contact sheet, each with `picture`, its name, and `record`; empty for other files.

    Raises:
        PixrayError: the file cannot be read, or what it says is damaged.
    """
    path = user_path(path, "picture")
    texts = read_text(path) if path.suffix.lower() == ".png" and path.is_file() else {}
    if _SHEET not in texts:
        return []
    listed = _parsed(f'{{"pictures": {texts[_SHEET]}}}', path)["pictures"]
    if not isinstance(listed, list) or not all(map(_is_sheet_entry, listed)):
        raise PixrayError(f"{path}: the settings in it are damaged (no list of pictures)")
    return listed


def _is_sheet_entry(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("picture"), str) and isinstance(value.get("record"), dict)


def _asked_for(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != RESOLVED}


def record_layer(path: Path, *, trusted: bool = False) -> Layer:
    """The settings that made a picture, to be changed by stronger ones.

    Args:
        trusted: the record may name files, addresses, paid services and locations on this machine, as the settings of a
            run that this user made here.

    Raises:
        PixrayError: as `read_record`.
    """
    path = user_path(path, "picture")
    values = read_record(path)
    kind = LayerKind.FILE if trusted or _is_own_run(path) else LayerKind.RECORD
    return Layer(kind, path.name, values, folder=path if path.is_dir() else path.parent)


def _is_own_run(path: Path) -> bool:
    """Whether these are the settings.yaml of a run of this user, or its folder."""
    path = path / "settings.yaml" if path.is_dir() else path
    return path.suffix.lower() in (".yaml", ".yml") and is_own(path.read_text(encoding="utf-8"))


def holds_record(path: Path) -> bool:
    """Whether a picture was made by pixray and says so inside."""
    if path.is_symlink() or not path.is_file():
        return False
    try:
        return _record_inside(path) is not None
    except PixrayError:
        return False


def record_yaml(record: Mapping[str, Any], *, ascii_only: bool = False) -> str:
    """YAML of a record that can be run: what was asked for, then in short lines what was used besides.

    Args:
        ascii_only: write other characters as YAML's escapes, which mean the same.
    """
    text = write_yaml(_asked_for(record), ascii_only=ascii_only)
    if RESOLVED not in record:
        return text
    besides = yaml_text({RESOLVED: record[RESOLVED]}, ascii_only=ascii_only, short=True)
    return f"{text}{_BESIDES}{besides}"


def svg_with_record(svg: bytes, record_json: str) -> bytes:
    """An SVG with the record in its metadata, where `read_record` finds it."""
    from xml.sax.saxutils import escape

    element = f'<metadata id="pixray_record">{escape(record_json)}</metadata>'
    opening = re.search(rb"<svg\b[^>]*>", svg)
    if opening is None:
        return svg
    return svg[: opening.end()] + b"\n" + element.encode() + svg[opening.end() :]


def _record_inside(path: Path) -> dict[str, Any] | None:
    """The record in a PNG or SVG; None: there is none.

    Raises:
        PixrayError: the file or the record cannot be read.
    """
    if path.suffix.lower() == ".svg":
        text = _svg_text(path)
        return None if text is None else _parsed(text, path)
    texts = read_text(path)
    return _parsed(texts["pixray_record"], path) if "pixray_record" in texts else _old_record(texts)


def _svg_text(path: Path) -> str | None:
    from xml.sax.saxutils import unescape

    try:
        with path.open("rb") as file:
            text = file.read(_SVG_START).decode("utf-8", "replace")
    except OSError as error:
        raise PixrayError(f"{path}: cannot be read ({reason(error)})") from error
    _, opening, behind = text.partition(_SVG_OPENING)
    record, closing, _ = behind.partition(_SVG_CLOSING)
    if opening and not closing:
        raise PixrayError(f"{path}: the settings in it are damaged (their end is missing)")
    return unescape(record) if opening else None


def _parsed(text: str, path: Path) -> dict[str, Any]:
    """A record from its JSON, which anybody may have written."""
    try:
        if len(text) > _LONGEST:
            raise ValueError(f"{len(text)} letters")
        record = json.loads(text)
        if not isinstance(record, dict):
            raise ValueError("no settings by name")
        if _depth(record) > _DEEPEST:
            raise ValueError("too many lists inside of lists")
    except RecursionError:
        raise PixrayError(f"{path}: the settings in it are damaged (too many lists inside of lists)") from None
    except ValueError as error:
        raise PixrayError(f"{path}: the settings in it are damaged ({error})") from error
    return record


def _depth(value: Any) -> int:
    """How many lists and dicts are inside of each other."""
    depth, level = 0, [value]
    while level and depth <= _DEEPEST:
        level = [
            item
            for inner in level
            if isinstance(inner, dict | list | tuple)
            for item in (inner.values() if isinstance(inner, dict) else inner)
        ]
        depth += 1
    return depth


def _old_record(text: dict[str, str]) -> dict[str, Any] | None:
    """Settings as the old pixray wrote them: one text per setting, in Python's notation."""
    record = {
        key.removeprefix(_OLD_PREFIX): _literal(value)
        for key, value in text.items()
        if key.startswith(_OLD_PREFIX) and key.removeprefix(_OLD_PREFIX) not in _NO_SETTINGS
    }
    if f"{_OLD_PREFIX}seed_used" in text:
        record["seed"] = _literal(text[f"{_OLD_PREFIX}seed_used"])
    return record or None


def _literal(value: str) -> Any:
    """A value from Python's notation of it; everything else stays a text."""
    if len(value) > _LONGEST_LITERAL:
        return value
    try:
        literal = ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value
    return literal if _depth(literal) <= _DEEPEST else value
