"""Equal quality at equal steps: our cutouts against the old ones, with the embedded perceptor, judged by the referee.

python -m benchmarks.quality [--prompts 16] [--seeds 3] [--steps 150] [--size 160 160] [--out DIR]

Both sides take the same number of steps and cutouts and start from the same noise. "old" is `cutouts=classic` (pooling,
kornia's chain with its HSV jitter) and `cut_contrast=minmax` (each batch stretched to 0..1). The score is the referee's
cosine between the picture and its prompt; the referee never steered a picture. The interval of the difference comes
from 2000 resamplings of the pairs.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from pathlib import Path

import torch

from benchmarks.common import machine, table
from benchmarks.judges import crops_of
from benchmarks.prompts import PROMPTS
from pixray.models.store import ModelStore
from pixray.perceptors.embedded import Referee
from pixray.registry import Registry
from pixray.runs.start import build_run
from pixray.settings.resolve import resolve

SIDES = {"old": {"cutouts": "classic", "cut_contrast": "minmax"}, "ours": {}}


def paint(prompt, seed, side, options, registry, store):
    settings = {
        "prompts": prompt,
        "drawer": "pixel",
        "perceptors": "embedded",
        "size": tuple(options.size),
        "pixel_size": (options.size[0] // 4, options.size[1] // 4),
        "iterations": options.steps,
        "seed": seed,
        "save_every": 0,
        "display_every": 0,
        **SIDES[side],
    }
    session = build_run(resolve(registry, settings), registry, store)
    for _ in session.run():
        pass
    return session.image().convert("RGB")


@torch.no_grad()
def score(picture, prompt, referee):
    """The referee's cosine, and whether it ranks the prompt first among all of benchmarks.pictures."""
    image = referee.encode_image(crops_of(picture)).mean(0)
    scores = referee.encode_text(PROMPTS) @ (image / image.norm())
    own = scores[PROMPTS.index(prompt)]
    return float(own), bool(own >= scores.max())


def interval(differences, draws=2000):
    """The middle 95 % of the mean, resampled."""
    chance = random.Random(0)
    means = sorted(statistics.mean(chance.choices(differences, k=len(differences))) for _ in range(draws))
    return means[int(0.025 * draws)], means[int(0.975 * draws)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--size", type=int, nargs=2, default=(160, 160))
    parser.add_argument("--out", type=Path, help="keep the pictures in this folder")
    options = parser.parse_args()
    registry, store, referee = Registry.discover(""), ModelStore(offline=True), Referee()
    found = {side: [] for side in SIDES}
    begun = time.perf_counter()
    for prompt in PROMPTS[:: max(1, len(PROMPTS) // options.prompts)][: options.prompts]:
        for seed in range(1, options.seeds + 1):
            for side in SIDES:
                picture = paint(prompt, seed, side, options, registry, store)
                found[side].append(score(picture, prompt, referee))
                if options.out:
                    options.out.mkdir(parents=True, exist_ok=True)
                    picture.save(options.out / f"{prompt.replace(' ', '_')}_{seed}_{side}.png")
    pairs = zip(found["ours"], found["old"], strict=True)
    differences = [ours[0] - old[0] for ours, old in pairs]
    low, high = interval(differences)
    rows = [
        [side, f"{statistics.mean(one for one, _ in scores):.3f}", f"{sum(first for _, first in scores)}/{len(scores)}"]
        for side, scores in found.items()
    ]
    print(f"{time.strftime('%Y-%m-%d')}: {machine()}, {time.perf_counter() - begun:.0f} s")
    title = (
        f"{options.prompts} prompts x {options.seeds} seeds, {options.steps} steps, {options.size[0]}x{options.size[1]}"
    )
    print(table(title, ["cutouts", "referee's cosine", "ranked first of 64"], rows))
    print(f"ours - old: {statistics.mean(differences):+.4f} (95 %: {low:+.4f} to {high:+.4f})")


if __name__ == "__main__":
    main()
