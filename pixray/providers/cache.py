"""Results of services by the content of the request: asking for the same again costs nothing.

An entry is a JSON file and its pictures beside it, readable by their owner alone. Neither holds keys or prompts.

Late imports keep PIL out of start-up.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pixray.providers.base import Control, ImageRequest, Provider
from pixray.providers.decode import open_safely, sniff
from pixray.providers.errors import DecodeError
from pixray.providers.results import Cost, GenerateResult, ImageResult
from pixray.runtime.folders import cache_folder

_LAYOUT = 1
_UNKEYED = {"timeout"}


def default_folder() -> Path:
    """Where results are kept unless somebody says otherwise."""
    return cache_folder("remote")


def key_of(provider: Provider, request: ImageRequest) -> str:
    """SHA-256 over everything that decides about the result; neither the key nor a time limit is part of it."""
    parts = urlsplit(provider.url if "//" in provider.url else f"//{provider.url}")
    facts: dict[str, Any] = {
        "layout": _LAYOUT,
        "provider": [provider.name, provider.version, f"{parts.netloc}{parts.path}"],
    }
    for field in fields(request):
        if field.name not in _UNKEYED:
            facts[field.name] = _plain(getattr(request, field.name))
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return _pixels_digest(value)
    if isinstance(value, Control):
        return [value.kind, _pixels_digest(value.image), value.scale]
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _pixels_digest(content: bytes) -> str:
    """The digest of what a picture shows, so that another compression is the same picture."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as opened:
        picture = opened.convert("RGBA")
    return hashlib.sha256(f"{picture.size}".encode() + picture.tobytes()).hexdigest()


@dataclass(frozen=True)
class Cache:
    """Results in a folder.

    Args:
        folder: made when something is stored.
    """

    folder: Path

    def get(self, key: str) -> GenerateResult | None:
        """A stored result, or None; a damaged entry is as good as none."""
        try:
            entry = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
            images = tuple(self._image(key, facts) for facts in entry["images"])
        except (OSError, ValueError, KeyError, TypeError, DecodeError):
            return None
        return GenerateResult(images, cost=Cost(0.0, source="cached"), cached=True)

    def put(self, key: str, result: GenerateResult) -> None:
        """Store a result, pictures first, each file whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        entries = []
        for number, image in enumerate(result.images):
            contents = {"": image.content or b"", **{f"_{name}": beside for name, beside in image.beside.items()}}
            names = {}
            for ending, content in contents.items():
                suffix = (sniff(content) or "image/bin").partition("/")[2]
                names[ending] = f"{key}.{number}{ending}.{suffix}"
                self._write(names[ending], content)
            entries.append(
                {
                    "files": names,
                    "seed": image.seed,
                    "revised_prompt": image.revised_prompt,
                    "facts": dict(image.facts),
                }
            )
        self._write(f"{key}.json", json.dumps({"images": entries}).encode())

    def _image(self, key: str, facts: Mapping[str, Any]) -> ImageResult:
        contents = {ending: self._read(key, name) for ending, name in facts["files"].items()}
        content = contents.pop("")
        picture = open_safely(content)
        return ImageResult(
            content,
            sniff(content),
            *picture.size,
            seed=facts["seed"],
            revised_prompt=facts["revised_prompt"],
            beside={ending[1:]: beside for ending, beside in contents.items()},
            facts={str(name): str(value) for name, value in facts["facts"].items()},
        )

    def _read(self, key: str, name: str) -> bytes:
        if not name.startswith(f"{key}.") or "/" in name or "\\" in name:
            raise ValueError("an entry names a file that is not its own")
        return (self.folder / name).read_bytes()

    def _write(self, name: str, content: bytes) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")  # mode 0600, and stays so
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, self.folder / name)
