"""Which executor does the steps of a run: on a GPU they are captured and replayed if all parts of the run allow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pixray.engine.capture.backend import CudaGraphs
from pixray.engine.capture.executor import CudaGraphExecutor, EagerExecutor
from pixray.errors import SettingsError
from pixray.optim.torch_optimizers import can_be_captured

if TYPE_CHECKING:
    import torch

    from pixray.drawers.base import Drawer
    from pixray.engine.objective import Objective
    from pixray.settings.namespace import Settings


def choose_executor(
    settings: Settings,
    device: str,
    drawer: Drawer,
    objective: Objective,
    optimizer: type[torch.optim.Optimizer],
) -> EagerExecutor:
    """The executor of a run.

    Raises:
        SettingsError: `cuda_graph=on`, and something cannot be captured.
    """
    cutouts = objective.cutouts
    # Elsewhere nothing waits for copies (CPU), or a copy that is not waited for may be incomplete (MPS).
    plain = EagerExecutor(device if cutouts.capturable and device.startswith("cuda") else None)
    if settings.cuda_graph == "off":
        return plain
    parts: dict[str, Any] = {f"drawer={settings.drawer}": drawer, f"cutouts={settings.cutouts}": cutouts}
    parts.update({f"the perceptor {name}": perceptor for name, perceptor in objective.perceptors.items()})
    parts.update({f"the loss '{weighted.name}'": weighted.loss for weighted in objective.losses})
    parts.update({f"the filter {type(filter_).__name__.lower()}": filter_ for filter_, _ in objective.filters})
    obstacle = f"drawer={settings.drawer} is not optimised by gradients"
    if drawer.parameters():
        obstacle = find_obstacle(settings, device, parts, optimizer) or ""
    if not obstacle:
        return CudaGraphExecutor(device, CudaGraphs(device))
    if settings.cuda_graph == "on":
        raise SettingsError(f"cuda_graph=on: {obstacle} (cuda_graph=auto runs such steps directly)")
    return plain


def find_obstacle(
    settings: Settings, device: str, parts: Mapping[str, Any], optimizer: type[torch.optim.Optimizer]
) -> str | None:
    """Why the steps of a run cannot be captured, as half a sentence; None: they can.

    Args:
        parts: everything that takes part in a step, by the name that the user knows it by.
        optimizer: the class of the run's optimizer.
    """
    if not device.startswith("cuda"):
        return f"a step can be captured on a CUDA GPU, and this run is on {device}"
    if settings.animation_dir:
        return "the frames of an animation would each hold the memory of a captured step"
    if not can_be_captured(optimizer):
        return f"optimiser={settings.optimiser} cannot be captured; Adam, AdamW and NormalizedSGD can"
    unfit = [name for name, part in parts.items() if not part.capturable]
    return f"{unfit[0]} cannot be captured" if unfit else None
