"""Values with a grammar of their own: from what people wrote to the value, or an error that says what is right.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Any

from pixray.settings.grammar import Amount, as_texts, parse_parts, parse_weighted

INKS = ("auto", "palette", "free")
"""Inks of line sketches that are no colours."""
_WIDEST_BLUR = 999
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,300}(\.0*)?", re.ASCII)


def seed_value(raw: Any) -> int | str:
    """Whole numbers are numbers however they are written (7, "7", 7.0, "-7"); all else is text that gets hashed."""
    if isinstance(raw, bool):
        return int(raw)
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if isinstance(raw, int):
        return raw
    text = str(raw).strip() if isinstance(raw, str) or (isinstance(raw, float) and math.isfinite(raw)) else ""
    if not text:
        raise ValueError("expected a whole number or a text")
    return int(text.partition(".")[0]) if _WHOLE_NUMBER.fullmatch(text) else text


def percent_amounts(raw: Any) -> list[Amount]:
    """A list of amounts whose bare numbers are percents; "none" is an empty list."""
    items = raw if isinstance(raw, list | tuple) else [raw]
    words = [word for item in items for word in (item.split(",") if isinstance(item, str) else [item])]
    words = [word for word in words if str(word).strip().lower() not in ("", "none")]
    return [Amount.parse(word, "percent") for word in words]


def model_names(raw: Any) -> list[str]:
    """Perceptors separated by commas, each with an optional `:weight`."""
    names = [name.strip() for text in as_texts(raw) for name in text.split(",") if name.strip()]
    if not names:
        raise ValueError("expected names of perceptors separated by commas, such as ViT-B/32,ViT-B/16")
    for name in names:
        parse_weighted(name)
    return names


def parts_text(raw: Any) -> str:
    """The `name:weight,…` list of losses or filters, kept as text after a check of its numbers."""
    text = ",".join(as_texts(raw))
    parse_parts(text)
    return text


def palette_text(raw: Any) -> str | None:
    """A palette, kept as text after a check of its grammar, colours and files; "none" and nothing are no palette.

    A list is one of colours, each a text or three numbers; three numbers by themselves are one colour.
    """
    from pixray.images.color import triple_of
    from pixray.images.palette import read_palette

    if isinstance(raw, list | tuple):
        colors = [raw] if len(raw) == 3 and all(isinstance(item, int | float) for item in raw) else raw
        words = [triple_of(color) if isinstance(color, list | tuple) else str(color) for color in colors]
        text = f"[{','.join(words)}]" if words else ""
    else:
        text = "".join(as_texts(raw))
    if text.strip().lower() in ("", "none"):
        return None
    if "://" not in text:  # nothing is fetched before a run begins
        read_palette(text)
    return text


def prior_texts(raw: Any) -> list[str]:
    """Prompts separated by |; "none" is no prompt."""
    texts = [text.strip() for item in as_texts(raw) for text in item.split("|")]
    return [text for text in texts if text.lower() not in ("", "none")]


def one_color(raw: Any) -> str:
    """One colour of the palette grammar, or three numbers: fractions from 0 to 1, or from 0 to 255."""
    from pixray.images.color import triple_of
    from pixray.images.palette import read_one_color

    words = [str(word) for word in raw] if isinstance(raw, list | tuple) else [str(raw)]
    numbers = len(words) == 3 and not any(letter.isalpha() for word in words for letter in word)
    text = triple_of(words) if numbers else " ".join(words)
    read_one_color(text)
    return text


def kernel_size(raw: Any) -> int:
    """0 for none, or an odd number of pixels."""
    try:
        number = float(raw)
    except ValueError:
        number = -1.0
    if not 0 <= number <= _WIDEST_BLUR or (number and number % 2 != 1):
        raise ValueError(f"expected 0 for no blur, or an odd number of pixels up to {_WIDEST_BLUR}")
    return int(number)


def ink_name(raw: Any) -> str:
    """One of the words, or a colour as people write it."""
    return _color_or_word(raw, INKS, "auto, palette, free, or a colour such as navy or #203060")


def color_or_none(raw: Any) -> str:
    """The word "none", or a colour as people write it."""
    return _color_or_word(raw, ("none",), "none, or a colour such as turquoise or #32c8be")


def _color_or_word(raw: Any, words: Collection[str], expected: str) -> str:
    from pixray.images.color import read_color

    text = str(raw).strip()
    if text.lower() in words:
        return text.lower()
    try:
        read_color(text)
    except ValueError as error:
        raise ValueError(f"expected {expected}; {error}") from None
    return text
