"""Damaged picture files, names and palettes, without end: each must be read, or refused with one sentence."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pixray.errors import PixrayError
from pixray.images.glob import expand
from pixray.images.io import open_picture, picture_size
from pixray.images.palette import read_palette
from pixray.settings.grammar import parse_weighted

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0L8 8V0z" fill="#f00"/></svg>'
_TEXTS = (
    r"red -> white \8; [black, rust]\4 exact",
    "@palette.png\\8 exact; (255+0+10); [1+0.5+0]",
    "frames/{01..12}_{left,right}[ab]*.png",
    "https://host:8080/x.png?y=1:2",
    "~/picture.png:2:-0.5",
)
_PIECES = (
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "->",
    ";",
    ",",
    "\\",
    "@",
    ":",
    "..",
    "~",
    "\0",
    "\ud800",
    "9" * 30,
    "nan",
    "é",
    "#",
)


@dataclass(frozen=True)
class Case:
    """One input and how it is read.

    Attributes:
        label: what it was made from, with the number of the case.
        content: the bytes of the file, or the text.
        read: reads it; may raise PixrayError or ValueError, with one sentence.
    """

    label: str
    content: bytes | str
    read: Callable[[], object]

    def check(self) -> None:
        """Read it.

        Raises:
            AssertionError: it was refused with anything but one short sentence.
        """
        try:
            self.read()
        except (PixrayError, ValueError) as error:
            said = str(error)
            assert said and len(said) < 700 and "Traceback" not in said and said.count("\n") < 2, said


def cases(seed: int, count: int, folder: Path) -> Iterator[Case]:
    """So many cases, the same for a seed.

    Args:
        folder: an empty one, for the files.
    """
    randomness = random.Random(seed)
    files = sorted(_files().items())
    for number in range(count):
        if number % 3:
            name, content = randomness.choice(files)
            damaged = _damaged(content, randomness)
            yield Case(f"{name} #{number}", damaged, _reader(folder / f"{number}_{name}", damaged))
        else:
            text = _changed(randomness.choice(_TEXTS), randomness)
            # Nothing here reaches a network, and a palette may name an address.
            read = randomness.choice(
                (expand, parse_weighted) if "://" in text else (read_palette, expand, parse_weighted)
            )
            yield Case(f"text #{number}", text, lambda read=read, text=text: read(text))


def _reader(path: Path, content: bytes) -> Callable[[], object]:
    def read() -> object:
        path.write_bytes(content)
        try:
            if path.suffix == ".act":
                return read_palette(f"@{path}")
            picture_size(path, "picture")
            return open_picture(path)
        finally:
            path.unlink()

    return read


def _files() -> dict[str, bytes]:
    """A small sound file of each kind."""
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8))
    kinds: dict[str, tuple[Image.Image, dict]] = {
        "rgb.png": (picture, {"dpi": (72, 72)}),
        "rgb.jpg": (picture, {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"}),
        "cmyk.jpg": (picture.convert("CMYK"), {}),
        "palette.png": (picture.quantize(8), {"transparency": 1}),
        "palette.gif": (picture.quantize(8), {"save_all": True, "append_images": [picture.quantize(4)]}),
        "rgb.webp": (picture, {"lossless": True}),
        "rgb.bmp": (picture, {}),
        "rgb.tif": (picture, {"compression": "tiff_lzw"}),
        "deep.tif": (Image.fromarray(np.arange(120, dtype=np.uint16).reshape(12, 10)), {}),
        "float.tif": (Image.fromarray(np.linspace(0, 1, 120, dtype=np.float32).reshape(12, 10)), {}),
        "alpha.png": (picture.convert("RGBA"), {}),
        "rgb.ico": (picture, {}),
        "rgb.tga": (picture, {}),
    }
    files = {name: _saved(name, *how) for name, how in kinds.items()}
    return {**files, "drawing.svg": SVG, "table.act": bytes(range(256)) * 3}


def _saved(name: str, picture: Image.Image, options: dict) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=Image.registered_extensions()[Path(name).suffix], **options)
    return buffer.getvalue()


def _damaged(content: bytes, randomness: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(randomness.randint(1, 4)):
        place = randomness.randrange(len(data) + 1)
        kind = randomness.randrange(5)
        if kind == 0:
            del data[place:]
        elif kind == 1:
            data[place : place + 1] = bytes([randomness.randrange(256)])
        elif kind == 2:
            data[place : place + 4] = randomness.choice(
                (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4), b"\0\1\0\0")
            )
        elif kind == 3:
            data[place:place] = randomness.randbytes(randomness.randint(1, 20))
        else:
            other = randomness.randrange(len(data) + 1)
            data[min(place, other) : max(place, other)] = b""
    return bytes(data)


def _changed(text: str, randomness: random.Random) -> str:
    for _ in range(randomness.randint(1, 6)):
        place = randomness.randrange(len(text) + 1)
        piece = randomness.choice(_PIECES) * randomness.choice((1, 1, 1, 3, 5000))
        text = text[:place] + piece + text[place + randomness.randint(0, 2) :]
    return text
