"""How the steps of a run are taken: recorded and replayed on a GPU if everything that takes part in them allows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pixray.errors import SettingsError
from pixray.replay.machine import CudaGraphs
from pixray.replay.replay import Plainly, Replayed
from pixray.steppers.optimisers import CAPTURABLE

if TYPE_CHECKING:
    from pixray.cutouts.base import Cutouts
    from pixray.drawers.base import Drawer
    from pixray.filters.base import Filter
    from pixray.losses.base import WeightedLoss
    from pixray.perceptors.base import Perceptor
    from pixray.settings.namespace import Settings


def choose_replay(
    settings: Settings,
    device: str,
    drawer: Drawer,
    cutouts: Cutouts,
    perceptors: Mapping[str, Perceptor],
    losses: Sequence[WeightedLoss],
    filters: Sequence[tuple[Filter, float]],
) -> Plainly:
    """Recorded, or step by step.

    Raises:
        SettingsError: `cuda_graph=on`, and something cannot be recorded.
    """
    # Elsewhere nothing waits for copies (CPU), or one that is not waited for may come to nothing (MPS).
    plain = Plainly(device if cutouts.capturable and device.startswith("cuda") else None)
    if settings.cuda_graph == "off":
        return plain
    parts: dict[str, Any] = {f"drawer={settings.drawer}": drawer, f"cutouts={settings.cutouts}": cutouts}
    parts.update({f"the perceptor {name}": one for name, one in perceptors.items()})
    parts.update({f"the loss '{one.name}'": one.loss for one in losses})
    parts.update({f"the filter {type(one).__name__.lower()}": one for one, _ in filters})
    obstacle = f"drawer={settings.drawer} is not optimised by gradients"
    if drawer.parameters():
        obstacle = find_obstacle(settings, device, parts) or ""
    if not obstacle:
        return Replayed(device, CudaGraphs(device))
    if settings.cuda_graph == "on":
        raise SettingsError(f"cuda_graph=on: {obstacle} (cuda_graph=auto takes such runs step by step)")
    return plain


def find_obstacle(settings: Settings, device: str, parts: Mapping[str, Any]) -> str | None:
    """Why the steps of a run cannot be recorded, as half a sentence; None: they can.

    Args:
        parts: all that takes part in a step, with its name.
    """
    if not device.startswith("cuda"):
        return f"a step can be recorded on a CUDA GPU, and this run is on {device}"
    if settings.animation_dir:
        return "the frames of an animation would each hold the memory of a recorded step"
    if settings.optimiser not in CAPTURABLE:
        return f"optimiser={settings.optimiser} cannot be recorded; {' and '.join(CAPTURABLE)} can"
    unfit = [name for name, part in parts.items() if not part.capturable]
    return f"{unfit[0]} cannot be recorded" if unfit else None
