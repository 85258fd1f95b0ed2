"""What the small commands share: an argument parser that raises, and the flags about what the terminal shows."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn, TypeVar

from pixray.errors import PixrayError, SettingsError, did_you_mean
from pixray.runtime.files import user_path

ActionT = TypeVar("ActionT", bound=argparse.Action)
_CHOICE = re.compile(r"argument (\S+): invalid choice: (.*) \(choose from (.*)\)", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """argparse whose mistakes are our errors, and whose flags may be written with dashes or underscores.

    Args:
        command: the word after `pixray`.
        description: what it does, as a sentence.
    """

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"pixray {command}", description=description)

    def _add_action(self, action: ActionT) -> ActionT:
        added = super()._add_action(action)
        for flag in action.option_strings:
            for spelling in (flag.replace("_", "-"), f"--{flag[2:].replace('-', '_')}"):
                if flag.startswith("--"):
                    self._option_string_actions.setdefault(spelling, action)
        return added

    def error(self, message: str) -> NoReturn:
        hint = f" (try {self.prog} --help)"
        choice = _CHOICE.fullmatch(message)
        if choice:
            flag, value, choices = choice.group(1), choice.group(2).strip("'"), choice.group(3).replace("'", "")
            message = f"{flag.partition('/')[0]} '{value}': expected one of {choices}"
            close = did_you_mean(value, choices.split(", "))
            hint = f".{close}" if close else hint
        if message.startswith("unrecognized arguments: --"):
            flag = message.split()[2].partition("=")[0]
            message = f"unknown flag '{flag}'"
            close = did_you_mean(flag, self._option_string_actions)
            hint = f".{close}" if close else hint
        raise SettingsError(f"{self.prog}: {message}{hint}")


def asks_for_help(argv: Iterable[str]) -> bool:
    """Whether the words of a command that takes settings ask for its help."""
    return not {"-h", "--help"}.isdisjoint(argv)


def folder_of(path: str) -> Path:
    """The folder a person named.

    Raises:
        PixrayError: there is none.
    """
    folder = user_path(path, "folder")
    if folder.is_file():
        raise PixrayError(
            f"{path} is a file; expected the folder of a run: `pixray rerun {path} --outdir FOLDER` makes one"
        )
    if not folder.is_dir():
        raise PixrayError(f"{path}: there is no such folder")
    return folder


def add_output_flags(parser: argparse.ArgumentParser) -> None:
    """--quiet and --json."""
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    parser.add_argument("--json", action="store_true", help="one JSON object per event on standard output")


def output_of(args: argparse.Namespace) -> str:
    """Which of "live", "quiet" and "json" was asked for; of both flags, JSON, as when a picture is painted."""
    return "json" if args.json else "quiet" if args.quiet else "live"
