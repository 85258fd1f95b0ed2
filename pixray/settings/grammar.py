"""The small grammars that settings are written in. Pure functions, no torch, no files.

"a | b"                       pipes: several prompts in one string
"blue sky:2:-0.9"             text, weight, stop
"10 iterations", "5%"         an Amount, resolved against the number of iterations
"smoothness:0.5,edge"         named parts with weights
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pixray.errors import shown

_ADDRESS = re.compile(r"https?://[^/?#\s]*([^?#\s]*[?#]\S*)?", re.IGNORECASE)
_AMOUNT = re.compile(r"^(\d+(?:\.\d+)?|\.\d+)\s*(i|iter|iters|iteration|iterations|p|%|percent)?$")
_MOST_OF_AMOUNT = 1_000_000_000
GREATEST_NUMBER = 1e12
"""Of rates, weights and other numbers: products of a few such are still numbers of float32, in which pictures are
made."""


def split_escaped(text: str, mark: str) -> list[str]:
    r"""Split at each unescaped mark; `\` before the mark keeps it, and stays for later grammars otherwise.

    >>> split_escaped(r"a | b \| c", "|")
    ['a ', ' b | c']
    """
    pieces, current, index = [], "", 0
    while index < len(text):
        if text[index] == "\\" and text[index + 1 : index + 2] == mark:
            current += mark
            index += 2
        elif text[index] == mark:
            pieces.append(current)
            current = ""
            index += 1
        else:
            current += text[index]
            index += 1
    return [*pieces, current]


def as_texts(value: Any) -> list[str]:
    """The texts in a value: of one text, of a list, or of a mapping from texts to weights, also within a list.

    YAML makes mappings of lines with a colon and a blank, so a mapping is read as the text that stood there:
    `- a sun: 2` has the weight 2, `- a cat: sitting` is the text "a cat: sitting".

    >>> as_texts("a"), as_texts(["a", {"b": 2}]), as_texts({"at 12": "2"}), as_texts(2001)
    (['a'], ['a', 'b:2'], ['at 12:2'], ['2001'])

    Raises:
        TypeError: the value holds something else, such as yes or no, or a list within the list.
    """
    items = value if isinstance(value, list | tuple) else [value]
    texts: list[str] = []
    for item in items:
        if isinstance(item, Mapping):
            texts += _pairs(item)
        elif item is not None:
            texts.append(_one_text(item))
    return texts


def _one_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise TypeError("expected a text")
    return "" if value is None else str(value)


def _pairs(mapping: Mapping[str, Any]) -> list[str]:
    return [_pair(str(text), _one_text(value).strip()) for text, value in mapping.items()]


def _pair(text: str, value: str) -> str:
    """`text` and what stood behind its colon: nothing, numbers (a weight and perhaps a stop), or more text."""
    if not value:
        return text
    if not all(_is_number(number) for number in value.split(":")):
        return f"{text}: {value}"
    # A text that itself ends like a weight keeps its colons; with pipes it is several prompts, as written.
    ends_in_number = "|" not in text and _is_number(text.rpartition(":")[2])
    return (text.replace(":", r"\:") if ends_in_number else text) + f":{value}"


def split_pipes(value: str | Iterable[str] | Mapping[str, Any] | None) -> list[str]:
    """Several prompts from one string, or from several strings that may hold pipes themselves.

    Pieces are stripped and empty ones dropped, so that `a||b` is two prompts.

    >>> split_pipes("a | b")
    ['a', 'b']
    """
    pieces = [piece.strip() for text in as_texts(value) for piece in split_escaped(text, "|")]
    return [piece for piece in pieces if piece]


@dataclass(frozen=True)
class Weighted:
    """A text with its weight and the distance at which it stops pulling (-inf: never)."""

    text: str
    weight: float = 1.0
    stop: float = -math.inf

    def __str__(self) -> str:
        text = self.text.replace(":", r"\:")
        if self.stop != -math.inf:
            return f"{text}:{self.weight:g}:{self.stop:g}"
        return f"{text}:{self.weight:g}" if self.weight != 1 else text


def parse_weighted(text: str) -> Weighted:
    r"""`text[:weight[:stop]]`, read from the right.

    At most two trailing numbers are taken. A colon that belongs to the text is written `\:`, as in `at 12\:30`. An
    address keeps its port, and everything behind its question mark: a weight may follow after a space.

    >>> parse_weighted("blue:3"), parse_weighted("a:b").text, parse_weighted(r"at 12\:30").text
    (Weighted(text='blue', weight=3.0, stop=-inf), 'a:b', 'at 12:30')

    Raises:
        ValueError: a weight or stop that is not finite (`x:nan`), or too great to reckon with.
    """
    # An escaped colon is put out of the way, so that the tail rule sees only the real ones.
    address, rest = _address(text.strip())
    pieces = rest.replace(r"\:", "\0").split(":")
    numbers: list[float] = []
    while len(pieces) > 1 and len(numbers) < 2 and _is_number(pieces[-1]):
        value = float(pieces.pop())
        if not abs(value) <= GREATEST_NUMBER:
            right = f"at most {GREATEST_NUMBER:g}" if math.isfinite(value) else "finite"
            raise ValueError(
                f"the weight and the stop of {shown(text.strip())} must be {right}; "
                "write a colon of the text itself as \\:"
            )
        numbers.insert(0, value)
    words = address + ":".join(pieces).replace("\0", ":").strip()
    return Weighted(words, *numbers)


def _address(text: str) -> tuple[str, str]:
    """The part of a text in which colons belong to an address, and the rest."""
    match = _ADDRESS.match(text)
    return (match[0], text[match.end() :]) if match else ("", text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def parse_parts(
    value: str | Iterable[str] | Mapping[str, Any] | None,
) -> list[tuple[str, float, float, tuple[str, ...]]]:
    """`name[:weight[:stop]][->argument…]`, separated by commas: the grammar of losses and filters.

    >>> parse_parts("smoothness:0.5, edge")
    [('smoothness', 0.5, -inf, ()), ('edge', 1.0, -inf, ())]
    """
    parts = []
    for piece in (piece.strip() for text in as_texts(value) for piece in text.split(",")):
        if not piece or piece.lower() == "none":
            continue
        head, *arguments = (word.strip() for word in piece.split("->"))
        named = parse_weighted(head)
        parts.append((named.text, named.weight, named.stop, tuple(arguments)))
    return parts


@dataclass(frozen=True)
class Amount:
    """A number of iterations, or a share of them, not yet resolved.

    >>> Amount.parse("5%").of(250), Amount.parse("10 iterations").of(250), Amount.parse(".5", "percent").of(250)
    (12, 10, 1)
    """

    value: float
    unit: Literal["iterations", "percent"]

    @classmethod
    def parse(cls, raw: Any, unit: Literal["iterations", "percent"] = "iterations") -> Amount:
        """Read `12`, `"12 iterations"`, `"5%"`; a bare number counts in `unit`.

        Raises:
            ValueError: anything else, negative numbers included.
        """
        if isinstance(raw, Amount):
            return raw
        if isinstance(raw, bool) or raw is None:
            raise ValueError("expected an amount such as 10, '10 iterations' or '5%'")
        match = _AMOUNT.match(str(raw).strip().lower())
        if not match:
            raise ValueError("expected an amount such as 10, '10 iterations' or '5%'")
        number, word = match.groups()
        if float(number) > _MOST_OF_AMOUNT:
            raise ValueError(f"expected an amount of at most {_MOST_OF_AMOUNT:,}")
        if word:
            unit = "iterations" if word.startswith("i") else "percent"
        return cls(float(number), unit)

    def of(self, iterations: int) -> int:
        """The whole number of iterations meant (a share is cut off, not rounded)."""
        return int(self.value if self.unit == "iterations" else self.value / 100 * iterations)

    def __str__(self) -> str:
        return f"{self.value:g} iterations" if self.unit == "iterations" else f"{self.value:g}%"
