"""Train the guide: a small CLIP whose gradients paint.

A plain CLIP is fooled by coloured static. Three losses of every step together keep this one from it:

- way: pictures are met on their way from a start (noise, an empty backdrop, another picture) to what their caption
  asks for, and the gradient there of how well they fit it is to point where the goal lies: one minus the cosine of the
  two, differentiated twice. This is denoising (score matching) with the similarity as the energy; at the end of the
  way it is what adversarial training is for (CLIPAG, arXiv 2306.16805), without its single large steps, which a model
  learns to evade by making its gradients worthless.
- contrast: captions and the pictures that are far enough on their way find each other, and pictures tell their caption
  from one that names another thing.
- painted: a replay buffer holds pictures that the model's own gradients are painting through the project's cutouts,
  on pixel grids and with strokes as the drawers use them. Each is the start of a way to the nearest real picture of
  its caption, must please less than what is farther on that way, by a margin that grows with the distance (CLIP-JEM,
  arXiv 2408.17046), and counts as one more wrong picture for every caption.

    python -m training.guide --data DIR --out DIR --minutes 100
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from pixray.losses.tv import total_variation
from training import loop as loops
from training.buffer import GRIDS, Buffer
from training.captions import Captions
from training.clip import SmallClip, config, descend, make_optimizer, same_topic, used_tokens, with_unknown
from training.cuts import Cutter
from training.pictures import Painter
from training.scene_sampler import Picture
from training.sprites import load_sprites

SHARED = 0.5
"""How much of what all texts share is taken off each of them while pictures of the buffer are painted, as the exported
guide for pixel grids takes it off (`Embedded.encode_text`). Gradients are trained with whole texts."""
CONFIG = {**config(layers=[1, 2, 2, 1], width=24, head_width=48), "activation": "silu"}


class Guide:
    """The model with everything that training it needs."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        sprites = load_sprites(options.data)
        self.clip = SmallClip(CONFIG, used_tokens(sprites), options.bf16).to(options.device)
        if options.start:
            self.clip.restore(load_file(options.start / f"{options.stem}.safetensors"))
        self.optimizer = make_optimizer(self.clip.model, options.rate)
        self.average = loops.Average(self.clip.model)
        self.captions = Captions(sprites, options.seed)
        self.painter = Painter(sprites, options.seed, device=options.device)
        self.generator = torch.Generator().manual_seed(options.seed)
        self.chance = random.Random(options.seed)
        self.cutter = Cutter(self.generator, device=options.device)
        self.buffer = Buffer(self.captions, self.painter, options.buffer, self.generator, options.strokes)

    def parts(self) -> dict[str, Any]:
        return {
            "model": self.clip.model,
            "optimizer": self.optimizer,
            "average": self.average,
            "captions": loops.Chance(self.captions.chance),
            "chance": loops.Chance(self.chance),
            "painter": loops.Numbers(self.painter.generator),
            "generator": loops.Numbers(self.generator),
            "buffer": self.buffer,
        }

    def step(self, rate: float) -> dict[str, float]:
        """One step of the optimizer; the terms of the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        options = self.options
        fresh = [self.captions.picture() for _ in range(options.batch)]
        ids = self.buffer.sample(options.painted)
        pictures = [self.buffer.pictures[number] for number in ids] + fresh
        texts = self.clip.texts([with_unknown(picture.caption, self.chance) for picture in pictures])
        drawn = self.painter.draw(fresh)
        # With the way, the statistics of the norms stay as the first phase left them. Gradients of gradients through
        # running statistics that follow the weights made the training drift apart after some hundred steps.
        self.clip.eval()
        painted = self._paint(ids, apart(texts.detach())[: len(ids)])
        goals = self.buffer.goals.nearest(ids, pictures[: len(ids)], painted)
        starts = torch.cat([painted, self._starts(drawn.images, drawn.backdrops)])
        here, left, share = self._way(torch.cat([goals, drawn.images]), starts)
        if options.path:
            images, gradient = self._with_gradient(here, texts)
        else:
            self.clip.train()
            images = self.clip.images(here)
        fakes = self.clip.images(self.cutter.cuts(len(ids), 64)(painted)) if ids else None
        same = same_topic([p.topic for p in pictures], [p.caption for p in pictures]).to(options.device)
        terms = self._losses(images, fakes, texts, self._wrong(pictures), same, share)
        loss = terms["contrast"] + options.margin * terms.get("painted", 0)
        if options.path:
            terms["path"], terms["cosine"] = self._off_course(gradient, left)
            loss = loss + options.path * terms["path"]
        descend(loss, self.clip, self.optimizer, self.average)
        self.buffer.restart([number for number in ids if self.chance.random() < options.restart])
        return {name: float(value.detach()) for name, value in terms.items()}

    def _with_gradient(self, here: Tensor, texts: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings, and the gradient with respect to the pictures, itself differentiable."""
        here = here.detach().requires_grad_(True)
        with sdpa_kernel(SDPBackend.MATH):  # the only attention with a second derivative
            images = self.clip.images(here)
            pleased = (images * texts.detach()).sum()
            (gradient,) = torch.autograd.grad(pleased, here, create_graph=True)
        return images, gradient

    def _off_course(self, gradient: Tensor, left: Tensor) -> tuple[Tensor, Tensor]:
        """How far gradients are from pointing to the goal: as fine as pixels, and as coarse as cells are."""
        cells = (64, 32, 16)[int(torch.randint(3, (), generator=self.generator))]
        step, way = (F.interpolate(part, size=(cells, cells), mode="area") for part in (gradient, left))
        length = way.flatten(1).norm(dim=1)
        cosine = (_unit(step) * _unit(way)).flatten(1).sum(1)
        counts = (length / length.mean()).clamp(max=1).sqrt()
        mean = (cosine * counts).sum() / counts.sum()
        return 1 - mean, mean.detach()

    def _losses(
        self, images: Tensor, fakes: Tensor | None, texts: Tensor, wrong: Tensor, same: Tensor, share: Tensor
    ) -> dict[str, Tensor]:
        """The terms in which captions and pictures are compared.

        Args:
            images: embeddings of pictures on their way; fakes: of painted ones, whose captions come first.
            wrong: B K D, of captions that nearly fit the pictures, zero where there is none.
            share: how far on their way the pictures are; what is hardly begun cannot be told from its caption.
        """
        scale = self.clip.scale
        target = torch.arange(len(texts), device=texts.device)
        logits = (scale * images @ texts.T).masked_fill(same, -30.0)
        by_text = logits.T
        nearly = scale * (images[:, None] * wrong).sum(-1)
        logits = torch.cat([logits, nearly.masked_fill(~wrong.any(-1), -30.0)], 1)
        terms = {}
        if fakes is not None:
            by_text = torch.cat([by_text, scale * texts @ fakes.T], 1)
            gap = scale * ((fakes - images[: len(fakes)]) * texts[: len(fakes)]).sum(-1)
            terms |= {"painted": F.softplus(gap + 2 * share[: len(fakes)]).mean(), "gap": -gap.detach().mean()}
        counts = ((share - 0.2) / 0.4).clamp(0, 1)
        both = F.cross_entropy(logits, target, reduction="none") + F.cross_entropy(by_text, target, reduction="none")
        found = (logits.argmax(1) == target)[share > 0.9].float().mean()
        contrast = (both * counts).sum() / (2 * counts.sum())
        return {"contrast": contrast, "found": found, "scale": scale.detach(), **terms}

    def _wrong(self, pictures: list[Picture]) -> Tensor:
        """Embeddings B K D of captions that nearly fit."""
        captions = [self.captions.wrong(picture) for picture in pictures for _ in range(self.options.wrong)]
        embeds = self.clip.texts(captions)
        there = torch.tensor([bool(caption) for caption in captions], device=embeds.device)
        return (embeds * there[:, None]).view(len(pictures), self.options.wrong, embeds.shape[-1])

    def _paint(self, ids: list[int], texts: Tensor) -> Tensor:
        """Take some steps on pictures of the buffer, as a drawer would."""
        images = self.buffer.images[ids].to(self.options.device)
        calm = self.buffer.calm(ids).to(images)
        for _ in range(self.options.chain if ids else 0):
            looks = [self._pull(images, texts, calm) for _ in range(self.options.looks)]
            images = self.buffer.step(ids, images, torch.stack(looks).sum(0))
        return images

    def _pull(self, images: Tensor, texts: Tensor, calm: Tensor) -> Tensor:
        """The gradient of how well pictures please, each with its own weight of total variation."""
        images = images.detach().requires_grad_(True)
        seen = self.cutter.cuts(len(images), images.shape[-1])(images)
        pleased = (self.clip.images(seen) * texts).sum()
        return torch.autograd.grad(pleased - (calm * total_variation(images)).sum(), images)[0]

    def _way(self, images: Tensor, starts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures on their way, seen by a camera or through cutouts; what is left of the way; how far they are.

        Grain is no part of the way, so that gradients show forms and not how to remove it.
        """
        count = len(images)
        share = self._chance(count).to(images) * 0.95
        share = torch.where(self._chance(count).to(images) < 0.2, 1.0, share)
        here = torch.lerp(starts, images, share.view(-1, 1, 1, 1))
        order = torch.randperm(count, generator=self.generator)
        camera, cut = order[: count // 2], order[count // 2 :]
        both = torch.cat([images, here], 1)
        cuts = self.cutter.cuts(len(cut), 64)
        looked = torch.cat([cuts(part[cut], plain=True) for part in (images, here)], 1)
        seen = torch.cat([self.painter.moved(both[camera]), looked])[order.argsort()]
        goal, here = self.painter.toned(seen).chunk(2, 1)
        grain = 0.02 + 0.13 * self._chance(count).to(images).view(-1, 1, 1, 1)
        noise = torch.randn(images.shape, generator=self.generator).to(images)
        return (here + grain * noise).clamp(0, 1), goal - here, share

    def _chance(self, count: int) -> Tensor:
        return torch.rand(count, generator=self.generator)

    def _starts(self, goal: Tensor, backdrop: Tensor) -> Tensor:
        """Noise on a grid, the empty backdrop, or another picture."""
        count = len(goal)
        kind = torch.rand(count, 1, 1, 1, generator=self.generator).to(goal)
        cells = GRIDS[int(torch.randint(len(GRIDS), (), generator=self.generator))]
        noise = torch.rand(count, 3, cells, cells, generator=self.generator).to(goal)
        tint = torch.rand(count, 3, 1, 1, generator=self.generator).to(goal)
        strength = torch.rand(count, 1, 1, 1, generator=self.generator).to(goal)
        noise = F.interpolate(torch.lerp(tint, noise, strength), size=goal.shape[-2:])
        other = goal[torch.randint(count, (count,), generator=self.generator)]
        return torch.where(kind < 0.4, noise, torch.where(kind < 0.75, backdrop, other))

    def sheet(self, path: Path) -> None:
        """The longest-painted pictures of the buffer; their subjects beside them in a text file."""
        oldest = sorted(range(len(self.buffer.ages)), key=lambda number: -self.buffer.ages[number])[:96]
        loops.save_sheet(self.buffer.images[oldest], path, 16)
        subjects = "\n".join(self.buffer.pictures[number].caption for number in oldest)
        path.with_suffix(".txt").write_text(subjects + "\n", encoding="utf-8")


def apart(texts: Tensor) -> Tensor:
    """Embeddings B D with less of what all of them share, as pictures are painted by them."""
    return F.normalize(texts - SHARED * texts.mean(0), dim=1)


def _unit(step: Tensor) -> Tensor:
    """Each picture's step, of length 1."""
    return step / step.flatten(1).norm(dim=1).view(-1, 1, 1, 1).clamp(min=1e-12)


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = loops.arguments(__doc__, rate=6e-4, batch=64)
    add = options.add_argument
    add("--painted", type=int, default=32, help="pictures of the buffer in each step")
    add("--buffer", type=int, default=192, help="pictures in the buffer")
    add("--strokes", type=float, default=0.2, help="share of the buffer that is painted with strokes")
    add("--chain", type=int, default=5, help="painting steps a visit")
    add("--wrong", type=int, default=2, help="captions that nearly fit, to each picture")
    add("--looks", type=int, default=2, help="cutouts in a painting step")
    add("--restart", type=float, default=0.012, help="share of visited pictures that begin again")
    add("--margin", type=float, default=0.7, help="weight of the margin between real and painted pictures")
    add("--path", type=float, default=3.0, help="weight of the denoising path")
    add("--bf16", action="store_true", help="multiply in bfloat16; measure first whether that is faster")
    add("--start", type=Path, help="folder with an exported guide whose weights are the first ones")
    add("--stem", default="guide", help="name of that guide's file: guide or pixel")
    return options


def main(argv: list[str] | None = None) -> None:
    options = parser().parse_args(argv)
    loops.prepare(options)
    loops.train(options, Guide(options), options.batch + options.painted)


if __name__ == "__main__":
    main()
