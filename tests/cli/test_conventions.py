"""What is alike in all commands."""

import re

import pytest

from pixray.cli.main import COMMANDS, main
from pixray.cli.parsing import Parser

TAKE_SETTINGS = {"grid", "compare", "rerun"}
"""Commands whose flags are the settings of a run."""
OTHERS = sorted(set(COMMANDS) - TAKE_SETTINGS)
ARGUMENTS = {"show": ["x"], "diff": ["x", "y"], "resume": ["x"], "sheet": ["x"], "video": ["x"], "models": ["list"]}
ARGUMENTS |= {
    "palette": ["red"],
    "plot": ["x.svg"],
    "sprite": ["x.png"],
    "vectorize": ["--inputs", "x.png", "--out", "x.json"],
}


class _Declared(Exception):
    """Ends a command when its flags are declared."""


@pytest.fixture
def parser_of(monkeypatch):
    """A function: the parser that a command made."""

    def ended(parser, argv=None, namespace=None):
        raise _Declared(parser)

    def parser_of(name):
        with monkeypatch.context() as patch:
            patch.setattr(Parser, "parse_args", ended)
            with pytest.raises(_Declared) as caught:
                main([name, *ARGUMENTS.get(name, [])])
        return caught.value.args[0]

    return parser_of


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_page(name, flag, capsys):
    assert main([name, flag]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"usage: pixray {name} ") and not shown.err


@pytest.mark.parametrize("name", OTHERS)
def test_every_argument_is_explained_in_one_style(name, parser_of):
    parser = parser_of(name)
    assert parser.description[0].isupper() and parser.description.endswith(".")
    for action in parser._actions:
        assert action.help, f"{name}: {action.dest} has no help"
        sentence = action.help.partition(" (")[0]
        assert not sentence.endswith("."), f"{name}: the help of {action.dest} ends in a full stop"
        assert re.match(r"[a-z]|YAML|\d", action.help), f"{name}: the help of {action.dest} begins with a capital"
        assert action.option_strings or action.metavar is None or action.metavar.islower()


@pytest.mark.parametrize("name", OTHERS)
def test_what_a_command_writes_is_named_by_out_and_o(name, parser_of):
    flags = parser_of(name)._option_string_actions
    assert ("--out" in flags) == ("-o" in flags) and ("--outfile" not in flags or "--out" in flags)


@pytest.mark.parametrize("name", OTHERS)
def test_flags_may_be_written_with_dashes_or_underscores(name, parser_of):
    flags = parser_of(name)._option_string_actions
    for flag, action in list(flags.items()):
        if flag.startswith("--"):
            assert flags["--" + flag[2:].replace("-", "_")] is flags["--" + flag[2:].replace("_", "-")] is action


@pytest.mark.parametrize("name", OTHERS)
def test_an_unknown_flag_is_told_with_the_nearest_name_and_exit_code_2(name, capsys):
    assert main([name, *ARGUMENTS.get(name, []), "--hepl"]) == 2
    shown = capsys.readouterr()
    assert shown.err == f"pixray: pixray {name}: unknown flag '--hepl'. Did you mean '--help'?\n" and not shown.out


@pytest.mark.parametrize("name", sorted(TAKE_SETTINGS))
def test_an_unknown_setting_of_a_command_is_told_with_the_nearest_name(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("prompts: red\ndrawer: pixel\n")
    words = {"rerun": ["a.yaml"], "compare": ["--drawers", "pixel", "--prompts", "red"]}.get(name, ["--prompts", "red"])
    assert main([name, *words, "--iteratons", "2"]) == 2
    assert re.search(r"Did you mean '(--)?iterations'\?", capsys.readouterr().err)


def test_a_wrong_choice_is_told_with_the_right_ones_and_the_nearest(capsys):
    assert main(["video", "x", "--format", "webb"]) == 2
    told = "pixray video: --format 'webb': expected one of mp4, gif, webp. Did you mean 'webp'?"
    assert capsys.readouterr().err == f"pixray: {told}\n"
