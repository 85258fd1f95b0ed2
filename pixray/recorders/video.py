"""Videos from frames: mp4 through the ffmpeg that imageio brings along, gif and animated WebP through Pillow.

No system ffmpeg is needed, and pictures may have any size.

Late imports keep imageio-ffmpeg and imageio out of start-up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pixray.errors import PixrayError
from pixray.images.io import on_white, open_picture
from pixray.runtime.files import remove_parts, written_beside

SECONDS, SLOWEST, FASTEST = 14, 10, 60

_LONGEST_COMMENT = 4000
"""Letters; a command line does not hold texts of any length."""


def frame_rate(num_frames: int) -> int:
    """Frames per second that make a video about 14 seconds long, between 10 and 60."""
    return int(min(max(num_frames / SECONDS, SLOWEST), FASTEST))


def write_video(
    frames: Sequence[Path],
    path: Path,
    *,
    rate: float | None = None,
    hold: float = 1.0,
    loop: int = 0,
    comment: str = "",
) -> bool:
    """Write a video from pictures of one size; the ending of the path tells the format: .mp4, .gif or .webp.

    Args:
        frames: picture files in order.
        rate: frames per second; default: `frame_rate`.
        hold: how long the last frame stays, in seconds.
        loop: gif and WebP: how often it plays, 0 for ever; mp4: how often it is repeated after the first time.
        comment: stored in an mp4.

    Returns:
        False if there are fewer than two frames, which make no video.
    """
    if len(frames) < 2:
        return False
    rate = rate or frame_rate(len(frames))
    remove_parts(path.parent)
    with written_beside(path) as temporary:
        try:
            if path.suffix == ".mp4":
                _write_mp4_patiently(frames, temporary, rate, hold, loop, comment)
            else:
                _write_animation(frames, temporary, rate, hold, loop)
        except (ValueError, SyntaxError, EOFError) as error:
            raise PixrayError(f"{path}: these frames make no video ({error})") from error
        if not _whole(temporary, (len(frames) + int(hold * rate)) * (loop + 1)):
            raise PixrayError(f"{path}: the video came out broken, as on a full disk; an earlier one stays as it was")
    return True


def _write_mp4_patiently(frames: Sequence[Path], path: Path, rate: float, hold: float, loop: int, comment: str) -> None:
    """A second attempt if the encoder, which is a process of its own, ended while it was given frames."""
    try:
        _write_mp4(frames, path, rate, hold, loop, comment)
    except OSError as error:
        # imageio puts the reason into its text.
        if not isinstance(error, BrokenPipeError) and "Broken pipe" not in str(error):
            raise
        _write_mp4(frames, path, rate, hold, loop, comment)


def _whole(video: Path, count: int) -> bool:
    """Whether a video can be read to its end.

    Args:
        count: frames that an mp4 must have; the other formats take equal ones as one.
    """
    try:
        if video.suffix == ".mp4":
            return _count_frames(video) == count
        with Image.open(video) as picture:
            picture.seek(getattr(picture, "n_frames", 1) - 1)
            picture.load()
    except (OSError, RuntimeError, ValueError, SyntaxError, EOFError):
        return False
    return True


def _count_frames(video: Path) -> int:
    """How many frames ffmpeg reads from a file.

    imageio-ffmpeg counts, too, but leaves ffmpeg the terminal, where it looks for keys: it takes what is typed, and a
    shell stops a program of the background whose child does that, workers of a farm among them.
    """
    import subprocess

    import imageio_ffmpeg

    # As a file URL, since a name that starts with a dash would be an option.
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-i", f"file:{video}", "-map", "0:v:0", "-f", "null", "-"]
    read = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    counts = re.findall(rb"frame=\s*(\d+)", read.stderr)
    return int(counts[-1]) if counts and read.returncode == 0 else 0


def _write_mp4(frames: Sequence[Path], path: Path, rate: float, hold: float, loop: int, comment: str) -> None:
    """H.264 in the pixel format that every player reads."""
    import imageio.v2 as imageio

    comment = comment[:_LONGEST_COMMENT].replace("\0", "")
    writer: Any = imageio.get_writer(
        path.absolute(),  # a name that starts with a dash would be an option of ffmpeg
        format="FFMPEG",
        fps=rate,
        codec="libx264",
        macro_block_size=1,
        pixelformat="yuv420p",
        # As small as with the slower default at the same quality, 0.2 dB from it, in half the time.
        output_params=[
            "-preset",
            "veryfast",
            "-crf",
            "17",
            "-movflags",
            "+faststart",
            "-metadata",
            f"comment={comment}",
        ],
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
