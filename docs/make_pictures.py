"""Make the pictures of the documentation anew, each by the command printed under it:

    python docs/make_pictures.py README.md docs/strokes.md [--only heart]

A picture that is followed by a block of shell commands is the result of those commands. What the last command writes
is `output.png` in its --outdir; another file is named by a comment before the block, `<!-- shows: FILE -->`.
Commands run one after the other in one empty folder per page, so that a later one may use what an earlier one wrote.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 640
"""Pixels, of the longer side."""
HEAVIEST = 150_000
"""Bytes; what would be more keeps 256 colours."""
_PICTURE = re.compile(
    r"!\[[^\]]*\]\((?P<path>[^)\s]+)\)\s*\n+(?:<!-- shows: (?P<shows>.*?) -->\s*\n+)?```sh\n(?P<commands>.*?)```", re.S
)


@dataclass(frozen=True)
class Picture:
    """A picture of a page: the file it is kept in, the commands under it, and which of their files it shows."""

    path: Path
    commands: str
    shows: str | None


def pictures_of(page: Path) -> Iterator[Picture]:
    """Every picture of a page that has commands under it, in order."""
    for match in _PICTURE.finditer(page.read_text(encoding="utf-8")):
        yield Picture(page.parent / match["path"], match["commands"], match["shows"])


def make(picture: Picture, folder: Path) -> None:
    """Run the commands in a folder and keep what they made, small enough for a page."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    commands = re.sub(r"^( *)pixray ", rf"\1{shlex.quote(sys.executable)} -m pixray ", picture.commands, flags=re.M)
    commands = re.sub(r"^python ", f"{shlex.quote(sys.executable)} ", commands, flags=re.M)
    subprocess.run(["bash", "-euc", commands], cwd=folder, env=environment, check=True)
    shown = folder / (picture.shows or Path(_outdir(picture.commands)) / "output.png")
    picture.path.parent.mkdir(parents=True, exist_ok=True)
    if shown.suffix in (".svg", ".gif", ".webp"):
        picture.path.write_bytes(shown.read_bytes())
        return
    with Image.open(shown) as image:
        kept = image.convert("RGBA" if "A" in image.mode else "RGB")
        kept.thumbnail((LARGEST, LARGEST))
        kept.save(picture.path, optimize=True)
        if picture.path.stat().st_size > HEAVIEST:
            kept.quantize(256, Image.Quantize.FASTOCTREE).save(picture.path, optimize=True)


def _outdir(commands: str) -> str:
    """The folder that the last command of a block writes to."""
    words = shlex.split(commands.replace("\\\n", " "))
    places = [number for number, word in enumerate(words) if word == "--outdir"]
    if not places:
        raise ValueError(f"no --outdir in: {commands.strip()}")
    return words[places[-1] + 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--only", default="", help="pictures whose file name holds this")
    options = parser.parse_args()
    for page in options.pages:
        with tempfile.TemporaryDirectory() as folder:
            for picture in pictures_of(page):
                if options.only in picture.path.name:
                    sys.stdout.write(f"{page}: {picture.path.name}\n")
                    sys.stdout.flush()
                    make(picture, Path(folder))


if __name__ == "__main__":
    main()
