"""Auditions: several seeds paint the first steps, a judge looks at what they have, and the best goes on.

    the first steps of all at once  ->  the judge chooses  ->  the events of the chosen one, as if it had been alone

Each candidate is a whole session with a seed of its own. The chosen one comes out as a run with that seed alone would,
so the log, the film and the picture hold nothing of the others but their row, `output_audition.png`.

Late imports keep what few runs need out of start-up.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import io
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pixray.engine.build import SessionBuilder, build_session
from pixray.engine.session import Session
from pixray.engine.steering import Steerable, record_with
from pixray.engine.together import advance_together
from pixray.errors import RunFailed, SettingsError
from pixray.events import CheckpointDue, Drawn, Event, Finished, Noticed, Started, Steered, Stepped, Undone
from pixray.runs.clip_score import clip_score
from pixray.runs.judge import REFEREE, choose_judge
from pixray.runs.report.sheet import contact_sheet
from pixray.settings.grammar import parse_weighted

if TYPE_CHECKING:
    from PIL import Image

    from pixray.drawers.base import Drawer
    from pixray.models.store import ModelStore
    from pixray.registry import Registry
    from pixray.settings.layers import Layer
    from pixray.settings.namespace import Settings

STEPS = 60
"""How many steps each candidate takes before the judge looks."""
ROW = "_audition.png"
"""What the name of the picture of all candidates ends in."""
_CELL = 192
_LAST = 10
"""Losses of so many last steps judge a candidate that has no prompts in words."""
_OTHER_JUDGE = {"embedded": REFEREE, "embedded-pixel": REFEREE}
"""Who judges in place of a perceptor: a picture pleases the one that steered it, whatever it looks like."""


@dataclass
class Candidate:
    """A session and what happened to it until it was judged: its events, its picture, how well it fits."""

    session: Session
    events: list[Event] = field(default_factory=list)
    picture: Image.Image | None = None
    fits: float = -math.inf

    @property
    def seed(self) -> int:
        return self.session.generators.seed


@dataclass(repr=False)
class Audition(Steerable):
    """A run that begins with several seeds. Iterate `run()` as that of a session; leaving the loop stops it.

    Attributes:
        settings, record: of the run as a whole, with the first seed.
        candidates: one for each seed, in their order.
        judge: tells from a candidate how well it fits; more is better.
        trial: steps that each takes before it is judged.
        chosen: the number of the one that goes on; None until it is chosen.
        notice: what to tell the user about the judge, or None.
    """

    settings: Settings
    record: Mapping[str, Any]
    candidates: Sequence[Candidate]
    judge: Callable[[Candidate], float]
    trial: int
    chosen: int | None = None
    notice: str | None = None
    stopping: bool = field(default=False, init=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.candidates)} seeds, step {self.step} of {self.steps}>"

    @property
    def session(self) -> Session:
        """The chosen session, before that the first."""
        return self.candidates[self.chosen or 0].session

    @property
    def step(self) -> int:
        return self.session.step

    @property
    def steps(self) -> int:
        return self.session.steps

    @property
    def drawer(self) -> Drawer:
        return self.session.drawer

    def run(self) -> Iterator[Event]:
        """Hear all candidates and take the remaining steps of the best.

        Raises:
            RunFailed: as for a single session.
        """
        begun, first = time.perf_counter(), self.candidates[0]
        yield Started(
            self.settings, self.record, self.drawer.size, first.session.device, first.seed, self.steps, self.step
        )
        yield from first.session.notices
        if self.notice:
            yield Noticed("info", self.notice)
        row = None
        if self.chosen is None:
            seeds = ", ".join(str(candidate.seed) for candidate in self.candidates)
            yield Noticed("info", f"audition: seeds {seeds} paint their first {self.trial} steps")
            yield from self._hear()
            yield self._choose()
            row = self._row()
        for event in self._events_of_chosen():
            if isinstance(event, Drawn) and event.save and row is not None:
                event = dataclasses.replace(event, files={**event.files, ROW: row})
                row = None
            elif isinstance(event, CheckpointDue):
                event = dataclasses.replace(event, state=self.state())
            elif isinstance(event, Steered | Undone):
                timeline = event.record.get("steering", [])  # with the seed of the whole in place of the chosen one
                self.record = record_with(self.record, self.settings, timeline)
                event = dataclasses.replace(event, record=self.record)
            elif isinstance(event, Finished):
                event = dataclasses.replace(event, seconds=time.perf_counter() - begun)
            yield event

    def steer_by(self, layer: Layer) -> None:
        """As that of a session; what is asked for before the choice has effect after it."""
        for candidate in self.candidates:
            candidate.session.steer_by(layer)

    def undo(self, step: int) -> None:
        """As that of a session, once the choice is made."""
        self.session.undo(step)

    @property
    def checkpoints(self) -> list[int]:
        """As those of a session: none before the choice."""
        return self.session.checkpoints

    def stop(self) -> None:
        """Ask the run to end after the step it is in; the best so far is still saved."""
        self.stopping = True
        for candidate in self.candidates:
            candidate.session.stop()

    def state(self) -> dict[str, Any]:
        """Everything that steps change."""
        return {"step": self.step, "chosen": self.chosen, "run": self.session.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved state; the session must have been built from the same settings."""
        self._go_on_with(int(state["chosen"]))
        self.session.restore(state["run"])

    def image(self) -> Image.Image:
        """The picture as it is now, for Pillow."""
        return self.session.image()

    def _hear(self) -> Iterator[Event]:
        """Let all candidates take their first steps and judge them; yields only what is left of one that breaks."""
        by_session = {id(candidate.session): candidate for candidate in self.candidates}
        while active := [
            one.session for one in self.candidates if one.session.step < self.trial and one.session.unfinished
        ]:
            for session, events in advance_together(active):
                try:
                    by_session[id(session)].events.extend(events)
                except RunFailed:
                    yield session.draw(final=True)
                    raise
        for candidate in self.candidates:
            candidate.picture = candidate.session.image()
            candidate.fits = self.judge(candidate)

    def _choose(self) -> Noticed:
        best = max(self.candidates, key=lambda candidate: candidate.fits)
        self._go_on_with(self.candidates.index(best))
        seeds = ", ".join(str(candidate.seed) for candidate in self.candidates)
        return Noticed("info", f"audition: seed {best.seed} fits best of {seeds}")

    def _go_on_with(self, number: int) -> None:
        """Make a candidate the run; its pictures tell its seed from now on."""
        self.chosen, chosen = number, self.candidates[number]
        fact = {"pixray_audition_seed": str(chosen.seed)}
        chosen.session.text = {**chosen.session.text, **fact}
        chosen.events = [
            dataclasses.replace(event, text={**event.text, **fact})
            if isinstance(event, Drawn) and event.save
            else event
            for event in chosen.events
        ]

    def _row(self) -> bytes:
        """All candidates side by side as they were judged, as a PNG."""
        shown = [
            (candidate.picture, f"seed {candidate.seed}{' (chosen)' if number == self.chosen else ''}")
            for number, candidate in enumerate(self.candidates)
            if candidate.picture is not None
        ]
        png = io.BytesIO()
        contact_sheet(shown, columns=len(shown), cell=_CELL).save(png, "PNG")
        return png.getvalue()

    def _events_of_chosen(self) -> Iterator[Event]:
        """What happened to the chosen one, and then what happens; the others are let go."""
        assert self.chosen is not None
        chosen = self.candidates[self.chosen]
        yield from chosen.events
        chosen.events = []
        for event in chosen.session.run():
            if not isinstance(event, Started) and event not in chosen.session.notices:
                yield event


def build_audition(settings: argparse.Namespace, registry: Registry, store: ModelStore) -> Audition:
    """The audition of settings that ask for several seeds: the run's own and those that follow it.

    Raises:
        SettingsError: seeds cannot be compared here, or every one of them would cost money.
    """
    refuse_audition(settings, registry)
    whole = SessionBuilder(settings, registry, store)
    candidates: list[Candidate] = []
    for number in range(whole.settings.audition):
        mine = copy.deepcopy(whole.settings)
        vars(mine)["seed"] = whole.generators.seed + number
        cutouts = candidates[0].session.objective.cutouts if candidates else None
        candidates.append(Candidate(build_session(mine, registry, store, cutouts)))
    first = candidates[0].session
    judge, notice = _judge(whole.settings, registry, store, first.device)
    return Audition(
        settings=whole.settings,
        record=first.record,
        candidates=candidates,
        judge=judge,
        trial=min(STEPS, whole.settings.iterations),
        notice=notice,
    )


def refuse_audition(settings: argparse.Namespace, registry: Registry) -> None:
    """Say why an audition makes no sense with these settings, if it makes none."""
    services = registry.names("provider")
    if settings.drawer in services or getattr(settings, "init_from", None):
        service = settings.drawer if settings.drawer in services else settings.init_from
        raise SettingsError(
            f"audition={settings.audition}: {service} would be paid for {settings.audition} pictures of which one is "
            "kept; leave audition out, or take a drawer that paints on this machine"
        )
    if settings.animation_dir:
        raise SettingsError(
            f"audition={settings.audition}: each frame of animation_dir is a drawing of its own, and all have one "
            "seed; leave audition out"
        )


def _judge(
    settings: Settings, registry: Registry, store: ModelStore, device: str
) -> tuple[Callable[[Candidate], float], str | None]:
    """How well a candidate fits the prompts of the step it is at, and what to tell about who judges that: the judge
    that was asked for, or the perceptors' judges; without prompts in words, how small the losses were."""
    from pixray.perceptors.choose import load_perceptors
    from pixray.prompts.timed import prompts_at

    prompts = prompts_at(settings, min(STEPS, settings.iterations))
    named, notice = [parse_weighted(text) for text in settings.clip_models], None
    if settings.judge:
        chosen = choose_judge(settings.judge, {guide.text for guide in named}, settings, registry, store)
        perceptors, weights, notice = {chosen.name: chosen.perceptor}, {chosen.name: 1.0}, chosen.notice
    elif prompts and named:
        others: dict[str, float] = defaultdict(float)
        for guide in named:
            others[_OTHER_JUDGE.get(guide.text, guide.text)] += guide.weight
        names = [f"{name}:{weight:g}" for name, weight in others.items()]
        perceptors, weights = load_perceptors(names, settings, registry, store, device)
    if not prompts or not (named or settings.judge):
        return lambda candidate: -_mean_loss(candidate), notice

    def fits(candidate: Candidate) -> float:
        picture = candidate.picture
        assert picture is not None, "it was not heard yet"
        return sum(weights[name] * clip_score(perceptors[name], picture, prompts, device) for name in perceptors)

    return fits, notice


def _mean_loss(candidate: Candidate) -> float:
    totals = [event.total for event in candidate.events if isinstance(event, Stepped)][-_LAST:]
    return sum(totals) / len(totals) if totals else math.inf
