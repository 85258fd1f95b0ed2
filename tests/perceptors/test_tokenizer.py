"""The tokenizer gives what open_clip's gives."""

import random

import open_clip
import pytest

from pixray.perceptors.tokenizer import Tokenizer

WORDS = "a cat dogs don't it's WE'LL antidisestablishmentarianism Heart's painting, of; the x2 7 3d".split()
ODD = "&amp; &lt;b&gt; 's 'ſ <start_of_text> <END_of_text> é e\u0301 İ ﬁ ½ 123 !! _ Ā â€œ “q” 日本 🐈".split(" ")
ODD += ["ab" * 30, " ", "\n", "\x1c", "\x1b[0m", "\x85", "\u200d"]


def strings(chance, count):
    for _ in range(count):
        kind = chance.randrange(4)
        if kind == 0:
            yield " ".join(chance.choice(WORDS) for _ in range(chance.randint(0, 12)))
        elif kind == 1:
            yield "".join(chr(chance.randint(1, 126)) for _ in range(chance.randint(0, 40)))
        elif kind == 2:
            ranges = [(32, 0x2FF), (0x370, 0x9FFF), (0x1F300, 0x1FAFF)]
            yield "".join(chr(chance.randint(*chance.choice(ranges))) for _ in range(chance.randint(0, 30)))
        else:
            yield "".join(chance.choice(ODD) for _ in range(chance.randint(0, 14)))


@pytest.mark.parametrize("context_length", [77, 16])
def test_10000_strings_give_the_numbers_that_open_clip_gives(context_length):
    ours, theirs = Tokenizer(context_length), open_clip.SimpleTokenizer(context_length=context_length)
    texts = list(strings(random.Random(context_length), 5000))
    different = [
        text for text, row, expected in zip(texts, ours(texts), theirs(texts), strict=True) if not row.equal(expected)
    ]
    assert not different


def test_one_text_is_a_row():
    assert Tokenizer(8)("a cat").tolist() == [[49406, 320, 2368, 49407, 0, 0, 0, 0]]
