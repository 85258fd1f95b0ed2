import pytest

from pixray.errors import SettingsError
from pixray.settings.core import engine_declarations
from pixray.settings.flags import read_flags


def engine():
    return list(engine_declarations())


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (["--prompts", "a|b"], {"prompts": "a|b"}),
        (["--prompt", "a"], {"prompts": "a"}),
        (["-p", "a", "-i", "5"], {"prompts": "a", "iterations": "5"}),
        (["--num-cuts=4"], {"num_cuts": "4"}),
        (["--size", "10", "20"], {"size": ["10", "20"]}),
        (["--video"], {"make_video": "yes"}),
        (["--video", "no"], {"make_video": "no"}),
        (["--losses", "edge:2"], {"custom_loss": "edge:2"}),
        (["--prompts", "- a list"], {"prompts": "- a list"}),
        (["--seed", "-3"], {"seed": "-3"}),
        (["-lrd", "50", "75%"], {"learning_rate_drops": ["50", "75%"]}),
    ],
)
def test_flags_have_long_short_old_and_shortened_forms(argv, wanted):
    values, problems = read_flags(engine(), argv)
    assert values == wanted and problems == []


def test_unknown_flags_are_problems_with_the_nearest_flag():
    _, problems = read_flags(engine(), ["--promts", "a", "--wxyz123"])
    assert problems == [
        "unknown flag '--promts' (from the command line). Did you mean '--prompts'?",
        "unknown flag '--wxyz123' (from the command line).",
    ]


def test_an_unquoted_prompt_is_explained():
    _, problems = read_flags(engine(), ["--prompts", "a", "red", "heart"])
    (problem,) = problems
    assert problem.startswith("unexpected word 'red' (from the command line): put a text of several words in quotes, ")


def test_a_flag_without_its_value_is_a_settings_error():
    with pytest.raises(SettingsError, match="prompts"):
        read_flags(engine(), ["--prompts"])


def test_every_flag_of_the_engine_is_declared_once():
    names = [name for one in engine() for name in (f"--{one.name}", *one.aliases)]
    assert len(names) == len(set(names))
