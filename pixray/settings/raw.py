"""Values as people hand them over, from whatever they came: made plain, bounded, and shown in messages without risk.

Any Python object may arrive here: numpy numbers, paths, bytes, sets, numbers of 5,000 digits, texts with characters
that no file can hold. What is not a plain value afterwards is refused in one sentence.
"""

from __future__ import annotations

import decimal
import math
import numbers
import os
from collections.abc import Mapping
from typing import Any

from pixray.settings.grammar import Amount

MOST_CHARACTERS = 20_000
"""Longest text of one setting. No perceptor reads more than a few hundred characters of a prompt."""
MOST_VALUES = 1_000
"""Longest list of one setting."""
_OFF = {"false", "no", "off", "none", "0", "0.0"}
_MOST_BITS = 1_000
_DEEPEST = 4


def plain(raw: Any, depth: int = 0) -> Any:
    """The value made of None, bool, int, float, str, Amount, list and dict.

    Args:
        raw: anything.

    Raises:
        ValueError: too long, too deep, or a text that no file can hold.
        TypeError: of a type that no setting takes, naming it.
    """
    if raw is None or isinstance(raw, bool | Amount):
        return raw
    if isinstance(raw, os.PathLike):
        raw = os.fspath(raw)
    if isinstance(raw, str):
        return _checked_text(str(raw))
    if type(raw).__module__.partition(".")[0] in ("numpy", "torch"):
        raw = _from_array(raw)
    if isinstance(raw, numbers.Number):
        return _plain_number(raw)
    if isinstance(raw, list | tuple | Mapping):
        return _plain_collection(raw, depth)
    if raw is None or isinstance(raw, str):
        return raw
    raise TypeError(type(raw).__name__)


def _plain_number(raw: Any) -> bool | int | float:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, numbers.Integral):
        number = int(raw)
        if number.bit_length() > _MOST_BITS:
            raise ValueError("the number has too many digits")
        return number
    if isinstance(raw, numbers.Real | decimal.Decimal):
        try:
            return float(raw)
        except (OverflowError, ValueError):
            raise ValueError("the number is too large, or is none") from None
    raise TypeError(type(raw).__name__)


def _plain_collection(raw: Any, depth: int) -> list | dict:
    if depth >= _DEEPEST:
        raise ValueError("lists are nested too deeply")
    if len(raw) > MOST_VALUES:
        raise ValueError(f"a list of {len(raw):,} values is too long; at most {MOST_VALUES:,} are taken")
    if isinstance(raw, Mapping):
        result: Any = {str(plain(key, _DEEPEST)): plain(value, depth + 1) for key, value in raw.items()}
    else:
        result = [plain(value, depth + 1) for value in raw]
    if depth == 0 and _characters(result) > 5 * MOST_CHARACTERS:
        raise ValueError(f"the texts are too long; at most {5 * MOST_CHARACTERS:,} characters are taken in all")
    return result


def _characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(key) + _characters(inner) for key, inner in value.items())
    return sum(map(_characters, value)) if isinstance(value, list) else 0


def _from_array(raw: Any) -> Any:
    """A number, text or list from an array, a scalar of its library, or a tensor."""
    if getattr(raw, "size", 0) != 0 and math.prod(getattr(raw, "shape", ())) > MOST_VALUES:
        raise ValueError(f"an array of this size is no value of a setting; at most {MOST_VALUES:,} numbers are taken")
    try:
        return raw.tolist()
    except Exception:  # whatever a foreign type does when it is asked
        raise TypeError(type(raw).__name__) from None


def _checked_text(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters are too many; at most {MOST_CHARACTERS:,} are taken")
    if "\0" in text:
        raise ValueError("the text holds a NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("the text holds half of a surrogate pair, which is no character") from None
    return text


def is_empty(raw: Any) -> bool:
    """Whether somebody gave nothing: None, a text of blanks, or a list of nothing else."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return True
    return isinstance(raw, list | tuple) and all(value is None for value in raw)


def is_switched_off(raw: Any) -> bool:
    """Whether a value of an old switch says no, or nothing."""
    return is_empty(raw) or (isinstance(raw, str | bool | int | float) and str(raw).strip().lower() in _OFF)
