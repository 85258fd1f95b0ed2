"""Which pictures a text means: a path, a glob with braces, or an address. Touches no picture, only their names.

photo.png               a file
frames/*.png            all that match; ** reaches into folders below
frame_{01..12}.png      a range, with zeros as written; {1..9..2} in steps, {a..e} letters
{left,right}.png        one of several
https://…/photo.png     an address (braces work there too)
"""

from __future__ import annotations

import glob
import re
from pathlib import Path

from pixray.errors import PixrayError
from pixray.runtime.files import reason, short, user_path

FITS = ("stretch", "crop", "contain")
"""How a picture of other proportions is brought to a size."""

_RANGE = re.compile(r"(-?\d{1,18})\.\.(-?\d{1,18})(?:\.\.(-?\d{1,18}))?|([A-Za-z])\.\.([A-Za-z])")
_MOST = 10_000
_MOST_BRACES = 100


def is_address(text: str | Path) -> bool:
    """Whether a text is a web address rather than a path."""
    return str(text).lower().startswith(("http://", "https://"))


def local_path(text: str | Path, label: str) -> Path:
    """The path that a text names, `~` written out; nothing has to be there.

    Args:
        label: how messages call it, such as "init_image".

    Raises:
        PixrayError: no file can have this name.
    """
    path = user_path(text, label)
    try:
        path.stat()
    except FileNotFoundError:
        return path
    except OSError as error:
        raise PixrayError(f"{label}='{short(text)}': there is no such file ({reason(error)})") from None
    return path


def expand(text: str, label: str = "picture") -> list[str]:
    """Every picture that a text means, in the order of the numbers in their names.

    Args:
        text: a path, glob or address.
        label: how messages call it, such as "init_image".

    Raises:
        PixrayError: nothing matches.
    """
    literal = _local(text)
    if literal is not None and literal.is_file():
        return [str(literal)]  # also when its name happens to hold a star or a brace
    files: list[str] = []
    for name in _braces_of(text, label):
        if is_address(name):
            files.append(name)
            continue
        path = local_path(name, label)
        matches = [str(path)] if path.is_file() else glob.glob(str(path), recursive=True)  # noqa: PTH207, also absolute ones
        files += [match for match in matches if Path(match).is_file()]
    if not files:
        if literal is not None and literal.is_dir():
            raise PixrayError(f"{label}='{short(text)}' is a folder; its pictures are written {text.rstrip('/')}/*.png")
        pattern = any(mark in text for mark in "*?[{")
        raise PixrayError(f"{label}='{short(text)}': " + ("no file matches" if pattern else "there is no such file"))
    return sorted(dict.fromkeys(files), key=_by_number)


def _local(text: str) -> Path | None:
    """The path of a text that is no pattern; None where a pattern alone could be meant."""
    try:
        return local_path(text, "")
    except PixrayError:
        return None


def _braces_of(text: str, label: str) -> list[str]:
    try:
        return braces(text)
    except PixrayError as error:
        raise PixrayError(f"{label}='{short(text)}': {error}") from None


def braces(text: str) -> list[str]:
    """A text with braces, written out. Braces that hold neither a comma nor a range are left as they are.

    >>> braces("a{1,2}{x..z}"), braces("f{08..10}")
    (['a1x', 'a1y', 'a1z', 'a2x', 'a2y', 'a2z'], ['f08', 'f09', 'f10'])
    """
    if text.count("{") > _MOST_BRACES:
        raise PixrayError(f"it holds more than {_MOST_BRACES} braces")
    start = 0
    while (start := text.find("{", start)) >= 0:
        end = _closing(text, start)
        choices = _choices(text[start + 1 : end]) if end > 0 else []
        if choices:
            head, tail = text[:start], braces(text[end + 1 :])
            middles = [middle for choice in choices for middle in braces(choice)]
            if len(middles) * len(tail) > _MOST:
                raise PixrayError(f"it means more than {_MOST} files")
            return [head + middle + rest for middle in middles for rest in tail]
        start += 1
    return [text]


def _closing(text: str, start: int) -> int:
    """Where the brace that opens at `start` closes, or -1."""
    depth = 0
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index
    return -1


def _choices(inside: str) -> list[str]:
    """What may stand in place of a brace; empty if this is no choice."""
    span = _RANGE.fullmatch(inside)
    if span is None:
        pieces, depth = [""], 0
        for letter in inside:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if letter == "," and depth == 0:
                pieces.append("")
            else:
                pieces[-1] += letter
        return pieces if len(pieces) > 1 else []
    if span[4]:
        return [chr(code) for code in _steps(ord(span[4]), ord(span[5]), 1)]
    width = max(len(side) for side in span.groups()[:2]) if re.search(r"(^|\.|-)0\d", inside) else 0
    return [f"{number:0{width}d}" for number in _steps(int(span[1]), int(span[2]), int(span[3] or 1))]


def _steps(first: int, last: int, step: int) -> list[int]:
    step = max(1, abs(step))
    numbers = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    if len(numbers) > _MOST:
        raise PixrayError(f"{{{first}..{last}}} means {len(numbers)} files; at most {_MOST} are taken")
    return list(numbers)


def _by_number(name: str) -> list[tuple[int, int, str]]:
    """Sorts frame_2 before frame_10."""
    pieces = [(piece, piece.lstrip("0")) for piece in re.split(r"(\d+)", name) if piece]
    return [(0, len(digits), digits) if piece.isdecimal() else (1, 0, piece) for piece, digits in pieces]
