import json
from pathlib import Path

import pytest
import torch

from pixray.errors import MissingPackage, ModelUnavailable, PixrayError, SettingsError
from pixray.events import Started, Stepped
from pixray.models.store import ModelStore
from pixray.recorders.base import attach
from pixray.recorders.checkpoint import pack, unpack
from pixray.recorders.files import FileRecorder
from pixray.registry import BUILT_IN
from pixray.runs.resume import resume
from tests.processes import run_python


def test_a_state_survives_its_file():
    state = {
        "step": 3,
        "none": None,
        "nested": {0: {"exp_avg": torch.rand(2, 3), "betas": [0.9, 0.999], "step": torch.tensor(4.0)}},
        "list": [1, "two", True, {"deep": torch.arange(3, dtype=torch.uint8)}],
        "best": float("inf"),
    }
    Path("state").write_bytes(pack(state))
    read, _ = unpack(Path("state"))
    assert read["step"] == 3 and read["none"] is None and read["best"] == float("inf")
    assert torch.equal(read["nested"][0]["exp_avg"], state["nested"][0]["exp_avg"])
    assert read["nested"][0]["step"].shape == () and read["nested"][0]["betas"] == [0.9, 0.999]
    assert torch.equal(read["list"][3]["deep"], torch.arange(3, dtype=torch.uint8)) and read["list"][:3] == [
        1,
        "two",
        True,
    ]


def test_only_plain_values_can_be_kept():
    with pytest.raises(TypeError, match="not object at 'a/b'"):
        pack({"a": {"b": object()}})


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_damaged_checkpoint_is_explained(content):
    Path("bad").write_bytes(content)
    with pytest.raises(PixrayError, match=r"damaged|not a checkpoint"):
        unpack(Path("bad"))


def run_to(made, step=None):
    """Run with files; leave at a step, as a crash would."""
    files = FileRecorder(made.settings)
    for event in attach(made.run(), files):
        if isinstance(event, Stepped) and event.step == step:
            break
    return files


LITTLE = {
    "pixel": {"pixel_size": [6, 4]},
    "line_sketch": {"strokes": 3, "stroke_length": 2, "allow_paper_color": True},
    "clipdraw": {"strokes": 5},
    "super_resolution": {"size": [16, 16]},
    "vqgan": {"size": [32, 32]},
}
"""What makes a drawer quick; one that is not named here runs with its defaults on a small canvas."""


def small_network():
    """The file of a Real-ESRGAN of one block."""
    pytest.importorskip("spandrel")
    from spandrel.architectures.ESRGAN.__arch.RRDB import RRDBNet

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = RRDBNet(in_nc=3, out_nc=3, num_filters=8, num_blocks=1, scale=4)
    torch.save({"params_ema": network.state_dict()}, "small.pth")
    return "small.pth"


PAINTED_HERE = sorted(set(BUILT_IN["drawer"]) - set(BUILT_IN["provider"]))


@pytest.mark.parametrize("drawer", ["flat", *PAINTED_HERE])
def test_every_drawer_resumed_ends_in_the_same_bytes(session, registry, drawer, default_vqgan):
    """Interrupted after a checkpoint and a rate drop, with noise, filters' chance and all: nothing may be lost."""
    settings = {"drawer": drawer, "iterations": 8, "checkpoint_every": 3, "save_every": 2, "cut_noise": 0.2}
    settings |= {"learning_rate_drops": ["2 iterations", "7 iterations"], **LITTLE.get(drawer, {})}
    if drawer == "super_resolution":
        settings["super_resolution_model"] = small_network()
    try:
        run_to(session(**settings, outdir="whole"))
    except (MissingPackage, ModelUnavailable) as error:
        pytest.skip(str(error))
    run_to(session(**settings, outdir="cut"), step=7)
    assert_resumed_is_whole(registry, step=6)


@pytest.mark.parametrize("optimiser", ["AdamW", "Adagrad", "Adamax"])
def test_every_optimizer_resumed_ends_in_the_same_bytes(session, registry, optimiser):
    settings = {"drawer": "pixel", "pixel_size": [6, 4], "iterations": 8, "checkpoint_every": 3, "save_every": 2}
    run_to(session(**settings, optimiser=optimiser, outdir="whole"))
    run_to(session(**settings, optimiser=optimiser, outdir="cut"), step=7)
    assert_resumed_is_whole(registry, step=6)


def assert_resumed_is_whole(registry, step):
    made, files = resume("cut", registry, ModelStore())
    assert made.step == step
    list(attach(made.run(), files))
    written = {path.relative_to("whole") for path in Path("whole").rglob("*") if path.suffix not in (".jsonl", ".mp4")}
    assert Path("steps/frame_0008.png") in written
    for name in written:
        if Path("whole", name).is_file():
            assert Path("whole", name).read_bytes() == Path("cut", name).read_bytes(), name


def test_more_iterations_go_on_where_it_ended(session, registry):
    run_to(session(iterations=5, outdir="run"))
    made, files = resume("run", registry, ModelStore(), "+4")
    events = list(attach(made.run(), files))
    assert isinstance(events[0], Started) and (events[0].step, events[0].steps) == (5, 9)
    assert [event.step for event in events if isinstance(event, Stepped)] == [6, 7, 8, 9]
    assert made.optimizer.drops == (3,), "the rate drops where it was going to, not again"
    assert sorted(path.name for path in Path("run/steps").glob("*.png"))[-1] == "frame_0009.png"
    log = [json.loads(line) for line in Path("run/log.jsonl").read_text().splitlines()]
    assert sum(line["event"] == "started" for line in log) == 2


def test_a_run_killed_before_its_first_checkpoint_starts_anew(session, registry):
    run_to(session(iterations=6, outdir="run", checkpoint_every=0), step=2)
    made, _ = resume("run", registry, ModelStore())
    assert made.step == 0


def test_mistakes_are_explained(session, registry):
    with pytest.raises(PixrayError, match="nowhere holds no run"):
        resume("nowhere", registry, ModelStore())
    run_to(session(iterations=5, outdir="run"))
    with pytest.raises(SettingsError, match=r"5 were taken already; use \+3"):
        resume("run", registry, ModelStore(), 3)
    with pytest.raises(SettingsError, match=r"expected a total such as 400, or \+100"):
        resume("run", registry, ModelStore(), "more")


def test_the_command_goes_on_from_a_picture_and_says_when_nothing_is_left(capsys):
    from pixray.cli.main import main

    words = ["--prompts", "red", "--drawer", "pixel", "--size", "32", "24", "--pixel_size", "8", "6", "--num_cuts", "4"]
    assert main([*words, "--perceptors", "embedded", "--iterations", "2", "--outdir", "run", "--quiet"]) == 0
    assert main(["resume", "run/output.png", "--iterations", "+2", "--device", "cpu", "--offline", "--quiet"]) == 0
    assert "iterations: 4" in Path("run/settings.yaml").read_text()
    assert main(["resume", "run"]) == 0
    printed = capsys.readouterr()
    assert "all 4 steps were taken already" in printed.err and printed.out == "run/output.png\n"
    assert main(["resume", "run", "--devise", "cpu"]) == 2
    assert "Did you mean '--device'?" in capsys.readouterr().err


KILLER = """
import os, random, signal, sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from PIL import Image
from pixray.settings.resolve import resolve
from pixray.runs.start import build_run
from pixray.registry import BUILT_IN, Registry
from pixray.recorders.checkpoint import unpack
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.runs.resume import resume
from pixray.testing.fakes import ToyPerceptor
from pixray.models.store import ModelStore

registry = Registry(BUILT_IN)
registry.add("perceptor", "toy", ToyPerceptor)
chosen = dict(prompts="red", drawer="pixel", pixel_size=[12, 8], size=[48, 32], clip_models="toy", seed=1)
chosen.update(iterations=120, checkpoint_every=3, save_every=4, num_cuts=4)

def whole(outdir):
    session = build_run(resolve(registry, dict(chosen, outdir=outdir)), registry, ModelStore())
    for _ in attach(session.run(), FileRecorder(session.settings)):
        pass

def go_on(outdir):
    session, files = resume(outdir, registry, ModelStore())
    for _ in attach(session.run(), files):
        pass

def check(folder):
    unpack(folder / "checkpoint.safetensors")
    for path in [folder / "output.png", *sorted(folder.glob("steps/frame_*.png"))]:
        with Image.open(path) as picture:
            picture.load()

begun = time.perf_counter()
whole("whole")
span = time.perf_counter() - begun
folder, moments = Path("killed"), random.Random(0)
kills = 0
while kills < 20:
    child = os.fork()
    if not child:
        go_on("killed") if kills else whole("killed")
        os._exit(0)
    while not (folder / "checkpoint.safetensors").exists():
        time.sleep(0.002)
    time.sleep(moments.uniform(0, span / 25))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    kills += 1
    check(folder)
print("step", unpack(folder / "checkpoint.safetensors")[0]["step"])
go_on("killed")
assert (folder / "output.png").read_bytes() == Path("whole/output.png").read_bytes()
"""


def test_a_run_killed_at_twenty_random_moments_is_never_broken_and_always_resumable():
    done = run_python("-c", KILLER)
    assert done.returncode == 0, done.stderr
    assert not list(Path("killed").rglob("*.part")), "what a killed process was writing is cleared away"
