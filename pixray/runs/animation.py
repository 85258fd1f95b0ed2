"""Animations: every file of a glob becomes a frame with a drawing of its own, and all are painted in turn.

    round by round:  each frame takes `save_every` steps  ->  all are saved  ->  each takes over some of the one before

Each frame is a whole session: parameters, optimizer, learning rate and random numbers are its own, so that a frame
comes out the same whatever happens to the others between two rounds.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import torch

from pixray.engine.build import SessionBuilder, build_session
from pixray.engine.output_schedule import Schedule
from pixray.engine.session import Session
from pixray.engine.steering import Steerable, Steering
from pixray.errors import SettingsError
from pixray.events import CheckpointDue, Drawn, Event, Finished, Frame, LearningRateDropped, Noticed, Started, Stepped
from pixray.images.glob import expand, is_address
from pixray.runtime.yaml_io import to_plain
from pixray.settings.core import engine_declarations
from pixray.settings.declare import RESOLVED, Role
from pixray.settings.grammar import Weighted, parse_weighted
from pixray.settings.recorded import choice_values

if TYPE_CHECKING:
    from PIL import Image

    from pixray.models.store import ModelStore
    from pixray.registry import Registry
    from pixray.settings.namespace import Settings

PER_FRAME = tuple(
    declaration.name for declaration in reversed(engine_declarations()) if Role.PER_FRAME in declaration.role
)
"""Settings whose files are dealt out to the frames; the longest list says how many frames there are. Of several equally
long ones that of the overlays names the frames, which is declared last."""

_OF_ALL = ("animation_dir", "steering")
"""Settings of the whole, which its frames do not have."""


@dataclass(repr=False)
class Animation(Steerable):
    """The run of an animation. Iterate `run()` as that of a session; leaving the loop stops it.

    Attributes:
        settings, record: of the animation as a whole.
        names: what the frames' files are called, in order; sessions: their drawings.
        steps: how many each frame takes.
        every: how many of them make a round.
        alpha: how opaque the frame before is laid over each frame between rounds, 0 to 1.
        keep: after how many steps of each frame the state is due, 0 for never.
        notices: what there is to say at the start.
        steering: what changes while it runs, between two rounds.
    """

    settings: Settings
    record: Mapping[str, Any]
    names: Sequence[str]
    sessions: Sequence[Session]
    steps: int
    every: int
    alpha: float
    keep: int = 0
    notices: Sequence[Noticed] = ()
    stopping: bool = field(default=False, init=False)
    steering: Steering = field(init=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.sessions)} frames, step {self.step} of {self.steps} of each>"

    @property
    def step(self) -> int:
        """Steps that every frame has taken."""
        return min(session.step for session in self.sessions)

    @property
    def _taken(self) -> int:
        """Steps of all frames together."""
        return sum(session.step for session in self.sessions)

    @property
    def unfinished(self) -> bool:
        """Whether some frame has another step to take."""
        return not self.stopping and any(session.unfinished for session in self.sessions)

    def run(self) -> Iterator[Event]:
        """Take the remaining steps of all frames, round by round; the last round is saved too.

        Raises:
            RunFailed: as for a single session.
        """
        begun, first, kept = time.perf_counter(), self.sessions[0], self.step
        total = self.steps * len(self.sessions)
        seed = first.generators.seed
        yield Started(self.settings, self.record, first.drawer.size, first.device, seed, total, self._taken)
        yield from self.notices
        while self.unfinished:
            due = self.keep > 0 and self.step - kept >= self.keep
            kept = self.step if due else kept
            if self._is_between_rounds():
                yield from self.steering.between_steps(self, due)
                kept = min(kept, self.step)
            elif due:
                yield CheckpointDue(self.step, self.state())
            yield from self._round()
        yield from self.steering.end()
        if self.keep and self._taken:
            yield CheckpointDue(self.step, self.state())
        for number in range(len(self.sessions)):
            yield self._drawn(number, final=number == len(self.sessions) - 1)
        yield Finished(self._reason(), self._taken, time.perf_counter() - begun, None)

    def stop(self) -> None:
        """Ask the run to end after the step it is in; every frame is still saved."""
        self.stopping = True

    def state(self) -> dict[str, Any]:
        """Everything that steps change."""
        return {"step": self.step, "frames": [session.state() for session in self.sessions]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved state; the animation must have been built from the same settings and files.

        Raises:
            SettingsError: there are more or fewer files now.
        """
        if len(state["frames"]) != len(self.sessions):
            raise SettingsError(
                f"the animation had {len(state['frames'])} frames, its files now make {len(self.sessions)}"
            )
        steps = [int(frame["step"]) for frame in state["frames"]]
        # Within a round the changes before it have effect already.
        self.steering.replay(min(steps) if min(steps) == max(steps) else min(steps) // self.every * self.every + 1)
        for session, saved in zip(self.sessions, state["frames"], strict=True):
            session.restore(saved)

    def image(self) -> Image.Image:
        """The last frame as it is now, for Pillow."""
        return self.sessions[-1].image()

    def _reason(self) -> Any:
        if self.step >= self.steps:
            return "complete"
        return "stopped" if self.stopping else "stalled"

    def _round(self) -> Iterator[Event]:
        """Bring every frame to the end of the round, and show it."""
        before = self.step
        end = min(self.steps, (before // self.every + 1) * self.every)
        if before and self._is_between_rounds():
            self._blend()  # not again when a round that was interrupted goes on
        for number, session in enumerate(self.sessions):
            while session.step < end and session.unfinished and not self.stopping:
                for event in session.advance():
                    yield from self._over_all_frames(event, number)
            if end < self.steps and not self.stopping:
                yield self._drawn(number)

    def _is_between_rounds(self) -> bool:
        return all(session.step == self.step for session in self.sessions)

    def _over_all_frames(self, event: Event, number: int) -> Iterator[Event]:
        """An event of one frame as an event of the animation: steps are counted over all frames."""
        if isinstance(event, Stepped):
            taken, total = self._taken, self.steps * len(self.sessions)
            yield dataclasses.replace(event, step=taken, steps=total, remaining=event.seconds * (total - taken))
        elif isinstance(event, Drawn):
            yield dataclasses.replace(event, frame=self._frame(number))
        elif not isinstance(event, LearningRateDropped) or number == 0:
            yield event

    @torch.no_grad()
    def _blend(self) -> None:
        """Lay over each frame the one before, over the first the last, and let the drawers take the results over."""
        if self.alpha == 0 or len(self.sessions) == 1:
            return
        pictures = [session.drawer.render(session.step)[:, :3].clone() for session in self.sessions]
        for number, session in enumerate(self.sessions):
            session.drawer.paint(torch.lerp(pictures[number], pictures[number - 1], self.alpha))

    def _frame(self, number: int) -> Frame:
        return Frame(self.names[number], number, len(self.sessions))

    def _drawn(self, number: int, *, final: bool = False) -> Drawn:
        drawn = self.sessions[number].draw(show=number == 0 or final, final=final)
        return dataclasses.replace(drawn, frame=self._frame(number))


def build_animation(settings: argparse.Namespace, registry: Registry, store: ModelStore) -> Animation:
    """The animation of settings that name an `animation_dir`.

    Every frame has the run's seed, so that frames differ by their files alone and the animation is calm; frames share
    the cutouts of the first, which never change.

    Args:
        settings, registry, store: as for `pixray.engine.build.build_session`.

    Raises:
        SettingsError: no setting names files for frames, or the frames would be written over them.
    """
    builder = SessionBuilder(settings, registry, store)
    settings, seed = builder.settings, builder.generators.seed
    dealt = deal(settings)
    names = frame_names([files[0] for files in dealt], Path(settings.animation_dir))
    sessions: list[Session] = []
    for files in dealt:
        frame_settings = copy.deepcopy(settings)
        vars(frame_settings).update({**files[1], **dict.fromkeys(_OF_ALL), "seed": seed})
        session = build_session(frame_settings, registry, store, sessions[0].objective.cutouts if sessions else None)
        session.schedule = Schedule(save=0, show=0, keep=0)
        sessions.append(session)
    first = sessions[0]
    if settings.animation_alpha and len(sessions) > 1 and not first.drawer.can_paint:
        raise SettingsError(
            f"animation_dir={settings.animation_dir!r}: the drawer {settings.drawer} cannot take over the frame "
            "before; animation_alpha=0 leaves the frames alone"
        )
    animation = Animation(
        settings=settings,
        record=_record(settings, first.record),
        names=names,
        sessions=sessions,
        steps=settings.iterations,
        every=settings.save_every or max(1, settings.iterations),
        alpha=settings.animation_alpha / 255,
        keep=settings.checkpoint_every,
        notices=first.notices,
    )
    parts = [part for session in sessions for part in session.steering.parts]
    keeps = settings.checkpoint_every > 0 and bool(first.drawer.parameters())
    animation.steering = Steering(settings, registry, parts, keeps)
    return animation


def _record(settings: Settings, first: Mapping[str, Any]) -> dict[str, Any]:
    """The record of the first frame with the files of all frames, in the order of all records."""
    chosen = settings.given()
    record = {**first, **{name: to_plain(chosen[name]) for name in (*PER_FRAME, *_OF_ALL) if name in chosen}}
    record[RESOLVED] = {**first[RESOLVED], "choices": choice_values(settings)}
    return {name: record[name] for name in (*vars(settings), RESOLVED) if name in record}


def deal(settings: Settings) -> list[tuple[str, dict[str, Any]]]:
    """For each frame the file that names it, and the settings that differ from frame to frame.

    Shorter lists begin again, so that one picture may serve all frames.
    """
    files: dict[str, list[str]] = {}
    texts: dict[str, list[Any]] = {}
    for name in PER_FRAME:
        value = getattr(settings, name)
        prompts = [parse_weighted(text) for text in value] if isinstance(value, list) else [Weighted(value or "")]
        pairs = [(file, prompt) for prompt in prompts if prompt.text for file in expand(prompt.text, name)]
        files[name] = [file for file, _ in pairs]
        # A list setting splits at pipes once more, and a file's name may hold one.
        texts[name] = (
            [[str(dataclasses.replace(prompt, text=file)).replace("|", r"\|")] for file, prompt in pairs]
            if isinstance(value, list)
            else files[name]
        )
    count = max(len(pairs) for pairs in files.values())
    if not count:
        raise SettingsError(
            f"animation_dir={settings.animation_dir!r}: there are no frames; give the files of several with "
            f"{', '.join(PER_FRAME)} (such as --init_image 'frames/*.png')"
        )
    naming = next(pairs for pairs in files.values() if len(pairs) == count)
    return [
        (naming[number], {name: text[number % len(text)] for name, text in texts.items() if text})
        for number in range(count)
    ]


def frame_names(files: Sequence[str], folder: Path) -> list[str]:
    """PNG files called like the frames' own, or numbered where two would have one name.

    Raises:
        SettingsError: a frame would be written over a file that it is made from.
    """
    stems = [PurePath(urlsplit(file).path if is_address(file) else file).stem for file in files]
    stems = [re.sub(r"[^\w.-]+", "-", stem) or "frame" for stem in stems]
    if len(set(stems)) < len(stems):
        stems = [f"{number:04d}_{stem}" for number, stem in enumerate(stems)]
    names = [f"{stem}.png" for stem in stems]
    sources = {Path(file).resolve() for file in files if not is_address(file)}
    for name in names:
        if (folder / name).resolve() in sources:
            raise SettingsError(f"animation_dir='{folder}': {name} there is a frame's own file; choose another folder")
    return names
