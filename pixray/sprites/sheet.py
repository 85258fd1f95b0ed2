"""Several sprites in one picture, and where they are in it, in the JSON that Aseprite exports and engines read."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np

from pixray.errors import PixrayError
from pixray.sprites.aseprite import LAYER, Tag
from pixray.sprites.indexed import Indexed


def sheet(frames: Sequence[Indexed], columns: int | None = None) -> Indexed:
    """All frames side by side and below each other, without gaps; what is left over is the first colour.

    Args:
        frames: of one size and palette.
        columns: how many stand side by side; None: all of up to eight, else about a square.

    Raises:
        PixrayError: there are none, or of several sizes.
    """
    if not frames or len({frame.size for frame in frames}) != 1:
        raise PixrayError("the frames of a sheet are one or more, of one size")
    columns = columns_of(len(frames), columns)
    width, height = frames[0].size
    pixels = np.zeros((math.ceil(len(frames) / columns) * height, columns * width), np.uint8)
    for number, frame in enumerate(frames):
        top, left = number // columns * height, number % columns * width
        pixels[top : top + height, left : left + width] = frame.pixels
    return Indexed(pixels, frames[0].palette)


def columns_of(count: int, columns: int | None = None) -> int:
    """How many of `count` frames stand side by side."""
    if columns is not None:
        return max(1, min(columns, count))
    return count if count <= 8 else math.ceil(math.sqrt(count))


def sheet_json(
    image: str,
    names: Sequence[str],
    size: tuple[int, int],
    columns: int,
    milliseconds: int = 100,
    tags: Sequence[Tag] = (),
) -> bytes:
    """The frames of a sheet as Aseprite lists them ("array" form).

    Args:
        image: name of the sheet's file.
        names: of the frames, in order; size: of each, in pixels.
    """
    width, height = size
    frames = [
        {
            "filename": name,
            "frame": {"x": number % columns * width, "y": number // columns * height, "w": width, "h": height},
            "rotated": False,
            "trimmed": False,
            "spriteSourceSize": {"x": 0, "y": 0, "w": width, "h": height},
            "sourceSize": {"w": width, "h": height},
            "duration": milliseconds,
        }
        for number, name in enumerate(names)
    ]
    meta = {
        "app": "pixray",
        "version": "1.3",
        "image": image,
        "format": "I8",
        "size": {"w": columns * width, "h": math.ceil(len(names) / columns) * height},
        "scale": "1",
        "frameTags": [{"name": tag.name, "from": tag.first, "to": tag.last, "direction": "forward"} for tag in tags],
        "layers": [{"name": LAYER, "opacity": 255, "blendMode": "normal"}],
        "slices": [],
    }
    return (json.dumps({"frames": frames, "meta": meta}, indent=1, ensure_ascii=False) + "\n").encode()
