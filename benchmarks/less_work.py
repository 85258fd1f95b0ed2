"""Less work for the same picture: how soon each way reaches the score that the presets end with.

python -m benchmarks.less_work --out FILE.jsonl [--prompts 32] [--seeds 3] [--only presets,bf16] [--drawer pixel]

Every prompt is painted with every seed in each way, in turn, one thread. Every 10 steps the referee, which never
steered a picture, judges the picture so far (not timed). A way's time for a run is when its score first reaches the
mean score at which the presets end, less a hundredth; runs that never do count with their whole time and are listed.
Times are processor times of the steps. The intervals hold 95 % of 2000 resamplings of the pairs. Results are kept as
they come, so that this program goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image

from benchmarks.common import machine, table
from benchmarks.judges import crops_of
from benchmarks.prompts import PROMPTS
from pixray.models.store import ModelStore
from pixray.perceptors.embedded import Referee
from pixray.registry import Registry
from pixray.runs.start import build_run
from pixray.settings.resolve import resolve

WAYS: dict[str, dict[str, object]] = {
    "presets": {"precision": "fp32"},
    "bf16": {"precision": "bf16"},
    "2 cutouts": {"precision": "fp32", "num_cuts": 2},
    "3 cutouts": {"precision": "fp32", "num_cuts": 3},
    "4 cutouts": {"precision": "fp32", "num_cuts": 4},
    "12 cutouts": {"precision": "fp32", "num_cuts": 12},
    "150 steps": {"precision": "fp32", "iterations": 150},
    "100 steps": {"precision": "fp32", "iterations": 100},
    "100 steps, rate x 1.5": {"precision": "fp32", "iterations": 100, "learning_rate": 0.3},
    "auto_stop": {"precision": "fp32", "auto_stop": True},
    "few cutouts first": {"precision": "fp32", "num_cuts": 6},
    "small canvas first": {"precision": "fp32", "iterations": 60, "init_image_alpha": 255},
    "gradients used twice": {"precision": "fp32", "iterations": 50},
    "blurred cutouts first": {"precision": "fp32", "cutouts": "steady"},
}
SMALL = {"size": (144, 144), "pixel_size": (20, 20), "iterations": 40, "learning_rate_drops": []}
"""How the way with a small canvas begins: half the side, half the cells across, no drop of the rate."""
EVERY = 10


def few_first(session) -> None:
    """Two cutouts a step in the first half, six in the first step and in the second half: as many as the presets."""
    session.objective.cutouts.num_cuts = 2 if 0 < session.step < session.steps // 2 else 6


def again(session) -> None:
    """Take a second step with the gradients of the last one."""
    if session.step:
        session.optimizer.torch_optimizer.step()
        with torch.no_grad():
            session.drawer.project()


BETWEEN_STEPS = {"few cutouts first": few_first, "gradients used twice": again}


def paint(prompt, seed, way, drawer, registry, store, referee):
    """Seconds so far and score, every few steps and at the end."""
    settings = {"prompts": prompt, "drawer": drawer, "aspect": "square", "perceptors": "embedded", "seed": seed}
    settings |= {"save_every": 0, "display_every": 0, **WAYS[way]}
    between, spent = BETWEEN_STEPS.get(way, lambda session: None), 0.0
    with tempfile.TemporaryDirectory() as folder:
        if way == "small canvas first":
            small = build_run(resolve(registry, {**settings, **SMALL}), registry, store)
            begun = time.process_time()
            for _ in small.run():
                pass
            spent = time.process_time() - begun
            settings["init_image"] = str(Path(folder, "small.png"))
            small.image().resize((288, 288), Image.Resampling.NEAREST).save(settings["init_image"])
        session = build_run(resolve(registry, settings), registry, store)
    between(session)
    curve, begun = [], time.process_time()
    for event in session.run():
        if type(event).__name__ == "Stepped":
            between(session)
        if type(event).__name__ == "Stepped" and event.step % EVERY == 0:
            spent += time.process_time() - begun
            curve.append((event.step, spent, score(session.image(), prompt, referee)))
            begun = time.process_time()
    spent += time.process_time() - begun
    return [*curve, (session.step, spent, score(session.image(), prompt, referee))]


@torch.no_grad()
def score(picture, prompt, referee):
    """The referee's cosine of a picture and its prompt, less the mean of those with all other prompts."""
    image = referee.encode_image(crops_of(picture.convert("RGB"))).mean(0)
    scores = referee.encode_text(PROMPTS) @ (image / image.norm())
    return float(scores[PROMPTS.index(prompt)] - scores.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="file of results, a line each")
    parser.add_argument("--prompts", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default=",".join(WAYS), help="ways, separated by commas")
    parser.add_argument("--drawer", default="pixel")
    options = parser.parse_args()
    torch.set_num_threads(1)
    registry, store, referee = Registry.discover(""), ModelStore(), Referee()
    ways = [way for way in WAYS if way in options.only.split(",")]
    results = _kept(options.out)
    for seed in range(1, options.seeds + 1):
        for prompt in PROMPTS[:: max(1, len(PROMPTS) // options.prompts)][: options.prompts]:
            for way in ways:
                if (way, prompt, seed) not in results:
                    curve = paint(prompt, seed, way, options.drawer, registry, store, referee)
                    results[way, prompt, seed] = curve
                    with options.out.open("a", encoding="utf-8") as file:
                        file.write(json.dumps({"way": way, "prompt": prompt, "seed": seed, "curve": curve}) + "\n")
    print(machine())
    print(report(ways, results))


def _kept(file: Path) -> dict[tuple[str, str, int], list]:
    if not file.exists():
        return {}
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {(row["way"], row["prompt"], row["seed"]): row["curve"] for row in rows}


def report(ways, results) -> str:
    """A table: score at the end against the presets', and how many times sooner their mean score is reached."""
    by_way = {way: {key[1:]: curve for key, curve in results.items() if key[0] == way} for way in ways}
    presets = by_way["presets"]
    pairs = [pair for pair in presets if all(pair in curves for curves in by_way.values())]
    goal = statistics.mean(presets[pair][-1][2] for pair in pairs) - 0.01
    base = [_reached(presets[pair], goal) for pair in pairs]
    rows = []
    for way in ways:
        curves = [by_way[way][pair] for pair in pairs]
        ends = [curve[-1][2] - presets[pair][-1][2] for curve, pair in zip(curves, pairs, strict=True)]
        times = [_reached(curve, goal) for curve in curves]
        faster = _interval(
            list(zip(base, times, strict=True)), lambda both: sum(a for a, _ in both) / sum(b for _, b in both)
        )
        better = _interval(ends, statistics.mean)
        missed = sum(max(point[2] for point in curve) < goal for curve in curves)
        whole = statistics.median(curve[-1][1] for curve in curves)
        rows.append([way, f"{whole:.2f} s", better, faster, f"{missed} of {len(pairs)}"])
    header = ["way", "whole run", "score at the end, less the presets'", "times sooner", "never reached"]
    return table(f"{len(pairs)} pairs, goal {goal:.3f}", header, rows)


def _reached(curve, goal: float) -> float:
    return next((spent for _, spent, value in curve if value >= goal), curve[-1][1])


def _interval(values, statistic) -> str:
    """A statistic with the bounds that hold 95 % of its resamplings."""
    chance = random.Random(0)
    drawn = sorted(statistic(chance.choices(values, k=len(values))) for _ in range(2000))
    return f"{statistic(values):+.3f} ({drawn[50]:+.3f} to {drawn[1949]:+.3f})"


if __name__ == "__main__":
    main()
