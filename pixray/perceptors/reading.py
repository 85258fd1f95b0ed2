"""How much of a text a tokenizer takes in. CLIP reads 77 tokens, the embedded models 14 words; the rest is cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

Tokenize = Callable[[Sequence[str]], "Tensor"]


def unread_part(tokenize: Tokenize, text: str) -> str:
    """The end of a text that is cut off, from the first word that is not wholly read; empty if all of it is read.

    Nothing is assumed about the tokenizer but that it gives equal numbers for texts that differ only in what it cuts
    off.

    Args:
        tokenize: texts to N x context token numbers.
    """
    tokens = tokenize([text])
    if not _same(tokens, tokenize([f"{text} and more"])):
        return ""
    least, most = 0, len(text)
    while least < most:  # the shortest beginning that gives the same tokens
        middle = (least + most) // 2
        if _same(tokens, tokenize([text[:middle]])):
            most = middle
        else:
            least = middle + 1
    rest = text[least:]
    if rest[:1].strip() and text[:least][-1:].isalnum() and rest[0].isalnum():
        word = text.rfind(" ", 0, least) + 1
        rest = text[word:] if word else rest  # the cut is inside of a word, unless the text has no words at all
    return rest.strip()


def not_read(readers: Sequence[str], setting: str, text: str, unread: str) -> str:
    """The sentence about it: who stops reading where.

    Args:
        readers: names of perceptors, or of a service.
        setting: where the text comes from; "" for plain prompts.
    """
    count = len(text[: text.rfind(unread)].split())
    where = f"{setting}: " if setting else ""
    verb = "read" if len(readers) > 1 else "reads"
    words = f"the first {count} words" if count > 1 else "the beginning"
    sentence = f"{' and '.join(readers)} {verb} {words} of '{_short(text, 40)}'"
    return f"{where}{sentence}; not read: '{_short(unread, 200)}'"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()}…"


def _same(first: Tensor, second: Tensor) -> bool:
    return bool((first == second).all())
