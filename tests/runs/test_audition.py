import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixray.errors import SettingsError
from pixray.events import CheckpointDue, Drawn, Finished, Noticed, Started, Stepped
from pixray.models.store import ModelStore
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.recorders.record import record_layer
from pixray.runs import audition
from pixray.runs.audition import ROW
from pixray.runs.resume import resume
from pixray.runs.start import build_run

PIXELS = {"drawer": "pixel", "pixel_size": [6, 4], "iterations": 8, "save_every": 2, "checkpoint_every": 2}


@pytest.fixture(autouse=True)
def _short_trials(monkeypatch):
    monkeypatch.setattr(audition, "STEPS", 3)


def to_folder(made, folder):
    made.settings.outdir = folder
    return list(attach(made.run(), FileRecorder(made.settings)))


def pictures(events):
    return [(event.step, event.image_u8.tobytes()) for event in events if isinstance(event, Drawn)]


def test_the_chosen_seed_comes_out_as_a_run_with_it_alone_would(session):
    made = session(**PIXELS, audition=3)
    events = to_folder(made, "heard")
    seed = made.session.generators.seed
    assert seed in (1, 2, 3) and [one.seed for one in made.candidates] == [1, 2, 3]
    alone = to_folder(session(**PIXELS, seed=seed), "alone")
    # Cutouts of several seeds are seen in one batch, whose sums may end in other bits.
    for (step, one), (other_step, other) in zip(pictures(events), pictures(alone), strict=True):
        assert step == other_step
        assert np.abs(np.frombuffer(one, np.uint8).astype(int) - np.frombuffer(other, np.uint8)).max() <= 1
    steps = [(event.step, event.steps) for event in events if isinstance(event, Stepped)]
    assert steps == [(event.step, event.steps) for event in alone if isinstance(event, Stepped)]
    totals = [event.total for event in events if isinstance(event, Stepped)]
    assert totals == pytest.approx([event.total for event in alone if isinstance(event, Stepped)], rel=1e-4)
    assert isinstance(events[0], Started) and events[0].seed == 1
    assert isinstance(events[-1], Finished) and events[-1].reason == "complete"


def test_the_best_of_all_is_chosen(session):
    made = session(**PIXELS, audition=3)
    list(made.run())
    fits = [one.fits for one in made.candidates]
    assert len(set(fits)) == 3 and fits[made.chosen] == max(fits)


def test_two_guides_of_the_package_have_one_judge(session):
    made = session(**PIXELS, audition=2, clip_models="embedded:2,embedded-pixel", num_cuts=2)
    other = session(**PIXELS, audition=2, clip_models="embedded:2,embedded-pixel", num_cuts=2, judge="embedded-referee")
    for run in (made, other):
        list(run.run())
    assert [one.fits for one in made.candidates] == pytest.approx([3 * one.fits for one in other.candidates])


def test_without_prompts_in_words_the_smallest_loss_is_chosen(session):
    made = session(**PIXELS, audition=3, prompts="", custom_loss="saturation")
    list(made.run())
    losses = [-one.fits for one in made.candidates]
    assert all(0 < abs(loss) < 100 for loss in losses) and losses[made.chosen] == min(losses)


def test_the_row_of_all_candidates_lies_beside_the_picture_and_in_the_log(session):
    events = to_folder(session(**PIXELS, audition=4), "out")
    with Image.open("out/output_audition.png") as row:
        assert row.width > 3.5 * row.height and row.text["pixray_part_of"] == "output.png"
    assert sum(ROW in event.files for event in events if isinstance(event, Drawn)) == 1
    lines = [json.loads(line) for line in Path("out/log.jsonl").read_text().splitlines()]
    assert any("output_audition.png" in line.get("files", ()) for line in lines)
    told = [event.text for event in events if isinstance(event, Noticed)]
    assert any(text.startswith("audition: seed ") and text.endswith("of 1, 2, 3, 4") for text in told)


def test_a_rerun_gives_the_same_bytes(session, registry, resolve):
    from pixray.settings.resolve import resolve as resolve_settings

    to_folder(session(**PIXELS, audition=2), "first")
    again = resolve_settings(registry, {}, base=record_layer(Path("first/output.png"), trusted=True))
    to_folder(build_run(again, registry, ModelStore()), "second")
    for name in ("output.png", "output_audition.png", "settings.yaml"):
        assert Path("first", name).read_bytes() == Path("second", name).read_bytes(), name
    with Image.open("first/output.png") as picture:
        assert picture.text["pixray_seed"] == "1" and picture.text["pixray_audition_seed"] in ("1", "2")


def test_a_resumed_run_goes_on_with_the_seed_that_was_chosen(session, registry):
    whole = to_folder(session(**PIXELS, audition=3), "whole")
    broken = session(**PIXELS, audition=3)
    broken.settings.outdir = "broken"
    with FileRecorderClosed(broken) as events:
        for event in events:
            if isinstance(event, CheckpointDue) and event.step == 6:
                break
    made, files = resume("broken", registry, ModelStore())
    rest = list(attach(made.run(), files))
    assert pictures(rest)[-1] == pictures(whole)[-1]
    assert Path("broken/output.png").read_bytes() == Path("whole/output.png").read_bytes()


class FileRecorderClosed:
    """The events of a run into its folder, broken off at the end of the block."""

    def __init__(self, made):
        self.events = attach(made.run(), FileRecorder(made.settings))

    def __enter__(self):
        return self.events

    def __exit__(self, *error):
        self.events.close()


def test_a_run_stopped_while_seeds_are_tried_keeps_the_best_so_far(session, monkeypatch):
    made = session(**PIXELS, audition=4)
    together = audition.advance_together

    def stopped_after_one_step(sessions):
        yield from together(sessions)
        made.stop()

    monkeypatch.setattr(audition, "advance_together", stopped_after_one_step)
    events = list(made.run())
    assert made.stopping and events[-1].reason == "stopped"
    assert [one.session.step for one in made.candidates] == [1, 1, 1, 1]
    assert [event.final for event in events if isinstance(event, Drawn)][-1]


def test_strokes_and_short_runs_can_be_tried_too(session):
    made = session(drawer="line_sketch", strokes=2, stroke_length=2, iterations=2, audition=2)
    drawn = [event for event in made.run() if isinstance(event, Drawn)]
    assert drawn[-1].final and made.step == 2 and np.asarray(made.image()).std() > 0


@pytest.mark.parametrize("service", [{"drawer": "stability"}, {"drawer": "pixel", "init_from": "stability"}])
def test_paid_pictures_are_not_tried(session, service):
    with pytest.raises(SettingsError, match="stability would be paid for 3 pictures of which one is kept"):
        session(**service, audition=3)


def test_frames_of_an_animation_are_not_tried(session):
    Image.new("RGB", (24, 16)).save("frame.png")
    with pytest.raises(SettingsError, match="leave audition out"):
        session(**PIXELS, audition=2, animation_dir="film", init_image="frame.png")
