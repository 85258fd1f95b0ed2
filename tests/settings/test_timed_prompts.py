import math

import pytest

from pixray.errors import SettingsError
from pixray.settings.timed_prompts import sections_of


def told(settings):
    return [
        (str(section.start), [(prompt.text, prompt.weight, prompt.stop) for prompt in section.prompts])
        for section in sections_of(settings.timed_prompts)
    ]


def read(resolve, raw):
    return told(resolve(timed_prompts=raw, iterations=100))


def test_every_time_begins_a_section_of_ordinary_prompts(resolve):
    assert read(resolve, "0%: a forest | mist:0.5:-1 | 50 iterations: a forest on fire:2 | 90%:") == [
        ("0%", [("a forest", 1.0, -math.inf), ("mist", 0.5, -1.0)]),
        ("50 iterations", [("a forest on fire", 2.0, -math.inf)]),
        ("90%", []),
    ]


def test_texts_that_only_look_like_times_are_prompts(resolve):
    assert read(resolve, r"0%: 12 monkeys:2 | 2001\: a space odyssey | 7 | 3 cats") == [
        ("0%", [(text, weight, -math.inf) for text, weight in
                (("12 monkeys", 2.0), ("2001: a space odyssey", 1.0), ("7", 1.0), ("3 cats", 1.0))]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "raw", [["0%: a", "50%: b:2"], {"0%": "a", "50%": "b:2"}, [{"0%": "a"}, {"50%": "b:2"}], "0%:a|50 %:b:2"]
)
def test_lists_and_mappings_say_the_same_as_one_text(resolve, raw):
    assert read(resolve, raw) == [("0%", [("a", 1.0, -math.inf)]), ("50%", [("b", 2.0, -math.inf)])]


def test_a_pipe_within_a_prompt_survives_a_second_reading(resolve):
    once = resolve(timed_prompts=r"0%: a \| b")
    again = resolve(timed_prompts=once.timed_prompts)
    assert told(once) == told(again) == [("0%", [("a | b", 1.0, -math.inf)])]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("a forest", "expected a time before 'a forest', as in '0%: a forest | 50%: a forest on fire'"),
        ("0%: a | 50: b", "in place of '50'; write a colon of the text itself as"),
        ("0%: a | 5 percents: b", "such as 50% or 100 iterations, in place of '5 percents'"),
        ("0%: a | -5%: b", "in place of '-5%'"),
        ("0%: x:nan", "the stop of 'x:nan' must be finite"),
        ("0%: :2", "expected some words before the weight"),
        ("50%: a | 10%: b", "10% comes before 50% in a run of 100 iterations"),
        ("60 iterations: a | 50%: b", "50% comes before 60 iterations in a run of 100 iterations"),
        ([True], "expected"),
        ([["a"]], "expected"),
    ],
)
def test_what_is_no_time_is_refused_in_one_sentence(resolve, raw, sentence):
    with pytest.raises(SettingsError) as caught:
        resolve(timed_prompts=raw, iterations=100)
    (problem,) = caught.value.problems
    assert problem.startswith("timed_prompts=") and sentence in problem and "\n" not in problem


def test_times_that_fall_together_in_a_short_run_are_fine(resolve):
    assert resolve(timed_prompts="0%: a | 10%: b | 15%: c", iterations=5)
