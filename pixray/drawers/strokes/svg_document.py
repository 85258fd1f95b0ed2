"""SVG files as trees of elements, under limits: size, number of elements, depth. External entities are never read."""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zlib
from pathlib import Path
from typing import Any

from pixray.drawers.strokes.svg_css import plain
from pixray.drawers.strokes.svg_view import shown
from pixray.errors import PixrayError

SVG = "{http://www.w3.org/2000/svg}"
MOST_BYTES = 64 << 20
MOST_ELEMENTS = 150_000
DEEPEST = 200
_CHUNK = 1 << 16


def open_svg(path: Path, where: str) -> ET.Element:
    """The outermost element of an .svg or .svgz file.

    Args:
        where: what the messages begin with.

    Raises:
        PixrayError: no such file, no SVG, or one beyond the limits.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if content[:2] == b"\x1f\x8b":
            content = zlib.decompressobj(wbits=31).decompress(content, MOST_BYTES + 1)
    except FileNotFoundError:
        raise PixrayError(f"{where}: there is no such file") from None
    except (OSError, ValueError, zlib.error) as error:
        raise PixrayError(f"{where}: cannot be read as an SVG ({error})") from error
    try:
        if len(content) > MOST_BYTES:
            raise _TooMuchError(f"has more than {MOST_BYTES >> 20} MiB")
        root = _parsed(content)
    except _TooMuchError as error:
        raise PixrayError(f"{where}: {error}, which is beyond what is read") from None
    except (ET.ParseError, LookupError, ValueError) as error:
        raise PixrayError(f"{where}: cannot be read as an SVG ({shown(str(error))})") from error
    if root.tag not in (SVG + "svg", "svg"):
        raise PixrayError(f"{where}: expected an SVG, but its outermost element is <{shown(plain(root.tag))}>")
    return root


class _TooMuchError(Exception):
    """Beyond a limit."""


def _parsed(content: bytes) -> ET.Element:
    """Parse piece by piece, so that a limit stops the reading where it is passed."""
    parser: Any = ET.XMLPullParser(("start", "end"))
    root: ET.Element | None = None
    depth = count = letters = 0
    for begin in range(0, max(len(content), 1), _CHUNK):
        parser.feed(content[begin : begin + _CHUNK])
        for event, node in parser.read_events():
            if event == "end":
                depth -= 1
                letters += len(node.text or "")
                continue
            root = node if root is None else root
            depth, count = depth + 1, count + 1
            # Entities can stand for far more text than the file has.
            letters += sum(map(len, node.attrib.values()))
            if depth > DEEPEST:
                raise _TooMuchError(f"nests its elements more than {DEEPEST} deep")
            if count > MOST_ELEMENTS:
                raise _TooMuchError(f"has more than {MOST_ELEMENTS} elements")
            if letters > 2 * MOST_BYTES:
                raise _TooMuchError(f"holds more than {2 * MOST_BYTES >> 20} MiB of text")
    parser.close()
    assert root is not None, "an empty document is a ParseError"
    return root
