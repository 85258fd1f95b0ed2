"""Files that settings name: before a run begins, whether they are there and pictures among them can be read.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from pixray.errors import PixrayError
from pixray.settings.declare import Declaration, Refers
from pixray.settings.grammar import parse_weighted

_MOST_OPENED = 32
"""Pictures of one glob whose headers are read; the frames of a video are alike."""


def file_problems(declared: Mapping[str, Declaration], values: Mapping[str, Any]) -> Iterator[str]:
    """One line for each file that is missing, or that no picture can be read from; addresses are not fetched.

    Settings whose values have a grammar of their own check their files while they are converted.

    Args:
        declared: by setting name; values: of their declared types, as far as they could be converted.
    """
    for name, declaration in declared.items():
        if Refers.FILE not in declaration.refers or declaration.references is not None or name not in values:
            continue
        for text in _names(values[name]):
            try:
                _check(text, name, picture=Refers.ADDRESS in declaration.refers)
            except PixrayError as error:
                yield str(error)


def _names(value: Any) -> Iterator[str]:
    """The names in a value: a text, or prompts with weights."""
    if isinstance(value, str):
        yield value
    for text in value if isinstance(value, list | tuple) else ():
        with contextlib.suppress(ValueError):  # a wrong weight is reported where prompts are checked
            yield parse_weighted(text.lstrip("= ")).text


def _check(text: str, name: str, *, picture: bool) -> None:
    """Look for the files of one name.

    Raises:
        PixrayError: nothing is there, or no picture.
    """
    if not text:
        return
    from pixray.images.glob import expand, is_address

    files = expand(text, name)
    if not picture:
        return
    from pixray.images.io import picture_size

    for file in files[:_MOST_OPENED]:
        if not is_address(file):
            picture_size(file, name)
