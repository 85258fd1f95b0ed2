"""From what people write ("12", [8, 9], "yes") to the declared type, or one sentence that says what is right."""

from __future__ import annotations

import math
import re
import typing
from typing import Any

from pixray.errors import did_you_mean
from pixray.settings.declare import Declaration
from pixray.settings.grammar import GREATEST_NUMBER, Amount, split_pipes
from pixray.settings.raw import is_empty, plain

_YES = {"yes", "true", "t", "y", "1", "on"}
_NO = {"no", "false", "f", "n", "0", "off"}
_SAME_AS_YES, _SAME_AS_NO = ("on", "yes", "true"), ("off", "no", "none", "false")


def convert(declared: Declaration, raw: Any) -> Any:
    """The value of the declared type, checked against its choices and bounds.

    Args:
        declared: the setting.
        raw: a string, a list of words from the command line, or any Python or YAML value.

    Raises:
        ValueError: with what is right, and the nearest choice.
    """
    try:
        raw = plain(raw)
    except TypeError as error:
        raise ValueError(f"expected {describe(declared)}, not a value of type {error}") from None
    takes_any_word = declared.kind is str and "none" in (declared.choices or ("none",))
    if declared.optional and not takes_any_word and isinstance(raw, str) and raw.strip().lower() == "none":
        raw = None  # a text setting may well want the word itself, as in palette=none
    if raw is None or (is_empty(raw) and declared.kind is not str and declared.parse is None):
        if declared.optional:
            return None
        if typing.get_origin(declared.kind) is list:
            return []
        raise ValueError(f"expected {describe(declared)}")
    raw = _one_word(declared, raw)
    if declared.parse is not None:
        return _parsed(declared, raw)
    try:
        value = _to_kind(declared.kind, raw)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"expected {describe(declared)}") from None
    if declared.choices is not None:
        value = _among_choices(declared, value)
    _check_bounds(declared, value)
    return value


def _parsed(declared: Declaration, raw: Any) -> Any:
    """What the setting's own grammar makes of it. A grammar written for texts may meet any other value here."""
    if isinstance(raw, str):
        raw = raw.strip()
    try:
        return declared.parse(raw) if declared.parse else raw
    except ValueError:
        raise
    except (TypeError, AttributeError, LookupError, ArithmeticError, RecursionError):
        raise ValueError(f"expected {describe(declared)}") from None


def _one_word(declared: Declaration, raw: Any) -> Any:
    """The command line gives lists of words; a setting that takes one value wants one word."""
    if isinstance(raw, list | tuple) and typing.get_origin(declared.kind) not in (tuple, list):
        if len(raw) == 1:
            return raw[0]
        if declared.parse is None:
            raise ValueError(f"expected {describe(declared)}, not {len(raw)} values")
    return raw


def _to_kind(kind: Any, raw: Any) -> Any:
    origin = typing.get_origin(kind)
    if kind == list[str]:
        return split_pipes(raw)
    if origin is tuple:
        inner = typing.get_args(kind)
        items = _items(raw)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_to_kind(inner[0], item) for item in items)
        if len(items) != len(inner):
            raise ValueError
        return tuple(_to_kind(item_kind, item) for item_kind, item in zip(inner, items, strict=True))
    if origin is list:
        return [_to_kind(typing.get_args(kind)[0], item) for item in _items(raw)]
    if isinstance(raw, str):
        raw = raw.strip()
    return {bool: _to_bool, int: _to_int, float: _to_float, str: _to_str, Amount: Amount.parse}[kind](raw)


def _items(raw: Any) -> list[Any]:
    """`"384 216"`, `"384x216"`, `[384, 216]`, `["384", "216"]` and `["384 216"]` alike."""
    if isinstance(raw, str):
        return [word for word in re.split(r"[\s,;x]+", raw.strip().strip("[]()")) if word]
    if isinstance(raw, list | tuple):
        return _items(raw[0]) if len(raw) == 1 and isinstance(raw[0], str) else list(raw)
    if isinstance(raw, dict):
        raise ValueError
    return [raw]


def _to_bool(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError


def _to_int(raw: Any) -> int:
    if isinstance(raw, bool):
        raise ValueError
    if isinstance(raw, str) and not re.fullmatch(r"[+-]?\d+", raw):
        raw = float(raw)  # 3e2 and 300.0 are whole numbers, too
    if isinstance(raw, float) and not raw.is_integer():
        raise ValueError
    number = int(raw)
    if number.bit_length() > 63:
        raise ValueError
    return number


def _to_float(raw: Any) -> float:
    if isinstance(raw, bool):
        raise ValueError
    value = float(raw)
    if not math.isfinite(value):
        raise ValueError
    return value


def _to_str(raw: Any) -> str:
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, dict | list | tuple):
        raise ValueError
    return str(raw)


def _among_choices(declared: Declaration, value: Any) -> Any:
    """The value with every word of it among the choices; YAML and Python write "off" and "none" in other ways, too."""
    if isinstance(value, list | tuple):
        return type(value)(_among_choices(declared, word) for word in value)
    choices = declared.choices or ()
    if value in choices:
        return value
    for words in (_SAME_AS_YES, _SAME_AS_NO):
        same = [word for word in words if word in choices]
        if same and str(value).lower() in words:
            return same[0]
    raise ValueError(f"expected one of {', '.join(choices)}.{did_you_mean(value, choices)}")


def _check_bounds(declared: Declaration, value: Any) -> None:
    for number in value if isinstance(value, list | tuple) else (value,):
        if declared.minimum is not None and number < declared.minimum:
            raise ValueError(f"expected at least {declared.minimum:g}{_unit(declared)}")
        if declared.maximum is not None and number > declared.maximum:
            raise ValueError(f"expected at most {declared.maximum:g}{_unit(declared)}")
        if isinstance(number, float) and abs(number) > GREATEST_NUMBER:
            least = "at least -" if number < 0 else "at most "
            raise ValueError(f"expected {least}{GREATEST_NUMBER:g}{_unit(declared)}")


def _unit(declared: Declaration) -> str:
    return f" {declared.unit}" if declared.unit else ""


def describe(declared: Declaration) -> str:
    """What a legal value looks like, in words: "a whole number (pixels)"."""
    kind, origin = declared.kind, typing.get_origin(declared.kind)
    words: dict[Any, str] = {
        int: "a whole number",
        float: "a number",
        bool: "yes or no",
        str: "a text",
        Any: "a text",  # with a grammar of its own
        Amount: "an amount such as 10, '10 iterations' or '5%'",
    }
    if declared.choices:
        text = "one of " + ", ".join(declared.choices)
    elif kind == list[str]:
        text = "texts separated by |"
    elif origin is tuple and typing.get_args(kind)[-1] is not Ellipsis:
        text = f"{len(typing.get_args(kind))} {_plural(words[typing.get_args(kind)[0]])}"
    elif origin in (tuple, list):
        text = "one or more " + _plural(words[typing.get_args(kind)[0]])
    else:
        text = words[kind]
    return text + (f" ({declared.unit})" if declared.unit else "") + (" or none" if declared.optional else "")


def _plural(words: str) -> str:
    article, _, noun = words.partition(" ")
    return f"{noun}s" if article in ("a", "an") and " such as " not in noun else words
