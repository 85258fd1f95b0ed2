"""Films from frames, through the ffmpeg that imageio brings along: no system ffmpeg, any picture size."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SECONDS, SLOWEST, FASTEST = 14, 10, 60


def frame_rate(num_frames: int) -> int:
    """Frames per second that make a film about 14 seconds long, between 10 and 60."""
    return int(min(max(num_frames / SECONDS, SLOWEST), FASTEST))


def make_film(frames: Sequence[Path], path: Path, *, hold: float = 1.0, comment: str = "") -> bool:
    """Write an mp4 (H.264, readable everywhere) from pictures of one size.

    Args:
        frames: picture files in order.
        hold: how long the last one stays, in seconds.
        comment: stored in the file.

    Returns:
        False if there are fewer than two frames, which make no film.
    """
    if len(frames) < 2:
        return False
    import imageio.v2 as imageio

    rate = frame_rate(len(frames))
    temporary = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        writer: Any = imageio.get_writer(
            temporary,
            format="FFMPEG",
            fps=rate,
            codec="libx264",
            macro_block_size=1,
            pixelformat="yuv420p",
            output_params=["-crf", "17", "-movflags", "+faststart", "-metadata", f"comment={comment}"],
        )
        with writer:
            for frame in [*frames, *[frames[-1]] * int(hold * rate)]:
                writer.append_data(even_sized(frame))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def even_sized(frame: Path) -> np.ndarray:
    """The picture as H W 3 on white, its last row and column repeated where a side is odd (H.264 wants even ones)."""
    with Image.open(frame) as opened:
        picture = opened.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    pixels = np.asarray(flat)
    return np.pad(pixels, ((0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)), mode="edge")
