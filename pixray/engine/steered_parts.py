"""What a change of settings does to the parts of a session: new losses and filters, another pace, other colours.

The session's first objective is kept, so that every state of a run can be reached again: from the first objective by
all changes that came before it, one after the other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

from pixray.engine.capture.executor import CudaGraphExecutor, EagerExecutor
from pixray.errors import SettingsError
from pixray.images.fetch import restrict_fetches
from pixray.images.palette import read_palette
from pixray.optim.gradient import GradientOptimizer

if TYPE_CHECKING:
    from pixray.drawers.base import Drawer
    from pixray.engine.build_objective import Beginning, ObjectiveBuilder
    from pixray.engine.objective import Objective
    from pixray.images.palette import Palette
    from pixray.optim.search import SearchOptimizer
    from pixray.settings.namespace import Settings


class Painting(Protocol):
    """What a session has of its own, as far as changes concern it."""

    objective: Objective
    optimizer: GradientOptimizer | SearchOptimizer
    executor: EagerExecutor
    drawer: Drawer
    device: str


class SteeredParts:
    """The parts of one session that changes replace.

    Args:
        session: just built.
        builder: of its objective.
        beginning: what its losses hold on to.
    """

    def __init__(self, session: Painting, builder: ObjectiveBuilder, beginning: Beginning) -> None:
        self._session, self._builder, self._beginning = session, builder, beginning
        self._first_objective = session.objective
        self._first_executor: EagerExecutor | None = None
        self._palette = builder.palette
        self.told: list[str] = []

    @property
    def base(self) -> Settings:
        """What the session began with."""
        return self._builder.settings

    def refusal(self) -> str | None:
        """Why nothing can change here, or None."""
        if not isinstance(self._session.optimizer, GradientOptimizer):
            return f"the drawer {self.base.drawer} does not paint step by step, so its run cannot be steered"
        return None

    def begin_again(self) -> None:
        """Take over what the session began with."""
        self._put_in_place(self._builder, self._first_objective)

    def take(self, settings: Settings, changed: Collection[str], step: int) -> None:
        """Take over changed settings.

        Args:
            settings: all of them, after the change; changed: names of those that may differ from before.
            step: steps taken so far.

        Raises:
            PixrayError: a part cannot be had, or cannot change; nothing has changed then.
        """
        with restrict_fetches(settings.is_untrusted):
            palette = _read_palette(settings) if "palette" in changed else self._palette
            builder = dataclasses.replace(self._builder, settings=settings, palette=palette, notice=self.told.append)
            purpose = f"losses from step {step}"
            self._put_in_place(builder, builder.rebuild(self._beginning, self._session.objective, changed, purpose))

    def _put_in_place(self, builder: ObjectiveBuilder, objective: Objective) -> None:
        session, pace = self._session, self._pace(builder.settings)
        if builder.palette != self._palette:
            session.drawer.take_palette(builder.palette)
            self._palette = builder.palette
        builder.give_settings(objective)
        session.objective = objective
        if isinstance(session.optimizer, GradientOptimizer):
            session.optimizer.set_pace(pace)
        session.executor = self._executor(objective)
        session.executor.forget()  # what was captured is another objective

    def _pace(self, settings: Settings) -> float:
        """How much faster than at the beginning, whichever rates the drawer has."""
        before, now = self.base.learning_rate, settings.learning_rate
        if now == before:
            return 1.0
        if not before:
            raise SettingsError("learning_rate was 0 at the beginning, and no multiple of that is another rate")
        return float(now / before)

    def _executor(self, objective: Objective) -> EagerExecutor:
        first = self._first_executor = self._first_executor or self._session.executor
        fit = all(weighted.loss.capturable for weighted in objective.losses)
        fit = fit and all(filter_.capturable for filter_, _ in objective.filters)
        if fit or not isinstance(first, CudaGraphExecutor):
            return first
        return EagerExecutor(self._session.device)


def _read_palette(settings: Settings) -> Palette:
    try:
        return read_palette(settings.palette) if settings.palette else ()
    except ValueError as error:
        raise SettingsError(f"palette={settings.palette!r}: {error}") from None
