import pytest
import torch
from PIL import Image

from pixray.engine import pixel_draft as drafting
from pixray.engine.build import build_session
from pixray.models.store import ModelStore
from pixray.settings.grammar import Weighted

scene = {"drawer": "vqgan", "vqgan_model": "embedded", "size": [96, 64], "iterations": 0, "clip_models": None}
scene |= {"prompts": "a red heart", "perceptors": "embedded"}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(drafting, "CELLS", 10)


@pytest.fixture
def drafts(registry):
    """A function that paints a draft."""

    def paint(*prompts, size=(96, 64), seed=1):
        store = ModelStore()
        return drafting.pixel_draft(
            [Weighted(*prompt) for prompt in prompts], size, seed, "cpu", False, registry,
            lambda settings: build_session(settings, registry, store),
        )  # fmt: skip

    return paint


def test_codes_begin_as_what_the_guide_for_pixel_grids_paints(session, drafts):
    made = session(**scene, seed=1)
    assert made.settings.vqgan_start == "draft" and made.settings.origin("vqgan_start") == "perceptors=embedded"
    draft, start = drafts(("a red heart",)), made.drawer.render(0)
    assert start.shape == draft.shape == (1, 3, 64, 96)
    other = drafts(("a green tree",))
    assert (start - draft).square().mean() < 0.25 * (start - other).square().mean()


def test_the_same_seed_drafts_the_same_picture_and_another_one_another(session):
    pictures = [session(**scene, seed=seed).image().tobytes() for seed in (1, 1, 2)]
    assert pictures[0] == pictures[1] != pictures[2]


def test_weights_count_in_a_draft_and_marks_of_the_grammar_stay_part_of_the_text(registry):
    class Enough(Exception):
        pass

    def build(settings):
        raise Enough(settings.prompts_by_setting["prompts"])

    prompts = [Weighted("a cat | a dog at 12:30", 2.0), Weighted("red", -1.0)]
    with pytest.raises(Enough) as seen:
        drafting.pixel_draft(prompts, (96, 64), 1, "cpu", False, registry, build)
    assert list(seen.value.args[0]) == prompts


@pytest.mark.parametrize(("size", "rows", "columns"), [((96, 32), 4, 12), ((32, 64), 8, 4), ((40, 40), 4, 4)])
def test_the_outermost_cells_go_on_to_the_edge_of_a_canvas(size, rows, columns):
    cells = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    wide = drafting.spread(cells, size)
    assert wide.shape == (1, 3, size[1], size[0])
    seen = torch.nn.functional.interpolate(wide, (rows, columns), mode="area")
    top, left = (rows - 4) // 2, (columns - 4) // 2
    assert torch.allclose(seen[..., top : top + 4, left : left + 4], cells, atol=0.2)
    if left:
        assert torch.allclose(seen[..., top : top + 4, 0], cells[..., 0], atol=0.2)
        assert torch.allclose(seen[..., top : top + 4, -1], cells[..., -1], atol=0.2)
    if top:
        assert torch.allclose(seen[..., 0, left : left + 4], cells[..., 0, :], atol=0.2)


@pytest.fixture
def no_draft(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a draft was painted")

    monkeypatch.setattr(drafting, "pixel_draft", refuse)


def test_a_start_image_needs_no_draft(session, tmp_path, no_draft):
    Image.new("RGB", (96, 64), "white").save(tmp_path / "start.png")
    assert session(**scene, init_image=str(tmp_path / "start.png")).image().getpixel((48, 32))[0] > 200


@pytest.mark.parametrize("prompts", ["", "a red heart:-1"])
def test_where_nothing_is_asked_for_codes_begin_at_random(session, no_draft, prompts):
    image = session(**{**scene, "prompts": prompts}).drawer.render(0)
    assert image.std() > 0.05


def test_random_codes_are_a_setting_and_so_is_a_draft_for_other_models(session, no_draft):
    assert session(**scene, vqgan_start="random").settings.vqgan_start == "random"
    with pytest.raises(AssertionError, match="a draft was painted"):
        session(drawer="vqgan", vqgan_model="embedded", vqgan_start="draft")


def test_noise_that_a_draft_leaves_no_place_for_is_told(session):
    made = session(**scene, init_noise="snow")
    assert any("init_noise has no effect" in notice.text for notice in made.notices)
