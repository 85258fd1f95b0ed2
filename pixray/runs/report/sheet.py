"""Contact sheets: many pictures on one, each with a caption."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

_MARGIN, _LINE = 8, 14
_HIGHEST = 4
"""How many times as high as wide a picture may be on a sheet."""


def contact_sheet(
    pictures: Sequence[tuple[Image.Image, str]], columns: int | None = None, cell: int = 192
) -> Image.Image:
    """Pictures side by side, shrunk or enlarged to one width, with their captions below.

    Args:
        pictures: each with its caption.
        columns: how many in a row; default: about as many as rows.
        cell: width of one picture in pixels.
    """
    columns = columns or max(1, round(len(pictures) ** 0.5))
    font = ImageFont.load_default(11)
    letters = max(8, int(cell / 5.6))
    captions = [textwrap.wrap(caption, letters)[:3] for _, caption in pictures]
    shown = [_scaled(picture, cell) for picture, _ in pictures]
    rows = [range(start, min(start + columns, len(pictures))) for start in range(0, len(pictures), columns)]
    heights = [max(shown[i].height + _LINE * len(captions[i]) for i in row) + _MARGIN for row in rows]
    sheet = Image.new("RGB", (columns * (cell + _MARGIN) + _MARGIN, sum(heights) + _MARGIN), "white")
    pen = ImageDraw.Draw(sheet)
    top = _MARGIN
    for row, height in zip(rows, heights, strict=True):
        for column, number in enumerate(row):
            left = _MARGIN + column * (cell + _MARGIN)
            picture = shown[number]
            sheet.paste(picture, (left, top), picture if picture.mode == "RGBA" else None)
            for line, words in enumerate(captions[number]):
                pen.text((left, top + picture.height + 2 + line * _LINE), words, fill="black", font=font)
        top += height
    return sheet


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    """The picture at a width, or narrower if it is very high; pixel art is enlarged without blur."""
    picture = picture.convert("RGBA" if picture.mode in ("RGBA", "LA", "P") else "RGB")
    width = max(1, min(width, round(_HIGHEST * width * picture.width / picture.height)))
    height = max(1, round(picture.height * width / picture.width))
    how = Image.Resampling.NEAREST if width >= picture.width else Image.Resampling.LANCZOS
    return picture.resize((width, height), how)
