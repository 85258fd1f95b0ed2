"""What a service made, in a checkpoint: pictures as bytes, with what is known of them and what they cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from pixray.errors import PixrayError
from pixray.providers.decode import open_safely
from pixray.providers.errors import DecodeError
from pixray.providers.results import Cost, ImageResult

_PLAIN = ("mime", "width", "height", "seed", "status", "refusal", "revised_prompt")


@dataclass(frozen=True)
class Made:
    """What came of a search so far.

    Attributes:
        facts: of the chosen picture, for the metadata; costs: of each request.
        candidates: in the order in which they came; chosen: one of them, unless none is the best yet.
    """

    facts: Mapping[str, str]
    costs: Sequence[Cost]
    candidates: Sequence[ImageResult] = ()
    chosen: ImageResult | None = None


def packed(made: Made) -> dict[str, Tensor]:
    """Tensors of bytes: JSON, and a tensor for each picture that it tells of."""
    tensors = {
        "facts": _as_tensor(json.dumps(dict(made.facts)).encode()),
        "costs": _as_tensor(json.dumps([asdict(cost) for cost in made.costs]).encode()),
    }
    listed = []
    for number, image in enumerate(made.candidates):
        plain = {name: getattr(image, name) for name in _PLAIN}
        known = {**plain, "facts": dict(image.facts), "beside": list(image.beside), "chosen": image is made.chosen}
        listed.append(known)
        for position, content in enumerate((image.content or b"", *image.beside.values())):
            tensors[f"candidate{number}.{position}"] = _as_tensor(content)
    return {"candidates": _as_tensor(json.dumps(listed).encode()), **tensors}


def unpacked(state: Mapping[str, Tensor]) -> Made:
    """What came of a search until a checkpoint was written.

    Raises:
        PixrayError: the checkpoint is damaged.
    """
    try:
        facts = {str(name): str(value) for name, value in json.loads(_bytes(state["facts"])).items()}
        if "candidates" not in state:  # pixray before 2.1 kept neither
            return Made(facts, ())
        costs = [Cost(**cost) for cost in json.loads(_bytes(state["costs"]))]
        candidates: list[ImageResult] = []
        chosen = None
        for number, entry in enumerate(json.loads(_bytes(state["candidates"]))):
            candidates.append(_candidate(state, number, entry))
            chosen = candidates[-1] if entry["chosen"] is True else chosen
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, DecodeError) as error:
        raise PixrayError("what the service made is damaged in the checkpoint") from error
    return Made(facts, costs, candidates, chosen)


def _candidate(state: Mapping[str, Tensor], number: int, entry: Mapping[str, Any]) -> ImageResult:
    content, *others = (_bytes(state[f"candidate{number}.{i}"]) for i in range(1 + len(entry["beside"])))
    open_safely(content)
    facts = {str(name): str(value) for name, value in entry["facts"].items()}
    beside = {_name(name): other for name, other in zip(entry["beside"], others, strict=True)}
    return ImageResult(content, **{name: entry[name] for name in _PLAIN}, beside=beside, facts=facts)


def _as_tensor(content: bytes) -> Tensor:
    """N, uint8."""
    return torch.frombuffer(bytearray(content), dtype=torch.uint8) if content else torch.zeros(0, dtype=torch.uint8)


def _bytes(tensor: Tensor) -> bytes:
    return tensor.to(torch.uint8).cpu().contiguous().numpy().tobytes()


def _name(name: Any) -> str:
    """A name that becomes part of the name of a file."""
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError("no name")
    return name
