"""Files with the settings of one picture in each row: CSV as spreadsheets write it, and JSON lines."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from pixray.errors import SettingsError, shown
from pixray.runtime.files import reason, short, user_path
from pixray.runtime.yaml_io import once_each

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson")
_DELIMITERS = (",", ";", "\t", "|")
_HEADER = 1 << 16
"""Characters that are looked at for the delimiter."""


_CAPTION = 80
"""Characters."""


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        number: from 1, of those that hold anything; line: where it ends in the file.
        values: settings by name, as given; empty fields are left out.
    """

    number: int
    line: int
    values: Mapping[str, Any]

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"row {self.number} (line {self.line})"

    @property
    def caption(self) -> str:
        """What sets it apart, for people: its number and what it says."""
        text = ", ".join(str(value) for value in self.values.values())
        return f"{self.number}: {text if len(text) <= _CAPTION else text[: _CAPTION - 1] + '…'}"

    @property
    def words(self) -> dict[str, str]:
        """What the name of its folder begins with: no number, which further rows before it would change."""
        prompts = next((self.values[name] for name in ("prompts", "prompt") if name in self.values), None)
        texts = {name: str(value) for name, value in self.values.items()}
        return texts if prompts is None else {"prompts": str(prompts)}


def holds_rows(name: str) -> bool:
    """Whether a file of prompts is one of rows, by its ending."""
    return str(name).lower().endswith(ENDINGS)


def read_rows(name: str) -> Iterator[Row]:
    """The rows of a file, one after the other, so that any number of them takes little memory.

    Args:
        name: path of a file that ends in .csv or .tsv (a header with names of settings, then rows separated by commas,
            semicolons or tabs), or in .jsonl or .ndjson (an object in each line). UTF-8, or UTF-16 with its mark.

    Raises:
        SettingsError: the file cannot be read, or a row is none; naming the line.
    """
    path = user_path(name, "prompts_file")
    where = f"prompts_file='{short(name)}'"
    try:
        with path.open(encoding=_encoding(path), newline="") as file:
            rows = _json_rows(file, where) if path.suffix.lower() in ENDINGS[2:] else _csv_rows(file, where)
            yield from rows
    except OSError as error:
        raise SettingsError(f"{where}: it cannot be read: {reason(error)}") from error
    except UnicodeError:
        raise SettingsError(f"{where}: it is no text in UTF-8; save it as CSV in UTF-8") from None


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        beginning = file.read(2)
    return "utf-16" if beginning in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _json_rows(file: TextIO, where: str) -> Iterator[Row]:
    number = 0
    for line, text in enumerate(file, 1):
        if not text.strip():
            continue
        number += 1
        try:
            values = json.loads(text, object_pairs_hook=once_each)
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"{where}, row {number} (line {line}): it is no JSON: {error}") from None
        if not isinstance(values, dict):
            raise SettingsError(f"{where}, row {number} (line {line}): expected an object of settings by name")
        yield Row(number, line, {name: value for name, value in values.items() if not _is_empty(value)})


def _csv_rows(file: TextIO, where: str) -> Iterator[Row]:
    delimiter, skipped = _start(file)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    names: list[str] | None = None
    number = 0
    try:
        for fields in reader:
            if not any(map(str.strip, fields)):
                continue
            line = reader.line_num + skipped
            if names is None:
                names = _header(fields, where)
                continue
            number += 1
            yield Row(number, line, _values(names, fields, f"{where}, row {number} (line {line})"))
    except csv.Error as error:
        raise SettingsError(f"{where}, line {reader.line_num + skipped}: {error}") from None
    if names is None:
        raise SettingsError(f"{where}: it is empty; expected a header with names of settings, such as prompts,seed")


def _start(file: TextIO) -> tuple[str, int]:
    """The delimiter, and how many lines stand before the header; the file is left where the header begins."""
    first = file.readline(_HEADER)
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[-1], 1  # as Excel writes it
    file.seek(0)
    outside = "".join(first.split('"')[::2])  # names in quotes may hold delimiters
    return max(_DELIMITERS, key=lambda mark: (outside.count(mark), -_DELIMITERS.index(mark))), 0


def _header(fields: Sequence[str], where: str) -> list[str]:
    names = [field.strip().lower().replace(" ", "_").replace("-", "_") for field in fields]
    twice = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    if twice:
        raise SettingsError(f"{where}: the column {shown(twice[0])} is there twice")
    return names


def _values(names: Sequence[str], fields: Sequence[str], where: str) -> dict[str, str]:
    values = {}
    for number, field in enumerate(fields):
        if not field.strip():
            continue
        if number >= len(names) or not names[number]:
            raise SettingsError(f"{where}: the field {shown(field, 40)} stands below no name of a setting")
        values[names[number]] = field
    return values


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == []
