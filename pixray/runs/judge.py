"""Who judges pictures: a perceptor that guided none of them, chosen and loaded before anything is painted.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixray.errors import ModelUnavailable, SettingsError
from pixray.models.ladder import read_ladder
from pixray.runtime.devices import choose_device

if TYPE_CHECKING:
    from pixray.models.store import ModelStore
    from pixray.perceptors.base import Perceptor
    from pixray.registry import Registry
    from pixray.settings.namespace import Settings

REFEREE = "embedded-referee"
"""The perceptor that judges unless another one is named: it never guides a picture."""


@dataclass(frozen=True)
class Judge:
    """A perceptor that judges.

    Attributes:
        name: of the perceptor.
        notice: what to tell the user about the choice, or None.
    """

    name: str
    perceptor: Perceptor
    notice: str | None = None


def choose_judge(
    asked: str, guides: Collection[str], settings: Settings, registry: Registry, store: ModelStore
) -> Judge:
    """The judge behind a name, loaded.

    A short name of the package's list, such as "siglip2", stands for a model of the hub; where that cannot be had, the
    embedded referee judges. A model that is named in full is never replaced.

    Args:
        asked: as the setting `judge` has it.
        guides: names of the perceptors that guide.
        settings: of a run; its device and number format count.

    Raises:
        SettingsError: it guides.
        ModelUnavailable: with the ways to get it.
    """
    from pixray.perceptors.choose import load_perceptors

    judges = read_ladder().judges
    name = judges.get(asked, asked)
    notice = None
    try:
        if asked in judges:
            _refuse_unreachable(name, store)
    except ModelUnavailable:
        reason = f"{name} is not on this machine and the model hub cannot be reached"
        notice = f"judge={asked}: {reason}, so {REFEREE} judges"
        name = REFEREE
    if name in guides:
        raise SettingsError(f"judge={asked!r}: it guides these pictures; name one that does not")
    perceptors, _ = load_perceptors([name], settings, registry, store, choose_device(settings.device))
    return Judge(name, perceptors[name], notice)


def _refuse_unreachable(name: str, store: ModelStore) -> None:
    from pixray.perceptors.sources import find_local, listed_source

    if find_local(listed_source(read_ladder().models[name]), store) is None and not store.hub_reachable():
        raise ModelUnavailable(name)
