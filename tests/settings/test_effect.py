"""What settings do, tried: two values give different pictures, events or files. A setting that nobody reads fails here.

What is compared leaves out all records of the settings themselves, which differ in any case.
"""

import hashlib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from pixray.events import Drawn, LearningRateDropped, Noticed
from pixray.models.store import ModelStore
from pixray.optim.parameter_group import ParameterGroup
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.runs.start import build_run
from pixray.testing.fakes import FlatDrawer

PIXEL = {"drawer": "pixel", "pixel_size": (6, 4)}
START = {**PIXEL, "init_image": "red.png"}
OVERLAY = {**PIXEL, "overlay_image": "blue.png", "overlay_every": 2}
FREE_SIZE = {"size": None, "iterations": 1}
SKETCH = {"drawer": "line_sketch", "strokes": 4, "iterations": 2}
SPOT = {"spot_prompts": "blue", "drawer": "pixel"}
LOOKUP = {**PIXEL, "filters": "lookup", "palette": "[red,blue]"}

EFFECTS = {
    "prompts": ("red", "blue", {}),
    "drawer": ("flat", "pixel", {}),
    "quality": ("normal", "best", {}),
    "iterations": (2, 3, {}),
    "seed": (1, "a text", {}),
    "size": ((24, 16), (20, 16), {}),
    "aspect": ("widescreen", "square", {**FREE_SIZE, "scale": 0.1}),
    "scale": (0.1, 0.15, FREE_SIZE),
    "ezsize": ("small", "medium", FREE_SIZE),
    "filters": (None, "wallpaper", PIXEL),
    "custom_loss": (None, "saturation:-5", PIXEL),
    "priors": (None, "tv:50", PIXEL),
    "prior_prompts": ("none", "blue:3", {}),
    "palette": ("[red,blue]", "[green,white]", LOOKUP),
    "num_cuts": (4, 6, {}),
    "batches": (1, 2, {}),
    "cut_noise": (0, 0.5, {}),
    "learning_rate": (0.2, 0.02, {"drawer": "plain"}),
    "optimiser": ("Adam", "Adagrad", {"drawer": "plain"}),
    "learning_rate_drops": ("75%", "none", {}),
    "auto_stop": (False, True, {"flat_rate": 0, "iterations": 80, "learning_rate_drops": "none"}),
    "init_image": (None, "red.png", PIXEL),
    "init_image_alpha": (255, 20, START),
    "init_noise": ("pixels", "snow", PIXEL),
    "image_fit": ("stretch", "crop", {**START, "init_image": "tall.png", "init_image_alpha": 255}),
    "init_weight": (None, 20, {**START, "prompts": "blue"}),
    "init_weight_dist": (0, 20, {**START, "prompts": "blue"}),
    "init_weight_cos": (0, 20, {**START, "prompts": "blue"}),
    "init_weight_pix": (0, 20, {**START, "prompts": "blue"}),
    "image_labels": (None, "tall.png", PIXEL),
    "image_label_weight": (1, 20, {**PIXEL, "image_labels": "tall.png"}),
    "transparent": (False, True, PIXEL),
    "overlay_image": (None, "blue.png", {**PIXEL, "overlay_every": 2}),
    "overlay_alpha": (0, 40, OVERLAY),
    "overlay_every": (2, 3, OVERLAY),
    "overlay_offset": (0, 1, OVERLAY),
    "overlay_until": (None, 2, OVERLAY),
    "timed_prompts": ("0%: red", "0%: red | 50%: blue", {"prompts": []}),
    "timed_fade": (0, 3, {"prompts": [], "timed_prompts": "0%: red | 2 iterations: blue"}),
    "steering": (None, [{"step": 2, "changes": {"prompts": "blue"}}], {}),
    "camera_zoom": (1, 1.2, START),
    "camera_pan": ((0, 0), (10, 0), START),
    "camera_rotate": (0, 20, START),
    "camera_every": (1, 2, {**START, "camera_zoom": 1.2}),
    "animation_dir": (None, "frames", {**PIXEL, "init_image": "*.png"}),
    "animation_alpha": (0, 255, {**PIXEL, "init_image": "*.png", "animation_dir": "frames", "save_every": 2}),
    "spot_prompts": ("none", "blue", PIXEL),
    "spot_prompts_off": ("none", "blue", PIXEL),
    "spot_file": (None, "half.png", {**PIXEL, "spot_prompts": "blue"}),
    "labels": ("none", "blue", {}),
    "image_prompts": ("red.png", "blue.png", {}),
    "image_prompt_weight": (None, 20, {"image_prompts": "blue.png"}),
    "image_prompt_shuffle": (False, True, {"image_prompts": "tall.png"}),
    "target_images": ("red.png", "blue.png", {}),
    "noise_prompt_seeds": ([], [5], {}),
    "noise_prompt_weights": ([1], [-3], {"noise_prompt_seeds": [5]}),
    "save_every": (0, 2, {}),
    "display_every": (0, 2, {}),
    "checkpoint_every": (0, 2, {}),
    "save_intermediates": (True, False, {"save_every": 3}),
    "make_video": (False, True, {"save_intermediates": False, "iterations": 2}),
    "output": ("output.png", "mine.png", {}),
    "outdir": ("run", "other", {}),
    "pixel_type": ("rect", "tri", PIXEL),
    "pixel_scale": (None, 2, PIXEL),
    "pixel_svg": (False, True, PIXEL),
    "strokes": (4, 5, SKETCH),
    "stroke_length": (2, 3, SKETCH),
    "max_stroke_width": (2, 20, SKETCH),
    "fft_decay": (1.5, 0.5, {"drawer": "fft", "iterations": 2}),
    "cudnn_determinism": (False, True, {}),
    "transparent_weight": (0, 50, {**PIXEL, "transparent": True}),
}
"""Setting: one value, another one, and the settings of the runs besides."""


class PlainDrawer(FlatDrawer):
    """One colour that changes at the run's learning rate."""

    def parameters(self):
        return [ParameterGroup([self.colour])]


@pytest.fixture
def outcome(registry, resolve, tiny):
    """What a run with some settings gives, as something that can be compared."""
    registry.add("drawer", "plain", PlainDrawer)
    for name, colour, size in (("red", "red", (24, 16)), ("blue", "#00f8", (24, 16)), ("tall", "white", (16, 48))):
        picture = Image.new("RGBA", size, colour)
        ImageDraw.Draw(picture).rectangle((2, 2, 7, 6), fill="#084")
        picture.save(f"{name}.png")
    half = Image.new("L", (24, 16), 255)
    half.paste(0, (0, 0, 12, 16))
    half.save("half.png")

    def run(**changes):
        before = set(Path().rglob("*"))
        settings = resolve(**{**tiny, "save_intermediates": False, "outdir": "run", **changes})
        told = []
        for event in attach(build_run(settings, registry, ModelStore()).run(), FileRecorder(settings)):
            facts = [type(event).__name__, getattr(event, "step", None)]
            if isinstance(event, Drawn):
                pixels = hashlib.sha256(event.image_u8.tobytes()).hexdigest()
                facts += [pixels, event.image_u8.shape, event.save, event.show, event.final]
            if isinstance(event, LearningRateDropped | Noticed):
                facts.append(getattr(event, "rate", None) or event.text)
            told.append(tuple(facts))
        files = sorted(str(path) for path in set(Path().rglob("*")) - before)
        for path in sorted(Path().rglob("*"), reverse=True):
            if str(path) in files:
                path.rmdir() if path.is_dir() else path.unlink()
        return told, files

    return run


@pytest.mark.parametrize("name", EFFECTS)
def test_a_setting_does_something(outcome, name):
    value, other, besides = EFFECTS[name]
    assert outcome(**{**besides, name: value}) != outcome(**{**besides, name: other}), f"nobody reads {name}"


def test_the_same_settings_give_the_same(outcome):
    assert outcome(**PIXEL) == outcome(**PIXEL)


def test_a_setting_that_nobody_reads_would_be_noticed(outcome):
    assert outcome(cut_pow=1) == outcome(cut_pow=2), "it is there for old settings, without effect"
