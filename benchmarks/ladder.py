"""The two ladders of perceptors: the same prompts by every rung, or the speed of their architectures.

    python -m benchmarks.ladder --out FOLDER [--qualities draft,normal] [--prompts "a|b"] [--judge siglip2]
    python -m benchmarks.ladder --random [--only ViT-B-32,convnext_base_w] [--looks 4] [--rounds 3]

The first needs the models, on this machine or on the hub: every rung paints the same prompts from the same seed, and a
judge that guides none of them scores the pictures. It leaves a sheet and ladder.json in the folder, and prints what to
report back. `--rungs FILE.yaml` takes other rungs, in the form {classic: {draft: {models, looks, batches, rate}}, …}.

The second needs no model: it builds every architecture with random weights, of which speed does not depend, and
compares the frozen tower with open_clip's own module.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from pathlib import Path

import torch

from benchmarks.common import machine, table
from benchmarks.ladder_towers import measure_towers
from pixray.errors import PixrayError
from pixray.models.ladder import Rung, read_ladder
from pixray.models.store import ModelStore
from pixray.perceptors.sources import fetch, read_name
from pixray.registry import Registry
from pixray.runs.clip_score import clip_score
from pixray.runs.judge import choose_judge
from pixray.runs.report.sheet import contact_sheet
from pixray.runs.start import build_run
from pixray.runtime.yaml_io import parse_yaml
from pixray.settings.ladders import rungs
from pixray.settings.resolve import resolve

PROMPTS = "a lighthouse on a cliff at sunset|a red fox in the snow|a bowl of lemons, oil painting|a robot in a garden"


def chosen_rungs(options):
    """(ladder, quality, rung) of those that were asked for and can be used; says which cannot."""
    listed = [(ladder, quality, rung) for ladder, quality, rung in rungs()]
    if options.rungs:
        read = parse_yaml(options.rungs.read_text(encoding="utf-8"), options.rungs.name)
        listed = [
            (ladder, quality, Rung(tuple(facts.pop("models")), **facts))
            for ladder, by_quality in read.items()
            for quality, facts in by_quality.items()
        ]
    models = read_ladder().models
    for ladder, quality, rung in listed:
        refused = next((models[name].refused for name in rung.models if name in models and models[name].refused), None)
        if refused:
            print(f"left out: {ladder} {quality}: {rung.models[0]}: {refused}")
        elif quality in options.qualities and ladder in options.ladders:
            yield ladder, quality, rung


def paint(prompt, seed, quality, rung, options, registry, store):
    """The picture, the seconds of its steps and the settings of the run."""
    settings = {
        "prompts": prompt,
        "drawer": options.drawer,
        "quality": quality,
        "clip_models": ",".join(rung.models),
        "num_cuts": rung.looks,
        "batches": rung.batches,
        "learning_rate_factor": rung.rate,
        "seed": seed,
        "save_every": 0,
        "display_every": 0,
    }
    settings |= {"iterations": options.iterations} if options.iterations is not None else {}
    settings |= {"size": tuple(options.size)} if options.size else {}
    session = build_run(resolve(registry, settings), registry, store)
    begun = time.perf_counter()
    for _ in session.run():
        pass
    return session.image().convert("RGB"), time.perf_counter() - begun, session.settings


def paint_all(chosen, options, registry, store):
    """A row for each rung and prompt, and the pictures beside it."""
    guides = {name for _, _, rung in chosen for name in rung.models}
    first = resolve(registry, {"drawer": options.drawer, "device": options.device})
    judge = choose_judge(options.judge, guides, first, registry, store)
    if judge.notice:
        print(judge.notice)
    for prompt in options.prompts.split("|"):
        for ladder, quality, rung in chosen:
            picture, seconds, settings = paint(prompt, options.seed, quality, rung, options, registry, store)
            prompts = settings.prompts_by_setting["prompts"]
            score = clip_score(judge.perceptor, picture, prompts)
            row = {"ladder": ladder, "quality": quality, "models": list(rung.models), "prompt": prompt}
            row |= {"looks": rung.looks * rung.batches, "seconds": round(seconds, 2), "judge": judge.name}
            yield {**row, "score": round(score, 2)}, picture
            print(f"{ladder} {quality}, '{prompt}': {seconds:.1f} s, {judge.name} {score:.1f}", flush=True)


def main() -> None:
    options = options_of(sys.argv[1:])
    if options.random:
        logging.disable(logging.WARNING)  # open_clip says for each architecture that it has no weights
        print(f"{time.strftime('%Y-%m-%d')}: {machine()}")
        for text in measure_towers(options.only, options.looks, options.rounds, options.largest * 1e6):
            print(text, flush=True)
        return
    registry, store = Registry.discover(""), ModelStore()
    try:
        chosen = list(chosen_rungs(options))
        for name in dict.fromkeys(name for _, _, rung in chosen for name in rung.models):
            if name.partition("/")[0] not in registry.names("perceptor"):
                fetch(read_name(name), store)
        painted = list(paint_all(chosen, options, registry, store))
    except PixrayError as error:
        sys.exit(f"benchmarks.ladder: {error}")
    report(painted, len(chosen), options)


def report(painted, columns, options):
    """The sheet, the JSON and the table to send back."""
    options.out.mkdir(parents=True, exist_ok=True)
    shown = [(picture, f"{row['ladder']} {row['quality']} · {row['score']:.1f}") for row, picture in painted]
    contact_sheet(shown, columns).save(options.out / "sheet.png")
    rows = [row for row, _ in painted]
    facts = {"date": time.strftime("%Y-%m-%d"), "machine": machine(), "drawer": options.drawer, "rows": rows}
    text = json.dumps(facts, indent=1, ensure_ascii=False)
    (options.out / "ladder.json").write_text(f"{text}\n", encoding="utf-8")
    by_rung: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        by_rung.setdefault((row["ladder"], row["quality"]), []).append(row)
    lines = []
    for (ladder, quality), own in by_rung.items():
        mean = [sum(row[key] for row in own) / len(own) for key in ("seconds", "score")]
        models = " + ".join(own[0]["models"])
        lines.append([ladder, quality, models, str(own[0]["looks"]), f"{mean[0]:.1f}", f"{mean[1]:.2f}"])
    print(f"\nTo report back, with {options.out / 'sheet.png'} and {options.out / 'ladder.json'}:\n")
    print(f"{facts['date']}: {facts['machine']}")
    print(f"{options.drawer}, {len(rows) // columns} prompts, judge {rows[0]['judge']}\n")
    print(table("The ladders", ["ladder", "quality", "models", "looks", "seconds", "judge's score"], lines))


def options_of(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("ladder"))
    parser.add_argument("--prompts", default=PROMPTS, help="separated by |")
    parser.add_argument("--qualities", type=words, default=["draft", "normal", "better", "best", "supreme"])
    parser.add_argument("--ladders", type=words, default=["classic", "robust"])
    parser.add_argument("--rungs", type=Path, help="a YAML file of other rungs")
    parser.add_argument("--judge", default="siglip2")
    parser.add_argument("--drawer", default="pixel")
    parser.add_argument("--iterations", type=int, help="instead of those of the quality")
    parser.add_argument("--size", type=int, nargs=2, help="instead of that of the quality")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--random", action="store_true", help="architectures with random weights instead")
    parser.add_argument("--only", type=words, default=[], help="with --random: architectures of open_clip")
    parser.add_argument("--looks", type=int, default=4, help="with --random")
    parser.add_argument("--rounds", type=int, default=3, help="with --random")
    parser.add_argument("--largest", type=float, default=500, help="with --random: millions of parameters")
    return parser.parse_args(argv)


def words(text):
    return [word.strip() for word in text.split(",") if word.strip()]


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
