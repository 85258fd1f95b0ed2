"""Columns and rows as people write them: 32x32, 32 32, [32, 32], 32, or auto."""

from __future__ import annotations

import re
from typing import Any

AUTO = "auto"
"""In place of columns and rows: those of the grid that a start picture was drawn on."""
MOST_SIDE, MOST_CELLS_SIDE = 1024, 4096
_NUMBER = r"(\d{1,5}(?:\.0*)?)"
_SIZE = re.compile(rf"[\[(]?\s*{_NUMBER}(?:(?:\s*[x×,]\s*|\s+){_NUMBER})?\s*[\])]?", re.ASCII)


def sprite_size(raw: Any) -> tuple[int, int] | str | None:
    """Of a sprite.

    >>> sprite_size("32x24"), sprite_size([8, 6]), sprite_size(16), sprite_size("auto"), sprite_size("none")
    ((32, 24), (8, 6), (16, 16), 'auto', None)

    Raises:
        ValueError: it is something else, or out of range.
    """
    return _size(raw, MOST_SIDE)


def grid_size(raw: Any) -> tuple[int, int] | str | None:
    """Of a grid of cells, which may be larger.

    Raises:
        ValueError: as `sprite_size`.
    """
    return _size(raw, MOST_CELLS_SIDE)


def _size(raw: Any, most: int) -> tuple[int, int] | str | None:
    text = " ".join(str(part).strip() for part in (raw if isinstance(raw, list | tuple) else [raw])).strip().lower()
    if text in ("", "none"):
        return None
    if text == AUTO:
        return AUTO
    match = _SIZE.fullmatch(text)
    numbers = [int(float(number)) for number in match.groups() if number] if match else []
    if not numbers or not all(1 <= number <= most for number in numbers):
        raise ValueError(f"expected columns and rows from 1 to {most}, such as 32x32, or {AUTO}")
    return numbers[0], numbers[-1]
