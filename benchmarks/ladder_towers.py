"""Every architecture of the ladders with random weights: time of a step's looks, exactness of the frozen tower."""

from __future__ import annotations

import gc
import time

import torch
from torch.nn import functional as F

from benchmarks.common import interleaved, median, ratio, table
from pixray.models.ladder import read_ladder
from pixray.perceptors.frozen.tower import PlainTower, compile_tower
from pixray.perceptors.normalization import OPENAI_MEAN, OPENAI_STD
from pixray.runtime.devices import choose_device, choose_dtype
from pixray.settings.ladders import rungs

HEADER = ["architecture", "frozen as", "side", "looks", "open_clip fp32, ms", "frozen fp32, ms", "ratio"]
EXACT = ["embedding", "gradient"]


def architectures(largest):
    """Architecture and number of parameters of every rung, each once, in the order of the ladders."""
    models = read_ladder().models
    named = [models[name] for _, _, rung in rungs() for name in rung.models]
    return {model.architecture: model.parameters for model in named if model.parameters <= largest}


def measure_towers(only, looks, rounds, largest):
    """Yields a line for each architecture, then the table.

    Args:
        only: names of architectures; empty: all of the ladders.
        looks: pictures in a batch.
        largest: parameters of the largest architecture that is built.
    """
    device = choose_device("auto")
    dtype = choose_dtype("auto", device)
    name = str(dtype).removeprefix("torch.")
    header = [*HEADER, f"frozen {name}, ms", *(f"{what}, fp32" for what in EXACT), f"gradient's cosine, {name}"]
    rows = []
    for architecture in only or architectures(largest):
        rows.append(row_of(architecture, looks, rounds, dtype, device))
        yield f"| {' | '.join(rows[-1])} |"
        gc.collect()
    unit = "ms of processor time" if device == "cpu" else "ms"
    yield table(f"Looks forward and backward, {rounds} rounds in turn, {unit}", header, rows)


def row_of(architecture, looks, rounds, dtype, device):
    import open_clip

    visual = open_clip.create_model(architecture).visual.eval().requires_grad_(False)
    side = visual.image_size if isinstance(visual.image_size, int) else visual.image_size[0]
    frozen = compile_tower(visual, OPENAI_MEAN, OPENAI_STD, torch.float32, device)
    short = compile_tower(visual, OPENAI_MEAN, OPENAI_STD, dtype, device)
    plain = PlainTower(visual, OPENAI_MEAN, OPENAI_STD, torch.float32).to(device)
    towers = {"plain": plain, "frozen": frozen, "short": short}
    crops = torch.rand(looks, 3, side, side, generator=torch.Generator().manual_seed(1)).to(device)
    clock = time.process_time if device == "cpu" else time.perf_counter
    times = interleaved({name: lambda t=tower: looked(t, crops) for name, tower in towers.items()}, rounds, 1, clock)
    embeds, gradients = zip(*(looked(tower, crops) for tower in towers.values()), strict=True)
    exact = [float((one[1] - one[0]).norm() / one[0].norm()) for one in (embeds, gradients)]
    cosine = F.cosine_similarity(gradients[2].flatten(), gradients[0].flatten(), dim=0)
    return [
        architecture,
        type(frozen).__name__,
        str(side),
        str(looks),
        *(f"{median(times[name]):.0f}" for name in ("plain", "frozen")),
        f"{ratio(times['plain'], times['frozen']):.2f}x",
        f"{median(times['short']):.0f}",
        *(f"{error:.0e}" for error in exact),
        f"{float(cosine):.5f}",
    ]


def looked(tower, crops):
    """Embeddings, and the gradient of their first halves' sum."""
    crops = crops.clone().requires_grad_(True)
    embeds = F.normalize(tower(crops).float(), dim=-1)
    embeds[:, ::2].sum().backward()
    return embeds.detach(), crops.grad
