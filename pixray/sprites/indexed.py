"""A picture of few colours: a number for each pixel, and a colour with its opacity for each number."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, PngImagePlugin

from pixray.errors import PixrayError

MOST_COLORS = 256
"""Of an indexed picture, the transparent one among them."""


@dataclass(frozen=True)
class Indexed:
    """A picture of at most 256 colours.

    Attributes:
        pixels: H W uint8, numbers of colours.
        palette: N 4 uint8, red, green, blue and opacity. A fully transparent colour comes first, as (0, 0, 0, 0).
    """

    pixels: np.ndarray
    palette: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def transparent(self) -> bool:
        """Whether the first colour is the transparent one."""
        return self.palette[0, 3] == 0

    @property
    def rgba(self) -> np.ndarray:
        """H W 4 uint8."""
        return self.palette[self.pixels]

    def enlarged(self, factor: int) -> Indexed:
        """The same picture with `factor` x `factor` pixels for each pixel."""
        return Indexed(self.pixels.repeat(factor, 0).repeat(factor, 1), self.palette)


def indexed(pixels: np.ndarray, order: Sequence[Sequence[int]] = ()) -> Indexed:
    """A picture with a palette, from one of few colours.

    Args:
        pixels: H W 3 or H W 4 uint8.
        order: red, green, blue: colours that stand first in the palette, in this order, where the picture has them;
            others follow as the picture shows them from the top left.

    Raises:
        PixrayError: it holds more than 256 colours.
    """
    (made,) = indexed_alike([pixels], order)
    return made


def indexed_alike(pictures: Sequence[np.ndarray], order: Sequence[Sequence[int]] = ()) -> list[Indexed]:
    """Several pictures with one palette for all of them, as `indexed`."""
    whole = [_with_opacity(pixels) for pixels in pictures]
    codes = [picture.view(np.uint32)[..., 0] for picture in whole]
    flat = np.concatenate([code.ravel() for code in codes])
    unique, first = np.unique(flat, return_index=True)
    if len(unique) > MOST_COLORS:
        raise PixrayError(f"a picture of {len(unique):,} colours is no sprite: expected at most {MOST_COLORS}")
    ranks = {tuple(color): number for number, color in enumerate(order)}
    colors = unique.view(np.uint8).reshape(-1, 4)
    keys = [
        (
            color[3] > 0,
            ranks.get(tuple(color[:3]), len(ranks)),
            255 - color[3] if tuple(color[:3]) in ranks else 0,
            seen,
        )
        for color, seen in zip(colors.tolist(), first.tolist(), strict=True)
    ]
    arranged = sorted(range(len(unique)), key=keys.__getitem__)
    new_index = np.empty(len(unique), np.uint8)
    new_index[arranged] = np.arange(len(unique))
    return [Indexed(new_index[np.searchsorted(unique, code)], colors[arranged]) for code in codes]


def _with_opacity(pixels: np.ndarray) -> np.ndarray:
    """H W 4 in one piece; what is fully transparent has no colour."""
    if pixels.shape[2] == 3:
        pixels = np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], 2)
    return np.ascontiguousarray(pixels * (pixels[..., 3:] > 0))


def indexed_png(picture: Indexed, text: Mapping[str, str] | None = None) -> bytes:
    """A PNG with a palette (PLTE), whose opacities stand in tRNS where there are any.

    Args:
        text: metadata by key.
    """
    image = Image.fromarray(picture.pixels, "P")
    image.putpalette(picture.palette[:, :3].tobytes())
    opacities = picture.palette[:, 3].tobytes()
    more = {} if set(opacities) == {255} else {"transparency": opacities}
    info = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        info.add_text(key, value)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info, **more)
    return buffer.getvalue()
