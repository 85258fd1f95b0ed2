"""Steering a run while it paints: from Python, from another thread, again from its record, and back."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixray.engine.capture.executor import CudaGraphExecutor
from pixray.engine.history import History
from pixray.errors import ModelUnavailable, PixrayError, SettingsError
from pixray.events import CheckpointDue, Drawn, Finished, Noticed, Steered, Stepped, Undone
from pixray.losses.base import Loss
from pixray.models.store import ModelStore
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.recorders.record import read_record, record_layer
from pixray.runs.resume import resume
from pixray.runs.start import build_run
from pixray.runtime.yaml_io import read_yaml
from pixray.settings.resolve import resolve as resolve_settings
from pixray.testing.recording import Tape, as_on_a_gpu

PIXEL = {"drawer": "pixel", "pixel_size": [6, 4], "iterations": 12, "checkpoint_every": 4, "save_every": 3}
KINDS = {
    "a prompt is added": {"prompts": "red | blue"},
    "a prompt is removed": {"prompts": None, "labels": "green"},
    "a prompt weighs more": {"prompts": "red:3"},
    "a spot": {"spot_prompts": "blue"},
    "the learning rate": {"learning_rate": 0.02},
    "a loss is added": {"custom_loss": "saturation:3"},
    "a loss weighs more": {"custom_loss": "smoothness:9"},
    "the weight that a loss declares": {"smoothness_weight": 9},
    "the palette is locked": {"filters": "lookup", "palette": "[blue,green]"},
    "the weight of the start": {"init_weight": 30},
    "prompts over time": {"timed_prompts": "0%: white | 70%: black"},
}
SMOOTH = {**PIXEL, "custom_loss": "smoothness:0.5", "init_image": "start.png"}


@pytest.fixture(autouse=True)
def _start_picture():
    Image.new("RGB", (24, 16), "blue").save("start.png")


def painted(made, steering=None, files=None):
    """The events of a run that is steered after steps: a mapping of steps to what to call then."""
    todo, events = dict(steering or {}), []
    for event in attach(made.run(), *([] if files is None else [files])):
        events.append(event)
        if isinstance(event, Stepped) and event.step in todo:
            todo.pop(event.step)(made)
    return events


def steer(**changes):
    return lambda made: made.steer(**changes)


def in_folder(session, folder, steering=None, **settings):
    made = session(**{**PIXEL, **settings}, outdir=folder)
    return painted(made, steering, FileRecorder(made.settings))


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]


def picture(events):
    return of_kind(events, Drawn)[-1].image_u8


def log_of(folder):
    return [json.loads(line) for line in Path(folder, "log.jsonl").read_text().splitlines()]


def same_files(one, other):
    """Equal bytes; frames alone may say different things about changes that were still to come, or were undone."""
    for name in ("output.png", "settings.yaml"):
        assert Path(one, name).read_bytes() == Path(other, name).read_bytes(), name
    frames = sorted(path.relative_to(one) for path in Path(one).rglob("frame_*.png"))
    assert frames and frames == sorted(path.relative_to(other) for path in Path(other).rglob("frame_*.png"))
    for name in frames:
        assert Image.open(Path(one, name)).tobytes() == Image.open(Path(other, name)).tobytes(), name


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_change_has_effect_from_its_step_on(session, kind):
    plain = painted(session(**SMOOTH))
    events = painted(session(**SMOOTH), {5: steer(**KINDS[kind])})
    steered = of_kind(events, Steered)
    assert [event.step for event in steered] == [5] and set(steered[0].changes) == set(KINDS[kind])
    assert not np.array_equal(picture(events), picture(plain))
    at_3 = [event.image_u8 for event in (*of_kind(events, Drawn), *of_kind(plain, Drawn)) if event.step == 3]
    assert len(at_3) == 2 and np.array_equal(*at_3), "what was painted before stays"


def test_a_run_that_nobody_steers_says_nothing_of_it(session):
    in_folder(session, "plain")
    assert "steering" not in read_yaml("plain/settings.yaml")
    assert not {"steered", "undone"} & {line["event"] for line in log_of("plain")}


MANY = {
    2: steer(prompts="red | blue:0.5", custom_loss="smoothness, saturation:0.2", smoothness_weight=2),
    5: steer(custom_loss=None, filters="lookup", palette="[red,blue]", learning_rate=0.1),
    7: steer(filters=None, custom_loss="smoothness"),
}


def test_the_record_of_a_steered_run_paints_the_same_bytes_again(session, registry):
    in_folder(session, "steered", MANY)
    record = read_record("steered/output.png")
    assert [change["step"] for change in record["steering"]] == [2, 5, 7]
    assert record["steering"][1]["changes"]["custom_loss"] is None
    again = resolve_settings(registry, {"outdir": "again"}, base=record_layer(Path("steered/output.png")))
    events = painted(build_run(again, registry, ModelStore()), files=FileRecorder(again))
    assert [event.step for event in of_kind(events, Steered)] == [2, 5, 7]
    assert Path("steered/output.png").read_bytes() == Path("again/output.png").read_bytes()
    assert read_yaml("steered/settings.yaml") == read_yaml("again/settings.yaml")


@pytest.mark.parametrize("left", [3, 5, 8, 10])
def test_a_steered_run_that_was_broken_off_goes_on_to_the_same_bytes(session, registry, left):
    whole = session(**PIXEL, cut_noise=0.2, outdir="whole")
    painted(whole, MANY, FileRecorder(whole.settings))
    cut = session(**PIXEL, cut_noise=0.2, outdir="cut")
    events = attach(cut.run(), FileRecorder(cut.settings))
    todo = dict(MANY)
    for event in events:
        if isinstance(event, Stepped) and event.step == left:
            break
        if isinstance(event, Stepped) and event.step in todo:
            todo.pop(event.step)(cut)
    events.close()
    made, files = resume("cut", registry, ModelStore())
    assert made.step == (left - 1) // 4 * 4
    painted(made, {step: change for step, change in todo.items() if step >= left}, files)
    same_files("whole", "cut")


def test_a_change_that_was_undone_leaves_no_trace_in_the_picture_but_stays_in_the_log(session):
    in_folder(session, "plain", make_video=True)
    undo = {5: steer(prompts="blue", custom_loss="smoothness"), 9: lambda made: made.undo(4)}
    events = in_folder(session, "undone", undo, make_video=True)
    assert [(event.step, event.to) for event in of_kind(events, Undone)] == [(9, 4)]
    assert [event.step for event in of_kind(events, Stepped)] == [*range(1, 10), *range(5, 13)]
    same_files("plain", "undone")
    told = [line["event"] for line in log_of("undone")]
    assert [event for event in told if event in ("steered", "undone")] == ["steered", "undone"]


def test_an_undone_run_keeps_earlier_changes_and_goes_on_from_its_checkpoint(session, registry):
    early = steer(prompts="red | blue")
    in_folder(session, "whole", {2: early})
    cut = session(**PIXEL, outdir="cut")
    events = attach(cut.run(), FileRecorder(cut.settings))
    todo = {2: early, 6: steer(learning_rate=0.9), 9: lambda made: made.undo(4)}
    undone = False
    for event in events:
        undone = undone or isinstance(event, Undone)
        if isinstance(event, Stepped) and undone and event.step == 6:
            break
        if isinstance(event, Stepped) and event.step in todo:
            todo.pop(event.step)(cut)
    events.close()
    assert len(read_yaml("cut/settings.yaml")["steering"]) == 1
    made, files = resume("cut", registry, ModelStore())
    assert made.step == 4
    painted(made, files=files)
    same_files("whole", "cut")


def test_the_video_of_a_run_that_ended_after_an_undo_has_no_frames_of_what_was_undone(session):
    made = session(**PIXEL, outdir="short")
    files = FileRecorder(made.settings)
    for event in attach(made.run(), files):
        if isinstance(event, Stepped) and event.step == 9:
            made.undo(4)
        if isinstance(event, Undone):
            made.stop()
    names = [Path(name).stem for name in files._frames["steps"]]
    assert names == ["frame_0000", "frame_0003", "frame_0005"], "the step that it was about to take, and no 6 and 9"


def test_undo_reaches_the_beginning_and_names_what_there_is(session):
    made = session(**PIXEL)
    with pytest.raises(PixrayError, match=r"undo\(3\): there is no checkpoint of that step, only of these: none yet"):
        made.undo(3)
    events = painted(made, {6: lambda made: made.undo(0)})
    assert [event.step for event in of_kind(events, Stepped)] == [*range(1, 7), *range(1, 13)]
    assert made.checkpoints == [0, 4, 8]
    with pytest.raises(PixrayError, match="the run is over"):
        made.undo(4)
    none = session(**{**PIXEL, "checkpoint_every": 0})
    with pytest.raises(PixrayError, match="checkpoint_every=0 keeps none"):
        none.undo(0)


def test_another_thread_steers_at_a_step_border(session):
    made = session(**{**PIXEL, "iterations": 400, "checkpoint_every": 0})
    begun, done = threading.Event(), threading.Event()

    def steer_often():
        begun.wait(60)
        for number in range(20):
            made.steer(prompts=f"red:{number + 1}")
        made.stop()
        done.set()

    thread = threading.Thread(target=steer_often)
    thread.start()
    events = []
    for event in made.run():
        events.append(event)
        begun.set()
    thread.join()
    changed = [event.changes["prompts"] for event in of_kind(events, Steered)]
    late = [event for event in of_kind(events, Noticed) if "before its last change" in event.text]
    assert done.is_set() and changed == [[f"red:{n + 1}"] for n in range(len(changed))]
    assert len(changed) == 20 or late


def test_a_change_before_the_first_step_counts_from_the_beginning(session):
    made = session(**PIXEL)
    made.steer(prompts="blue")
    events = painted(made)
    assert [event.step for event in of_kind(events, Steered)] == [0]
    assert np.array_equal(picture(events), picture(painted(session(**{**PIXEL, "prompts": "blue"}))))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"size": [8, 8]}, r"size \(from steer\): cannot change while a run paints; these can: prompts, filters"),
        ({"promts": "red"}, r"unknown setting 'promts' \(from steer\)\. Did you mean 'prompts'\?"),
        ({"learning_rate": -1}, r"learning_rate=-1 \(from steer\): expected .*0"),
        ({"custom_loss": "smothness"}, r"'smothness'.*Did you mean 'smoothness'"),
        ({"prompts": None}, "nothing says what to paint"),
        ({}, "nothing to steer"),
        ({"strokes": 3}, "'strokes' .*is a setting of"),
    ],
)
def test_what_cannot_change_is_refused_in_one_sentence_and_changes_nothing(session, changes, sentence):
    made = session(**PIXEL)
    with pytest.raises(SettingsError, match=sentence) as refused:
        made.steer(**changes)
    assert len(refused.value.problems) == 1
    assert not of_kind(painted(made), Steered)


def test_a_change_whose_part_cannot_be_had_is_told_and_the_run_goes_on_as_it_was(session, registry):
    class Heavy(Loss):
        def prepare(self, context):
            raise ModelUnavailable("the weights of heavy cannot be had")

        def __call__(self, inputs):
            raise AssertionError

    registry.add("loss", "heavy", Heavy)
    events = painted(session(**PIXEL), {3: steer(custom_loss="heavy, smoothness", prompts="blue")})
    texts = [event.text for event in of_kind(events, Noticed)]
    assert "step 3: nothing was changed: the weights of heavy cannot be had" in texts
    assert not of_kind(events, Steered) and np.array_equal(picture(events), picture(painted(session(**PIXEL))))


def test_a_run_that_is_over_is_not_steered(session):
    made = session(**PIXEL)
    assert of_kind(painted(made), Finished)
    with pytest.raises(PixrayError, match="the run is over"):
        made.steer(prompts="blue")


def test_a_drawer_that_only_proposes_is_not_steered(session, services):
    made = session(drawer="stability", iterations=1)
    with pytest.raises(SettingsError, match="the drawer stability does not paint step by step"):
        made.steer(prompts="blue")


def test_planned_changes_are_checked_before_anything_is_painted(session):
    with pytest.raises(SettingsError, match=r"change 1 of steering, .*: cannot change while a run paints"):
        session(**PIXEL, steering=[{"step": 3, "changes": {"size": [8, 8]}}])
    for wrong in ("soon", {"step": -1, "changes": {"prompts": "red"}}, [{"step": 3}], {"step": 3, "changes": {}}):
        with pytest.raises(SettingsError, match="steering="):
            session(**PIXEL, steering=wrong)


def test_an_untrusted_record_reads_no_file_by_steering(session, registry):
    Image.new("RGB", (2, 2), "red").save("mine.png")
    record = {**PIXEL, "prompts": ["red"], "size": [24, 16], "clip_models": "toy", "seed": 1, "outdir": "x"}
    record["steering"] = [{"step": 2, "changes": {"palette": "@mine.png", "learning_rate": 0.1}}]
    Path("untrusted.yaml").write_text(json.dumps(record))
    chosen = resolve_settings(registry, {"outdir": "mine"}, base=record_layer(Path("untrusted.yaml")))
    events = painted(build_run(chosen, registry, ModelStore()))
    assert [dict(event.changes) for event in of_kind(events, Steered)] == [{"learning_rate": 0.1}]
    assert any("palette names a file" in event.text for event in of_kind(events, Noticed))


def test_what_was_captured_is_forgotten_when_the_objective_changes(session):
    settings = {**PIXEL, "iterations": 16, "custom_loss": "smoothness"}
    change = {9: steer(custom_loss="saturation:2", learning_rate=0.1)}
    direct = painted(as_on_a_gpu(session(**settings)), change)
    captured = as_on_a_gpu(session(**settings))
    captured.executor = CudaGraphExecutor("cpu", Tape())
    events = painted(captured, change)
    assert captured.executor.recordings and captured.executor.obstacle is None
    assert np.abs(picture(direct).astype(int) - picture(events).astype(int)).max() <= 2
    losses = [set(event.losses) for event in of_kind(events, Stepped)]
    assert losses[8] == {"red", "smoothness"} and losses[9] == {"red", "saturation"}


def test_strokes_keep_their_kind_of_ink(session):
    made = session(drawer="line_sketch", strokes=3, iterations=4, prompts="red")
    events = painted(made, {2: steer(palette="[red,blue]")})
    assert any("strokes that began in ink=black cannot" in event.text for event in of_kind(events, Noticed))
    inked = session(drawer="line_sketch", strokes=3, iterations=4, prompts="red", palette="[red]", ink="palette")
    events = painted(inked, {2: steer(palette="[blue]")})
    assert of_kind(events, Steered)
    colours = {tuple(pixel) for pixel in picture(events).reshape(-1, 3).tolist()}
    assert (255, 0, 0) not in colours and any(blue > red + 50 for red, _, blue in colours)


@pytest.fixture
def animation(session):
    for number, colour in enumerate(("red", "green", "blue")):
        Image.new("RGB", (24, 16), colour).save(f"in_{number}.png")

    def make(**changes):
        settings = {"animation_dir": "anim", "init_image": "in_*.png", "init_noise": "none", "prompts": "white"}
        return session(**{**PIXEL, "iterations": 6, "save_every": 2, "checkpoint_every": 2, **settings, **changes})

    return make


def frames():
    return {path.name: path.read_bytes() for path in sorted(Path("anim").glob("*.png"))}


def test_an_animation_is_steered_between_rounds_all_frames_alike(animation, registry):
    made = animation(outdir="whole")
    change = {4: steer(prompts="black", custom_loss="smoothness")}  # in the first round of three frames
    events = painted(made, change, FileRecorder(made.settings))
    assert [event.step for event in of_kind(events, Steered)] == [2]
    losses = [list(event.losses) for event in of_kind(events, Stepped)]
    assert losses == [["white"]] * 6 + [["black", "smoothness"]] * 12
    steered = frames()
    assert read_yaml("whole/settings.yaml")["steering"][0]["step"] == 2
    chosen = resolve_settings(registry, {"outdir": "again"}, base=record_layer(Path("whole/settings.yaml")))
    painted(build_run(chosen, registry, ModelStore()), files=FileRecorder(chosen))
    assert [Image.open(f"anim/{name}").tobytes() for name in steered] and frames() == steered


def test_an_animation_goes_back_and_its_frames_keep_their_files(animation):
    made = animation(outdir="whole")
    with pytest.raises(SettingsError, match="image_prompts: each frame of the animation has its own"):
        made.steer(image_prompts="in_0.png")
    undo = {7: steer(prompts="black"), 13: lambda made: made.undo(2)}
    events = painted(made, undo, FileRecorder(made.settings))
    assert [(event.step, event.to) for event in of_kind(events, Undone)] == [(4, 2)] or of_kind(events, Noticed)
    assert of_kind(events, Finished)[0].reason == "complete"


def test_an_animation_broken_off_within_a_round_goes_on_with_the_changes_before_it(animation, registry):
    whole = animation(outdir="whole")
    painted(whole, {1: steer(prompts="black")}, FileRecorder(whole.settings))
    expected = frames()
    for path in Path("anim").iterdir():
        path.unlink()
    cut = animation(outdir="cut")
    painted(cut, {1: steer(prompts="black"), 9: lambda made: made.stop()}, FileRecorder(cut.settings))
    made, files = resume("cut", registry, ModelStore())
    assert {session.step for session in made.sessions} == {2, 4, 3} or made.step == 2
    painted(made, files=files)
    assert frames() == expected


def test_a_history_is_bounded_and_spread_over_the_run():
    import torch

    history = History(most_states=4, most_bytes=1000)
    for step in range(0, 100, 10):
        history.keep(step, {"step": step, "drawer": {"a": torch.full((4,), float(step))}})
    assert len(history.steps) <= 4 and history.steps[-1] == 90 and history.steps[0] < 40
    state = history.back_to(history.steps[-2])
    assert state["drawer"]["a"][0] == state["step"] == history.steps[-1]
    history.keep(200, {"step": 200, "drawer": {"a": torch.zeros(500)}})
    assert history.steps == [], "one that is too large is not kept, nor are others to make room"


def test_checkpoints_fall_due_as_without_steering(session):
    events = painted(session(**PIXEL), MANY)
    assert [event.step for event in of_kind(events, CheckpointDue)] == [4, 8, 12]


def test_an_audition_is_steered_after_its_choice_and_keeps_its_first_seed(session, registry, monkeypatch):
    monkeypatch.setattr("pixray.runs.audition.STEPS", 4)
    settings = {**PIXEL, "audition": 2, "seed": 5}
    in_folder(session, "steered", {2: steer(prompts="blue"), 9: steer(custom_loss="smoothness")}, **settings)
    record = read_yaml("steered/settings.yaml")
    assert [change["step"] for change in record["steering"]] == [4, 9] and record["seed"] == 5
    again = resolve_settings(registry, {"outdir": "again"}, base=record_layer(Path("steered/output.png")))
    painted(build_run(again, registry, ModelStore()), files=FileRecorder(again))
    assert Path("steered/output.png").read_bytes() == Path("again/output.png").read_bytes()
