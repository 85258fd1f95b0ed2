"""pixray compare --drawers pixel,stability --prompts "…": the same prompts by several drawers, side by side.

Late imports keep PIL and NumPy out of start-up.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pixray.cli.farm_flags import USAGE as FARM_USAGE
from pixray.cli.farm_flags import take_farm_flags
from pixray.cli.grid import read_words
from pixray.cli.parsing import asks_for_help
from pixray.errors import SettingsError
from pixray.runs.farm.shares import Share

if TYPE_CHECKING:
    from pixray.runs.compare import Comparison

USAGE = """\
usage: pixray compare --drawers NAMES --prompts PROMPTS [--seeds 1,2,3] [--judge PERCEPTOR] [--candidates 1]
                      [--outdir FOLDER] [--on PLACE] [settings]

The same prompts by several drawers, with one score for all, time and cost. The judge guides no picture: siglip2, or
any perceptor; without one, the embedded referee judges.

  pixray compare --drawers pixel,line_sketch,stability,openai --prompts "a lighthouse at night" --seeds 1,2

Remote services are asked all at once and only those named; their keys come from the environment. The folder (default:
compare) gets index.html, which stands by itself, sheet.png, compare.json and a folder per run. The same command again
reads what is there and costs nothing. --iterations is for drawers of this machine, --candidates says how many pictures
each service makes for a seed, of which the best is shown. --max_cost and --max_requests count for the whole comparison.
"""


def main(argv: Sequence[str]) -> int:
    """Compare; exit code 0 if every run is done, 1 if some failed, 130 after Ctrl-C."""
    if not argv or asks_for_help(argv):
        sys.stdout.write(f"{USAGE}\n{FARM_USAGE}")
        return 0
    words, farm = take_farm_flags(argv, "compare")
    if farm is not None and (farm.detach or farm.watch or farm.stop):
        raise SettingsError("pixray compare: --detach, --watch and --stop are for grids; scores need this command")
    texts, output = read_words(words, "compare")
    drawers, seeds = (_names(texts, name, default) for name, default in (("drawers", ""), ("seeds", "1")))
    folder, judge, prompts = (texts.pop(name, None) for name in ("outdir", "judge", "prompts"))
    candidates = texts.pop("candidates", "1")
    if not candidates.isdigit() or int(candidates) < 1:
        raise SettingsError(f"candidates='{candidates}': expected a whole number from 1")
    if not drawers or not prompts:
        raise SettingsError("pixray compare: needs --drawers and --prompts (try pixray compare --help)")

    from pixray.api import studio
    from pixray.models.store import ModelStore
    from pixray.recorders.staging import folder_of_many
    from pixray.runs.compare import Comparison

    with folder_of_many(folder or "compare", farm.on if farm else None) as (place, staged):
        comparison = Comparison(
            prompts,
            drawers,
            seeds,
            texts,
            studio.registry,
            ModelStore(),
            place,
            judge or None,
            int(candidates),
            on=farm.on if farm else None,
            share=farm.share if farm else Share(),
            staged=staged,
        )
        _run(comparison, output)
        page = str(comparison.folder / "index.html")
    if output == "json":
        sys.stdout.write(json.dumps(comparison.as_json(), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{staged.named(page) if staged else page}\n")
    return 130 if comparison.stopped else 1 if any(row.status == "failed" for row in comparison.rows) else 0


def _run(comparison: Comparison, output: str) -> None:
    """Paint, tell about each row, and write what came out."""
    from pixray.runs.report.compare_page import write_comparison
    from pixray.runtime.signals import graceful

    if comparison.notice and output == "live":
        sys.stderr.write(f"{comparison.notice}\n")
    with graceful(comparison):
        for number, row in enumerate(comparison.run(), 1):
            if output == "live":
                reason = f": {row.reason}" if row.reason else ""
                count = len(comparison.rows)
                sys.stderr.write(f"[{number}/{count}] {row.drawer}, seed {row.seed} {row.status}{reason}\n")
    write_comparison(comparison.folder, comparison.as_json())
    if output == "live":
        sys.stderr.write(_table(comparison.as_json()["rows"]))


def _names(texts: dict[str, str], name: str, default: str) -> list[str]:
    """A list of the words of one flag, which is also understood in the singular."""
    from pixray.runs.grid import values_of

    text = texts.pop(name, None) or texts.pop(name.removesuffix("s"), None) or default
    return values_of(text)


def _table(rows: Sequence[dict]) -> str:
    lines = [f"{'drawer':<16}{'seed':>6}{'guided':>9}{'held out':>10}{'seconds':>9}  cost"]
    for row in rows:
        numbers = [row["guided"], row["held_out"], row["seconds"]]
        words = ["" if number is None else f"{number:.1f}" for number in numbers]
        end = row["facts"].get("cost", "") if row["status"] == "done" else row["status"]
        lines.append(f"{row['drawer']:<16}{row['seed']:>6}{words[0]:>9}{words[1]:>10}{words[2]:>9}  {end}")
    return "\n".join(lines) + "\n"
