from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pixray.errors import SettingsError
from pixray.events import CheckpointDue, Drawn, Finished, Started, Stepped
from pixray.models.store import ModelStore
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.runs.animation import frame_names
from pixray.runs.resume import resume

COLOURS = ("red", "green", "blue")


@pytest.fixture
def animation(session):
    """A function that makes an animation of three start pictures of one colour each."""
    for number, colour in enumerate(COLOURS):
        Image.new("RGB", (24, 16), colour).save(f"in_{number}.png")

    def make(**changes):
        settings = {"animation_dir": "anim", "init_image": "in_*.png", "init_noise": "none", "drawer": "pixel"}
        settings |= {"iterations": 6, "save_every": 2, **changes}
        return session(**settings, **({"pixel_size": [6, 4]} if settings["drawer"] == "pixel" else {}))

    return make


def events_of(made, folder="out"):
    settings = made.settings
    settings.outdir = folder
    return list(attach(made.run(), FileRecorder(settings)))


def frame(name):
    return np.asarray(Image.open(Path("anim") / name)).astype(float)


def test_every_file_becomes_a_frame_under_its_name(animation):
    events = events_of(animation())
    assert sorted(path.name for path in Path("anim").iterdir()) == [
        "anim.gif",
        "anim.mp4",
        "in_0.png",
        "in_1.png",
        "in_2.png",
    ]
    assert isinstance(events[0], Started) and events[0].steps == 18
    steps = [event for event in events if isinstance(event, Stepped)]
    assert [event.step for event in steps] == list(range(1, 19)) and {event.steps for event in steps} == {18}
    assert events[-1].reason == "complete" and isinstance(events[-1], Finished)
    with Image.open("anim/anim.gif") as gif:
        assert gif.n_frames == 3


def test_b18_the_last_round_is_written_too(animation):
    made = animation()
    events = events_of(made)
    drawn = [(event.frame.name, event.step) for event in events if isinstance(event, Drawn)]
    assert drawn == [(f"in_{number}.png", step) for step in (2, 4, 6) for number in range(3)]
    last = np.asarray(made.image())
    assert np.array_equal(frame("in_2.png"), last)


def test_b18_each_frame_has_an_optimizer_and_a_rate_of_its_own(animation):
    made = animation(learning_rate_drops="2 iterations")
    optimizers = [session.optimizer.torch_optimizer for session in made.sessions]
    assert len({id(one) for one in optimizers}) == 3
    list(made.run())
    assert {session.optimizer.factor for session in made.sessions} == {0.1}


def test_the_frame_before_is_laid_over_between_rounds(animation):
    """With a prompt of no weight nothing else moves the drawings."""
    still = {"prompts": "", "iterations": 4, "cut_noise": 0}
    events_of(animation(**still, animation_alpha=0))
    assert frame("in_1.png")[0, 0].tolist() == [0, 128, 0], "0 leaves the frames alone"
    events_of(animation(**still, animation_alpha=51))
    assert np.allclose(frame("in_1.png")[0, 0], [51, 0.8 * 128, 0], atol=1)
    assert np.allclose(frame("in_0.png")[0, 0], [0.8 * 255, 0, 51], atol=1), "the last comes before the first"


@pytest.mark.parametrize("setting", ["image_prompts", "target_images", "overlay_image"])
def test_b18_any_list_of_files_alone_makes_frames(animation, setting):
    made = animation(init_image=None, init_noise="pixels", iterations=2, **{setting: "in_*.png"})
    assert list(made.names) == ["in_0.png", "in_1.png", "in_2.png"]
    events_of(made)
    assert Path("anim/in_2.png").is_file()


def test_shorter_lists_begin_again_and_weights_stay_with_their_files(animation):
    Image.new("RGB", (8, 8)).save("one:two|three.png")
    made = animation(target_images="in_{0,1}.png:2:0.3", image_prompts=r"one\:two\|three.png")
    targets = [[loss for loss in one.objective.losses if loss.name.startswith("target")] for one in made.sessions]
    assert [found[0].name for found in targets] == [f"target_images: in_{n}.png" for n in (0, 1, 0)]
    assert all((found[0].loss.weight, found[0].loss.stop) == (2.0, 0.3) for found in targets)
    assert all(any("one:two|three" in loss.name for loss in one.objective.losses) for one in made.sessions)


def test_frames_share_what_never_changes_and_nothing_else(animation):
    made = animation()
    one, other = made.sessions[:2]
    assert (
        one.objective.perceptors["toy"] is other.objective.perceptors["toy"]
        and one.objective.cutouts is other.objective.cutouts
    )
    assert one.drawer is not other.drawer and one.generators is not other.generators


def test_an_animation_that_was_interrupted_goes_on_to_the_same_frames(animation, registry):
    events_of(animation(checkpoint_every=1, seed=5), "whole")
    wanted = [frame(f"in_{number}.png") for number in range(3)]
    for interrupted in (4, 9):
        made, events = animation(checkpoint_every=1, seed=5), []
        made.settings.outdir = f"half_{interrupted}"
        for event in attach(made.run(), FileRecorder(made.settings)):
            events.append(event)
            if isinstance(event, Stepped) and event.step == interrupted:
                made.stop()
        assert events[-1].reason == "stopped" and any(isinstance(event, CheckpointDue) for event in events)
        rest, files = resume(f"half_{interrupted}", registry, ModelStore())
        list(attach(rest.run(), files))
        assert all(np.array_equal(frame(f"in_{number}.png"), wanted[number]) for number in range(3))


def test_a_frame_can_be_made_again_from_its_own_file(animation):
    from pixray.recorders.record import read_record

    events_of(animation())
    record = read_record(Path("anim/in_1.png"))
    assert record["animation_dir"] == "anim" and record["init_image"] == "in_*.png"


def test_the_frames_own_files_are_never_written_over(animation):
    with pytest.raises(SettingsError, match="choose another folder"):
        animation(animation_dir=".")


def test_an_animation_without_files_says_what_is_missing(session):
    with pytest.raises(SettingsError, match="there are no frames"):
        session(animation_dir="anim")


def test_a_drawer_that_cannot_take_over_pictures_animates_only_without_blending(animation, registry):
    from pixray.testing.fakes import FlatDrawer

    class Stiff(FlatDrawer):
        can_paint = False

    registry.add("drawer", "stiff", Stiff)
    with pytest.raises(SettingsError, match="animation_alpha=0 leaves the frames alone"):
        animation(drawer="stiff")
    assert len(animation(drawer="stiff", animation_alpha=0).sessions) == 3


def test_frames_of_one_name_are_numbered():
    assert frame_names(["a/x.jpg", "b/x.png"], Path("out")) == ["0000_x.png", "0001_x.png"]
    assert frame_names(["https://h.org/p/cat%20one.png?x=1"], Path("out")) == ["cat-20one.png"]


def test_an_animation_leaves_settings_and_global_chance_alone(animation):
    before = torch.get_rng_state()
    made = animation()
    kept = dict(vars(made.settings))
    list(made.run())
    assert vars(made.settings) == kept and torch.equal(torch.get_rng_state(), before)
