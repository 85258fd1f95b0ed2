"""SVG pictures to pixels, by resvg in a process of its own: a hostile file can end a renderer, but not the run."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
from importlib.util import find_spec
from xml.etree import ElementTree

from PIL import Image

from pixray.errors import MissingPackage

SIDE = 1024
"""Pixels of the longer side of the rendered picture; an SVG has no pixels of its own."""
SECONDS = 60.0
"""A file that takes longer is refused."""
_MOST_BYTES = 32 * 2**20
_RENDER = """
import sys
import resvg_py
side = int(sys.argv[1])
try:
    with open(0, "rb") as file:
        text = file.read().decode()
    rendered = resvg_py.svg_to_bytes(svg_string=text, width=side, height=side, dpi=96)
    with open(1, "wb") as file:
        file.write(bytes(rendered))
except ValueError as error:
    sys.exit(f"SVG: {error}")
"""


def render_svg(content: bytes, seconds: float = SECONDS) -> Image.Image:
    """The picture of an SVG or a gzipped one, its longer side of `SIDE` pixels.

    Args:
        seconds: how long the renderer may take.

    Raises:
        MissingPackage: resvg is not installed.
        ValueError: no SVG that resvg reads, or one that refers to other files.
    """
    if find_spec("resvg_py") is None:
        raise MissingPackage("an SVG picture", "resvg-py", "pictures")
    text = _text_of(content)
    _refuse_references(text)
    try:
        rendered = subprocess.run(
            [sys.executable, "-I", "-c", _RENDER, str(SIDE)], input=text.encode(), capture_output=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"rendering it takes more than {seconds:g} s") from None
    if rendered.returncode:
        output = rendered.stderr.decode(errors="replace").strip().splitlines() or [""]
        reason = output[-1].removeprefix("SVG: ") if output[-1].startswith("SVG: ") else "its renderer gave up"
        raise ValueError(reason)
    return Image.open(io.BytesIO(rendered.stdout), formats=["PNG"])


def _text_of(content: bytes) -> str:
    if content[:2] == b"\x1f\x8b":
        with gzip.open(io.BytesIO(content)) as file:
            content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it has more than {_MOST_BYTES >> 20} MB")
    return content.decode("utf-8-sig")


def _refuse_references(text: str) -> None:
    """resvg reads the pictures that an SVG names from the disk; an untrusted SVG must not name them."""
    for element in ElementTree.fromstring(text).iter():
        if str(element.tag).rpartition("}")[2] not in ("image", "feImage"):
            continue
        for name, value in element.attrib.items():
            if name.rpartition("}")[2] == "href" and not value.strip().startswith(("data:", "#")):
                raise ValueError(f"it refers to another file, '{value[:60]}', which is not read")
