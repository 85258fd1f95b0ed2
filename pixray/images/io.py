"""Pictures in and out: tensors to 8 bits and back, PNG files with settings inside.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from pixray.errors import MissingPackage, PixrayError
from pixray.images.glob import is_address, local_path
from pixray.runtime.files import short
from pixray.runtime.redact import without_secrets

if TYPE_CHECKING:
    from torch import Tensor


def to_u8(image: Tensor) -> np.ndarray:
    """1 C H W in [0, 1] to H W C, 0 to 255, on the CPU."""
    scaled = (image.detach()[0].clamp(0, 1) * 255).round()
    return scaled.byte().permute(1, 2, 0).contiguous().cpu().numpy()


def to_tensor(picture: Image.Image, channels: int = 3) -> Tensor:
    """A picture to 1 C H W in [0, 1].

    Args:
        channels: 3 or 4.
    """
    import torch

    pixels = np.asarray(picture.convert("RGBA" if channels == 4 else "RGB"))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


def open_picture(path: str | Path, label: str = "picture") -> Image.Image:
    """A picture from a file or a web address: upright, in 8 bits of sRGB, of several frames the first.

    Everything that reads pictures for a run opens them here, so that depth, colour space, embedded profile,
    orientation and transparency mean the same everywhere.

    Args:
        label: how the message calls it, such as "init_image".

    Returns:
        RGB, or RGBA where the file holds transparency.

    Raises:
        PixrayError: no such file, no answer, no picture, or one that is too large.
        MissingPackage: its format needs a library that is not installed.
    """
    from pixray.images.srgb import as_srgb

    with _opened(path, label) as picture:
        return as_srgb(_upright(picture))


def open_mask(path: str | Path, label: str) -> Image.Image:
    """A picture whose brightness counts, as L; transparency counts as white.

    Raises:
        PixrayError: as `open_picture`.
    """
    return on_white(open_picture(path, label)).convert("L")


def picture_size(path: str | Path, label: str) -> tuple[int, int]:
    """Width and height of a picture once it is upright; its pixels are not read.

    Raises:
        PixrayError: as `open_picture`.
    """
    with _opened(path, label) as picture:
        return picture.size[::-1] if _orientation(picture) >= 5 else picture.size


@contextlib.contextmanager
def _opened(path: str | Path, label: str) -> Iterator[Image.Image]:
    """The picture with nothing but its header read; whatever goes wrong inside becomes one sentence."""
    from pixray.images.fetch import fetch
    from pixray.images.formats import KNOWN, open_header

    source = fetch(str(path), label) if is_address(path) else local_path(path, label)
    shown = short(without_secrets(str(path)))
    try:
        with open_header(source) as picture:
            yield picture
    except MissingPackage:
        raise
    except FileNotFoundError:
        raise PixrayError(f"{label}='{shown}': there is no such file") from None
    except UnidentifiedImageError:
        raise PixrayError(f"{label}='{shown}': cannot be read as a picture (expected {KNOWN})") from None
    except Exception as error:  # decoders raise whatever a damaged file makes them stumble over
        reason = str(error) if isinstance(error, OSError | ValueError | SyntaxError) else "it is damaged"
        raise PixrayError(f"{label}='{shown}': cannot be read as a picture ({reason or 'it is damaged'})") from error


def _upright(picture: Image.Image) -> Image.Image:
    """The picture as its camera was held."""
    if _orientation(picture) == 1:
        return picture
    return ImageOps.exif_transpose(picture)


def _orientation(picture: Image.Image) -> int:
    """The EXIF code, 1 to 8; 1 where it is missing or damaged."""
    try:
        code = picture.getexif().get(0x0112, 1)
    except Exception:  # the picture itself is sound
        return 1
    return code if isinstance(code, int) and 1 <= code <= 8 else 1


def resized(picture: Image.Image, size: tuple[int, int], fit: str = "stretch") -> Image.Image:
    """The picture at another size (Lanczos).

    Args:
        fit: what happens to other proportions: "stretch" gives them up, "crop" cuts off what is too much on both
            sides, "contain" keeps all of it and leaves the rest transparent.
    """
    if picture.size == size:
        return picture
    lanczos = Image.Resampling.LANCZOS
    if fit == "crop":
        return ImageOps.fit(picture, size, lanczos)
    if fit == "contain":
        inner = ImageOps.contain(picture.convert("RGBA"), size, lanczos)
        framed = Image.new("RGBA", size)
        framed.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
        return framed
    return picture.resize(size, lanczos)


def on_white(picture: Image.Image) -> Image.Image:
    """The picture without transparency."""
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
