"""CLIP's tokenizer: byte-pair encoding of cleaned, lower-case text, with the vocabulary file that open_clip installs.

It gives the same numbers as `open_clip.SimpleTokenizer` without importing open_clip, which takes two seconds.

Source: Sennrich et al., Neural Machine Translation of Rare Words with Subword Units (2016), as GPT-2 and CLIP use it.

Late imports keep regex and ftfy out of start-up.
"""

from __future__ import annotations

import gzip
import html
import importlib.util
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from pixray.errors import MissingPackage

_FILE = "bpe_simple_vocab_16e6.txt.gz"
_MERGES = 48_894
"""Merges of the file that CLIP uses; it holds more."""
_START, _END = "<start_of_text>", "<end_of_text>"
_WORD_END = "</w>"
_SUFFIXES = r"'s|'t|'re|'ve|'m|'ll|'d"
_PLAIN = re.compile(r"[\t\n\r\x20-\x7e]*")
_PLAIN_PIECES = re.compile(rf"{_START}|{_END}|{_SUFFIXES}|[a-z]+|[0-9]|[^\sa-z0-9]+")
_ANY_PIECES = rf"{_START}|{_END}|{_SUFFIXES}|\p{{L}}+|\p{{N}}|[^\s\p{{L}}\p{{N}}]+"


class Tokenizer:
    """Texts to numbers of tokens.

    Args:
        context_length: tokens in a row, start and end included; what is longer is cut off.
    """

    def __init__(self, context_length: int = 77) -> None:
        self.context_length = context_length
        self._vocabulary = _read_vocabulary()

    def __call__(self, texts: str | Sequence[str]) -> Tensor:
        """N x context_length, int64: start, tokens, end, zeros."""
        texts = [texts] if isinstance(texts, str) else texts
        numbers = self._vocabulary.numbers
        rows = torch.zeros(len(texts), self.context_length, dtype=torch.long)
        for row, text in zip(rows, texts, strict=True):
            tokens = [numbers[_START], *self.encode(text)[: self.context_length - 2], numbers[_END]]
            row[: len(tokens)] = torch.tensor(tokens)
        return rows

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, without start and end, however many they are."""
        return [number for piece in _pieces(text) for number in self._tokens(piece)]

    def _tokens(self, piece: str) -> Iterator[int]:
        numbers, alphabet = self._vocabulary.numbers, _alphabet()
        if piece in (_START, _END):
            yield numbers[piece]
            return
        letters = [alphabet[byte] for byte in piece.encode("utf-8")]
        letters[-1] += _WORD_END
        yield from (numbers[part] for part in self._merged(letters))

    def _merged(self, parts: list[str]) -> list[str]:
        """Join neighbours, those first whose pair stands highest in the vocabulary, until no pair stands there."""
        ranks = self._vocabulary.ranks
        while len(parts) > 1:
            pairs = {f"{left} {right}" for left, right in pairwise(parts)}
            best = min(pairs, key=lambda pair: ranks.get(pair, _MERGES))
            if best not in ranks:
                break
            parts = list(_joined(parts, *best.split(" ")))
        return parts


class _Vocabulary(NamedTuple):
    """`numbers`: of every token. `ranks`: of every pair that may be joined, as "left right", lowest first."""

    numbers: dict[str, int]
    ranks: dict[str, int]


def _joined(parts: Iterable[str], left: str, right: str) -> Iterator[str]:
    waiting: str | None = None
    for part in parts:
        if waiting == left and part == right:
            yield left + right
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = part
    if waiting is not None:
        yield waiting


def _pieces(text: str) -> list[str]:
    """The words, digits and runs of signs of a text that was cleaned as CLIP's training data were."""
    if _PLAIN.fullmatch(text) and "&" not in text:  # nothing to clean, so that two imports are spared
        return _PLAIN_PIECES.findall(" ".join(text.lower().split()))
    import ftfy
    import regex

    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return regex.findall(_ANY_PIECES, " ".join(text.split()).lower(), flags=regex.IGNORECASE)


@cache
def _alphabet() -> dict[int, str]:
    """A visible sign for every byte: itself where it is printable, and else one from beyond Latin-1."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + index) for index, byte in enumerate(others)}


@cache
def _read_vocabulary() -> _Vocabulary:
    """From the file of the installed open_clip, which is found without importing it.

    Raises:
        MissingPackage: open_clip is not installed.
    """
    spec = importlib.util.find_spec("open_clip")
    if spec is None or not spec.submodule_search_locations:
        raise MissingPackage("reading prompts", "open_clip_torch")
    packed = Path(spec.submodule_search_locations[0], _FILE).read_bytes()
    merges = gzip.decompress(packed).decode("utf-8").split("\n", _MERGES + 1)[1 : _MERGES + 1]
    joined = "\n".join(merges).replace(" ", "").split("\n")  # in one go: one by one they take twice as long
    letters = list(_alphabet().values())
    tokens = [*letters, *(letter + _WORD_END for letter in letters), *joined, _START, _END]
    return _Vocabulary(*(dict(zip(keys, range(len(keys)), strict=True)) for keys in (tokens, merges)))
