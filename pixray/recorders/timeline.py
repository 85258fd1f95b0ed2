"""The record of a run that does not paint at the moment: changes are added to it, or leave it with what was undone.

Records are written without a seal here, as those of clients of a server are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixray.events import Undone
from pixray.recorders.earlier import SETTINGS
from pixray.recorders.log import NAME as LOG
from pixray.recorders.log import EventLog, as_json
from pixray.runtime.files import write_atomic
from pixray.runtime.yaml_io import read_yaml, write_yaml


def add_change(folder: Path, step: int, changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Plan a change for the run in a folder when it goes on; all changes of its record.

    Args:
        step: that it goes on from; changes: settings by name, as plain values.

    Raises:
        PixrayError: the record cannot be read or written.
    """
    record = read_yaml(folder / SETTINGS)
    timeline = [*(record.get("steering") or []), {"step": step, "changes": dict(changes)}]
    _write(folder, {**record, "steering": timeline})
    return timeline


def undo_changes(folder: Path, step: int, to: int) -> list[dict[str, Any]]:
    """Let the record of a run end with the changes before a step, and its log tell it; the changes that stay.

    Args:
        folder: of the run, with its checkpoint of step `to` in place already.
        step: steps that were taken.

    Raises:
        PixrayError: the record cannot be read or written.
    """
    if not (folder / SETTINGS).is_file():
        return []  # somebody removed it: there is no record to change
    record = read_yaml(folder / SETTINGS)
    timeline = [change for change in record.pop("steering", None) or [] if change["step"] < to]
    record |= {"steering": timeline} if timeline else {}
    log = EventLog(folder / LOG, goes_on=True)
    try:
        log.write([as_json(Undone(step, to, record))])
    finally:
        log.close()
    _write(folder, record)
    return timeline


def _write(folder: Path, record: Mapping[str, Any]) -> None:
    write_atomic(folder / SETTINGS, write_yaml(record).encode())
