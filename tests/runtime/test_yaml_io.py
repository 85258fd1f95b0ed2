import os

import pytest
import yaml

from pixray.errors import SettingsError
from pixray.runtime.yaml_io import parse_yaml, read_yaml, write_yaml
from pixray.settings.grammar import Amount


def write(text):
    with open("some.yaml", "w", encoding="utf-8") as file:
        file.write(text)
    return "some.yaml"


def test_b25_what_is_written_can_be_read_by_a_safe_loader():
    values = {"prompts": ["a: b", "${HOME}"], "size": (3, 4), "save_every": Amount(5, "percent"), "seed": "12.5"}
    text = write_yaml(values)
    wanted = {"prompts": ["a: b", "${HOME}"], "size": [3, 4], "save_every": "5%", "seed": "12.5"}
    assert yaml.safe_load(text) == wanted
    assert read_yaml(write(text)) == wanted


def test_variables_of_the_environment_stay_where_they_are():
    os.environ["PIXRAY_TEST_SECRET"] = "hush"
    assert read_yaml(write("prompts: ${oc.env:PIXRAY_TEST_SECRET}\n")) == {"prompts": "${oc.env:PIXRAY_TEST_SECRET}"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prompts: [a\n", "line 2"),
        ("- a\n- b\n", "name: value"),
        ("seed: 1\nseed: 2\n", "'seed' is given twice at line 2"),
        ("!!python/object/apply:os.system ['touch ran']\n", "could not determine a constructor"),
    ],
)
def test_bad_files_are_explained(text, words):
    with pytest.raises(SettingsError, match=words):
        read_yaml(write(text))
    assert not os.path.exists("ran")


def test_a_missing_file_is_named():
    with pytest.raises(SettingsError, match="config_file='nowhere.yaml': there is no such file"):
        read_yaml("nowhere.yaml")


def test_an_empty_file_sets_nothing():
    assert read_yaml(write("# only a comment\n")) == {}


def test_a_whole_number_that_no_float_can_hold_stays_the_text_it_was():
    digits = "1" + "0" * 400
    assert parse_yaml(f"seed: {digits}", "here") == {"seed": digits}
