"""Results without the key, which some services repeat in good answers too, before they are shown, cached or kept."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace

from PIL import Image

from pixray.providers.decode import open_safely
from pixray.providers.results import ImageResult
from pixray.providers.secrets import Secret


def without_key(image: ImageResult, key: Secret) -> ImageResult:
    """The same result with the key masked in every text, and pictures that hold it written anew without metadata."""
    return replace(
        image,
        content=None if image.content is None else _clean(image.content, key),
        mime="image/png" if image.content is not None and _holds(image.content, key) else image.mime,
        refusal=key.redact(image.refusal),
        revised_prompt=None if image.revised_prompt is None else key.redact(image.revised_prompt),
        beside={name: _clean(content, key) for name, content in image.beside.items()},
        facts={key.redact(name): key.redact(value) for name, value in image.facts.items()},
    )


def _clean(content: bytes, key: Secret) -> bytes:
    if not _holds(content, key):
        return content
    buffer = io.BytesIO()
    open_safely(content).save(buffer, format="PNG")
    return buffer.getvalue()


def _holds(content: bytes, key: Secret) -> bool:
    """Whether the key stands in a picture file, also in a compressed text of it."""
    if key.occurs_in(content.decode("latin-1")):
        return True
    with Image.open(io.BytesIO(content)) as picture:
        info: Mapping[str | tuple[int, int], object] = picture.info
        return any(key.occurs_in(f"{name}{value!r}") for name, value in info.items())
