"""A picture of one shape inside a picture of another: for services that make few sizes."""

from __future__ import annotations

import numpy as np
from PIL import Image


def inner_box(outer: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest centred part of `outer` with the proportions of `size`: left, top, right, bottom.

    A difference below two percent is not cut; it is stretched away unseen.

    >>> inner_box((1024, 1024), (192, 108)), inner_box((1344, 768), (192, 108))
    ((0, 224, 1024, 800), (0, 0, 1344, 768))
    """
    width, height = outer
    proportion = size[0] / size[1]
    if abs(proportion * height / width - 1) < 0.02:
        return 0, 0, width, height
    if proportion > width / height:
        rows = max(1, round(width / proportion))
        top = (height - rows) // 2
        return 0, top, width, top + rows
    columns = max(1, round(height * proportion))
    left = (width - columns) // 2
    return left, 0, left + columns, height


def cut_to(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The middle of a picture with the proportions of a size, resized to that size."""
    if picture.size == size:
        return picture
    part = picture.crop(inner_box(picture.size, size))
    return part if part.size == size else part.resize(size, Image.Resampling.LANCZOS)


def placed_in(picture: Image.Image, outer: tuple[int, int]) -> Image.Image:
    """The picture where `cut_to` will cut it out again, its borders stretched outwards to fill the rest."""
    left, top, right, bottom = inner_box(outer, picture.size)
    inside = picture.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    around = [(top, outer[1] - bottom), (left, outer[0] - right)]
    pixels = np.asarray(inside)
    padding = around if pixels.ndim == 2 else [*around, (0, 0)]
    return Image.fromarray(np.pad(pixels, padding, mode="edge"))
