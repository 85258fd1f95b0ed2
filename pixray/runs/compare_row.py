"""One row of a comparison, completed from what its run left: facts, and the scores of the picture.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pixray.images.io import open_picture
from pixray.images.png_text import read_text
from pixray.recorders.log import read_log
from pixray.recorders.record import read_record
from pixray.runs.cell import Cell
from pixray.runs.judge import REFEREE
from pixray.runtime.devices import choose_device

if TYPE_CHECKING:
    from pixray.models.store import ModelStore
    from pixray.registry import Registry

_FACTS = ("provider", "model", "service_seed", "service_size", "request_id", "cost")


@dataclass
class Row:
    """One drawer and seed.

    Attributes:
        status: "done", "failed" or "stopped"; reason: of a failure.
        picture: path below the comparison's folder.
        guided: score by the perceptors that guided, their mean by weight; scores: each of them by name.
        held_out: score by the one that guided nobody; judge: its name.
        seconds: of the run; size: of the picture in pixels.
        facts: what the service said: provider, model, seed, cost …; cost_amount: as a number, if it is known.
    """

    drawer: str
    seed: str
    remote: bool
    status: str = "waiting"
    reason: str = ""
    picture: str | None = None
    guided: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    held_out: float | None = None
    judge: str | None = None
    seconds: float | None = None
    size: tuple[int, int] | None = None
    facts: dict[str, str] = field(default_factory=dict)
    cost_amount: float | None = None


def read_facts(cell: Cell, path: Path, row: Row) -> None:
    """What the run says about itself.

    Args:
        path: of its picture.

    Raises:
        PixrayError: the picture is damaged.
    """
    row.size = open_picture(path).size
    text = read_text(path)
    row.facts = {name: text[f"pixray_{name}"] for name in _FACTS if f"pixray_{name}" in text}
    row.cost_amount = _amount(row.facts.get("cost", ""))
    log = read_log(cell.folder)
    row.seconds = log.seconds if log else None


def score(cell: Cell, path: Path, row: Row, registry: Registry, store: ModelStore, judge: str | None) -> None:
    """The scores of a picture: by the perceptors that guided it, and by one that did not.

    Args:
        path: of the picture; judge: the perceptor; None: the embedded referee, if there is one.

    Raises:
        PixrayError: the picture is damaged, or a perceptor cannot be had.
    """
    from pixray.perceptors.choose import load_perceptors
    from pixray.runs.clip_score import clip_score

    device = choose_device(cell.settings.device)
    prompts, picture = cell.settings.prompts_by_setting["prompts"], open_picture(path)
    guides = [name for name in str(read_record(path)["clip_models"]).split(",") if name]
    perceptors, weights = load_perceptors(guides, cell.settings, registry, store, device)
    row.scores = {name: clip_score(perceptor, picture, prompts, device) for name, perceptor in perceptors.items()}
    total = sum(weights.values()) or 1.0
    row.guided = sum(number * weights[name] for name, number in row.scores.items()) / total
    row.judge = judge or (REFEREE if REFEREE in registry.names("perceptor") else None)
    if row.judge in perceptors:
        row.judge = None  # it guided this picture, so it cannot judge it
    if row.judge is not None:
        judges, _ = load_perceptors([row.judge], cell.settings, registry, store, device)
        row.held_out = clip_score(judges[row.judge], picture, prompts, device)


def _amount(cost: str) -> float | None:
    """The number that a cost begins with, such as "4e-05 (estimated)"; None if it begins with none."""
    try:
        amount = float(cost.removeprefix("about ").partition(" ")[0])
    except ValueError:
        return None
    return amount if math.isfinite(amount) else None
