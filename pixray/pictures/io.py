"""Pictures in and out: tensors to 8 bits and back, PNG files with settings inside, written whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from pixray.errors import PixrayError

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


def open_picture(path: str | Path, what: str = "picture") -> Image.Image:
    """A picture from a file, turned upright, fully read.

    Args:
        what: how the message calls it, such as "init_image".

    Raises:
        PixrayError: no such file, or no picture.
    """
    try:
        with Image.open(Path(path).expanduser()) as opened:
            return ImageOps.exif_transpose(opened).copy()
    except FileNotFoundError:
        raise PixrayError(f"{what}='{path}': there is no such file") from None
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise PixrayError(f"{what}='{path}': cannot be read as a picture ({error})") from error


def resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture at another size, stretched if the proportions differ (Lanczos)."""
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # mkstemp makes private files; results get the permissions that other files of this user have.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def png_bytes(image_u8: np.ndarray, text: Mapping[str, str] | None = None, level: int = 6) -> bytes:
    """A PNG file.

    Args:
        image_u8: H W 3 or H W 4.
        text: metadata; keys of at most 79 letters.
        level: zlib compression, 0 to 9.
    """
    info = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        info.add_text(key, value)
    buffer = io.BytesIO()
    Image.fromarray(image_u8).save(buffer, format="PNG", pnginfo=info, compress_level=level)
    return buffer.getvalue()
