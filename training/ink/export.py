"""Turn a checkpoint of the guide for ink into the files that the package ships.

python -m training.ink.export --checkpoint OUT/checkpoint.pt --to pixray/embedded
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import torch
from safetensors.torch import load_file

from training.clip import SmallClip
from training.export import mean, write
from training.guide import CONFIG
from training.ink.bank import THINGS
from training.ink.guide import COLOURS, FORMS, used_tokens

STEM = "sketch"


def known_words() -> list[str]:
    """Words of the captions, in alphabetical order."""
    texts = " ".join([*THINGS, *COLOURS, *(re.sub(r"\{\w+\}", " ", form) for form in FORMS)])
    return sorted({word for word in re.findall(r"[a-z][a-z'-]*", texts) if len(word) > 1})


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument(
        "--start", type=Path, default=Path("pixray/embedded"), help="guide that the training began with"
    )
    parser.add_argument("--to", type=Path, required=True, help="folder to write to")
    parser.add_argument("--mean-with", type=Path, help="folder with an exported guide for ink to take the mean with")
    parser.add_argument("--share", type=float, default=0.5, help="share of that one in the mean, 0 to 1")
    options = parser.parse_args(argv)
    known = load_file(options.start / "guide.safetensors")["token_ids"].tolist()
    clip = SmallClip(CONFIG, used_tokens(known))
    state = torch.load(options.checkpoint, map_location="cpu", weights_only=True)
    clip.model.load_state_dict(state["parts"]["average"]["mean"])
    weights = clip.exported()
    if options.mean_with is not None:
        weights = mean(weights, load_file(options.mean_with / f"{STEM}.safetensors"), options.share)
    write(weights, options.to / f"{STEM}.safetensors")
    (options.to / f"{STEM}.json").write_text(json.dumps(CONFIG, indent=1) + "\n", encoding="utf-8")
    (options.to / f"{STEM}-words.txt").write_text("\n".join(known_words()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
