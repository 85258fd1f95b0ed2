"""Is a file complete? Told by its size, its checksum, and, where nobody published those, by its own structure."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from pixray.models.manifest import KnownFile

_BLOCK = 1 << 20
_OTHERS = {
    b"\x89HDF": "an HDF5 file, such as Keras writes",
    b"GGUF": "a GGUF file",
    b"\x1f\x8b": "a gzip archive; unpack it first",
    b"Rar!": "a RAR archive; unpack it first",
    b"7z\xbc\xaf": "a 7z archive; unpack it first",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a PDF file",
    b'{"': "a JSON text",
}
"""What is found under a checkpoint's name, by its first bytes."""
_ZIPPED = (".ckpt", ".pt", ".pth", ".bin", ".zip")


def incomplete(path: Path, file: KnownFile | None = None) -> str | None:
    """Why a file is no complete download, as words, or None when nothing speaks against it. Quick: reads its ends only.

    Args:
        file: what is known about it. A person's own file of another size under a known name is fine if it is whole.
    """
    size = path.stat().st_size
    if size == 0:
        return "it is empty"
    if kind := what_else(path):
        return f"it is {kind}"
    if file is not None and file.bytes == size:
        return None
    return _cut_off(path, size, file)


def _cut_off(path: Path, size: int, file: KnownFile | None) -> str | None:
    """Whether the end is missing, as far as the format tells."""
    ending = Path(path.name.removesuffix(".part")).suffix
    with path.open("rb") as opened:
        beginning = opened.read(4)
    # A file of torch.save under the wrong ending is read all the same.
    if ending == ".safetensors" and beginning[:2] != b"PK":
        needed = _safetensors_size(path)
        return None if needed == size else "its end is missing" if needed else "it is no safetensors file"
    if ending in (*_ZIPPED, ".safetensors") and beginning[:2] == b"PK":
        # What torch saves is a zip archive, whose table of contents stands at the very end.
        return None if zipfile.is_zipfile(path) else "its end is missing"
    if file is not None and file.bytes is not None and size < file.bytes:
        return f"it holds {size} of {file.bytes} bytes"
    return None


def sha256_of(path: Path, on_bytes: Callable[[int], None] = lambda count: None) -> str:
    """The SHA-256 of a file as hexadecimal digits.

    Args:
        on_bytes: called with the number of bytes read since the last call.
    """
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
            on_bytes(len(block))
    return digest.hexdigest()


def is_page(beginning: bytes) -> bool:
    """Whether the first bytes are those of a web page."""
    return beginning.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html", b"<head", b"<?xml"))


def what_else(path: Path) -> str | None:
    """What a file is by its first bytes, where that is a thing that often lies in place of a model's; else None.

    A JSON text or an archive is such a thing only under the name of a checkpoint: configurations and vocabularies of
    models are just that.
    """
    with path.open("rb") as opened:
        beginning = opened.read(512)
    if not beginning:
        return "empty"
    if is_page(beginning):
        return "a web page"
    if beginning.startswith(b"version https://git-lfs.github.com/"):
        return "a pointer of Git LFS to the file, not the file itself (`git lfs pull` fetches it)"
    if Path(path.name.removesuffix(".part")).suffix not in (*_ZIPPED, ".safetensors"):
        return None
    return next((kind for mark, kind in _OTHERS.items() if beginning.startswith(mark)), None)


def is_safetensors(path: Path) -> bool:
    """Whether a file is one of safetensors by its content, or by its ending where the content is of no known kind."""
    with path.open("rb") as opened:
        beginning = opened.read(9)
    if len(beginning) == 9 and beginning[8:] == b"{" and beginning[4:8] == b"\0\0\0\0":
        return True
    other_format = beginning[:2] in (b"PK", b"\x80\x02") or what_else(path) is not None
    return path.suffix == ".safetensors" and not other_format


def _safetensors_size(path: Path) -> int | None:
    """How long the header says the file is, or None when it is no safetensors file."""
    with path.open("rb") as opened:
        head = opened.read(8)
        if len(head) < 8:
            return None
        (length,) = struct.unpack("<Q", head)
        if length > 100_000_000:
            return None
        try:
            header = json.loads(opened.read(length))
            ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            return None
    return 8 + length + max(ends, default=0)
