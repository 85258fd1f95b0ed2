from pathlib import Path

import pytest

from pixray.cli.sheet import caption
from pixray.errors import SettingsError
from pixray.events import Drawn, Noticed, Started, Stepped
from pixray.prompts.timed import Turn, prompts_at
from pixray.recorders.checkpoint import pack, unpack
from pixray.recorders.files import metadata

PIXEL = {"drawer": "pixel", "pixel_size": (6, 4), "prompts": []}


def losses(events):
    return [event.losses for event in events if isinstance(event, Stepped)]


def pictures(made):
    return [event.image_u8 for event in made.run() if isinstance(event, Drawn)]


@pytest.mark.parametrize("fade", [0, 1, 3, 50])
def test_shares_of_turns_that_follow_each_other_add_up_to_one(fade):
    made = [Turn(0, 4, fade), Turn(4, 5, fade), Turn(5, 5, fade), Turn(5, None, fade)]
    for step in range(12):
        shares = [turn.share(step) for turn in made]
        assert sum(shares) == pytest.approx(1) and min(shares) >= 0
    assert [turn.share(0) for turn in made] == [1, 0, 0, 0]


def test_the_picture_follows_the_prompt_of_its_time(session):
    made = session(timed_prompts="0%: red | 50%: blue", prompts=[], iterations=80, save_every=1)
    shown = [picture.mean((0, 1)) for picture in pictures(made)]
    assert shown[40].argmax() == 0 and shown[40][0] > 150
    assert shown[-1].argmax() == 2 and shown[-1][0] < shown[40][0] / 2


def test_only_weights_change_from_step_to_step(session):
    made = session(**PIXEL, timed_prompts="0%: red:2 | 3 iterations: blue | 5 iterations:", timed_fade=1)
    encoded = []
    for perceptor in made.objective.perceptors.values():
        perceptor.encode_text = encoded.append
    told = losses(made.run())
    assert not encoded
    assert [step["red"] > 0 for step in told] == [True, True, True, True, False, False]
    assert [step["blue"] > 0 for step in told] == [False, False, False, True, True, True]


def test_prompts_without_times_count_all_the_time(session):
    told = losses(session(prompts="green", timed_prompts="50%: blue").run())
    assert all(step["green"] > 0 for step in told) and [step["blue"] > 0 for step in told] == [False] * 3 + [True] * 3


def test_a_run_with_times_goes_on_where_it_was_left(session):
    times = {**PIXEL, "timed_prompts": "0%: red | 50%: blue", "timed_fade": 2, "iterations": 9}
    whole = session(**times)
    wanted = pictures(whole)[-1]
    left = session(**times)
    for event in left.run():
        if isinstance(event, Stepped) and event.step == 5:
            break
    Path("state").write_bytes(pack(left.state()))
    resumed = session(**times)
    resumed.restore(unpack(Path("state"))[0])
    assert pictures(resumed)[-1].tobytes() == wanted.tobytes()


def test_a_time_after_the_end_is_told(session):
    events = session(timed_prompts="0%: red | 9 iterations: blue", iterations=6).run()
    texts = [event.text for event in events if isinstance(event, Noticed)]
    assert "timed_prompts: step 9 never comes in a run of 6 steps" in texts


def test_times_say_what_to_paint_and_are_kept_in_the_record(session):
    started = next(session(**PIXEL, timed_prompts="0%: red | 50%: blue").run())
    assert isinstance(started, Started) and started.record["timed_prompts"] == ["0%: red", "50%: blue"]


def test_titles_and_captions_tell_prompts_with_times():
    record = {"timed_prompts": ["0%: dawn", "50%: dusk"], "clip_models": "toy", "seed": 1}
    assert metadata(record)["Title"] == "0%: dawn | 50%: dusk"
    assert caption({**record, "prompts": ["sea"]}).startswith("sea | 0%: dawn | 50%: dusk (")


def test_a_draft_follows_what_counts_at_first(resolve):
    settings = resolve(prompts="sea", timed_prompts="0%: red | 50%: blue")
    assert [prompt.text for prompt in prompts_at(settings, step=0)] == ["sea", "red"]


def test_a_step_whose_weights_change_cannot_be_captured(session):
    made = session(**PIXEL, timed_prompts="0%: red | 50%: blue")
    assert not any(weighted.loss.capturable for weighted in made.objective.losses if weighted.name in ("red", "blue"))


def test_a_drawer_that_proposes_whole_pictures_refuses_times(session, registry):
    from pixray.testing.fakes import FlatDrawer

    class Proposing(FlatDrawer):
        def parameters(self):
            return []

    registry.add("drawer", "proposing", Proposing)
    with pytest.raises(SettingsError, match="the drawer proposing does not follow prompts step by step"):
        session(drawer="proposing", timed_prompts="0%: red | 50%: blue")
