import copy
import math

import numpy as np
import pytest
import torch

from pixray.errors import RunFailed
from pixray.events import Drawn, Finished, LearningRateDropped, Started, Stepped
from pixray.losses.base import Loss
from pixray.settings.grammar import Weighted
from pixray.settings.schema import Schema
from pixray.testing.contracts import check_settings_kept
from pixray.testing.fakes import CountingRecorder


def kinds(events):
    return [type(event).__name__ for event in events]


def final_picture(events):
    return [event.image_u8 for event in events if isinstance(event, Drawn)][-1]


def test_a_run_is_a_stream_of_events(session):
    events = list(session(save_every=3, display_every=2).run())
    assert isinstance(events[0], Started) and isinstance(events[-1], Finished)
    steps = [event for event in events if isinstance(event, Stepped)]
    assert [event.step for event in steps] == [1, 2, 3, 4, 5, 6] and steps[-1].remaining == 0
    drawn = [event for event in events if isinstance(event, Drawn)]
    assert [(event.step, event.save, event.show) for event in drawn] == [
        (0, True, True),
        (2, False, True),
        (3, True, False),
        (4, False, True),
        (6, True, True),
    ]
    assert [event.final for event in drawn] == [False] * 4 + [True]
    assert events[-1].reason == "complete" and events[-1].steps == 6
    assert drawn[-1].image.size == (24, 16)


def test_each_loss_is_told_by_name_and_they_add_up(session):
    events = session(prompts="red|blue:-0.5", iterations=2).run()
    step = next(event for event in events if isinstance(event, Stepped))
    assert set(step.losses) == {"red", "blue"}
    assert step.losses["red"] > 0 > step.losses["blue"]
    assert step.total == pytest.approx(sum(step.losses.values()))


def test_the_picture_becomes_what_the_prompt_says(session):
    for prompt, channel in (("red", 0), ("green", 1), ("blue", 2)):
        picture = final_picture(session(prompts=prompt, iterations=40).run()).mean((0, 1))
        assert picture.argmax() == channel and picture[channel] > 150, prompt


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(session):
    one, again, other = (final_picture(session(seed=seed, iterations=3).run()) for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_two_sessions_stepped_in_turn_equal_each_alone(session):
    def both():
        return session(drawer="pixel", pixel_size=[6, 4], seed=1), session(drawer="pixel", pixel_size=[6, 4], seed=2)

    alone = [final_picture(one.run()) for one in both()]
    streams = [one.run() for one in both()]
    collected = [[], []]
    for pair in zip(*streams, strict=True):
        for events, event in zip(collected, pair, strict=True):
            events.append(event)
    for events, wanted in zip(collected, alone, strict=True):
        assert np.array_equal(final_picture(events), wanted)


def test_global_random_numbers_and_settings_are_left_alone(session):
    torch.manual_seed(5)
    np.random.seed(5)
    before, state = torch.get_rng_state(), np.random.get_state()[1].copy()
    made = session(drawer="pixel", iterations=3)
    kept = copy.deepcopy(vars(made.settings))
    list(made.run())
    assert torch.equal(torch.get_rng_state(), before) and np.array_equal(np.random.get_state()[1], state)
    check_settings_kept(made.settings, kept)


def test_the_consumer_can_differentiate_between_events(session):
    for _ in session().run():
        assert torch.is_grad_enabled()


def test_leaving_the_loop_stops_the_run(session):
    made = session()
    events = made.run()
    for event in events:
        if isinstance(event, Stepped) and event.step == 3:
            break
    events.close()
    assert made.step == 3 and list(events) == []


def test_a_run_that_is_asked_to_stop_ends_after_its_step_with_a_final_picture(session):
    made = session()
    events = []
    for event in made.run():
        events.append(event)
        if isinstance(event, Stepped) and event.step == 2:
            made.stop()
    assert kinds(events)[-2:] == ["Drawn", "Finished"]
    assert events[-2].final and events[-1].reason == "stopped" and events[-1].steps == 2


def test_no_iterations_draw_the_start(session):
    events = list(session(iterations=0).run())
    assert kinds(events) == ["Started", "Drawn", "Finished"] and events[-1].best is None


def test_the_rate_drops_when_the_schedule_says(session):
    events = list(session(iterations=6, learning_rate_drops="2 iterations,4 iterations").run())
    assert [(event.step, event.rate) for event in events if isinstance(event, LearningRateDropped)] == [
        (2, 0.1),
        (4, 0.01),
    ]


def test_b19_auto_stop_ends_with_a_final_picture(session):
    made = session(iterations=200, auto_stop=True, prompts="nonsense", flat_rate=0.0, learning_rate_drops="99%")
    events = list(made.run())
    assert events[-1].reason == "stalled" and events[-1].steps < 200
    assert isinstance(events[-2], Drawn) and events[-2].final and events[-2].step == events[-1].steps


def test_b26_batches_average_their_gradients(session):
    """With plain noise-free guidance two batches give the same loss level as one, not twice."""

    def first_loss(batches):
        events = session(batches=batches, num_cuts=64, cut_noise=0, drawer="pixel").run()
        return next(event.total for event in events if isinstance(event, Stepped))

    assert first_loss(3) == pytest.approx(first_loss(1), rel=0.05)


class Poison(Loss):
    """Turns infinite after three steps."""

    def __call__(self, inputs):
        return inputs.canvas.mean() / (0.0 if inputs.step >= 3 else 1.0)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_picture(session, registry):
    registry.add("loss", "poison", Poison)
    events = []
    with pytest.raises(RunFailed, match="the loss 'poison' is not a finite number after 3 steps"):
        for event in session(custom_loss="poison").run():
            events.append(event)
    last = [event for event in events if isinstance(event, Drawn)][-1]
    assert last.final and last.step == 3 and last.image_u8.any()


def test_recorders_are_closed_however_the_run_ends(session):
    from pixray.recorders.base import attach

    counting = CountingRecorder()
    stream = attach(session().run(), counting)
    next(stream)
    stream.close()
    assert counting.closed == 1
    counting = CountingRecorder()
    assert len(list(attach(session().run(), counting))) == len(counting.events) and counting.closed == 1


class Half(Loss):
    """Wants the mean brightness at one half; counts its calls."""

    def __call__(self, inputs):
        return (inputs.canvas.mean() - 0.5).square()


def test_a_state_can_be_gone_back_to_again_and_again(session):
    made, kept = session(iterations=12), None
    for event in made.run():
        if isinstance(event, Stepped) and event.step == 5:
            kept = made.state()
            break
    pictures = []
    for _ in range(2):
        made.restore(kept)
        pictures.append(final_picture(made.run()))
    assert (pictures[0] == pictures[1]).all()
    assert made.step == 12


def test_a_custom_loss_has_a_weight_and_a_stop(session, registry):
    registry.add("loss", "half", Half)
    step = next(e for e in session(custom_loss="half:3").run() if isinstance(e, Stepped))
    single = next(e for e in session(custom_loss="half").run() if isinstance(e, Stepped))
    assert step.losses["half"] == pytest.approx(3 * single.losses["half"])
    pictures = [final_picture(session(prompts="", custom_loss=f"half:1:{stop}").run()) for stop in (-1, 10)]
    start = next(e for e in session(prompts="").run() if isinstance(e, Drawn)).image_u8
    assert not np.array_equal(pictures[0], start), "it pulls"
    assert np.array_equal(pictures[1], start), "below its stop it does not pull"


def test_losses_of_one_name_are_told_apart(session, registry):
    registry.add("loss", "half", Half)
    step = next(e for e in session(custom_loss="half,half:2", prompts="red|red").run() if isinstance(e, Stepped))
    assert set(step.losses) == {"red", "red #2", "half", "half #2"}


def test_a_perceptor_with_a_weight_counts_that_much(session, registry):
    from pixray.testing.fakes import ToyPerceptor

    class Other(ToyPerceptor):
        name = "other"

    registry.add("perceptor", "other", Other)
    step = next(e for e in session(clip_models="toy,other:0.5").run() if isinstance(e, Stepped))
    assert set(step.losses) == {"red (toy)", "red (other)"}
    assert step.losses["red (other)"] == pytest.approx(step.losses["red (toy)"] / 2, rel=1e-3)


def test_remaining_time_is_an_estimate_in_seconds(session):
    steps = [event for event in session().run() if isinstance(event, Stepped)]
    assert all(math.isfinite(event.remaining) and event.remaining >= 0 for event in steps)


def test_the_image_is_at_hand_at_any_time(session):
    made = session()
    before = made.image()
    list(made.run())
    assert before.size == made.image().size == (24, 16) and before.tobytes() != made.image().tobytes()


def test_transparency_is_kept_in_the_picture(session):
    picture = final_picture(session(drawer="pixel", pixel_type="hex", transparent=True).run())
    assert picture.shape[2] == 4 and picture[..., 3].min() < 255


class SeesKernels(Loss):
    """Notes in every step which kernels cuDNN would take."""

    def __call__(self, inputs):
        switches = torch.backends.cudnn
        self.seen = [*getattr(self, "seen", ()), (switches.deterministic, switches.benchmark)]
        return inputs.canvas.mean()


def test_cudnn_takes_deterministic_kernels_in_the_steps_and_the_callers_between_them(session, registry, monkeypatch):
    registry.add("loss", "kernels", SeesKernels)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    for wanted in (True, False):
        made = session(custom_loss="kernels")
        made.deterministic = wanted  # as a run on a CUDA GPU with cudnn_determinism has it
        for _ in made.run():
            assert (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark) == (False, True)
        assert set(made.objective.losses[-1].loss.seen) == {(wanted, not wanted)}


def test_a_step_that_fails_gives_the_kernels_back(session, registry):
    class Fails(Loss):
        def __call__(self, inputs):
            raise ZeroDivisionError

    registry.add("loss", "fails", Fails)
    made = session(custom_loss="fails")
    made.deterministic = True
    with pytest.raises(ZeroDivisionError):
        list(made.run())
    assert not torch.backends.cudnn.deterministic


def test_cudnn_determinism_counts_on_a_cuda_gpu_and_says_so_elsewhere(session):
    from pixray.engine.build import wants_determinism

    made = session(cudnn_determinism=True)
    assert not made.deterministic and any("cudnn_determinism has no effect on cpu" in n.text for n in made.notices)
    assert session().notices == () and wants_determinism(made.settings, "cuda:0")
    assert not wants_determinism(session().settings, "cuda:0")


@pytest.mark.parametrize("changes", [{}, {"clip_models": None}, {"drawer": "pixel", "clip_models": None}])
def test_a_session_resolves_its_settings_and_parses_its_prompt_once(session, monkeypatch, changes):
    """Three times and four times it was, with the guide that is fallen back to (here without named models)."""
    resolved, parsed = [], []
    resolve, construct = Schema.resolve, Weighted.__init__
    monkeypatch.setattr(Schema, "resolve", lambda self, layers: resolved.append(layers) or resolve(self, layers))
    monkeypatch.setattr(
        Weighted, "__init__", lambda self, text, *numbers: parsed.append(text) or construct(self, text, *numbers)
    )
    session(prompts="a red heart:2", **changes)
    assert len(resolved) == 1 and parsed.count("a red heart") == 1
