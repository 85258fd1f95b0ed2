"""Any picture as 8 bits of sRGB: depth, palette, colour space, embedded profile and transparency in one place.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsProfile

_DEEP = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
"""Pillow's modes of one channel with more than 8 bits."""
_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}
"""How profiles call the colour spaces of Pillow's modes."""
_AT_ONCE = 1 << 20
"""Values that are scaled at a time, which bounds the memory of large pictures."""
_UNSEEN = 2
"""Levels of 255; a profile that changes colours by no more is that of sRGB."""


def as_srgb(picture: Image.Image) -> Image.Image:
    """The picture in 8 bits of sRGB.

    More bits are scaled, not cut off; floats and 32-bit integers by the range that their values lie in (0 to 1, to
    255, or to 65535). An embedded profile is applied where it fits the picture, and ignored where it is damaged.

    Returns:
        RGB, or RGBA where the picture has an alpha channel or a transparent colour.
    """
    color, alpha = _separate(picture)
    rgb = _by_profile(color, picture.info.get("icc_profile"))
    if alpha is not None:
        rgb.putalpha(alpha)
    return rgb


def _separate(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colour in 8 bits (L, RGB, CMYK or LAB), and opacity."""
    if picture.mode in _DEEP:
        return _deep(picture)
    if picture.mode in ("CMYK", "LAB"):
        return picture, None
    grey = picture.mode in ("1", "L", "LA", "La")
    if not picture.has_transparency_data:
        return picture.convert("L" if grey else "RGB"), None
    converted = picture.convert("LA" if grey else "RGBA")
    return converted.convert("L" if grey else "RGB"), converted.getchannel("A")


def _deep(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    values = np.asarray(picture)
    # Pillow opens 16-bit PNG and PNM files as 32-bit integers in some of its versions.
    sixteen = picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format in ("PNG", "PPM"))
    levels = Image.fromarray(to_levels(values, 65535 if sixteen else None))
    transparent = picture.info.get("transparency")
    if not isinstance(transparent, int):
        return levels, None
    return levels, Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))


def to_levels(values: np.ndarray, white: float | None = None) -> np.ndarray:
    """Numbers of any type and range as 0 to 255.

    Args:
        values: any shape; what is not a number counts as black.
        white: the value of full brightness; None: 1, 255 or 65535, whichever the values suggest.
    """
    if white is None:
        white = _white_of(values)
    levels = np.empty(values.shape, np.uint8)
    rows = max(1, _AT_ONCE * len(values) // max(1, values.size))
    for start in range(0, len(values), rows):
        part = np.nan_to_num(values[start : start + rows].astype(np.float32), nan=0.0, posinf=np.inf, neginf=0.0)
        levels[start : start + rows] = np.rint(np.clip(part / white, 0, 1) * 255)
    return levels


def _white_of(values: np.ndarray) -> float:
    """The value of full brightness that fits the values."""
    integers = values.dtype.kind in "iub"
    finite = values[np.isfinite(values)]
    most = float(finite.max(initial=0.0))
    # Float pictures from 0 to 1 may hold some highlights above 1.
    if not integers and (most <= 1 or (np.percentile(finite, 95) <= 1 and (finite != np.rint(finite)).any())):
        return 1.0
    return next((white for white in (255.0, 65535.0) if most <= white), most)


def _by_profile(color: Image.Image, content: bytes | None) -> Image.Image:
    """L, RGB, CMYK or LAB as RGB in sRGB."""
    if not content and color.mode != "LAB":
        return color.convert("RGB")
    from PIL import ImageCms

    profile = _profile(content) if content else None
    if profile is not None and color.mode == "L" and _space_of(profile) == "RGB":
        color = color.convert("RGB")
    if profile is None or _space_of(profile) != _SPACES[color.mode]:
        if color.mode != "LAB":
            return color.convert("RGB")
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    try:
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), color.mode, "RGB")
    except ImageCms.PyCMSError:
        return color.convert("RGB")
    if color.mode == "RGB" and _changes_nothing(transform):
        return color
    return _transformed(transform, color)


def _profile(content: bytes) -> ImageCmsProfile | None:
    from PIL import ImageCms

    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(content))
    except (OSError, ImageCms.PyCMSError):
        return None


def _space_of(profile: ImageCmsProfile) -> str:
    return str(profile.profile.xcolor_space).strip()


def _transformed(transform: Any, picture: Image.Image) -> Image.Image:
    from PIL import ImageCms

    result = ImageCms.applyTransform(picture, transform)
    assert result is not None, "only a transformation in place gives nothing"
    return result


def _changes_nothing(transform: Any) -> bool:
    """Whether colours from all over the cube stay where they are: rounding must not touch pictures in sRGB."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    probe = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(27, 27, 3)
    after = np.asarray(_transformed(transform, Image.fromarray(probe)))
    return bool(np.abs(after.astype(int) - probe).max() <= _UNSEEN)
