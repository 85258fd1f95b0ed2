"""pixray video OUTDIR: a video of the steps of a run, as mp4, gif or animated WebP.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pixray.cli.parsing import Parser, folder_of
from pixray.errors import PixrayError, SettingsError
from pixray.runtime.files import user_path

FORMATS = ("mp4", "gif", "webp")
_FEW = 20
"""Frames below which a video looks like a row of pictures."""


def main(argv: Sequence[str]) -> int:
    """Write the video and print its path."""
    parser = Parser("video", "Make a video of the saved steps of a run.")
    parser.add_argument("outdir", help="folder of a run, or any folder of frame_NNNN.png files")
    parser.add_argument("--format", choices=FORMATS, help="kind of video (default: what --out ends in, else mp4)")
    parser.add_argument("--fps", type=float, help="frames per second (default: about 14 seconds in all)")
    parser.add_argument("--hold", type=float, default=1.0, help="seconds to stay on the last frame (default: 1)")
    parser.add_argument("--loop", type=int, default=0, help="gif and webp: times to play, 0 for ever; mp4: repeats")
    parser.add_argument("--out", "-o", help="where to write it (default: video.FORMAT in the folder)")
    args = parser.parse_args(argv)
    if args.fps is not None and not 0.01 <= args.fps <= 240:
        raise SettingsError(f"fps={args.fps:g}: expected a number from 0.01 to 240")
    if args.hold < 0 or args.loop < 0:
        raise SettingsError("hold and loop: expected numbers of at least 0")
    folder = folder_of(args.outdir)
    path = _target(folder, args.format, args.out)
    frames = frames_of(folder)

    from pixray.recorders.video import write_video

    write_video(frames, path, rate=args.fps, hold=args.hold, loop=args.loop)
    if hint := _more_frames(folder, len(frames)):
        sys.stderr.write(f"{hint}\n")
    sys.stdout.write(f"{path}\n")
    return 0


def _more_frames(folder: Path, count: int) -> str:
    """How to get a smoother video, for a run that kept few of its steps; empty where there are enough."""
    from pixray.recorders.record import read_record

    if count >= _FEW or not (folder / "settings.yaml").is_file():
        return ""
    steps = read_record(folder).get("iterations")
    if not isinstance(steps, int) or steps <= count:
        return ""
    return f"{count} frames: painting with --save_every {max(1, steps // _FEW)} keeps more of the {steps} steps"


def _target(folder: Path, kind: str | None, out: str | None) -> Path:
    """Where the video goes; its ending and the format must agree."""
    if out is None:
        return folder / f"video.{kind or 'mp4'}"
    path = user_path(out, "out")
    endings = [f".{ending}" for ending in ((kind,) if kind else FORMATS)]
    if path.suffix not in endings:
        raise SettingsError(f"out='{out}': expected a name that ends in {' or '.join(endings)}")
    return path


def frames_of(folder: Path) -> list[Path]:
    """The frames of a run in order: every step if each was recorded, else the saved ones.

    Raises:
        PixrayError: fewer than two frames.
    """
    from pixray.recorders.log import read_log

    log = read_log(folder)
    named = [[folder / name for name in log.frames(subfolder)] for subfolder in ("video", "steps")] if log else []
    # What lies there counts only where no log says which frames are this run's.
    folders = [folder] if any(named) else [folder / "video", folder / "steps", folder]
    lying = [sorted(subfolder.glob("frame_*.png"), key=_number) for subfolder in folders]
    for frames in [*named, *lying]:
        existing = [frame for frame in frames if frame.is_file()]
        if len(existing) > 1:
            return existing
    raise PixrayError(f"{folder} holds fewer than two frames (frame_NNNN.png in video/, steps/ or itself)")


def _number(path: Path) -> int:
    digits = path.stem.removeprefix("frame_")
    return int(digits) if digits.isdigit() else 0
