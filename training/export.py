"""Turn a checkpoint into the files that the package ships.

python -m training.export guide --checkpoint OUT/checkpoint.pt --data DIR --to pixray/embedded
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
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


def export_clip(stem: str, settings: Mapping[str, Any], checkpoint: Path, sprites: Sprites, folder: Path) -> None:
    """Write <stem>.safetensors and <stem>.json, and for the guide the list of the words it knows."""
    from training.clip import SmallClip, used_tokens

    clip = SmallClip(settings, used_tokens(sprites))
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    clip.model.load_state_dict(state["parts"]["average"]["mean"])
    write(clip.exported(), folder / f"{stem}.safetensors")
    (folder / f"{stem}.json").write_text(json.dumps(dict(settings), indent=1) + "\n", encoding="utf-8")
    if stem == "guide":
        (folder / "words.txt").write_text("\n".join(known_words(sprites)) + "\n", encoding="utf-8")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=("guide", "referee", "vqgan"))
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="folder with the atlases of sprites; not needed for vqgan")
    parser.add_argument("--to", type=Path, required=True, help="folder to write to")
    options = parser.parse_args(argv)
    if options.model == "vqgan":
        from training.vqgan import export_vqgan

        export_vqgan(options.checkpoint, options.to)
        return
    if options.model == "guide":
        from training.guide import CONFIG
    else:
        from training.referee import CONFIG
    if options.data is None:
        parser.error("--data is needed for the words")
    export_clip(options.model, CONFIG, options.checkpoint, load_sprites(options.data), options.to)


if __name__ == "__main__":
    main()
