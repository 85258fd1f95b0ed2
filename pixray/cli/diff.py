"""pixray diff A B: which settings, and how much of the picture, differ.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pixray.cli.parsing import Parser
from pixray.settings.declare import RESOLVED
from pixray.settings.recorded import complete_values


def main(argv: Sequence[str]) -> int:
    """Print the differences; exit code 0 if there are none, 1 otherwise, as diff does."""
    parser = Parser("diff", "Say what differs between two pictures.")
    parser.add_argument("first", help="a PNG or SVG of pixray, a settings.yaml, or the folder of a run")
    parser.add_argument("second", help="what to compare it with")
    args = parser.parse_args(argv)

    from pixray.recorders.record import read_record
    from pixray.recorders.staging import fetched, is_result

    with fetched(args.first, "first", is_result) as first, fetched(args.second, "second", is_result) as second:
        lines = list(differing_settings(read_record(first), read_record(second)))
        lines += differing_pixels(_picture(first), _picture(second))
    sys.stdout.write("".join(f"{line}\n" for line in lines) or "no difference\n")
    return 1 if lines else 0


def _picture(path: Path) -> Path:
    """The file itself, or the picture in the folder of a run."""
    from pixray.recorders.record import read_record

    expanded = path.expanduser()
    return expanded / str(read_record(expanded).get("output", "output.png")) if expanded.is_dir() else expanded


def differing_settings(first: dict[str, Any], second: dict[str, Any]) -> Iterator[str]:
    """`name: this -> that` for each setting that is not the same in both. What nobody asked for counts where both say
    what they used: two drawers have different settings, and old records say what was asked for alone.
    """
    complete = [complete_values(record) for record in (first, second)]
    asked = [name for name in (*first, *second) if name != RESOLVED]
    both = [name for name in complete[0] if name in complete[1]]
    for name in dict.fromkeys([*asked, *both]):
        before, after = (_shown(values[name]) if name in values else "(default)" for values in complete)
        if before != after:
            yield f"{name}: {before} -> {after}"


def differing_pixels(first: Path, second: Path) -> list[str]:
    """How far apart two pictures of one size are; nothing for files that are no pictures of pixels."""
    from pixray.settings.output import WRITTEN

    if any(path.suffix.lower() not in WRITTEN for path in (first, second)):
        return []
    import numpy as np

    from pixray.images.io import open_picture

    before, after = (np.asarray(open_picture(path).convert("RGBA"), dtype=np.float32) for path in (first, second))
    if before.shape != after.shape:
        return [f"size: {before.shape[1]}x{before.shape[0]} -> {after.shape[1]}x{after.shape[0]}"]
    difference = np.abs(before - after)
    if not difference.any():
        return []
    share = (difference.max(-1) > 0).mean()
    return [f"pixels: {share:.1%} differ, by {difference.mean() / 255:.2%} of full scale on average"]


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return " | ".join(map(str, value)) if isinstance(value, list) else str(value)
