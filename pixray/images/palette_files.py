"""The colours of files: of pictures, and of Adobe colour tables."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pixray.images.color import Color
from pixray.images.glob import is_address, local_path
from pixray.runtime.files import short

if TYPE_CHECKING:
    import numpy as np

MOST = 255
"""Colours taken from a picture that does not say how many."""
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".avif", ".tif", ".tiff", ".heic", ".svg")
TABLE = ".act"


def is_table(path: str) -> bool:
    """Whether a palette file is an Adobe table rather than a picture.

    Raises:
        ValueError: by its ending it is neither, or it is a table behind an address.
    """
    address = is_address(path)
    ending = PurePath(urlsplit(path).path if address else path).suffix.lower()
    if ending not in (*PICTURES, TABLE):
        raise ValueError(f"a palette file ends in one of {', '.join((*PICTURES, TABLE))}, not in '{short(ending)}'")
    if ending == TABLE and address:
        raise ValueError("colour tables are read from files only; download it and write @FILE.act")
    return ending == TABLE


def colors_of_picture(path: str, count: int | None, exact: bool) -> list[Color]:
    """The colours of a picture, sorted; those that nobody sees, since they are transparent, are left out.

    Args:
        count: at most so many (`MOST` where it is None): of more, the means of groups of alike ones by median cut.
        exact: of each group its most frequent colour, in place of the mean.

    Raises:
        PixrayError: it cannot be read.
        ValueError: all of it is transparent.
    """
    import numpy as np

    from pixray.images.io import open_picture

    pixels = np.asarray(open_picture(path, "palette").convert("RGBA")).reshape(-1, 4)
    seen = pixels[pixels[:, 3] > 0][:, :3]
    if not len(seen):
        raise ValueError("every pixel of the picture is transparent")
    codes = (seen.astype(np.uint32) * (1 << 16, 1 << 8, 1)).sum(1, dtype=np.uint32)
    unique, first, counts = np.unique(codes, return_index=True, return_counts=True)
    most = count or MOST
    few = seen[first].tolist() if len(unique) <= most else _median_cut(seen, first, counts, most, exact)
    return [_scaled(tuple(colour)) for colour in few]


def _median_cut(seen: np.ndarray, first: np.ndarray, counts: np.ndarray, most: int, exact: bool) -> list[list[int]]:
    """Fewer colours, chosen by how much of the picture each covers.

    Args:
        seen: N 3; first, counts: of each different colour, a place in `seen` and how often it is there.
    """
    import numpy as np
    from PIL import Image

    small = Image.fromarray(seen[None]).quantize(most, Image.Quantize.MEDIANCUT)
    means = np.array(small.getpalette(), dtype=np.uint8).reshape(-1, 3)
    if not exact:
        return [list(mean) for mean in dict.fromkeys(map(tuple, means.tolist()))][:most]
    groups = np.asarray(small)[0][first]
    return [seen[first[groups == group][counts[groups == group].argmax()]].tolist() for group in np.unique(groups)]


def colors_of_table(path: str) -> list[Color]:
    """An Adobe colour table: 256 colours of 3 bytes, then maybe 2 bytes that say how many of them count.

    Raises:
        PixrayError: no file can have this name.
        ValueError: there is no such file, or it is something else.
    """
    try:
        content = local_path(path, "palette").read_bytes()
    except OSError as error:
        raise ValueError(f"{short(path)} cannot be read ({error.strerror})") from None
    if len(content) not in (768, 772):
        raise ValueError(f"{short(path)} is no Adobe colour table (it has {len(content)} bytes, not 768 or 772)")
    count = int.from_bytes(content[768:770], "big") if len(content) == 772 else 256
    return [_scaled(tuple(content[3 * number : 3 * number + 3])) for number in range(min(count or 256, 256))]


def _scaled(colour: tuple[int, ...]) -> Color:
    red, green, blue = (value / 255 for value in colour)
    return red, green, blue
