import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pixray
from pixray.api import Studio
from pixray.errors import PixrayError, SettingsError
from pixray.events import Stepped
from pixray.losses.base import Loss
from tests.processes import run_python


@pytest.fixture
def studio(registry):
    return Studio(registry)


def test_settings_are_collected_and_forgotten(studio):
    studio.add_settings(prompts="a", iterations=3)
    studio.add_settings(iterations=4)
    assert studio.get_settings() == {"prompts": "a", "iterations": 4}
    copy = studio.get_settings()
    copy["iterations"] = 9
    assert studio.get_settings()["iterations"] == 4
    studio.reset_settings()
    assert studio.get_settings() == {}


def test_the_five_verbs_make_a_picture(studio, tiny, tmp_path):
    studio.reset_settings()
    studio.add_settings(**tiny)
    settings = studio.apply_settings()
    assert isinstance(settings, argparse.Namespace) and list(tmp_path.iterdir()) == []
    studio.do_init(settings)
    assert studio.do_run(settings) is True
    saved = next(tmp_path.glob("outputs/*/output.png"))
    assert np.array_equal(np.asarray(Image.open(saved)), np.asarray(studio.get_image()))


def test_a_new_session_is_iterated_without_touching_files_or_collected_settings(studio, tiny, tmp_path):
    studio.add_settings(iterations=99)
    session = studio.new_session(**tiny)
    steps = [event.step for event in session.run() if isinstance(event, Stepped)]
    assert steps == [1, 2, 3, 4, 5, 6] and session.image().size == (24, 16)
    assert list(tmp_path.iterdir()) == [] and studio.get_settings() == {"iterations": 99}


def test_return_display_comes_back_at_each_shown_picture(studio, tiny):
    studio.add_settings(**tiny, display_every=2)
    settings = studio.apply_settings()
    studio.do_init(settings)
    answers, pictures = [], []
    while True:
        answers.append(studio.do_run(settings, return_display=True))
        pictures.append(studio.get_image().tobytes())
        if answers[-1]:
            break
    assert answers == [False, False, True] and len(set(pictures)) == 3


def test_a_second_run_with_the_same_settings_is_the_same(studio, tiny):
    studio.add_settings(**tiny)
    settings = studio.apply_settings()
    pictures = []
    for _ in range(2):
        studio.do_init(settings)
        studio.do_run(settings)
        pictures.append(studio.get_image().tobytes())
    assert pictures[0] == pictures[1]


def test_run_does_it_all_and_returns_the_picture(studio, tiny):
    image = studio.run(**{**tiny, "prompts": "blue", "drawer": "flat"})
    assert image.size == (24, 16) and studio.get_settings()["drawer"] == "flat"


def test_b9_run_without_prompts_says_what_is_missing(studio, tiny):
    without = {name: value for name, value in tiny.items() if name != "prompts"}
    with pytest.raises(SettingsError, match="nothing says what to paint: give prompts"):
        studio.run(None, **without)
    assert studio.run(None, **without, image_prompts=None, custom_loss="saturation", quiet=True) is not None


def test_do_run_before_do_init_is_explained(studio):
    with pytest.raises(PixrayError, match="do_init"):
        studio.do_run()


def test_a_changed_namespace_is_used_and_checked(studio, tiny):
    studio.add_settings(**tiny)
    settings = studio.apply_settings()
    settings.iterations = 2
    studio.do_init(settings)
    studio.do_run(settings)
    settings.num_cuts = 0
    with pytest.raises(SettingsError, match="num_cuts=0"):
        studio.do_init(settings)


class Half(Loss):
    def __call__(self, inputs):
        return (inputs.canvas.mean() - 0.5).square()


def test_a_custom_loss_can_be_added_and_redefined(studio, tiny):
    studio.add_custom_loss("half", Half)
    studio.add_custom_loss("half", type("Half", (Half,), {}))
    assert studio.run(**{**tiny, "custom_loss": "half:2"}) is not None


def test_the_record_reruns_to_the_same_bytes_in_another_process(tmp_path):
    """Saved by one process, loaded and run again by another: the same file, byte for byte."""
    first = ["-m", "pixray", "--prompts", "a red circle", "--drawer", "pixel", "--size", "48", "32"]
    first += ["--iterations", "4", "--outdir", "one", "--quiet", "--save_every", "50%", "--pixel_size", "8", "6"]
    run_python(*first).check_returncode()
    again = (
        "import pixray; settings = pixray.load_settings('one/settings.yaml', outdir='two'); "
        "pixray.do_init(settings); pixray.do_run(settings)"
    )
    run_python("-c", again).check_returncode()
    one, two = Path("one/output.png").read_bytes(), Path("two/output.png").read_bytes()
    assert one == two
    assert Path("one/settings.yaml").read_text() == Path("two/settings.yaml").read_text()
    text = Image.open("one/output.png").text
    record = json.loads(text["pixray_record"])
    assert record["clip_models"] == "embedded-pixel" and record["seed"] == int(text["pixray_seed_used"])
    assert text["pixray_prompts"] == "['a red circle']" and record["save_every"] == "50%"


def test_public_names_are_there_and_importing_them_is_light():
    code = "import sys, pixray; dir(pixray); assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    for name in pixray.__all__:
        assert getattr(pixray, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pixray.nothing


def test_a_run_without_a_folder_names_the_session_that_writes_nothing(studio, tmp_path):
    with pytest.raises(SettingsError, match=r"outdir=None \(from run\): .* pixray\.new_session, which writes nothing"):
        studio.run("red", drawer="flat", iterations=1, outdir=None)
    assert list(tmp_path.iterdir()) == []
