"""The words about farms on the command line: understood, or refused in a sentence."""

import sys

import pytest

from pixray.cli.farm_flags import take_farm_flags
from pixray.cli.main import main
from pixray.errors import SettingsError
from pixray.runs.farm.shares import Share


def test_words_about_farms_are_taken_out_of_the_others():
    words = ["--on", "auto", "--seed", "1..4", "--detach", "--gpus-per-run=0.25", "--workers", "3", "--prompts", "red"]
    rest, farm = take_farm_flags(words, "grid")
    assert rest == ["--seed", "1..4", "--prompts", "red"]
    assert (farm.on, farm.share, farm.detach, farm.watch) == ("auto", Share(gpus=0.25, workers=3), True, False)


def test_without_such_words_there_is_no_farm():
    assert take_farm_flags(["--prompts", "red"], "grid") == (["--prompts", "red"], None)


@pytest.mark.parametrize("place", ["ray", "slurm", "auto", "h:6379", "10.0.0.1:6379", "ray://head:10001", "[::1]:6379"])
def test_places_are_understood(place):
    assert take_farm_flags(["--on", place], "grid")[1].on == place


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--on", "rey"], "Did you mean 'ray'?"),
        (["--on", "http://head"], "expected ray (this machine)"),
        (["--on"], "expected ray (this machine)"),
        (["--watch"], "--watch needs --on"),
        (["--workers", "2"], "--workers needs --on"),
        (["--on", "ray", "--workers", "two"], "expected a whole number"),
        (["--on", "ray", "--workers", "0"], "expected a number from 1"),
        (["--on", "ray", "--detach"], "ray start --head"),
        (["--on", "slurm", "--watch"], "--detach, --watch and --stop are for clusters of Ray"),
        (["--on", "auto", "--gpus_per_run", "1.5"], "from 0 to 1, or a whole number of GPUs"),
    ],
)
def test_what_cannot_be_is_refused(words, told):
    with pytest.raises(SettingsError) as refused:
        take_farm_flags(words, "grid")
    assert told in str(refused.value)


def test_without_ray_one_sentence_names_the_command_that_installs_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    words = ["grid", "--prompts", "red", "--drawer", "pixel", "--perceptors", "embedded", "--on", "ray"]
    assert main(words) == 1
    assert capsys.readouterr().err == (
        "pixray: on=ray needs the package 'ray', which is not installed: pip install 'pixray[farm]'\n"
    )
