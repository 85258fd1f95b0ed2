"""Turn a checkpoint into the files that the package ships.

python -m training.export guide --checkpoint OUT/checkpoint.pt --data DIR --to pixray/embedded
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training import vocabulary as words
from training.captions import Captions
from training.sprites import Sprites, load_sprites

_LEAST_SEEN = 30
_SEEN_IN = 60_000


def half(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights in half precision, counters as they are."""
    return {name: (v.half() if v.is_floating_point() else v).cpu().contiguous() for name, v in state.items()}


def write(weights: Mapping[str, Tensor], path: Path) -> None:
    """Write weights so that nobody ever finds half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(dict(weights), path.with_suffix(".new"), metadata={"format": "pt"})
    path.with_suffix(".new").chmod(0o644)
    path.with_suffix(".new").replace(path)


def mean(one: Mapping[str, Tensor], other: Mapping[str, Tensor], share: float = 0.5) -> dict[str, Tensor]:
    """Between two models of which the first continued from the other; counters as the first has them.

    Their mean often does better than either: https://arxiv.org/abs/2203.05482. Words that only the first has learned
    keep what it knows of them.

    share: of the other model, 0 to 1.

    Raises:
        ValueError: they are not models of one form, or the other has words that the first lacks.
    """
    other = _with_words_of(one, other)
    if {name: v.shape for name, v in one.items()} != {name: v.shape for name, v in other.items()}:
        raise ValueError("only models of the same form have a mean; these differ in their weights' names or sizes")
    between = {name: one[name].float() * (1 - share) + other[name].float() * share for name in one}
    return {name: between[name].to(v.dtype) if v.is_floating_point() else v for name, v in one.items()}


def _with_words_of(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The other model with a row for every word of the first."""
    places = {token: row for row, token in enumerate(one["token_ids"].tolist())}
    if not set(other["token_ids"].tolist()) <= places.keys():
        raise ValueError("only models of the same form have a mean; the other one knows words that the first does not")
    rows = one["token_embedding.weight"].clone()
    rows[[places[token] for token in other["token_ids"].tolist()]] = other["token_embedding.weight"]
    return {**other, "token_ids": one["token_ids"], "token_embedding.weight": rows}


def known_words(sprites: Sprites) -> list[str]:
    """Words that captions use often enough to be learned, in alphabetical order.

    A name of the second circle is in one caption of 14,000, which is too seldom, and chance would decide which of them
    are counted; a word that two of these names share is learned.
    """
    captions = Captions(sprites, 1)
    seen = Counter(word for _ in range(_SEEN_IN) for word in _words(captions.picture().caption))
    seldom = Counter(word for thing in captions.tail for word in _words(thing))
    named = {word for thing in words.COMMON for word in thing.split()}
    known = {word for word, count in seen.items() if count >= _LEAST_SEEN}
    known |= {word for word, names in seldom.items() if names > 1} | named & set(seen)
    return sorted(word for word in known if len(word) > 1)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z][a-z'-]*", text))


def export_clip(
    stem: str,
    settings: Mapping[str, Any],
    checkpoint: Path,
    sprites: Sprites,
    folder: Path,
    mean_with: Sequence[Path] = (),
    shares: Sequence[float] = (),
    apart: float = 0.0,
) -> None:
    """Write <stem>.safetensors and <stem>.json, and for the guide the list of the words it knows.

    mean_with: folders with exported models, of which and the checkpoint the mean is written; shares: of those models.
    apart: how much of what all texts share is taken off each of them, 0 to 1; see `Embedded.encode_text`.
    """
    from training.clip import SmallClip, used_tokens

    clip = SmallClip(settings, used_tokens(sprites))
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    clip.model.load_state_dict(state["parts"]["average"]["mean"])
    weights = clip.exported()
    held = 1 - sum(shares)
    for source, share in zip(mean_with, shares, strict=True):
        other = load_file(source / f"{stem}.safetensors")
        held += share
        own = {name: value for name, value in other.items() if name != "text_shared"}
        weights = mean(weights, own, share / held if held else 0.0)
    if apart:
        clip.restore(weights)
        weights["text_shared"] = clip.eval().shared(apart)
    write(weights, folder / f"{stem}.safetensors")
    (folder / f"{stem}.json").write_text(json.dumps(dict(settings), indent=1) + "\n", encoding="utf-8")
    if stem == "guide":
        (folder / "words.txt").write_text("\n".join(known_words(sprites)) + "\n", encoding="utf-8")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=("guide", "pixel", "referee", "vqgan"))
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="folder with the atlases of sprites; not needed for vqgan")
    parser.add_argument("--to", type=Path, required=True, help="folder to write to")
    parser.add_argument(
        "--mean-with", type=Path, nargs="+", default=[], help="folders with exported models of the same beginning"
    )
    parser.add_argument(
        "--share", type=float, nargs="+", default=[0.5], help="shares of those models in the mean, together at most 1"
    )
    parser.add_argument("--apart", type=float, default=0.0, help="share of the mean text that is taken off, 0 to 1")
    options = parser.parse_args(argv)
    if not 0 <= options.apart <= 1:
        parser.error(f"--apart is from 0 to 1, not {options.apart:g}")
    if min(options.share) < 0 or sum(options.share) > 1 + 1e-6:
        given = " + ".join(f"{share:g}" for share in options.share)
        parser.error(f"--share is from 0 to 1, not {given}")
    if options.mean_with and len(options.mean_with) != len(options.share):
        parser.error(f"{len(options.mean_with)} folder(s) of --mean-with need as many numbers of --share")
    if options.model == "vqgan":
        from training.vqgan import export_vqgan

        if options.mean_with:
            parser.error("--mean-with is for guides and the referee")
        export_vqgan(options.checkpoint, options.to)
        return
    if options.model in ("guide", "pixel"):
        from training.guide import CONFIG
    else:
        from training.referee import CONFIG
    if options.data is None:
        parser.error("--data is needed for the words")
    try:
        sprites = load_sprites(options.data)
        mixed = options.mean_with, options.share[: len(options.mean_with)], options.apart
        export_clip(options.model, CONFIG, options.checkpoint, sprites, options.to, *mixed)
    except (FileNotFoundError, ValueError) as wrong:
        parser.error(str(wrong))


if __name__ == "__main__":
    main()
