"""What changes when a drawer begins to paint as it delivers, such as in cells of a palette alone."""

from __future__ import annotations

from dataclasses import replace

from pixray.drawers.base import Drawer
from pixray.engine.objective import Moment, Objective
from pixray.engine.step_random import StepRandomness


def change_when_hard(drawer: Drawer, objective: Objective, randomness: StepRandomness, now: Moment) -> str:
    """How much the losses change from one step to the next if only the manner of the drawer does, in words.

    Args:
        randomness: both pictures are seen through the same cutouts; now: in the step from which on it paints so.
    """
    before, after = (_judged(drawer, objective, randomness, now, step) for step in (now.step - 1, now.step))
    return f"loss {before:.4f} before, {after:.4f} after"


def _judged(drawer: Drawer, objective: Objective, randomness: StepRandomness, now: Moment, step: int) -> float:
    """The total loss of the canvas as the drawer renders it in a step; nothing is changed by it."""
    canvas, latent = drawer.render(step).detach(), drawer.latent()
    moment = replace(now, latent=None if latent is None else latent.detach())
    return sum(objective.backward(canvas, randomness, moment).values())
