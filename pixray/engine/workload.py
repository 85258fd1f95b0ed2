"""How much a run asks for, told before its first step where it is far beyond what runs usually take."""

from __future__ import annotations

from collections.abc import Mapping

from pixray.perceptors.base import Perceptor
from pixray.runtime.memory import refuse_more_cutouts_than_memory
from pixray.settings.namespace import Settings
from pixray.settings.tables import QUALITY

_MANY_CUTOUTS = 5_000_000


def check_workload(settings: Settings, perceptors: Mapping[str, Perceptor], device: str) -> str | None:
    """What to tell the user about a run of very many cutouts; None about usual ones.

    Raises:
        SettingsError: the cutouts of one batch can never be held by the device.
    """
    for perceptor in perceptors.values():
        refuse_more_cutouts_than_memory(settings.num_cuts, perceptor.input_size, device)
    cutouts = settings.iterations * settings.batches * settings.num_cuts
    if cutouts < _MANY_CUTOUTS or not perceptors:
        return None
    usual = QUALITY["normal"]["iterations"] * QUALITY["normal"]["batches"] * QUALITY["normal"]["num_cuts"]
    return (
        f"this run takes long: {settings.iterations:,} iterations x {settings.batches:,} batches x "
        f"{settings.num_cuts:,} cutouts are {cutouts:,} for each perceptor, {cutouts // usual:,} times those of "
        "quality=normal"
    )
