r"""The grammar of prompts that change over time.

"0%: a forest | 50%: a forest on fire"      from the start one prompt, from the middle of the run another
"0%: a forest | mist:0.5 | 80%:"            two prompts at once; from 80% on none
"100 iterations: a wolf:2:-0.5"             each prompt is text[:weight[:stop]]

A time has a unit, and a piece without one belongs to the time before it. So nothing that is a prompt elsewhere is taken
for a time unless it begins with one; a colon that belongs to such a text is written `\:`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pixray.settings.grammar import Amount, Weighted, split_pipes
from pixray.settings.prompt_kinds import parse_prompts

_EXAMPLE = "'0%: a forest | 50%: a forest on fire'"
_BEGINS_WITH_NUMBER = re.compile(r"[-+]?\.?\d")
_NUMBERS = re.compile(r"[\s\d.:eE+-]*")


@dataclass(frozen=True)
class Section:
    """Prompts that count from a time on, until the next section begins.

    Attributes:
        start: since when; prompts: what counts then, perhaps nothing.
    """

    start: Amount
    prompts: Sequence[Weighted]


def timed_prompts(raw: Any) -> list[str]:
    """The pieces between the pipes, after a check of their grammar.

    Raises:
        ValueError: with what is right.
    """
    pieces = split_pipes(raw)
    read_sections(pieces)
    # The pieces are split at pipes once more whenever settings are resolved again.
    return [piece.replace("|", r"\|") for piece in pieces]


def sections_of(times: Sequence[str]) -> list[Section]:
    """The sections of a resolved `timed_prompts`, in the order in which they were written."""
    return read_sections(split_pipes(times))


def read_sections(pieces: Sequence[str]) -> list[Section]:
    """The sections that the pieces between pipes make up.

    >>> [(str(section.start), len(section.prompts)) for section in read_sections(["0%: sea", "fog:2", "9 iter: sand"])]
    [('0%', 2), ('9 iterations', 1)]

    Raises:
        ValueError: the first piece has no time, a time cannot be read, or a prompt is wrong.
    """
    sections: list[tuple[Amount, list[str]]] = []
    for piece in pieces:
        start, text = _time_of(piece)
        if start is not None:
            sections.append((start, [text] if text else []))
        elif sections:
            sections[-1][1].append(text)
        else:
            raise ValueError(f"expected a time before '{piece}', as in {_EXAMPLE}")
    return [Section(start, _prompts(texts)) for start, texts in sections]


def order_problem(times: Sequence[str], iterations: int) -> str | None:
    """Which time comes too early, as a sentence; None: each comes after the one before it, or with it."""
    sections = sections_of(times)
    for before, section in itertools.pairwise(sections):
        if section.start.of(iterations) < before.start.of(iterations):
            return (
                f"{section.start} comes before {before.start} in a run of {iterations} iterations; "
                "write the times in their order"
            )
    return None


def _time_of(piece: str) -> tuple[Amount | None, str]:
    """The time that a piece begins with, or None, and the rest of it."""
    head, colon, rest = piece.partition(":")
    try:
        start: Amount | None = Amount.parse(head)
    except ValueError:
        start = None
    has_unit = not head.strip()[-1:].isdigit()
    if start is not None and has_unit:
        return start, rest.strip()
    # "12 monkeys:2" is a prompt with a weight, but "50: fire" and "50 percents: fire" are times gone wrong.
    is_prompt = not colon or head.endswith("\\") or (start is None and _NUMBERS.fullmatch(rest))
    if _BEGINS_WITH_NUMBER.match(head) and not is_prompt:
        raise ValueError(
            f"expected a time with its unit, such as 50% or 100 iterations, in place of '{head.strip()}'; "
            r"write a colon of the text itself as \:"
        )
    return None, piece


def _prompts(texts: Sequence[str]) -> list[Weighted]:
    prompts, problems = parse_prompts(texts)
    if problems:
        text, reason = problems[0]
        raise ValueError(reason if text in reason else f"'{text}': {reason}")
    return prompts
