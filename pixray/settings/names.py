"""Words in braces within `outdir` and `output`, for which a run puts its own: `{prompt}-{seed}.png`."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import PurePath

from pixray.errors import SettingsError, shown
from pixray.runtime.files import NAME_BYTES
from pixray.runtime.rng import seed_from
from pixray.settings.namespace import Settings

WORDS = ("prompt", "seed", "drawer")
KNOWN = "{prompt}, {seed} and {drawer}"
_BRACES = re.compile(r"\{(\w*)\}")
_NUMBER = re.compile(r"-?[0-9]+")
_PROMPT_BYTES = (80, 40, 20, 8)
"""Bytes that a prompt may take, tried until every part of the path is short enough."""
_WORD_BYTES = 80
"""Bytes that a seed that is a text, or the name of a drawer, may take."""
_RESERVED = len("_sprite.png")
"""Bytes of a name left for the endings of files beside the picture."""


def has_braces(text: str) -> bool:
    """Whether a name holds any brace, which only the words of this module may."""
    return "{" in text or "}" in text


def fill_names(settings: Settings, row: int | None = None) -> Settings:
    """Settings whose `outdir` and `output` hold no more words in braces. One that names the seed fixes it, if need be.

    Args:
        row: number of the row of a file that it is a picture of.

    Raises:
        SettingsError: there is another word than those known here, or the name becomes too long.
    """
    if not (has_braces(settings.outdir) or has_braces(settings.output)):
        return settings
    for name in ("outdir", "output"):
        _check(name, getattr(settings, name), row)
    if settings.seed is None and "{seed}" in f"{settings.outdir}{settings.output}":
        settings.seed = seed_from(None)
    prompts = " ".join(prompt.text for prompt in settings.prompts_by_setting["prompts"])
    facts = {"prompt": prompts, "seed": str(settings.seed), "drawer": settings.drawer, "row": str(row)}
    for name in ("outdir", "output"):
        setattr(settings, name, _filled(name, getattr(settings, name), facts))
    return settings


def fill_cell_names(settings: Settings, row: int | None = None) -> Settings:
    """As `fill_names`, for a cell of a grid, whose picture has to be found again when the grid goes on.

    Raises:
        SettingsError: as `fill_names`; or the name holds a seed that nobody gave.
    """
    if settings.seed is None and "{seed}" in settings.output:
        raise SettingsError(f"output={shown(settings.output)}: in a grid, give the seed that its names shall hold")
    return fill_names(settings, row)


def refuse_braces(outdir: str) -> None:
    """Refuse words in a folder that several runs share.

    Raises:
        SettingsError: it holds braces.
    """
    if has_braces(outdir):
        raise SettingsError(f"outdir={shown(outdir)}: words in braces name single runs; here they belong into output")


def _check(name: str, template: str, row: int | None) -> None:
    known = WORDS if row is None else (*WORDS, "row")
    unknown = [word for word in _BRACES.findall(template) if word not in known]
    if unknown[:1] == ["row"]:
        raise SettingsError(f"{name}={shown(template)}: {{row}} needs a file of rows (--prompts_file)")
    rest = _BRACES.sub("", template)
    if unknown or has_braces(rest):
        problem = f"{{{unknown[0]}}} is unknown" if unknown else "these braces mean nothing"
        raise SettingsError(f"{name}={shown(template)}: {problem}; {KNOWN} are filled in")


def _filled(name: str, template: str, facts: dict[str, str]) -> str:
    for limit in _PROMPT_BYTES:
        text = template
        for word, fact in facts.items():
            text = text.replace(f"{{{word}}}", safe_name(fact, limit if word == "prompt" else _WORD_BYTES))
        if all(len(os.fsencode(part)) <= NAME_BYTES - _RESERVED for part in PurePath(text).parts):
            return text
    raise SettingsError(f"{name}={shown(template)}: a part of this path becomes longer than {NAME_BYTES} bytes")


def safe_name(text: str, most_bytes: int) -> str:
    """A text as a part of a file's name: letters, digits, dots and dashes, which no file system objects to.

    >>> safe_name("A red heart, in: /tmp", 80), safe_name("../..", 80), safe_name("a long one", 6)
    ('A-red-heart-in-tmp', 'picture', 'a-long')
    """
    if _NUMBER.fullmatch(text):
        return text[:most_bytes]
    words = re.sub(r"[^\w.]+", "-", unicodedata.normalize("NFC", text))
    words = re.sub(r"\.{2,}", ".", words).strip("-.")
    words = words.encode("utf-8", "ignore")[:most_bytes].decode("utf-8", "ignore")
    return words.strip("-.") or "picture"
