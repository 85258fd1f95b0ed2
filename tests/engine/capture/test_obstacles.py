"""Which runs are recorded on a GPU, and what is said about the others."""

import argparse

import pytest
import torch

from pixray.engine.capture.choose import choose_executor, find_obstacle
from pixray.engine.capture.executor import CudaGraphExecutor, EagerExecutor
from pixray.errors import SettingsError

SETTINGS = argparse.Namespace(animation_dir=None, optimiser="Adam")


def obstacle(made, device="cuda:0", **changes):
    settings = argparse.Namespace(**{**vars(SETTINGS), **changes})
    parts = {"drawer": made.drawer, "cutouts": made.objective.cutouts, **made.objective.perceptors}
    parts.update({one.name: one.loss for one in made.objective.losses})
    parts.update({type(one).__name__: one for one, _ in made.objective.filters})
    return find_obstacle(settings, device, parts, getattr(torch.optim, settings.optimiser))


@pytest.mark.parametrize(
    ("changes", "unfit"),
    [
        ({"drawer": "pixel"}, None),
        ({"drawer": "fft", "filters": "lookup,tiler,wallpaper", "custom_loss": "smoothness,edge"}, None),
        ({"drawer": "fft", "fft_use": "dwt"}, "drawer"),
        ({"drawer": "multires", "cutouts": "classic"}, "cutouts"),
        ({"drawer": "line_sketch"}, "drawer"),
        ({"drawer": "pixel", "custom_loss": "smoothness", "smoothness_gaussian_kernel": 3}, None),
        ({"drawer": "vqgan", "clip_models": None, "perceptors": "embedded"}, None),
    ],
)
def test_parts_say_whether_they_can_be_recorded(session, changes, unfit):
    found = obstacle(session(**changes))
    assert found == (None if unfit is None else f"{unfit} cannot be captured")


def test_other_obstacles(session):
    made = session(drawer="pixel")
    assert "this run is on cpu" in obstacle(made, device="cpu")
    unfit = "optimiser=Adagrad cannot be captured; Adam, AdamW and NormalizedSGD can"
    assert obstacle(made, optimiser="Adagrad") == unfit
    assert "animation" in obstacle(made, animation_dir="frames")


def test_on_a_cpu_steps_run_directly_and_insisting_is_answered(session):
    assert type(session().executor) is EagerExecutor and type(session(cuda_graph="off").executor) is EagerExecutor
    assert "cuda_graph" not in session(cuda_graph="off").record, "it says nothing about the picture"
    with pytest.raises(SettingsError, match="cuda_graph=on: a step can be captured on a CUDA GPU, and this run is on"):
        session(cuda_graph="on")


def test_only_cuda_is_sent_numbers_that_nothing_waits_for(session, monkeypatch):
    made, sent = session(drawer="line_sketch"), []
    monkeypatch.setattr("pixray.engine.capture.choose.EagerExecutor", sent.append)
    for device in ("cpu", "mps", "cuda:1"):
        choose_executor(made.settings, device, made.drawer, made.objective, torch.optim.Adam)
    assert sent == [None, None, "cuda:1"]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("drawer", ["pixel", "fft", "multires", "vqgan"])
def test_a_gpu_replays_what_it_would_do_step_by_step(session, drawer):
    totals = []
    for wanted in ("off", "on"):
        facts = {"drawer": drawer, "clip_models": None, "perceptors": "embedded", "size": [64, 48], "iterations": 20}
        made = session(**facts, device="cuda", cuda_graph=wanted)
        totals.append([event.total for event in made.run() if type(event).__name__ == "Stepped"])
    assert isinstance(made.executor, CudaGraphExecutor) and made.executor.recordings == 2, made.executor.obstacle
    assert totals[0] == pytest.approx(totals[1], rel=0.02)
