"""Films from frames: mp4 through the ffmpeg that imageio brings along, gif and animated WebP through Pillow.

No system ffmpeg is needed, and pictures may have any size.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pixray.images.io import on_white, open_picture

SECONDS, SLOWEST, FASTEST = 14, 10, 60


def frame_rate(num_frames: int) -> int:
    """Frames per second that make a film about 14 seconds long, between 10 and 60."""
    return int(min(max(num_frames / SECONDS, SLOWEST), FASTEST))


def make_film(
    frames: Sequence[Path],
    path: Path,
    *,
    rate: float | None = None,
    hold: float = 1.0,
    loop: int = 0,
    comment: str = "",
) -> bool:
    """Write a film from pictures of one size; the ending of the path tells the format: .mp4, .gif or .webp.

    Args:
        frames: picture files in order.
        rate: frames per second; default: `frame_rate`.
        hold: how long the last frame stays, in seconds.
        loop: gif and WebP: how often it plays, 0 for ever; mp4: how often it is repeated after the first time.
        comment: stored in an mp4.

    Returns:
        False if there are fewer than two frames, which make no film.
    """
    if len(frames) < 2:
        return False
    rate = rate or frame_rate(len(frames))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        if path.suffix == ".mp4":
            _write_mp4(frames, temporary, rate, hold, loop, comment)
        else:
            _write_animation(frames, temporary, rate, hold, loop)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _write_mp4(frames: Sequence[Path], path: Path, rate: float, hold: float, loop: int, comment: str) -> None:
    """H.264 in the pixel format that every player reads."""
    import imageio.v2 as imageio

    writer: Any = imageio.get_writer(
        path,
        format="FFMPEG",
        fps=rate,
        codec="libx264",
        macro_block_size=1,
        pixelformat="yuv420p",
        output_params=["-crf", "17", "-movflags", "+faststart", "-metadata", f"comment={comment}"],
    )
    try:
        for frame in [*frames, *[frames[-1]] * int(hold * rate)] * (loop + 1):
            writer.append_data(even_sized(frame))
    finally:
        # Not `with`: that leaves ffmpeg running after an error, and it would write its file after we removed it.
        writer.close()


def _write_animation(frames: Sequence[Path], path: Path, rate: float, hold: float, loop: int) -> None:
    """A gif (256 colours, chosen per frame) or a WebP (all of them)."""
    pictures = [_flat(frame) for frame in frames]
    last = 1000 / rate + 1000 * hold
    durations = [round(1000 / rate)] * (len(frames) - 1) + [round(last)]
    kind = "GIF" if path.suffix == ".gif" else "WEBP"
    # Pillow counts the repeats of a gif after the first showing, and all showings of a WebP.
    shown = {} if kind == "GIF" and loop == 1 else {"loop": max(0, loop - 1) if kind == "GIF" and loop else loop}
    options: dict[str, Any] = {"quality": 90} if kind == "WEBP" else {"optimize": False}
    pictures[0].save(path, kind, save_all=True, append_images=pictures[1:], duration=durations, **shown, **options)


def _flat(frame: Path) -> Image.Image:
    """The picture on white, without transparency."""
    return on_white(open_picture(frame))


def even_sized(frame: Path) -> np.ndarray:
    """The picture as H W 3, its last row and column repeated where a side is odd (H.264 wants even ones)."""
    pixels = np.asarray(_flat(frame))
    return np.pad(pixels, ((0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)), mode="edge")
