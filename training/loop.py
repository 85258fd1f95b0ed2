"""What every trainer shares: how long to go on, the learning rate, checkpoints, the log, sheets of pictures."""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor, nn

WARM_UP = 100
FLOOR = 0.03


def arguments(description: str | None, rate: float, batch: int) -> argparse.ArgumentParser:
    """The options that all trainers share."""
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder with the atlases of sprites")
    add("--out", type=Path, required=True, help="folder for checkpoint, log and sheets; training continues from it")
    add("--minutes", type=float, help="length of the whole training, earlier calls included")
    add("--samples", type=int, help="the same, counted in pictures; deterministic on a CPU")
    add("--piece", type=float, default=math.inf, help="minutes after which this call stops, to be continued")
    add("--stop-after", type=int, help="steps after which this call stops, to be continued")
    add("--seed", type=int, default=0)
    add("--device", default="cpu")
    add("--rate", type=float, default=rate, help="largest learning rate")
    add("--batch", type=int, default=batch)
    add("--threads", type=int, default=1)
    add("--sheet-every", type=float, default=4, help="minutes between sheets of pictures")
    return parser


@dataclass
class Loop:
    """Counts and keeps a training.

    Args:
        options: from `arguments`.
        parts: what a checkpoint holds, by name: anything with state_dict() and load_state_dict().
        sheet: writes pictures to a path.
    """

    options: argparse.Namespace
    parts: dict[str, Any]
    sheet: Callable[[Path], None]
    samples: int = 0
    seconds: float = 0.0
    steps: int = 0
    running: dict[str, float] = field(default_factory=dict)
    _kept: float = 0.0
    _shown: float = 0.0

    def __post_init__(self) -> None:
        if (self.options.minutes is None) == (self.options.samples is None):
            raise SystemExit("give the length of the training, either --minutes or --samples")
        self.options.out.mkdir(parents=True, exist_ok=True)
        self._begun = self._mark = time.perf_counter()
        self._taken = 0
        path = self.options.out / "checkpoint.pt"
        if path.exists():
            self._restore(torch.load(path, map_location=self.options.device, weights_only=True))
        self._kept = self._shown = self.seconds

    @property
    def progress(self) -> float:
        if self.options.samples is not None:
            return min(1.0, self.samples / self.options.samples)
        return min(1.0, self.seconds / (60 * self.options.minutes))

    @property
    def rate(self) -> float:
        """The learning rate: a short rise, then half a cosine down to a few per cent."""
        rise = min(1.0, (self.steps + 1) / WARM_UP)
        return self.options.rate * rise * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * self.progress)))

    def going(self) -> bool:
        """Whether another step is due."""
        piece = time.perf_counter() - self._begun > 60 * self.options.piece
        stop = self.options.stop_after is not None and self._taken >= self.options.stop_after
        return self.progress < 1 and not piece and not stop

    def stepped(self, samples: int, **values: float) -> None:
        """Count a step; log, save and show when it is time."""
        now = time.perf_counter()
        self.seconds += now - self._mark
        self._mark = now
        self.samples += samples
        self.steps += 1
        self._taken += 1
        for name, value in values.items():
            self.running[name] = 0.97 * self.running.get(name, value) + 0.03 * value
        if self.seconds - self._kept > 60:
            self._kept = self.seconds
            self.keep()
        if self.seconds - self._shown > 60 * self.options.sheet_every:
            self._shown = self.seconds
            self.sheet(self.options.out / f"sheet_{int(self.seconds / 60):04d}.png")

    def keep(self) -> None:
        """Write the checkpoint and a line of the log."""
        state = {
            "samples": self.samples,
            "seconds": self.seconds,
            "steps": self.steps,
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
        }
        path = self.options.out / "checkpoint.pt"
        torch.save(state, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)
        line = {"minutes": round(self.seconds / 60, 1), "steps": self.steps, "samples": self.samples, "rate": self.rate}
        line |= {name: round(value, 4) for name, value in self.running.items()}
        with (self.options.out / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")

    def finish(self) -> None:
        self.keep()
        self.sheet(self.options.out / f"sheet_{int(self.seconds / 60):04d}.png")

    def _restore(self, state: dict[str, Any]) -> None:
        self.samples, self.seconds, self.steps = state["samples"], state["seconds"], state["steps"]
        for name, part in self.parts.items():
            if name in state["parts"]:
                part.load_state_dict(state["parts"][name])


def prepare(options: argparse.Namespace) -> None:
    """Threads and seed of the process."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)


class Trainer(Protocol):
    """A model in training."""

    def parts(self) -> dict[str, Any]: ...

    def sheet(self, path: Path) -> None: ...

    def step(self, rate: float) -> dict[str, float]: ...


def train(options: argparse.Namespace, trainer: Trainer, samples: int) -> None:
    """Take steps until the time is over.

    Args:
        samples: pictures of a step.
    """
    loop = Loop(options, trainer.parts(), trainer.sheet)
    while loop.going():
        loop.stepped(samples, **trainer.step(loop.rate))
    loop.finish()


def save_sheet(images: Tensor, path: Path, per_row: int) -> None:
    """Pictures N 3 S S side by side on white."""
    padded = torch.nn.functional.pad(images.detach().cpu().clamp(0, 1), (1, 1, 1, 1), value=1.0)
    missing = -len(padded) % per_row
    padded = torch.cat([padded, torch.ones(missing, *padded.shape[1:])])
    side = padded.shape[-1]
    sheet = padded.view(-1, per_row, 3, side, side).permute(0, 3, 1, 4, 2).reshape(-1, per_row * side, 3)
    Image.fromarray((sheet * 255).round().byte().numpy()).save(path)


@dataclass
class Chance:
    """A `random.Random` as a part of a checkpoint."""

    chance: Any

    def state_dict(self) -> dict[str, Any]:
        version, numbers, gauss = self.chance.getstate()
        return {"version": version, "numbers": list(numbers), "gauss": gauss}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.chance.setstate((state["version"], tuple(state["numbers"]), state["gauss"]))


@dataclass
class Numbers:
    """A `torch.Generator` as a part of a checkpoint."""

    generator: torch.Generator

    def state_dict(self) -> dict[str, Any]:
        return {"state": self.generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.generator.set_state(state["state"].cpu())


class Average:
    """The running mean of a model's weights, which paints calmer than any single state of them.

    Args:
        model: whose weights; decay: share of the mean that a step keeps, less in the beginning.
    """

    def __init__(self, model: nn.Module, decay: float = 0.99) -> None:
        self.model, self.decay = model, decay
        self.steps = 0
        self.mean = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are now."""
        self.steps += 1
        new = 1 - min(self.decay, self.steps / (self.steps + 10))
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.mean[name].lerp_(value, new)
            else:
                self.mean[name].copy_(value)

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self.steps, "mean": self.mean}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.steps, self.mean = state["steps"], state["mean"]
