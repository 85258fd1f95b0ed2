"""Few looks or many: pictures by several guides with different numbers of cutouts a step, at equal encoder work.

python -m benchmarks.looks paint --guide plain=DIR --guide aligned=DIR --out DIR [--looks 1,2,4,12,30] [--total 600]
python -m benchmarks.looks sheets --out DIR --blind DIR --key FILE
python -m benchmarks.looks score --key FILE --answers FILE

Every picture costs `--total` looks: with n looks a step, it takes total / n steps. The step size of Adam grows with the
square root of the looks (Malladi et al. 2022, https://arxiv.org/abs/2205.10287) from the preset's at 6. Each DIR of
--guide holds an exported guide, as `training.export` writes it. The referee judges: its recall at 1 among the
benchmark's prompts, and the mean of its cosines, less those with all other prompts. Results are kept as they come, so
that `paint` goes on where it was stopped. The sheets mix all ways; `--key` is for nobody who names them.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections import defaultdict
from pathlib import Path

import torch
from PIL import Image

from benchmarks.blind import CELL, COLUMNS, PER_SHEET, read_answers, verdict
from benchmarks.common import machine, table
from benchmarks.judges import ranks
from benchmarks.less_work import score
from benchmarks.pictures import candidate_in, prompts_for
from benchmarks.prompts import PROMPTS
from pixray.models.store import ModelStore
from pixray.perceptors.embedded import Referee
from pixray.registry import Registry
from pixray.runs.report.sheet import contact_sheet
from pixray.runs.start import build_run
from pixray.settings.resolve import resolve

PRESET_LOOKS = 6


def paint(options: argparse.Namespace) -> None:
    """Paint what is missing, and print the table."""
    torch.set_num_threads(1)
    registry, store, referee = Registry.discover(""), ModelStore(), Referee()
    names = [name for name, _ in options.guide]
    for name, folder in options.guide:
        registry.add("perceptor", f"guide{names.index(name)}", candidate_in(folder))
    prompts, looks = prompts_for("pixel", options.prompts), [int(number) for number in options.looks.split(",")]
    options.out.mkdir(parents=True, exist_ok=True)
    for prompt in prompts:
        for number in looks:
            for name in names:
                path = options.out / f"{name}_{number}_{prompts.index(prompt):02d}.png"
                if not path.exists():
                    _picture(f"guide{names.index(name)}", prompt, number, options, registry, store).save(path)
    rows, listed = [], []
    for name in names:
        for number in looks:
            files = [f"{name}_{number}_{place:02d}.png" for place in range(len(prompts))]
            pictures = [Image.open(options.out / file).convert("RGB") for file in files]
            found = ranks(pictures, prompts, PROMPTS, referee)
            fits = statistics.mean(score(*pair, referee) for pair in zip(pictures, prompts, strict=True))
            recall = f"{sum(rank < 1 for rank in found)} of {len(prompts)}"
            rows.append([name, str(number), str(options.total // number), recall, f"{fits:.3f}"])
            listed += [
                {"file": file, "prompt": prompt, "way": f"{name}, {number}"}
                for file, prompt in zip(files, prompts, strict=True)
            ]
    (options.out / "pictures.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    print(machine())
    header = ["guide", "looks a step", "steps", "recall at 1", "mean similarity"]
    print(table(f"{options.total} looks a picture, {len(prompts)} prompts, seed {options.seed}", header, rows))


def _picture(guide, prompt, looks, options, registry, store) -> Image.Image:
    settings = {
        "prompts": prompt,
        "drawer": "pixel",
        "perceptors": "embedded",
        "clip_models": guide,
        "size": (160, 160),
        "pixel_size": (40, 40),
        "num_cuts": looks,
        "iterations": options.total // looks,
        "learning_rate_factor": (looks / PRESET_LOOKS) ** 0.5,
        "seed": options.seed,
        "save_every": 0,
        "display_every": 0,
    }
    session = build_run(resolve(registry, settings), registry, store)
    for _ in session.run():
        pass
    return session.image().convert("RGB")


def make_sheets(options: argparse.Namespace) -> None:
    """Numbered sheets of all ways in one random order, and the key."""
    listed = json.loads((options.out / "pictures.json").read_text(encoding="utf-8"))
    random.Random(options.seed).shuffle(listed)
    options.blind.mkdir(parents=True, exist_ok=True)
    shown = [(Image.open(options.out / one["file"]), str(place)) for place, one in enumerate(listed, 1)]
    for number, first in enumerate(range(0, len(shown), PER_SHEET), 1):
        contact_sheet(shown[first : first + PER_SHEET], COLUMNS, CELL).save(options.blind / f"sheet-{number}.png")
    key = {str(place): [one["prompt"], one["way"]] for place, one in enumerate(listed, 1)}
    options.key.parent.mkdir(parents=True, exist_ok=True)
    options.key.write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")


def score_answers(options: argparse.Namespace) -> None:
    """How many pictures of each way were named."""
    key = json.loads(options.key.read_text(encoding="utf-8"))
    answers = read_answers(options.answers.read_text(encoding="utf-8"))
    named = defaultdict(list)
    for number, (prompt, way) in key.items():
        named[way].append(verdict(prompt, answers.get(number, ())))
    rows = [
        [way, str(len(kinds)), str(kinds.count("first")), str(len(kinds) - kinds.count("none"))]
        for way, kinds in sorted(named.items())
    ]
    print(table("blind naming", ["guide, looks", "pictures", "first guess", "in three"], rows))


def _named_folder(text: str) -> tuple[str, Path]:
    name, _, folder = text.partition("=")
    return name, Path(folder)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    painting = commands.add_parser("paint", help="paint and judge")
    painting.add_argument("--guide", type=_named_folder, action="append", required=True, help="NAME=DIR, repeatable")
    painting.add_argument("--looks", default="1,2,4,12,30")
    painting.add_argument("--total", type=int, default=600, help="looks a picture")
    painting.add_argument("--prompts", type=int, default=16, help="from both halves of the benchmark's in turn")
    sheets = commands.add_parser("sheets", help="make numbered sheets")
    sheets.add_argument("--blind", type=Path, required=True, help="folder for the sheets")
    for command in (painting, sheets):
        command.add_argument("--out", type=Path, required=True, help="folder of the pictures")
        command.add_argument("--seed", type=int, default=1)
    scored = commands.add_parser("score", help="count right answers")
    scored.add_argument("--answers", type=Path, required=True)
    for command in (sheets, scored):
        command.add_argument("--key", type=Path, required=True, help="file of the key")
    options = parser.parse_args(argv)
    {"paint": paint, "sheets": make_sheets, "score": score_answers}[options.command](options)


if __name__ == "__main__":
    main()
