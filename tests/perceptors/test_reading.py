"""What a model does not read of a text is told."""

import pytest

from pixray.perceptors.embedded import Embedded
from pixray.perceptors.library import import_open_clip
from pixray.perceptors.reading import unread_part

LONG = "a red heart beside a green tree under a blue sky with a yellow sun and a lighthouse"


def notices(session, **given):
    return [one.text for one in session(**given).notices if "not read" in one.text]


@pytest.fixture(scope="module")
def clip():
    return import_open_clip().SimpleTokenizer(context_length=77)


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("", ""),
        ("a red heart", ""),
        ("tree " * 75, ""),
        ("tree " * 75 + "house", "house"),
        ("tree " * 75 + "!!", "!!"),
        ("tree " * 74 + "yggdrasil", "yggdrasil"),
        ("tree " * 74 + "house, sun and moon", ", sun and moon"),
        ("tree " * 500, ("tree " * 425).strip()),
        ("\u6d77" * 200, None),
    ],
)
def test_the_unread_part_begins_at_the_first_word_that_is_not_wholly_read(clip, text, unread):
    found = unread_part(clip, text)
    assert found == unread if unread is not None else text.endswith(found) and 0 < len(found) < len(text)


def test_the_embedded_guide_reads_fourteen_words():
    assert Embedded().unread(LONG) == "sun and a lighthouse"
    assert Embedded().unread("a red heart beside a green tree under a blue sky with a sun") == ""


@pytest.mark.parametrize("setting", ["prompts", "spot_prompts", "spot_prompts_off", "labels", "prior_prompts"])
def test_texts_of_every_kind_say_what_is_not_read(session, setting):
    (notice,) = notices(session, clip_models="embedded", **{"prompts": "red", setting: LONG})
    count = 9 if setting == "labels" else 14
    assert f"embedded reads the first {count} words of 'a red heart beside" in notice
    assert notice.endswith("sun and a lighthouse'") and (setting == "prompts" or setting in notice)


def test_perceptors_that_stop_at_the_same_word_say_so_together(session):
    (notice,) = notices(session, clip_models="embedded,embedded-referee", prompts=LONG)
    assert notice.startswith("embedded and embedded-referee read the first 14 words")


def test_a_short_prompt_gets_no_notice(session):
    assert notices(session, clip_models="embedded", prompts="a red heart") == []


def test_many_unknown_words_are_counted_rather_than_listed(session):
    words = " ".join(f"zzz{letter}" for letter in "abcdefghijklmnopqrst")
    texts = [one.text for one in session(clip_models="embedded", prompts=words).notices]
    assert any(" and 8 more; it knows" in text for text in texts)
