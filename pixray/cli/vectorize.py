"""pixray vectorize: pictures to vectors of the perceptors, and the direction from some pictures to others.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixray.cli.parsing import Parser
from pixray.errors import SettingsError
from pixray.runtime.files import write_atomic

if TYPE_CHECKING:
    from torch import Tensor

    from pixray.perceptors.base import Perceptor
    from pixray.prompts.vector import Vectors

WHAT = (
    "Write what perceptors see in pictures as vectors, for vector_prompts. With two sets of pictures, write the "
    "direction that leads from the first to the second: used as a prompt of weight 1, it makes a picture more like "
    "the second."
)


def main(argv: Sequence[str]) -> int:
    """Write the file and print its path."""
    parser = Parser("vectorize", WHAT)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--inputs", help="pictures, a vector for each: a file, a glob, with braces or not")
    source.add_argument("--avg-diff", metavar="A,B", help="from the mean of A to the mean of B")
    source.add_argument("--svm-diff", metavar="A,B", help="across the border that tells A from B best")
    parser.add_argument(
        "--out", "-o", "--outfile", required=True, help="where to write it; vectors/NAME.json is found by its name"
    )
    parser.add_argument("--clip_models", "--models", help="perceptors, separated by commas (default: those of a run)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    args = parser.parse_args(argv)
    path = Path(args.out)
    if path.suffix.lower() != ".json":
        raise SettingsError(f"out='{path}': expected a name that ends in .json")

    pair = args.avg_diff or args.svm_diff
    sides = _two(pair, "avg-diff" if args.avg_diff else "svm-diff") if pair else [args.inputs]
    perceptors, device = _perceptors(args.clip_models, args.device)
    sets = [_vectors_of(side, perceptors, device) for side in sides]
    vectors = sets[0] if len(sets) == 1 else _differences(*sets, svm=bool(args.svm_diff))
    write_atomic(path, (json.dumps(vectors) + "\n").encode())
    sys.stdout.write(f"{path}\n")
    return 0


def _two(pair: str, flag: str) -> list[str]:
    """The two sides of a pair; commas inside braces belong to one side."""
    sides, depth = [""], 0
    for letter in pair:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            sides.append("")
        else:
            sides[-1] += letter
    if len(sides) != 2 or not all(side.strip() for side in sides):
        raise SettingsError(f"{flag}='{pair}': expected two sets of pictures (or .json files of vectors) as A,B")
    return [side.strip() for side in sides]


def _perceptors(names: str | None, device: str) -> tuple[dict[str, Perceptor], str]:
    from pixray.api import studio
    from pixray.models.store import ModelStore
    from pixray.perceptors.choose import open_perceptors
    from pixray.settings.resolve import resolve

    registry, store = studio.registry, ModelStore()
    chosen = {"drawer": "pixel", "device": device, **({"clip_models": names} if names else {})}
    perception = open_perceptors(resolve(registry, chosen), registry, store)
    if perception.notice:
        sys.stderr.write(f"{perception.notice}\n")
    return perception.perceptors, perception.device


def _vectors_of(text: str, perceptors: Mapping[str, Perceptor], device: str) -> Vectors:
    """The vectors of a set of pictures, or those in a .json file that was made before."""
    from pixray.prompts.vector import read_vectors

    if text.lower().endswith(".json"):
        try:
            return read_vectors(Path(text).expanduser().read_text(encoding="utf-8"), text)
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"'{text}': cannot be read ({error})") from error
    from pixray.images.glob import expand
    from pixray.images.io import on_white, open_picture
    from pixray.prompts.build import encode_pictures

    pictures = [on_white(open_picture(file, "inputs")) for file in expand(text, "inputs")]
    return {name: _rows(encode_pictures(perceptor, pictures, device)) for name, perceptor in perceptors.items()}


def _differences(first: Vectors, second: Vectors, *, svm: bool) -> Vectors:
    """The direction from one set to the other, for each model that both hold."""
    import torch

    from pixray.prompts.vector import mean_difference, svm_difference

    difference = svm_difference if svm else mean_difference
    shared = [name for name in first if name in second]
    if not shared:
        raise SettingsError(f"the two sets share no model: {', '.join(first)} and {', '.join(second)}")
    return {name: _rows(difference(torch.tensor(first[name]), torch.tensor(second[name]))) for name in shared}


def _rows(vectors: Tensor) -> list[list[float]]:
    """Six digits are more than a perceptor tells apart."""
    return [[round(value, 6) for value in row] for row in vectors.cpu().tolist()]
