"""The colours of files: of pictures, and of the palette files of painting programs.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pixray.images.color import Color
from pixray.images.glob import is_address, local_path
from pixray.runtime.files import short

if TYPE_CHECKING:
    import numpy as np

MOST = 255
"""Colours taken from a picture that does not say how many."""
MOST_COLORS = 4096
"""Colours of a whole palette."""
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".avif", ".tif", ".tiff", ".heic", ".svg")
TABLES = (".gpl", ".hex", ".pal", ".act", ".ase", ".aco")
_TEXTS = (".gpl", ".hex", ".pal")
_MOST_BYTES = 1 << 20


def is_table(path: str) -> bool:
    """Whether a palette file is one of `TABLES` rather than a picture.

    Raises:
        ValueError: by its ending it is neither, or it is a table behind an address.
    """
    address = is_address(path)
    ending = PurePath(urlsplit(path).path if address else path).suffix.lower()
    if ending not in (*PICTURES, *TABLES):
        raise ValueError(f"a palette file ends in one of {', '.join((*TABLES, *PICTURES))}, not in '{short(ending)}'")
    if ending in TABLES and address:
        raise ValueError(f"{ending} files are read from this machine only; download it and write @FILE{ending}")
    return ending in TABLES


def colors_of_picture(path: str, count: int | None, exact: bool) -> list[Color]:
    """The colours of a picture; those that nobody sees, since they are transparent, are left out.

    A strip, whose rows or columns are all alike, gives its colours in their order, other pictures give them sorted.

    Args:
        count: at most so many (`MOST` where it is None): of more, the means of groups of alike ones by median cut.
        exact: of each group its most frequent colour, in place of the mean.

    Raises:
        PixrayError: it cannot be read.
        ValueError: all of it is transparent.
    """
    import numpy as np

    from pixray.images.io import open_picture

    picture = np.asarray(open_picture(path, "palette").convert("RGBA"))
    strip = bool((picture == picture[:1]).all() or (picture == picture[:, :1]).all())
    pixels = picture.reshape(-1, 4)
    visible = pixels[pixels[:, 3] > 0][:, :3]
    if not len(visible):
        raise ValueError("every pixel of the picture is transparent")
    codes = (visible.astype(np.uint32) * (1 << 16, 1 << 8, 1)).sum(1, dtype=np.uint32)
    unique, first, counts = np.unique(codes, return_index=True, return_counts=True)
    most = count or MOST
    if len(unique) <= most:
        chosen = visible[np.sort(first) if strip else first].tolist()
    else:
        chosen = _median_cut(visible, first, counts, most, exact)
    return [_scaled(tuple(colour)) for colour in chosen]


def _median_cut(visible: np.ndarray, first: np.ndarray, counts: np.ndarray, most: int, exact: bool) -> list[list[int]]:
    """Fewer colours, chosen by how much of the picture each covers.

    Args:
        visible: N 3; first, counts: of each different colour, an index into `visible` and how often it is there.
    """
    import numpy as np
    from PIL import Image

    small = Image.fromarray(visible[None]).quantize(most, Image.Quantize.MEDIANCUT)
    means = np.array(small.getpalette(), dtype=np.uint8).reshape(-1, 3)
    if not exact:
        return [list(mean) for mean in dict.fromkeys(map(tuple, means.tolist()))][:most]
    groups = np.asarray(small)[0][first]
    return [visible[first[groups == group][counts[groups == group].argmax()]].tolist() for group in np.unique(groups)]


def colors_of_table(path: str) -> list[Color]:
    """The colours of a palette file, in their order, duplicates included.

    Raises:
        PixrayError: no file can have this name.
        ValueError: there is no such file, or something in it is wrong; in texts, with the number of the line.
    """
    from pixray.images.palette_adobe import aco_colors, act_colors, ase_colors

    local = local_path(path, "palette")
    content = _content(local, path)
    ending = local.suffix.lower()
    try:
        if ending in _TEXTS:
            colours = [_scaled(colour) for colour in _colors_of_text(ending, content)]
        else:
            colours = {".act": act_colors, ".ase": ase_colors, ".aco": aco_colors}[ending](content)
    except ValueError as error:
        raise ValueError(f"{short(path)}{',' if str(error).startswith('line') else ':'} {error}") from None
    if not 1 <= len(colours) <= MOST_COLORS:
        count = f"{len(colours):,} colours" if colours else "no colour"
        raise ValueError(f"{short(path)} holds {count}; expected 1 to {MOST_COLORS:,}")
    return colours


def _content(local: Path, path: str) -> bytes:
    """The bytes of an ordinary file of a palette's size: no pipe is waited for and no device read."""
    if not local.is_file():
        raise ValueError(f"{short(path)} is no file" if local.exists() else f"{short(path)}: there is no such file")
    try:
        with local.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{short(path)} cannot be read ({error.strerror})") from None
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{short(path)} is too large for a palette file (more than {_MOST_BYTES >> 20} MB)")
    return content


def _colors_of_text(ending: str, content: bytes) -> list[tuple[int, int, int]]:
    from pixray.images.palette_lines import gpl_colors, hex_colors, jasc_colors

    if ending == ".pal" and content[:4] == b"RIFF":
        raise ValueError("it is a RIFF palette; expected a JASC one, as PaintShop and Aseprite write it")
    text = content.decode("utf-8-sig", "replace")  # names of colours may be in any encoding; they are not used
    lines = re.split(r"\r\n|\r|\n", text)
    return {".gpl": gpl_colors, ".hex": hex_colors, ".pal": jasc_colors}[ending](lines)


def _scaled(colour: tuple[int, ...]) -> Color:
    red, green, blue = (value / 255 for value in colour)
    return red, green, blue
