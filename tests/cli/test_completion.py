import shutil
import subprocess

import pytest

from pixray.cli.main import COMMANDS, main


def script_of(shell, capsys):
    assert main(["--completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (["--pixel_ty"], ["--pixel_type"]),
        (["--quality", "be"], ["better", "best"]),
        (["dia"], []),
        (["doc"], ["doctor"]),
    ],
)
def test_bash_completes_commands_flags_and_choices(typed, wanted, capsys):
    words = " ".join(f"'{word}'" for word in ["pixray", *typed])
    asked = f'COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _pixray; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script_of("bash", capsys) + asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == wanted


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_that_they_can_read(shell, capsys):
    script = script_of(shell, capsys)
    assert "pixel_type" in script and all(name in script for name in COMMANDS)
    if shutil.which(shell):
        subprocess.run([shell, "-n", "-c", script], check=True)


def test_an_unknown_shell_is_one_sentence(capsys):
    assert main(["--completion", "fihs"]) == 2
    assert "expected one of bash, zsh, fish. Did you mean 'fish'?" in capsys.readouterr().err
