"""pixray --completion bash|zsh|fish: a script that completes commands, flags and choices in that shell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pixray.errors import SettingsError, did_you_mean
from pixray.settings.core import engine_declarations
from pixray.settings.declare import Declaration
from pixray.settings.indexed import indexed_owners, indexed_part

SHELLS = ("bash", "zsh", "fish")
_PROGRAM_FLAGS = ("--help", "--help-all", "--version", "--quiet", "--json", "--open", "--debug", "--completion")


def completion_script(shell: str, commands: Mapping[str, tuple[str, str]]) -> str:
    """The script, to be read by the shell's start file.

    Args:
        commands: name -> (module, help).

    Raises:
        SettingsError: another shell.
    """
    if shell not in SHELLS:
        raise SettingsError(f"completion='{shell}': expected one of {', '.join(SHELLS)}.{did_you_mean(shell, SHELLS)}")
    shown = {declaration.name: declaration for declaration in _declared() if not declaration.internal}
    if shell == "fish":
        return "".join(_fish_lines(shown.values(), commands))
    flags = " ".join([*_PROGRAM_FLAGS, *(f"--{name}" for name in shown)])
    cases = "".join(
        f'    --{declaration.name}) COMPREPLY=($(compgen -W "{" ".join(declaration.choices)}" -- "$word")); return;;\n'
        for declaration in shown.values()
        if declaration.choices
    )
    script = _BASH.format(flags=flags, commands=" ".join(commands), cases=cases)
    return f"autoload -U +X bashcompinit && bashcompinit\n{script}" if shell == "zsh" else script


_BASH = """\
_pixray() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
  case "$before" in
{cases}  esac
  if [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "{flags}" -- "$word"))
  elif [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "{commands}" -f -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -o filenames -F _pixray pixray
"""


def _declared() -> Iterable[Declaration]:
    yield from engine_declarations()
    for owner in indexed_owners():
        yield from indexed_part(owner).declared


def _fish_lines(shown: Iterable[Declaration], commands: Mapping[str, tuple[str, str]]) -> Iterable[str]:
    for name, (_, text) in commands.items():
        yield f"complete -c pixray -n __fish_use_subcommand -a {name} -d {_quoted(text)}\n"
    for flag in _PROGRAM_FLAGS:
        yield f"complete -c pixray -l {flag[2:]}\n"
    for declaration in shown:
        choices = f" -x -a {_quoted(' '.join(declaration.choices))}" if declaration.choices else " -r"
        yield f"complete -c pixray -l {declaration.name}{choices} -d {_quoted(declaration.help)}\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
