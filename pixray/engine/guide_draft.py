"""What a drawer begins with if an embedded guide is to paint it.

Late imports keep drafts that nobody wants out of start-up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from torch import Tensor

from pixray.drawers.base import Draft, Drawer
from pixray.models.store import ModelStore
from pixray.perceptors.choose import load_perceptors
from pixray.prompts.timed import prompts_at
from pixray.registry import Registry
from pixray.runtime.rng import Generators
from pixray.settings.namespace import Settings

if TYPE_CHECKING:
    from pixray.engine.session import Session


def draft_by_guide(
    drawer: Drawer,
    settings: Settings,
    registry: Registry,
    store: ModelStore,
    generators: Generators,
    device: str,
    build: Callable[[Settings], Session],
) -> Tensor | None:
    """Let a guide of the package paint what the prompts ask for, as the drawer wants it.

    Args:
        drawer, settings, registry, store, generators, device: of the run.
        build: makes a session of settings.

    Returns:
        the start image 1 3 H W; None: the drawer has taken a draft in ink, or no prompt asks for anything.
    """
    prompts = prompts_at(settings, step=0)
    if not any(prompt.weight > 0 for prompt in prompts):
        return None
    if drawer.wants_draft is Draft.COLOURS:
        from pixray.engine.pixel_draft import pixel_draft

        return pixel_draft(prompts, drawer.size, generators.seed, device, settings.cudnn_determinism, registry, build)
    from pixray.engine.ink_draft import GUIDE, ink_draft

    guides, _ = load_perceptors([GUIDE], settings, registry, store, device)
    drawer.take_draft(ink_draft(prompts, guides[GUIDE], generators.get("draft")))
    return None
