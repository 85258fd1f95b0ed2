"""The user's figure: seconds from the command to a picture of equal score, the old loop against ours, whole processes.

python -m benchmarks.run --whole [--prompts 4]

Both paint README's main job with the embedded guide: the pixel drawer at 288x288. Ours is what the presets say. The old
loop takes the old pixray's 30 cutouts of `quality=normal` through open_clip's modules (benchmarks/run.py) and, as it
did, imports everything at the start: torch, torchvision, open_clip, kornia, taming-transformers. Every 10 steps the
referee judges the picture; its time is taken off. Times run from the start of a process. The goal is the old loop's
last score, less a hundredth, and the table tells two ratios: of the old loop's whole run, which is what people waited
for, to our first picture of that score; and of the two sides' first pictures of that score, as if somebody had stopped
the old loop in time. Where we never reach the score there is neither; the medians are of the others.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

from benchmarks.common import machine, table

PROMPTS = ("a yellow sun over the blue sea", "a red heart", "a sunset over the sea", "a tree in a field")
EVERY, RATE, CUTS, SIZE = 10, 0.2, 30, (288, 288)


def old_process(prompt: str, steps: int):
    """Yields steps, and a picture now and then: N C H W in [0, 1]."""
    import kornia  # noqa: F401
    import open_clip  # noqa: F401
    import taming.modules.diffusionmodules.model  # noqa: F401
    import torch
    import torchvision  # noqa: F401

    from benchmarks.cutouts import OldCutouts
    from benchmarks.run import Old
    from pixray.drawers.base import Canvas
    from pixray.drawers.pixel.drawer import PixelDrawer
    from pixray.models.store import ModelStore
    from pixray.ops.angles import angular_distance
    from pixray.perceptors.embedded import Embedded

    guide = Embedded()
    encode = Old(_open_clip_visual(), "cpu")
    target = guide.encode_text([prompt])
    drawer = PixelDrawer(PixelDrawer.Settings(), Canvas(*SIZE, "cpu"))
    drawer.load(ModelStore(offline=True))
    drawer.start(None, torch.Generator().manual_seed(1))
    parameters = [tensor for group in drawer.parameters() for tensor in group.tensors]
    optimizer = torch.optim.Adam(parameters, lr=RATE)
    cutouts, generator = OldCutouts(CUTS, SIZE[0] / SIZE[1]), torch.Generator().manual_seed(1)
    for step in range(steps):
        optimizer.zero_grad(set_to_none=True)
        canvas = drawer.render(step)[:, :3]
        crops = cutouts.plan(generator, 64, step, step / steps)(canvas)
        angular_distance(encode(crops), target).mean().backward()
        optimizer.step()
        with torch.no_grad():
            drawer.project()
        yield step + 1, lambda: drawer.render(0)[:, :3].detach()


def _open_clip_visual():
    """The guide's image tower as a module of open_clip."""
    from importlib import resources

    from safetensors.torch import load

    from training.clip import make_clip

    folder = resources.files("pixray.embedded")
    visual = make_clip(json.loads(folder.joinpath("guide.json").read_text())).visual
    weights = load(folder.joinpath("guide.safetensors").read_bytes())
    own = {name.removeprefix("visual."): tensor for name, tensor in weights.items() if name.startswith("visual.")}
    visual.load_state_dict({name: tensor.float() for name, tensor in own.items()}, strict=False)
    return visual.eval().requires_grad_(False)


def our_process(prompt: str, steps: int):
    from pixray.runtime.allocator import prepare_process

    prepare_process()
    import pixray

    session = pixray.new_session(prompt, drawer="pixel", aspect="square", seed=1, perceptors="embedded", save_every=0)
    for event in session.run():
        if type(event).__name__ == "Stepped":
            yield event.step, lambda: session.render().detach()[:, :3]


def paint(side: str, prompt: str, steps: int, begun: float) -> None:
    """One side's process: prints [step, seconds, score] for every judged picture."""
    curve, judging, referee = [], 0.0, None
    for step, picture in (old_process if side == "old" else our_process)(prompt, steps):
        if step % EVERY == 0:
            from benchmarks.less_work import score
            from pixray.perceptors.embedded import Referee

            paused = time.time()
            referee = referee or Referee()
            curve.append((step, paused - begun - judging, score(_image(picture()), prompt, referee)))
            judging += time.time() - paused
    sys.stdout.write("\n" + json.dumps(curve) + "\n")


def _image(picture):
    from PIL import Image

    return Image.fromarray((picture[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy())


def measured(side: str, prompt: str, steps: int) -> list:
    words = ["--side", side, "--prompt", prompt, "--steps", str(steps), "--begun", str(time.time())]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.whole", *words], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def first_at(goal: float, curve: list) -> float | None:
    """Seconds to the first picture of a score, of a side's [step, seconds, score]; None: it has none."""
    return next((seconds for _, seconds, score in curve if score >= goal), None)


def compare(count: int | None = None, steps: int = 250) -> None:
    """Print the table for the first prompts, with so many steps of the old loop."""
    rows, factors, stopped = [], [], []
    for prompt in PROMPTS[:count]:
        curves = {side: measured(side, prompt, steps) for side in ("old", "ours")}
        goal = curves["old"][-1][2] - 0.01
        old, ours = (first_at(goal, curves[side]) for side in ("old", "ours"))
        ends = [f"{curve[-1][1]:.1f} s, {curve[-1][2]:.2f}" for curve in curves.values()]
        row = [prompt, *ends, f"{goal:.2f}", f"{old:.1f} s"]
        if ours is None:
            rows.append([*row, "never", "", ""])
        else:
            factors.append(curves["old"][-1][1] / ours)
            stopped.append(old / ours)
            rows.append([*row, f"{ours:.1f} s", f"{factors[-1]:.1f}x", f"{stopped[-1]:.1f}x"])
        print("| " + " | ".join(rows[-1]) + " |", flush=True)
    print(machine())
    header = ["prompt", "old: all steps, score", "ours", "goal", "old", "ours", "ratio", "if the old loop is stopped"]
    medians = ", ".join(f"{statistics.median(values):.1f}x" for values in (factors, stopped) if values)
    title = f"Seconds to a picture of equal score, reached for {len(factors)} of {len(rows)}: {medians}"
    print(table(title, header, rows))


def main() -> None:
    """One side's process, as `measured` starts it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--side", choices=("old", "ours"), required=True)
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--begun", type=float, required=True)
    options = parser.parse_args()
    paint(options.side, options.prompt, options.steps, options.begun)


if __name__ == "__main__":
    main()
