"""What a value names outside of the run, for settings whose values have a grammar of their own.

Each function takes a raw value, as somebody wrote it, and gives the paths and addresses in it. Nothing is opened, and
what cannot be understood names nothing: the setting's own check says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from pixray.models.ladder import read_ladder
from pixray.settings.grammar import parse_weighted, split_pipes

_FILE_ENDINGS = (".bin", ".ckpt", ".json", ".pt", ".pth", ".safetensors", ".yaml", ".yml")
_PUBLISHED_CLIP = re.compile(r"(RN|ViT)[-\w]*(/\d+)?(@\d+px)?")


def texts(raw: Any) -> Iterator[str]:
    """Every text in a value, however deep it lies in lists and mappings."""
    if isinstance(raw, Mapping):
        raw = [*raw.keys(), *raw.values()]
    if isinstance(raw, list | tuple | set | frozenset):
        for item in raw:
            yield from texts(item)
    elif raw is not None:
        yield str(raw)


def weighted_texts(raw: Any) -> Iterator[str]:
    """The texts of prompts without their weights, `a.png:0.5 | b.png`; with them, too, where they are ambiguous."""
    for text in split_pipes(list(texts(raw))):
        yield text.lstrip("= ")
        try:
            yield parse_weighted(text.lstrip("= ")).text
        except ValueError:
            continue


def palette_files(raw: Any) -> Iterator[str]:
    r"""The files and addresses of a palette: `#f00; @colours.png \8`."""
    for text in texts(raw):
        for section in text.split(";"):
            name = section.partition("\\")[0].strip()
            if name.startswith("@") or name.lower().startswith(("http:", "https:")):
                yield section.strip().removeprefix("@").strip()


def model_files(raw: Any) -> Iterator[str]:
    """The texts that are no plain names of models: they hold a folder, or end as a file does."""
    for text in texts(raw):
        if any(mark in text for mark in "/\\~") or PurePath(text).suffix.lower() in _FILE_ENDINGS:
            yield text


def perceptor_files(raw: Any) -> Iterator[str]:
    """Folders, files and repositories among the names of perceptors: `ViT-B-32::mine.safetensors`, `hf-hub:org/x`.

    Repositories of the package's own list are none: anybody may choose those, as a quality of a ladder does.
    """
    for text in texts(raw):
        for name in (piece.strip() for piece in text.split(",")):
            try:
                name = parse_weighted(name).text
            except ValueError:
                yield name
                continue
            if name.startswith("hf-hub:") and name in read_ladder().models:
                continue
            architecture, _, tag = name.partition("::")
            if not _PUBLISHED_CLIP.fullmatch(architecture):
                yield from model_files(architecture)
            yield from model_files(tag)


def vector_files(raw: Any) -> Iterator[str]:
    """Files and addresses among the names of vectors; bare names are looked up in the checkpoints folders."""
    yield from model_files(list(weighted_texts(raw)))
