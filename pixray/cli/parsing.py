"""What the small commands share: an argument parser that raises, and the flags about what the terminal shows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from pixray.errors import PixrayError, SettingsError, did_you_mean
from pixray.runtime.files import user_path


class Parser(argparse.ArgumentParser):
    """argparse whose mistakes are our errors.

    Args:
        command: the word after `pixray`.
        description: what it does, as a sentence.
    """

    def __init__(self, command: str, description: str) -> None:
        super().__init__(prog=f"pixray {command}", description=description)

    def error(self, message: str) -> NoReturn:
        hint = f" (try {self.prog} --help)"
        if message.startswith("unrecognized arguments: --"):
            flag = message.split()[2].partition("=")[0]
            message = f"unknown flag '{flag}'"
            close = did_you_mean(flag, self._option_string_actions)
            hint = f".{close}" if close else hint
        raise SettingsError(f"{self.prog}: {message}{hint}")


def folder_of(path: str) -> Path:
    """The folder a person named.

    Raises:
        PixrayError: there is none.
    """
    folder = user_path(path, "folder")
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
