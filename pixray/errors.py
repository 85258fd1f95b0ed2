"""What can go wrong, as a tree.

PixrayError
├── SettingsError        one or more settings are wrong; `problems` lists one line each (also a ValueError)
├── InvalidPart          a plugin's class is not what it was registered as
├── PartFailed           a part that is not built in raised an error, which is the cause
├── MissingPackage       a chosen part needs a package that is not installed (also an ImportError)
├── ModelUnavailable     weights that were asked for by name cannot be had
├── UnsafeFile           a checkpoint holds more than plain tensors and was refused
├── Unsupported          this part cannot do what was asked of it
└── RunFailed            the run stopped by itself; the last good picture is kept
"""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Iterable, Sequence
from typing import Any


class PixrayError(Exception):
    """Root of every error that pixray raises on purpose; its text is one clear sentence."""


class SettingsError(PixrayError, ValueError):
    """All mistakes of one set of settings, reported together.

    Args:
        problems: one line each, in the shape `name=value (from where): what is right. Did you mean …?`
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class InvalidPart(PixrayError):
    """A plugin is not what it was registered as; the message says what came, from where, and what is right."""


class PartFailed(PixrayError):
    """A part of somebody else raised an unexpected error, the `__cause__`; the message says which part and where."""


class MissingPackage(PixrayError, ImportError):
    """A part was chosen whose package is not installed; the message holds the installing command."""

    def __init__(self, part: str, package: str, extra: str | None = None) -> None:
        command = f"pip install 'pixray[{extra}]'" if extra else f"pip install {package}"
        super().__init__(f"{part} needs the package '{package}', which is not installed: {command}")


class ModelUnavailable(PixrayError):
    """Weights that were asked for by name are neither on disk nor can be downloaded."""


class UnsafeFile(PixrayError):
    """A checkpoint wants to run code while loading; it was refused before any of it ran."""


class Unsupported(PixrayError):
    """A part was asked for something that it cannot do."""


class RunFailed(PixrayError):
    """The optimisation cannot go on; everything saved so far stays."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The known name closest to a mistyped one, or None when nothing is close."""
    by_lower = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(str(name).lower()[:100], by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """` Did you mean 'x'?` (with its leading space), or an empty string."""
    suggestion = nearest(name, names)
    return f" Did you mean '{suggestion}'?" if suggestion and suggestion != name else ""


def shown(raw: Any, most: int = 80) -> str:
    """The value for a message: its repr, cut short. Never fails, whatever the value is."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = most
    short.maxlevel = 2
    try:
        text = short.repr(raw)
    except Exception:  # such as a whole number of more digits than Python writes
        return f"<{type(raw).__name__}>"
    return text if len(text) <= 3 * most else f"{text[: 3 * most]}…"


def without_path(sentence: str, path: str, label: str) -> str:
    """The sentence with a label in place of a path, also of one that `shown` cut short, or of a file below it."""

    def of_cut(match: re.Match[str]) -> str:
        return label if len(match[1]) > 1 and path.startswith(match[1]) else match[0]

    return re.sub(r"'([^']*?)\.\.\.[^']*'", of_cut, sentence).replace(path, label)


def escaped(text: str, most: int = 400) -> str:
    """A text for a message: characters that no terminal shows as escapes, cut short."""
    readable = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[:most])
    return readable + "…" * (len(text) > most)
