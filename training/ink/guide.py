"""Train the guide for ink: a small CLIP whose gradients draw dark strokes on paper.

It learns as the guide for pictures does (training/guide.py): gradients point from what is there to what is asked
for, captions and drawings find each other, and what its own gradients paint must please less than what is real. What
differs:

- every picture is one dark ink on light paper: drawings by formula, whose proportions vary, and line art;
- what is on its way is a draft: strokes are missing, misplaced or too many;
- pictures are met blurred as well as sharp, since a stroke feels a goal only where it nearly is; drawing begins with
  blurred cutouts, too.

    python -m training.ink.guide --data DIR --out DIR --minutes 100 --start pixray/embedded
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from pixray.cutouts.jitter import jittered
from pixray.ops.blur import blurred
from training import loop as loops
from training.clip import CONTEXT, SmallClip, descend, make_optimizer, same_topic, with_unknown
from training.cuts import Cutter
from training.guide import CONFIG, Guide
from training.ink.bank import SIDE, THINGS, Bank, weights
from training.ink.buffer import Buffer
from training.scene_sampler import article

FORMS = (
    *("{a}",) * 10, "{name}", "{name}", "a sketch of {a}", "a drawing of {a}", "a line drawing of {a}",
    "an ink drawing of {a}", "a pen drawing of {a}", "a simple drawing of {a}", "{a}, ink on paper", "a picture of {a}",
)  # fmt: skip
COLOURS = "red yellow green blue black white brown golden orange pink purple small big".split()
"""Said of a thing now and then, though ink shows nothing of it."""
IVORY = (242 / 255, 238 / 255, 203 / 255)


def caption(thing: str, chance: random.Random) -> str:
    """How somebody would ask for a drawing of a thing."""
    name = f"{chance.choice(COLOURS)} {thing}" if chance.random() < 0.15 else thing
    return chance.choice(FORMS).format(name=name, a=article(name))


def used_tokens(known: list[int]) -> list[int]:
    """Ids of all tokens that captions may hold, in order, those of a guide to begin with among them."""
    texts = [form.format(name=name, a=article(name)) for form in FORMS for name in (*THINGS, *COLOURS)]
    tokens = open_clip.SimpleTokenizer(context_length=CONTEXT)(texts)
    return sorted({*tokens.flatten().tolist(), *known})


class InkGuide(Guide):
    """The model with everything that training it needs."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        started = load_file(options.start / f"{options.stem}.safetensors") if options.start else None
        known = [] if started is None else started["token_ids"].tolist()
        self.clip = SmallClip(CONFIG, used_tokens(known), options.bf16).to(options.device)
        if started is not None:
            self.clip.restore(started)
        self.optimizer = make_optimizer(self.clip.model, options.rate)
        self.average = loops.Average(self.clip.model)
        self.generator = torch.Generator().manual_seed(options.seed)
        self.chance = random.Random(options.seed)
        self.cutter = Cutter(self.generator, device=options.device)
        self.bank = Bank(options.data, options.seed)
        self.weights = weights()
        self.buffer = Buffer(options.buffer, self.thing, self.generator)
        if not (options.out / "checkpoint.pt").exists():
            self._settle()

    def parts(self) -> dict[str, Any]:
        return {
            "model": self.clip.model,
            "optimizer": self.optimizer,
            "average": self.average,
            "chance": loops.Chance(self.chance),
            "bank": loops.Chance(self.bank.chance),
            "generator": loops.Numbers(self.generator),
            "buffer": self.buffer,
        }

    def thing(self) -> int:
        """The number of a thing to draw."""
        return self.chance.choices(range(len(THINGS)), self.weights)[0]

    @torch.no_grad()
    def _settle(self) -> None:
        """Let the norms see ink before their statistics stand still."""
        self.clip.train()
        for _ in range(40):
            goals, drafts = self.bank.take([self.thing() for _ in range(64)])
            here, _, _ = self._met(goals, drafts)
            self.clip.images(here)
        self.clip.eval()

    def step(self, rate: float) -> dict[str, float]:
        """One step of the optimizer; the terms of the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        options = self.options
        self.bank.renew(options.renewed)
        fresh = [self.thing() for _ in range(options.batch)]
        ids = self.buffer.sample(options.painted)
        things = [self.buffer.things[number] for number in ids] + fresh
        captions = [caption(THINGS[thing], self.chance) for thing in things]
        self.clip.eval()
        texts = self.clip.texts([with_unknown(text, self.chance) for text in captions])
        painted = self._drawn(ids, texts[: len(ids)].detach())
        goals, drafts = self.bank.take(fresh)
        goals = torch.cat([self._nearest(things[: len(ids)], painted), goals])
        here, left, share = self._met(goals, torch.cat([painted, self._begun(goals[len(ids) :], drafts, fresh)]))
        images, gradient = self._with_gradient(here, texts)
        fakes = self.clip.images(jittered(self._inked(painted), self.generator)) if ids else None
        same = same_topic([THINGS[thing] for thing in things], captions)
        terms = self._losses(images, fakes, texts, self._others(things), same, share)
        terms["path"], terms["cosine"] = self._off_course(gradient, left)
        loss = terms["contrast"] + options.margin * terms.get("painted", 0) + options.path * terms["path"]
        descend(loss, self.clip, self.optimizer, self.average)
        self.buffer.restart([number for number in ids if self.chance.random() < options.restart])
        return {name: float(value.detach()) for name, value in terms.items()}

    def _others(self, things: list[int]) -> Tensor:
        """Embeddings B K D of captions of other things."""
        if not self.options.wrong:
            return torch.zeros(len(things), 0, self.clip.settings["embed_dim"])
        others = [
            caption(self.chance.choice([name for name in THINGS if name != THINGS[thing]]), self.chance)
            for thing in things
            for _ in range(self.options.wrong)
        ]
        return self.clip.texts(others).view(len(things), self.options.wrong, -1)

    def _nearest(self, things: list[int], painted: Tensor) -> Tensor:
        """The drawing of each thing that is nearest to what is painted."""
        if not things:
            return painted
        choices = self.bank.goals[things] / 255
        coarse = F.avg_pool2d(choices, 4) - F.avg_pool2d(painted, 4)
        best = coarse.square().mean((2, 3)).argmin(1)
        return choices[torch.arange(len(things)), best][:, None]

    def _begun(self, goals: Tensor, drafts: Tensor, things: list[int]) -> Tensor:
        """Where ways begin: drafts, empty paper, grey clouds, other drawings; and what is nearly there in pixels, the
        drawing out of focus or laid over others of the same thing."""
        count = len(goals)
        cells = (8, 16, 32, 64)[int(torch.randint(4, (), generator=self.generator))]
        noise = torch.rand(count, 1, cells, cells, generator=self.generator)
        level, strength = self._chance(count).view(-1, 1, 1, 1) * 0.5, self._chance(count).view(-1, 1, 1, 1)
        clouds = (level + strength * (noise - 0.5)).clamp(0, 1)
        clouds = F.interpolate(clouds, size=(SIDE, SIDE), mode="bilinear")
        soft = blurred(goals, 1 + 5 * self._chance(count))
        mixed = torch.stack([goals, *(self.bank.take(things)[0] for _ in range(3))]).mean(0)
        mixed = blurred(mixed, 2 * self._chance(count))
        dark = 0.5 + self._chance(count).view(-1, 1, 1, 1)
        kinds = {
            0.25: drafts,
            0.32: torch.zeros_like(goals),
            0.42: clouds,
            0.45: goals[torch.randint(count, (count,), generator=self.generator)],
            0.72: dark * soft,
            1.01: dark * mixed,
        }
        kind, begun = self._chance(count).view(-1, 1, 1, 1), goals
        for bound, starts in reversed(kinds.items()):
            begun = torch.where(kind < bound, starts, begun)
        return begun.clamp(0, 1)

    def _met(self, goals: Tensor, starts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Drawings on their way, as a perceptor sees them; what is left of the way; how far they are.

        What a camera adds is no part of the way, so that gradients show strokes and not how to remove grain.
        """
        count = len(goals)
        share = self._chance(count) * 0.85
        share = torch.where(self._chance(count) < 0.2, 1.0, share)
        here = torch.lerp(starts, goals, share.view(-1, 1, 1, 1))
        both = self._seen(self._inked(torch.cat([goals, here], 1)))
        sigma = torch.where(self._chance(count) < 0.5, 0.0, 0.4 + 4.0 * self._chance(count) ** 1.5)
        goal, here = blurred(both, sigma).chunk(2, 1)
        left = goal - here
        grain = 0.1 * self._chance(count).view(-1, 1, 1, 1)
        noise = torch.randn(here.shape, generator=self.generator)
        return (here + grain * noise).clamp(0, 1), left, share

    def _seen(self, images: Tensor) -> Tensor:
        """Most pictures as drafts are looked at, some as drawers look at them."""
        count = len(images)
        order = torch.randperm(count, generator=self.generator)
        cut, whole = order[: count // 4], order[count // 4 :]
        looked = [
            self.cutter.cuts(len(cut), SIDE)(images[cut], plain=True),
            jittered(images[whole], self.generator),
        ]
        return torch.cat(looked)[order.argsort()]

    def _inked(self, coverage: Tensor) -> Tensor:
        """Coverages N K 64 64 in a dark ink on light paper, N 3K 64 64: the same ones for all of a row."""
        count, several = coverage.shape[:2]
        kind = self._chance(count).view(-1, 1)
        ivory = torch.tensor(IVORY)
        tinted = 0.75 + 0.25 * torch.rand(count, 3, generator=self.generator)
        paper = torch.where(kind < 0.5, ivory, torch.where(kind < 0.75, torch.ones(3), tinted))
        dark = torch.rand(count, 3, generator=self.generator) * 0.45
        ink = torch.where(self._chance(count).view(-1, 1) < 0.7, torch.zeros(3), dark)
        papers, inks = (part[:, None, :, None, None] for part in (paper, ink))
        return (papers + (inks - papers) * coverage[:, :, None]).view(count, 3 * several, SIDE, SIDE)

    def _drawn(self, ids: list[int], texts: Tensor) -> Tensor:
        """Take some steps on drawings of the buffer, as a draft takes them."""
        for _ in range(self.options.chain if ids else 0):
            coverage = self.buffer.images[ids].requires_grad_(True)
            seen = blurred(jittered(self._inked(coverage), self.generator), self.buffer.sigmas(ids))
            pleased = (self.clip.images(seen) * texts).sum()
            (gradient,) = torch.autograd.grad(pleased, coverage)
            self.buffer.step(ids, gradient)
        return self.buffer.images[ids]

    def sheet(self, path: Path) -> None:
        """The longest-painted drawings of the buffer; their subjects beside them in a text file."""
        oldest = sorted(range(len(self.buffer.ages)), key=lambda number: -self.buffer.ages[number])[:64]
        loops.save_sheet(1 - self.buffer.images[oldest].repeat(1, 3, 1, 1), path, 16)
        subjects = "\n".join(THINGS[self.buffer.things[number]] for number in oldest)
        path.with_suffix(".txt").write_text(subjects + "\n", encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = loops.arguments(__doc__, rate=6e-4, batch=48)
    add = options.add_argument
    add("--painted", type=int, default=16, help="drawings of the buffer in each step")
    add("--buffer", type=int, default=96, help="drawings in the buffer")
    add("--chain", type=int, default=3, help="painting steps a visit")
    add("--renewed", type=int, default=16, help="drawings of the bank that are made anew in each step")
    add("--wrong", type=int, default=1, help="captions of other things, to each picture")
    add("--restart", type=float, default=0.03, help="share of visited drawings that begin again")
    add("--margin", type=float, default=0.7, help="weight of the margin between real and painted drawings")
    add("--path", type=float, default=3.0, help="weight of the denoising path")
    add("--bf16", action="store_true", help="multiply in bfloat16; measure first whether that is faster")
    add("--start", type=Path, help="folder with an exported guide whose weights are the first ones")
    add("--stem", default="guide", help="name of that guide's file")
    return options


def main(argv: list[str] | None = None) -> None:
    options = parser().parse_args(argv)
    loops.prepare(options)
    loops.train(options, InkGuide(options), options.batch + options.painted)


if __name__ == "__main__":
    main()
