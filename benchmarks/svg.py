"""How many SVG files of a folder are read, and how far our pictures of them are from resvg's.

python -m benchmarks.svg FOLDER [--most 1200] [--size 128] [--seed 0] [--worst 20] [--pictures FOLDER]

A folder below FOLDER is a set. Files are drawn at random, as many from each set as there are, up to --most together.
Both pictures lie on white; the difference is the mean over pixels and channels, in levels of 255. `--pictures` keeps
the worst ones: ours, resvg's, and the difference side by side.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import statistics
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.common import table
from pixray.drawers.strokes.render import render
from pixray.drawers.strokes.svg_read import read_svg
from pixray.errors import PixrayError


@dataclass
class Result:
    """One file.

    Attributes:
        refused: the sentence that said why it was not read, or "".
        difference: in levels of 255, where it was read; seconds: that reading took.
    """

    path: Path
    kind: str
    refused: str = ""
    difference: float = 0.0
    seconds: float = 0.0
    pictures: tuple[np.ndarray, np.ndarray] | None = None


def resvg_picture(path: Path, longest: int) -> np.ndarray:
    """H W 3 in levels from 0 to 255, on white, with the longer side as asked for.

    Raises:
        ValueError: resvg does not read it.
    """
    import resvg_py

    data = bytes(resvg_py.svg_to_bytes(svg_path=str(path), width=longest, dpi=96))
    picture = Image.open(io.BytesIO(data))
    if picture.height > longest:
        data = bytes(resvg_py.svg_to_bytes(svg_path=str(path), height=longest, dpi=96))
        picture = Image.open(io.BytesIO(data))
    white = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB"), dtype=np.float32)


def our_picture(path: Path, size: tuple[int, int]) -> tuple[np.ndarray, float]:
    """H W 3 in levels from 0 to 255, on white; and the seconds that reading took."""
    import torch

    begun = time.perf_counter()
    sketch = read_svg(path, size)
    spent = time.perf_counter() - begun
    with torch.no_grad():
        paper = torch.ones(3) if sketch.paper is None else sketch.paper
        picture = render(sketch.scene(), size, paper)
    return picture[0].permute(1, 2, 0).numpy() * 255, spent


def compared(path: Path, kind: str, longest: int) -> Result | None:
    """What became of one file; None where resvg does not read it either."""
    try:
        wanted = resvg_picture(path, longest)
    except ValueError:
        return None
    result = Result(path, kind)
    try:
        ours, result.seconds = our_picture(path, (wanted.shape[1], wanted.shape[0]))
    except PixrayError as error:
        result.refused = str(error).partition("': ")[2]
        return result
    result.difference = float(np.abs(ours - wanted).mean())
    result.pictures = (ours, wanted)
    return result


def sampled(folder: Path, most: int, seed: int) -> list[tuple[str, Path]]:
    """Set and file, the same number of each set as far as there are so many."""
    sets = defaultdict(list)
    for path in sorted([*folder.rglob("*.svg"), *folder.rglob("*.svgz")]):
        sets[path.relative_to(folder).parts[0] if path.parent != folder else folder.name].append(path)
    chance = random.Random(seed)
    share = -(-most // max(1, len(sets)))
    return [(kind, path) for kind in sorted(sets) for path in chance.sample(sets[kind], min(share, len(sets[kind])))]


def report(results: list[Result], worst: int) -> str:
    rows = []
    for kind in [*sorted({result.kind for result in results}), "all"]:
        members = [result for result in results if kind in ("all", result.kind)]
        read = [result for result in members if not result.refused]
        differences = [result.difference for result in read] or [float("nan")]
        figures = (statistics.mean(differences), statistics.median(differences), max(differences))
        seconds = max((result.seconds for result in read), default=0.0)
        share = f"{100 * len(read) / len(members):.1f}%"
        rows.append([kind, str(len(members)), share, *(f"{one:.2f}" for one in figures), f"{seconds * 1000:.0f}"])
    head = ["set", "files", "read", "mean difference", "median", "largest", "slowest reading, ms"]
    text = table("SVG files, ours against resvg", head, rows)
    reasons = Counter(re.sub(r"'[^']*'", "'…'", result.refused) for result in results if result.refused)
    text += "\n" + table("Refused", ["files", "why"], [[str(count), why] for why, count in reasons.most_common(worst)])
    far = sorted((result for result in results if not result.refused), key=lambda result: -result.difference)[:worst]
    rows = [[f"{result.difference:.2f}", result.kind, result.path.name] for result in far]
    return text + "\n" + table("Farthest from resvg", ["difference", "set", "file"], rows)


def keep_pictures(results: list[Result], worst: int, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for place, result in enumerate(sorted(results, key=lambda result: -result.difference)[:worst]):
        if result.pictures is not None:
            ours, wanted = result.pictures
            whole = np.concatenate([ours, wanted, 255 - np.abs(ours - wanted)], 1)
            Image.fromarray(whole.clip(0, 255).astype(np.uint8)).save(folder / f"{place:03}-{result.path.stem}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=1200)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worst", type=int, default=20)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    found = (compared(path, kind, options.size) for kind, path in sampled(options.folder, options.most, options.seed))
    results = [result for result in found if result is not None]
    print(report(results, options.worst))
    if options.pictures:
        keep_pictures(results, options.worst, options.pictures)


if __name__ == "__main__":
    main()
