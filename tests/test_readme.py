"""What README shows runs as it stands there, each block by itself."""

import re
from pathlib import Path

import pytest

from tests.processes import run_python

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_of_python_runs_alone(number):
    assert "iterations=100" in BLOCKS[number]
    short = BLOCKS[number].replace("iterations=100", "iterations=2, size=[48, 32]")
    done = run_python("-c", f"{short}\nprint(picture.size)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "(48, 32)"
    in_memory = "new_session" in short
    assert any(Path().iterdir()) is not in_memory, "a session writes nothing, other runs leave files"


def test_help_shows_what_readme_says_people_change_first(capsys):
    from pixray.cli.main import main

    paragraph = README[README.index("what they change first") : README.index("`--help` shows these")]
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    flags = re.findall(r"--\w+", paragraph)
    assert len(flags) > 8 and [flag for flag in flags if flag not in shown] == []


def test_help_shows_every_setting_of_the_examples(capsys):
    from pixray.cli.main import main

    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    commands = re.findall(r"^pixray (?:-|\").*|`pixray (?:-|\")[^`]*", README, re.M)
    flags = {flag for command in commands for flag in re.findall(r"--(\w+)", command)}
    assert "page_width" in flags
    assert sorted(flag for flag in flags if f"--{flag}" not in shown) == []
