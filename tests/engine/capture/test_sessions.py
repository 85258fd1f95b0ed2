"""Runs whose steps are recorded on a tape, as a GPU would record them, equal runs taken step by step."""

import math
import runpy
from pathlib import Path

import pytest
import torch
from PIL import Image

from pixray.drawers.pixel.cells import CELL_TYPES
from pixray.engine.capture.executor import CudaGraphExecutor
from pixray.errors import RunFailed
from pixray.events import Drawn, LearningRateDropped, Stepped
from pixray.recorders.checkpoint import pack, unpack
from pixray.testing.fakes import ToyPerceptor
from pixray.testing.recording import Tape, as_on_a_gpu, check_replay

ELSEWHERE = runpy.run_path(str(Path(__file__).parent / "elsewhere.py"))
DRAWERS = {
    **{f"pixel {kind}": {"drawer": "pixel", "pixel_type": kind, "pixel_size": [8, 6]} for kind in CELL_TYPES},
    "pixel, transparent": {"drawer": "pixel", "pixel_type": "hex", "transparent": True, "pixel_size": [8, 6]},
    "fft": {"drawer": "fft"},
    "fft, pixel by pixel": {"drawer": "fft", "fft_use": "pixel"},
    "multires": {"drawer": "multires"},
}
SEEN = {
    "filters": {"filters": "wallpaper,lookup", "wallpaper_type": "shift", "wallpaper_edge_match": 2},
    "tiles": {"filters": "tiler"},
    "losses": {
        "custom_loss": "tv,palette,saturation,symmetry,smoothness,edge,gaussian",
        "palette": "[red,blue]",
    },
    "a blurred smoothness": {"custom_loss": "smoothness", "smoothness_gaussian_kernel": 3},
    "start picture and image prompts": {
        "init_image": "start.png",
        "init_weight": 0.5,
        "init_weight_pix": 0.5,
        "image_prompts": "start.png",
    },
    "spots, batches, a push away": {"spot_prompts": "blue", "batches": 2, "prompts": "red|green:-0.5:-0.4"},
    "a large canvas": {"size": [151, 103]},
    "in pieces": {"cuts_at_once": 3},
    "without noise": {"cut_noise": 0.0},
}
GUIDED = {
    "pixel": {"drawer": "pixel", "pixel_size": [10, 10]},
    # In full precision the small model runs on a CPU by the layers that GPUs take. A canvas that is painted small at
    # first is not captured.
    "vqgan": {"drawer": "vqgan", "vqgan_precision": "fp32", "vqgan_coarse": 0, "filters": "lookup"},
    "fft": {"drawer": "fft", "custom_loss": "smoothness"},
    "multires": {"drawer": "multires", "filters": "tiler"},
}
EMBEDDED = {"prompts": "a red heart", "perceptors": "embedded", "clip_models": None, "size": [64, 48], "iterations": 6}


@pytest.fixture(autouse=True)
def _start_picture():
    Image.new("RGB", (24, 16), "blue").save("start.png")


@pytest.mark.parametrize("case", DRAWERS)
def test_drawers(session, case):
    check_replay(lambda: session(**DRAWERS[case], iterations=8, learning_rate_drops="6 iterations"))


@pytest.mark.parametrize("case", SEEN)
def test_what_is_between_the_drawer_and_the_losses(session, case):
    check_replay(lambda: session(drawer="pixel", pixel_size=[8, 6], **{"iterations": 8, **SEEN[case]}))


@pytest.mark.parametrize("case", GUIDED)
def test_with_the_embedded_models(session, case):
    check_replay(lambda: session(**{**EMBEDDED, **GUIDED[case]}))


@pytest.mark.parametrize("case", GUIDED)
@pytest.mark.parametrize("more", [{}, {"size": [301, 203], "transparent": True}, SEEN["losses"], SEEN["filters"]])
def test_the_way_of_gpus_needs_nothing_from_the_host(session, case, more):
    made = as_on_a_gpu(session(**{**EMBEDDED, "palette": "[red]", **GUIDED[case], **more}))
    assert ELSEWHERE["step_elsewhere"](made)


def recorded(session, tape=None, **changes):
    made = as_on_a_gpu(session(drawer="pixel", pixel_size=[8, 6], **{"iterations": 12, **changes}))
    made.executor = CudaGraphExecutor("cpu", tape or Tape())
    return made


def last_picture(made):
    return [event for event in made.run() if isinstance(event, Drawn)][-1].image_u8


def test_every_step_is_replayed_once_both_kinds_of_border_are_recorded(session):
    tape = Tape()
    made = recorded(session, tape)
    plain, taken = as_on_a_gpu(session(drawer="pixel", pixel_size=[8, 6], iterations=12)), []
    update = made.update
    made.update = lambda canvas, randomness: taken.append(made.step) or update(canvas, randomness)
    assert (last_picture(made) == last_picture(plain)).all()
    assert made.executor.recordings == 2
    # Taken twice each to warm up, once to be recorded and twice to prove the replay; then never again.
    assert sorted(taken) == [0, 1, 2, 3, 4, 4, 5, 5, 6, 7]


def test_drops_overlays_and_restored_states_reach_recorded_steps(session):
    changes = {"learning_rate_drops": "8 iterations", "overlay_image": "start.png", "overlay_every": "5 iterations"}
    changes.update(overlay_alpha=90, iterations=16)
    plain = as_on_a_gpu(session(drawer="pixel", pixel_size=[8, 6], **changes))
    wanted = last_picture(plain)
    made = recorded(session, **changes)
    kept = None
    for event in made.run():
        if isinstance(event, Stepped) and event.step == 9:
            kept = made.state()
            break
    made.restore(kept)
    assert made.executor.recordings == 0, "what was recorded knows the old tensors of the optimizer"
    assert (last_picture(made) == wanted).all()
    assert any(isinstance(event, LearningRateDropped) for event in recorded(session, **changes).run())


def test_a_state_of_a_recorded_run_goes_on_in_one_without_and_back(session):
    made, plain = recorded(session), session(drawer="pixel", pixel_size=[8, 6], iterations=12)
    for event in made.run():
        if isinstance(event, Stepped) and event.step == 6:
            break
    Path("state").write_bytes(pack(made.state()))
    plain.restore(unpack(Path("state"))[0])
    assert plain.optimizer.torch_optimizer.param_groups[0]["fused"] is False
    one = last_picture(plain)
    made.restore(unpack(Path("state"))[0])
    assert abs(one.astype(int) - last_picture(made)).max() <= 1
    assert torch.is_tensor(made.optimizer.torch_optimizer.param_groups[0]["lr"])


def test_a_step_that_runs_out_of_memory_is_taken_again_in_pieces_and_recorded_anew(session, registry):
    class Cramped(ToyPerceptor):
        room = 4

        def encode_image(self, crops):
            if len(crops) > self.room and self.tight:
                raise torch.OutOfMemoryError("no room")
            return super().encode_image(crops)

    registry.add("perceptor", "toy", Cramped, replace=True)
    made = recorded(session, num_cuts=12, iterations=20)
    made.objective.perceptors["toy"].tight = False
    for event in made.run():
        if isinstance(event, Stepped) and event.step == 3:
            break
    made.objective.perceptors["toy"].tight = True
    assert len(list(made.run())) and made.objective.microbatcher.at_once == 3
    assert made.step == 20 and made.executor.recordings == 2


def test_running_out_of_memory_while_recording_goes_on_plainly(session):
    class NoRoom(Tape):
        def record(self, work):
            raise torch.OutOfMemoryError("no room")

    made = recorded(session, NoRoom())
    plain = as_on_a_gpu(session(drawer="pixel", pixel_size=[8, 6], iterations=12))
    assert (last_picture(made) == last_picture(plain)).all()
    assert "no room" in made.executor.obstacle and made.objective.microbatcher.at_once is None


def test_a_loss_that_is_not_finite_moves_nothing_in_a_recorded_step(session):
    made = recorded(session, iterations=14)
    before = None
    with pytest.raises(RunFailed, match="not a finite number"):
        for event in made.run():
            if isinstance(event, Stepped) and event.step == 10:
                before = made.drawer.colours.detach().clone()
                made.objective.losses[0].loss.targets.fill_(math.nan)
    assert torch.isfinite(made.drawer.colours).all() and not torch.equal(before, torch.zeros_like(before))
