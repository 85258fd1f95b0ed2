"""Values with a grammar of their own: from what people wrote to the value, or an error that says what is right."""

from __future__ import annotations

from typing import Any

from pixray.settings.grammar import Amount, parse_parts, parse_weighted


def seed_value(raw: Any) -> int | str:
    """Whole numbers stay numbers; everything else is text that gets hashed."""
    if isinstance(raw, bool):
        raise ValueError("expected a whole number or a text")
    if isinstance(raw, int):
        return raw
    text = str(raw).strip()
    if not text:
        raise ValueError("expected a whole number or a text")
    return int(text) if text.isdigit() else text


def percent_amounts(raw: Any) -> list[Amount]:
    """A list of amounts whose bare numbers are percents; "none" is an empty list."""
    items = [raw] if isinstance(raw, str | int | float | Amount) else list(raw)
    words = [word for item in items for word in (item.split(",") if isinstance(item, str) else [item])]
    words = [word for word in words if str(word).strip().lower() not in ("", "none")]
    return [Amount.parse(word, "percent") for word in words]


def model_names(raw: Any) -> list[str]:
    """Perceptors separated by commas, each with an optional `:weight`."""
    items = [raw] if isinstance(raw, str) else list(raw)
    names = [name.strip() for item in items for name in str(item).split(",") if name.strip()]
    if not names:
        raise ValueError("expected names of perceptors separated by commas, such as ViT-B/32,ViT-B/16")
    for name in names:
        parse_weighted(name)
    return names


def parts_text(raw: Any) -> str:
    """The `name:weight,…` list of losses or filters, kept as text after a check of its numbers."""
    text = ",".join(str(word) for word in raw) if isinstance(raw, list | tuple) else str(raw)
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
        text = str(raw)
    if text.strip().lower() in ("", "none"):
        return None
    if "://" not in text:  # nothing is fetched before a run begins
        read_palette(text)
    return text


def prior_texts(raw: Any) -> list[str]:
    """Prompts separated by |; "none" is no prompt."""
    items = [raw] if isinstance(raw, str) else list(raw)
    texts = [text.strip() for item in items for text in str(item).split("|")]
    return [text for text in texts if text.lower() not in ("", "none")]
