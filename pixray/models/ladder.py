"""The CLIP models that the settings `ladder`, `quality` and `judge` choose from, and what is known about each.

The list is ladder.yaml beside this file, whose head explains the fields. The models of the classic ladder are in it;
its rungs are in `pixray.settings.tables`, since nearly every run asks for them and reading YAML takes time.

Late imports keep importlib.resources out of start-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pixray.runtime.yaml_io import parse_yaml

_BYTES = 4
"""Of a parameter in float32."""


@dataclass(frozen=True)
class ListedModel:
    """A CLIP model of the list.

    Attributes:
        name: as `clip_models` takes it.
        architecture: a name of open_clip's own list.
        licence, licence_seen: of its weights, and whether somebody read that at its source.
        parameters: of both towers.
        gflop: 10^9 operations to look at one square, forward.
        side: of that square, in pixels.
        weights_run: whether whoever wrote the list ran these weights.
        refused: why it cannot be used; None: it can.
        repository: on the hub, where the name does not tell.
    """

    name: str
    architecture: str
    licence: str
    licence_seen: bool
    parameters: int
    gflop: float
    side: int
    weights_run: bool = False
    refused: str | None = None
    repository: str | None = None

    @property
    def bytes(self) -> int:
        """About how much a download of float32 weights is."""
        return _BYTES * self.parameters


@dataclass(frozen=True)
class Rung:
    """What a quality means on a ladder.

    Attributes:
        models: perceptors by name.
        looks: cutouts for each of them and pass.
        batches: passes in a step.
        rate: what the step sizes of the drawer are multiplied by.
    """

    models: tuple[str, ...]
    looks: int
    batches: int
    rate: float


@dataclass(frozen=True)
class Ladder:
    """The whole list: models by name, the rungs of the robust ladder by quality, names of models by those of judges."""

    models: Mapping[str, ListedModel]
    rungs: Mapping[str, Rung]
    judges: Mapping[str, str]


@cache
def read_ladder() -> Ladder:
    """The list of the package."""
    from importlib import resources

    text = resources.files("pixray.models").joinpath("ladder.yaml").read_text(encoding="utf-8")
    entries = parse_yaml(text, "ladder.yaml")
    models = {name: ListedModel(name, **facts) for name, facts in entries["models"].items()}
    rungs = {quality: Rung(tuple(facts.pop("models")), **facts) for quality, facts in entries["rungs"].items()}
    return Ladder(models, rungs, entries["judges"])
