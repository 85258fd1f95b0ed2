"""What the embedded guide paints: 64 prompts by drawer, judged by the referee, with contact sheets to look at.

python -m benchmarks.pictures --out DIR [--drawers pixel,line_sketch] [--guide DIR] [--referee DIR] [--steps 250]

The referee has another seed, architecture and training than the guide and never steered a picture. Its recall at 1 is
the share of pictures for which it ranks their own prompt first among the 64. It looks at the plain picture, and at
four slightly shifted and shrunk ones, whose embeddings are averaged.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from PIL import Image

from benchmarks.common import machine, table
from pixray.models.store import ModelStore
from pixray.perceptors.embedded import Embedded, Referee
from pixray.registry import Registry
from pixray.runs.report.sheet import contact_sheet
from pixray.runs.start import build_run
from pixray.settings.resolve import resolve

OBJECTS = (
    "a red heart|a cat|a tree|a house|a fish|a yellow star|a face|a car|a dog|a bird|a flower|a boat|an apple|"
    "a butterfly|a mushroom|a cactus|a snowman|a castle|a rocket|a banana|an owl|a pumpkin|a robot|a rabbit|a horse|"
    "a cake|an airplane|a penguin|a crown|an umbrella|a strawberry|a ghost"
).split("|")
OTHERS = (
    "a sunset over the sea|the moon in the night sky|a red circle|a blue square|a green triangle|a purple diamond|"
    "a yellow ring|a black cross on a white background|a pink star on a blue background|a white circle on black|"
    "red and white stripes|a black and white checkerboard|a gradient from blue to yellow|yellow polka dots on red|"
    "a plain green background|a yellow sun over the blue sea|the sun over green hills|gray mountains under a blue sky|"
    "a golden desert|a starry night|a snowy day|a sailboat on the sea|a house in the snow|a palm tree at sunset|"
    "a castle at night|a cow on the grass|a tree in a field|a small red square|a big blue circle|"
    "a red circle to the left of a blue square|pixel art of a green dragon|a line drawing of a clock"
).split("|")
PROMPTS = (*OBJECTS, *OTHERS)
SIZES = {"vqgan": (192, 192)}


def paint(prompt: str, drawer: str, registry: Registry, store: ModelStore, options: argparse.Namespace):
    """A picture and how many seconds it took after start-up."""
    settings = {
        "prompts": prompt,
        "drawer": drawer,
        "perceptors": "embedded",
        "clip_models": "candidate",
        "size": SIZES.get(drawer, (160, 160)),
        "iterations": options.steps,
        "num_cuts": options.cuts,
        "seed": options.seed,
        "save_every": 0,
        "display_every": 0,
    }
    if drawer == "pixel":
        settings["pixel_size"] = (40, 40)
    session = build_run(resolve(registry, settings), registry, store)
    begun = time.perf_counter()
    for _ in session.run():
        pass
    return session.image().convert("RGB"), time.perf_counter() - begun


@torch.no_grad()
def ranks(pictures: list[Image.Image], prompts: list[str], referee: Embedded) -> list[int]:
    """For each picture, how many other prompts the referee finds more fitting than its own."""
    texts = referee.encode_text(PROMPTS)
    found = []
    for picture, prompt in zip(pictures, prompts, strict=True):
        crops = torch.stack([_crop(picture, *place) for place in _PLACES])
        image = referee.encode_image(crops).mean(0)
        scores = texts @ image
        found.append(int((scores > scores[PROMPTS.index(prompt)]).sum()))
    return found


_PLACES = ((0.0, 0.0, 1.0), (0.0, 0.0, 0.94), (0.06, 0.0, 0.94), (0.0, 0.06, 0.94), (0.06, 0.06, 0.94))


def _crop(picture: Image.Image, left: float, top: float, side: float) -> torch.Tensor:
    width, height = picture.size
    box = (left * width, top * height, (left + side) * width, (top + side) * height)
    small = picture.resize((64, 64), Image.Resampling.BOX, box=box)
    return torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8).view(64, 64, 3).permute(2, 0, 1) / 255


def candidate_in(folder: Path | None) -> type[Embedded]:
    """The perceptor whose weights are in a folder; None: the package's own."""

    class Candidate(Embedded):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, folder=folder, **named)

    return Candidate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for pictures and sheets")
    parser.add_argument("--drawers", default="pixel,multires,line_sketch,vqgan", help="those that exist are used")
    parser.add_argument("--guide", type=Path, help="folder with guide.safetensors; default: the package's")
    parser.add_argument("--referee", type=Path, help="folder with referee.safetensors; default: the package's")
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--cuts", type=int, help="cutouts of a step; without it what the presets say")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--first", type=int, default=len(PROMPTS), help="only so many prompts, from both halves in turn"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    registry, store = Registry.discover(""), ModelStore()
    registry.add("perceptor", "candidate", candidate_in(options.guide))
    referee = Referee(folder=options.referee)
    in_turn = [prompt for pair in zip(OBJECTS, OTHERS, strict=True) for prompt in pair]
    prompts = [prompt for prompt in PROMPTS if prompt in in_turn[: options.first]]
    rows = []
    for drawer in options.drawers.split(","):
        if drawer not in registry.names("drawer"):
            print(f"there is no drawer {drawer}")
            continue
        painted = [paint(prompt, drawer, registry, store, options) for prompt in prompts]
        rows.append(_report(drawer, prompts, painted, referee, options.out))
    print(machine())
    header = ["drawer", "recall at 1", "recall at 5", "of objects", "of others", "seconds a picture"]
    cuts = "cutouts of the presets" if options.cuts is None else f"{options.cuts} cutouts"
    print(table(f"{len(prompts)} prompts, {options.steps} steps, {cuts}", header, rows))


def _report(drawer: str, prompts: list[str], painted: list, referee: Embedded, out: Path) -> list[str]:
    """Save the sheet and the ranks; a row of the table."""
    pictures, seconds = [picture for picture, _ in painted], [spent for _, spent in painted]
    found = ranks(pictures, prompts, referee)
    contact_sheet(list(zip(pictures, prompts, strict=True)), columns=8, cell=120).save(out / f"{drawer}.png")
    (out / f"{drawer}.json").write_text(json.dumps(dict(zip(prompts, found, strict=True)), indent=1), encoding="utf-8")

    def share(kept: list[int], least: int = 1) -> str:
        return f"{100 * sum(rank < least for rank in kept) / max(1, len(kept)):.0f} %"

    objects = [rank for prompt, rank in zip(prompts, found, strict=True) if prompt in OBJECTS]
    others = [rank for prompt, rank in zip(prompts, found, strict=True) if prompt in OTHERS]
    return [drawer, share(found), share(found, 5), share(objects), share(others), f"{statistics.median(seconds):.1f}"]


if __name__ == "__main__":
    main()
