"""Steps of four seeds in one batch, as an audition takes them, against the same steps one after the other.

python -m benchmarks.together [--drawers pixel,vqgan] [--steps 20] [--rounds 5]

Both paint the same seeds with the embedded guide and the presets, in turn, on one thread.
"""

from __future__ import annotations

import argparse
import time

import torch

from benchmarks.common import interleaved, machine, median, ratio, table
from pixray.engine.together import advance_together
from pixray.models.store import ModelStore
from pixray.registry import Registry
from pixray.runs.start import build_run
from pixray.settings.resolve import resolve

SIZES = {"vqgan": (384, 208)}


def sessions(drawer: str, registry: Registry, store: ModelStore):
    """Four of one drawer, of seeds 1 to 4."""
    settings = {"prompts": "a blue bird", "drawer": drawer, "perceptors": "embedded", "save_every": 0}
    settings |= {"size": SIZES.get(drawer, (160, 160)), "display_every": 0, "iterations": 100_000}
    if drawer == "pixel":
        settings["pixel_size"] = (40, 40)
    return [build_run(resolve(registry, {**settings, "seed": seed}), registry, store) for seed in range(1, 5)]


def one_after_the_other(made, steps: int) -> None:
    for session in made:
        for _ in range(steps):
            list(session.advance())


def in_one_batch(made, steps: int) -> None:
    for _ in range(steps):
        for _, events in advance_together(made):
            list(events)


def measure(drawer: str, steps: int, rounds: int) -> list[str]:
    """A row of the table."""
    registry, store = Registry.discover(""), ModelStore()
    apart, together = sessions(drawer, registry, store), sessions(drawer, registry, store)
    calls = {
        "apart": lambda: one_after_the_other(apart, steps),
        "together": lambda: in_one_batch(together, steps),
    }
    times = interleaved(calls, rounds, clock=time.process_time)
    alike = all(torch.equal(one.render(), other.render()) for one, other in zip(apart, together, strict=True))
    each = [f"{median(spent) / (4 * steps):.1f} ms" for spent in times.values()]
    return [drawer, *each, f"{ratio(times['apart'], times['together']):.2f}", "yes" if alike else "no"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawers", default="pixel,vqgan,fft,multires")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measure(drawer, options.steps, options.rounds) for drawer in options.drawers.split(",")]
    print(machine())
    header = ["drawer", "a step alone", "in a batch of four", "times as fast", "same canvases"]
    print(table(f"{options.steps} steps, {options.rounds} rounds", header, rows))


if __name__ == "__main__":
    main()
