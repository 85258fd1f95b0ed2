import pytest
import torch
from PIL import Image

from pixray.cutouts.jitter import jittered
from pixray.engine import ink_draft as drafting
from pixray.ops.blur import blurred
from pixray.perceptors.embedded import SketchGuide
from pixray.settings.grammar import Weighted

sketch = {"drawer": "line_sketch", "size": [48, 32], "iterations": 0, "clip_models": None, "prompts": "a star"}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(drafting, "STEPS", 3)
    monkeypatch.setattr(drafting, "DRAFTS", 2)


def test_one_dark_ink_is_guided_by_its_own_model_from_a_draft(session):
    made = session(**sketch, perceptors="embedded")
    assert list(made.objective.perceptors) == ["embedded-sketch"] and made.settings.stroke_start == "draft"
    assert made.settings.origin("clip_models") == "perceptors=embedded"
    assert made.drawer.draft is not None and made.drawer.draft.shape == (64, 64)


def test_without_a_hub_the_guide_for_ink_is_chosen_as_well(session):
    made = session(**sketch, ink="navy")
    assert list(made.objective.perceptors) == ["embedded-sketch"] and made.drawer.draft is not None


@pytest.mark.parametrize("other", [{"ink": "free"}, {"ink": "yellow"}, {"palette": "red->blue"}])
def test_several_or_light_inks_begin_along_a_draft_and_stay_with_the_guide_for_pictures(session, other):
    made = session(**{**sketch, **other}, perceptors="embedded")
    assert list(made.objective.perceptors) == ["embedded"] and made.drawer.draft is not None


def test_brush_strokes_need_no_draft(session):
    made = session(**{**sketch, "drawer": "clipdraw"}, perceptors="embedded")
    assert list(made.objective.perceptors) == ["embedded"] and made.settings.stroke_start == "edges"


def test_a_guide_that_somebody_names_is_kept(session):
    made = session(**{**sketch, "clip_models": "embedded"})
    assert list(made.objective.perceptors) == ["embedded"]


def test_the_same_seed_drafts_the_same_strokes_and_another_one_others(session):
    pictures = [session(**sketch, seed=seed).image().tobytes() for seed in (1, 1, 2)]
    assert pictures[0] == pictures[1] != pictures[2]


def test_a_start_image_needs_no_draft_and_neither_does_a_run_without_prompts(session, tmp_path):
    Image.new("RGB", (48, 32), "white").save(tmp_path / "start.png")
    assert session(**sketch, init_image=str(tmp_path / "start.png")).drawer.draft is None
    assert session(**{**sketch, "prompts": ""}).drawer.draft is None


def test_ink_comes_nearer_to_what_is_asked_for(monkeypatch):
    monkeypatch.setattr(drafting, "STEPS", 12)
    guide, prompts = SketchGuide(), [Weighted("a star", 1.0)]
    targets, weights = guide.encode_text(["a star"]), torch.ones(1)

    def distance(ink):
        generator = torch.Generator().manual_seed(0)
        return float(drafting._distances(ink, guide, targets, weights, generator, 12))

    ink = drafting.ink_draft(prompts, guide, torch.Generator().manual_seed(1))
    assert ink.shape == (64, 64) and float(ink.min()) >= 0 and float(ink.max()) <= 1
    assert distance(ink[None, None]) < distance(torch.full((1, 1, 64, 64), 0.15)) - 0.02


def test_blur_keeps_what_there_is_of_light_and_spreads_it():
    images = torch.zeros(2, 3, 32, 32)
    images[:, :, 16, 16] = 1
    soft = blurred(images, torch.tensor([0.0, 2.0]))
    assert torch.allclose(soft[0], images[0], atol=1e-5)
    assert float(soft[1].sum()) == pytest.approx(3, rel=0.05) and float(soft[1].max()) < 0.1
    assert torch.allclose(blurred(torch.ones(1, 1, 8, 8), torch.tensor([3.0])), torch.ones(1, 1, 8, 8))


def test_looks_move_a_picture_a_little_and_keep_its_border():
    images = torch.full((4, 1, 64, 64), 0.5)
    images[:, :, 24:40, 24:40] = 1
    looks = jittered(images, torch.Generator().manual_seed(2))
    assert not torch.equal(looks[0], looks[1])
    assert (looks[:, :, 28:36, 28:36] > 0.9).float().mean() > 0.6 and float(looks[:, :, 0].max()) == 0.5


def test_a_single_stroke_draws_all_of_the_draft(session, monkeypatch):
    monkeypatch.setattr(drafting, "STEPS", 25)
    given = {"drawer": "line_sketch", "clip_models": None, "perceptors": "embedded", "prompts": "a house"}
    one, several = (session(**given, size=[64, 64], iterations=0, strokes=count) for count in (1, 24))
    assert len(one.drawer.sketch) == 1 < len(several.drawer.sketch)
    assert len(one.drawer.sketch.points) >= len(several.drawer.sketch.points) - len(several.drawer.sketch)
