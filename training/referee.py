"""Train the referee: a plain CLIP that judges what the guide paints, and shares with it nothing but the sprites.

Another seed, another architecture, no replay buffer, no adversarial step: what fools the guide does not fool it alike.

    python -m training.referee --data DIR --out DIR --minutes 25
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from training import loop as loops
from training.captions import Captions
from training.clip import SmallClip, config, descend, make_optimizer, same_topic, used_tokens, with_unknown
from training.cuts import Cutter
from training.pictures import Painter
from training.sprites import load_sprites

CONFIG = config(layers=[1, 1, 1, 1], width=32, head_width=64, embed=192, text_width=192)


class Trainer:
    """The referee with everything that training it needs."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        sprites = load_sprites(options.data)
        self.clip = SmallClip(CONFIG, used_tokens(sprites)).to(options.device)
        self.optimizer = make_optimizer(self.clip.model, options.rate)
        self.average = loops.Average(self.clip.model)
        self.captions = Captions(sprites, options.seed)
        self.painter = Painter(sprites, options.seed, device=options.device)
        self.generator = torch.Generator().manual_seed(options.seed)
        self.cutter = Cutter(self.generator, device=options.device)
        self.chance = random.Random(options.seed)

    def parts(self) -> dict[str, Any]:
        return {
            "model": self.clip.model,
            "optimizer": self.optimizer,
            "average": self.average,
            "captions": loops.Chance(self.captions.chance),
            "chance": loops.Chance(self.chance),
            "painter": loops.Numbers(self.painter.generator),
            "generator": loops.Numbers(self.generator),
        }

    def step(self, rate: float) -> dict[str, float]:
        """One step of the optimizer; the terms of the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.clip.train()
        pictures = [self.captions.picture() for _ in range(self.options.batch)]
        images = self.painter.augmented(self.painter.draw(pictures).images)
        cut = torch.randperm(len(images), generator=self.generator)[: len(images) // 3]
        looked = self.cutter.cuts(len(cut), images.shape[-1])(images[cut], plain=True)
        images = images.index_copy(0, cut.to(images.device), looked)
        texts = self.clip.texts([with_unknown(picture.caption, self.chance) for picture in pictures])
        same = same_topic([p.topic for p in pictures], [p.caption for p in pictures]).to(images.device)
        logits = (self.clip.scale * self.clip.images(images) @ texts.T).masked_fill(same, -30.0)
        target = torch.arange(len(images), device=images.device)
        loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
        descend(loss, self.clip, self.optimizer, self.average)
        return {"contrast": float(loss.detach()), "found": float((logits.argmax(1) == target).float().mean())}

    def sheet(self, path: Path) -> None:
        """Pictures as it is shown them."""
        captions = Captions(self.captions.sprites, 7)
        painter = Painter(self.captions.sprites, 7, device=self.options.device)
        loops.save_sheet(painter.augmented(painter.draw([captions.picture() for _ in range(96)]).images), path, 16)


def main(argv: list[str] | None = None) -> None:
    parser = loops.arguments(__doc__, rate=1e-3, batch=192)
    parser.set_defaults(seed=1001)
    options = parser.parse_args(argv)
    loops.prepare(options)
    loops.train(options, Trainer(options), options.batch)


if __name__ == "__main__":
    main()
