"""What the embedded guides paint, by drawer, judged by the referee in two ways, with sheets to look at.

python -m benchmarks.pictures --out DIR [--data DIR] [--drawers pixel,line_sketch] [--guide DIR] [--referee DIR]

The referee has another seed, architecture and training than the guides and never steered a picture. Its recall at 1 is
the share of pictures for which it ranks their own prompt first among all of the benchmark's. It has seen the same
sprites as the guide and knows them by their colours, so it flatters: of 64 pictures of which it found 57, somebody who
saw nothing but the pictures named 32. A second referee is colour-blind and no network (benchmarks/judges.py); with
`--data`, the folder of atlases, it compares with drawings of all things and with composed scenes, without it with those
that are drawn by formula. The figure that counts is that of benchmarks/blind.py, for which every picture is kept.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from PIL import Image

from benchmarks.common import machine, table
from benchmarks.judges import ColourBlind, ranks
from benchmarks.prompts import DRAWN_BY_LOT, OBJECTS, OBJECTS_BY_LOT, OTHERS, PROMPTS, SCENES, SCENES_BY_LOT, SKETCHES
from pixray.models.store import ModelStore
from pixray.perceptors.embedded import Embedded, Referee
from pixray.registry import Registry
from pixray.runs.report.sheet import contact_sheet
from pixray.runs.start import build_run
from pixray.settings.resolve import resolve

SIZES = {"vqgan": (384, 208), "line_sketch": (288, 288)}


def paint(prompt: str, drawer: str, registry: Registry, store: ModelStore, options: argparse.Namespace):
    """A picture and how many seconds it took, loading apart once the first one is painted."""
    settings = {
        "prompts": prompt,
        "drawer": drawer,
        "perceptors": "embedded",
        "size": SIZES.get(drawer, (160, 160)),
        "iterations": options.steps,
        "num_cuts": options.cuts,
        "seed": options.seed,
        "save_every": 0,
        "display_every": 0,
    }
    if drawer == "pixel":
        settings["pixel_size"] = (40, 40)
    if options.guide:
        settings["clip_models"] = "candidate"
    begun = time.perf_counter()
    session = build_run(resolve(registry, settings), registry, store)
    for _ in session.run():
        pass
    return session.image().convert("RGB"), time.perf_counter() - begun


def candidate_in(folder: Path | None) -> type[Embedded]:
    """The perceptor whose weights are in a folder; None: the package's own."""

    class Candidate(Embedded):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, folder=folder, **named)

    return Candidate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for pictures and sheets")
    parser.add_argument(
        "--drawers", default="pixel,vqgan,line_sketch,clipdraw,multires,fft", help="those that exist are used"
    )
    parser.add_argument("--guide", type=Path, help="folder with guide.safetensors to use instead")
    parser.add_argument("--data", type=Path, help="folder of atlases, for the colour-blind referee")
    parser.add_argument("--referee", type=Path, help="folder with referee.safetensors; default: the package's")
    parser.add_argument("--steps", type=int, help="without it what the presets say")
    parser.add_argument("--cuts", type=int, help="cutouts of a step; without it what the presets say")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--first", type=int, default=len(PROMPTS), help="only so many prompts, from both halves in turn"
    )
    parser.add_argument(
        "--by_lot", action="store_true", help="pixel grids show 32 things drawn by lot in place of the benchmark's 64"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    registry, store = Registry.discover(""), ModelStore()
    registry.add("perceptor", "candidate", candidate_in(options.guide))
    referee, colour_blind = Referee(folder=options.referee), ColourBlind(options.data)
    rows = []
    for drawer in options.drawers.split(","):
        if drawer not in registry.names("drawer"):
            print(f"there is no drawer {drawer}")
            continue
        prompts = prompts_for(drawer, options.first, by_lot=options.by_lot)
        painted = [paint(prompt, drawer, registry, store, options) for prompt in prompts]
        rows.append(_report(drawer, prompts, painted, (referee, colour_blind), options.out))
    print(machine())
    header = ["drawer", "pictures", "recall at 1", "recall at 5", "colour-blind", "seconds a picture"]
    steps = "steps of the presets" if options.steps is None else f"{options.steps} steps"
    cuts = "cutouts of the presets" if options.cuts is None else f"{options.cuts} cutouts"
    print(table(f"{steps}, {cuts}, seed {options.seed}", header, rows))


def prompts_for(drawer: str, first: int, *, by_lot: bool = False) -> list[str]:
    """What a drawer is asked for, from both halves in turn: strokes in one ink know no colours and no scenes."""
    if by_lot and drawer == "pixel":
        return list(OBJECTS_BY_LOT[:first])
    halves = {"line_sketch": (SKETCHES, DRAWN_BY_LOT), "vqgan": (SCENES, SCENES_BY_LOT)}.get(drawer, (OBJECTS, OTHERS))
    in_turn = [prompt for pair in zip(*halves, strict=True) for prompt in pair][:first]
    return [prompt for half in halves for prompt in half if prompt in in_turn]


def _report(
    drawer: str, prompts: list[str], painted: list, judges: tuple[Embedded, ColourBlind], out: Path
) -> list[str]:
    """Save pictures, sheet and ranks; a row of the table."""
    referee, colour_blind = judges
    pictures, seconds = [picture for picture, _ in painted], [spent for _, spent in painted]
    found = ranks(pictures, prompts, [*PROMPTS, *(p for p in prompts if p not in PROMPTS)], referee)
    verdicts = [colour_blind.named(picture, prompt) for picture, prompt in zip(pictures, prompts, strict=True)]
    contact_sheet(list(zip(pictures, prompts, strict=True)), columns=8, cell=120).save(out / f"{drawer}.png")
    (out / f"{drawer}.json").write_text(json.dumps(dict(zip(prompts, found, strict=True)), indent=1), encoding="utf-8")
    _keep(pictures, prompts, out / drawer)

    def share(kept: list[bool]) -> str:
        return f"{100 * sum(kept) / max(1, len(kept)):.0f} %"

    row = [drawer, str(len(prompts)), share([rank < 1 for rank in found]), share([rank < 5 for rank in found])]
    known = [verdict for verdict in verdicts if verdict is not None]
    return [*row, f"{share(known)} of {len(known)}", f"{statistics.median(seconds):.1f}"]


def _keep(pictures: list[Image.Image], prompts: list[str], folder: Path) -> None:
    """Every picture in a file of its own, for blind naming."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for number, (picture, prompt) in enumerate(zip(pictures, prompts, strict=True)):
        picture.save(folder / f"{number:02d}.png")
        listed.append({"file": f"{number:02d}.png", "prompt": prompt})
    (folder / "pictures.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
