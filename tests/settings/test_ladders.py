"""The ladders as data, and what the settings `ladder`, `perceptors` and `quality` make of them."""

from pathlib import Path

import pytest

from pixray.errors import SettingsError
from pixray.models.ladder import read_ladder
from pixray.settings import ladders, tables
from pixray.settings.ladders import rung, rungs
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.recorded import resolved_values
from pixray.settings.resolve import resolve as resolve_settings

NORMAL = "hf-hub:chs20/FARE4-ViT-B-16-laion2B-s34B-b88K"


@pytest.fixture
def resolved(resolve):
    return lambda **asked: resolve(**{"prompts": "a", "drawer": "pixel", **asked})


def of(settings):
    return settings.clip_models, settings.num_cuts, settings.batches, settings.learning_rate_factor


def test_classic_stays_the_default(resolved):
    assert of(resolved()) == (["ViT-B/32", "ViT-B/16"], 30, 1, 1.0)
    assert resolved().ladder == "classic" and resolved().origin("num_cuts") == "quality=normal"


@pytest.mark.parametrize("asked", [{"ladder": "robust"}, {"perceptors": "robust"},
                                   {"ladder": "robust", "perceptors": "clip"}])  # fmt: skip
def test_the_robust_ladder_supplies_its_models_and_their_looks(resolved, asked):
    settings = resolved(**asked)
    assert of(settings) == ([NORMAL], 4, 1, 1.0) and settings.origin("num_cuts") == "ladder=robust"
    assert settings.iterations == 250 and settings.origin("iterations") == "quality=normal"
    assert settings.size == resolved().size


def test_a_quality_chooses_the_rung(resolved):
    for quality in ("draft", "normal", "better", "best"):
        for ladder in ladders.LADDERS:
            expected = rung(ladder, quality)
            settings = resolved(ladder=ladder, quality=quality)
            assert of(settings) == ([*expected.models], expected.looks, expected.batches, expected.rate)


def test_what_people_give_counts_above_the_rung(resolved):
    settings = resolved(perceptors="robust", num_cuts=9, learning_rate_factor=0.5)
    assert of(settings) == ([NORMAL], 9, 1, 0.5)


def test_named_models_get_the_looks_of_the_quality_and_not_of_a_rung(resolved):
    assert of(resolved(ladder="robust", clip_models="RN50")) == (["RN50"], 30, 1, 1.0)


def test_the_embedded_guide_wins_over_the_ladder(resolved):
    settings = resolved(ladder="robust", perceptors="embedded")
    assert of(settings) == (["embedded-pixel"], 4, 1, 2.0)


def test_without_a_hub_the_embedded_guide_takes_the_place_of_a_rung(session, monkeypatch):
    faster = {**read_ladder().rungs, "normal": ladders.Rung((NORMAL,), 4, 1, 0.5)}
    monkeypatch.setattr(ladders, "read_ladder", lambda: type(read_ladder())(read_ladder().models, faster, {}))
    made = session(drawer="pixel", ladder="robust", clip_models=None, num_cuts=None)
    assert of(made.settings) == (["embedded-pixel"], 4, 1, 2.0)
    assert any(NORMAL in one.text and "perceptors=robust insists" in one.text for one in made.notices)


@pytest.mark.parametrize("asked", [{"ladder": "robust"}, {"perceptors": "robust"}])
def test_a_rung_that_cannot_be_used_is_refused_in_one_sentence(resolved, asked):
    with pytest.raises(SettingsError, match="delta_clip_h14_336, which cannot be used: its text tower") as caught:
        resolved(quality="supreme", **asked)
    assert len(caught.value.problems) == 1 and "Expected draft, normal, better, best" in str(caught.value)
    assert resolved(quality="supreme", clip_models="RN50", **asked).clip_models == ["RN50"]


def test_a_wrong_ladder_is_told_with_the_nearest(resolved):
    with pytest.raises(SettingsError, match="ladder='robst'.*classic, robust.*Did you mean 'robust'"):
        resolved(ladder="robst")


def again(registry, settings, **changes):
    """The settings of a rerun."""
    record = {
        **settings.given(),
        "clip_models": ",".join(settings.clip_models),
        "resolved": resolved_values(settings, {}),
    }
    return resolve_settings(registry, changes, base=Layer(LayerKind.RECORD, "a.png", record))


def test_a_rerun_keeps_the_rung_that_was_used_when_the_ladder_changes(registry, resolved, monkeypatch):
    first = resolved(perceptors="robust")
    changed = {**read_ladder().rungs, "normal": ladders.Rung(("RN50",), 7, 2, 3.0)}
    monkeypatch.setattr(ladders, "read_ladder", lambda: type(read_ladder())(read_ladder().models, changed, {}))
    assert of(again(registry, first)) == of(first)
    assert of(again(registry, first, quality="draft"))[:2] == ([*read_ladder().rungs["draft"].models], 4)
    assert of(again(registry, first, perceptors="clip")) == (["ViT-B/32", "ViT-B/16"], 30, 1, 1.0)


def test_a_rerun_of_a_classic_run_can_take_the_robust_ladder(registry, resolved):
    first = resolved()
    assert of(again(registry, first)) == of(first)
    for changes in ({"ladder": "robust"}, {"perceptors": "robust"}):
        assert of(again(registry, first, **changes)) == ([NORMAL], 4, 1, 1.0)


def test_step_sizes_of_drawers_are_multiplied(session):
    for drawer in ("flat", "fft"):  # at the rate of the run, and at one of its own
        usual, slower = (
            session(drawer=drawer, learning_rate_factor=factor).optimizer.torch_optimizer.param_groups[0]["lr"]
            for factor in (1, 0.5)
        )
        assert slower == 0.5 * usual > 0


def test_every_quality_has_a_rung_and_every_model_is_in_the_list():
    listed = read_ladder().models
    assert [quality for _, quality, _ in rungs()] == [*tables.QUALITY, *tables.QUALITY]
    named = {model for _, _, one in rungs() for model in one.models} | {*read_ladder().judges.values()}
    assert named <= set(listed)
    assert all(one.rate > 0 and one.looks > 0 for _, _, one in rungs())


@pytest.mark.parametrize("name", read_ladder().models)
def test_facts_of_a_model_are_those_of_its_architecture(name):
    """Counted on a network without memory, so that no size matters."""
    import open_clip
    import torch

    listed = read_ladder().models[name]
    with torch.device("meta"):
        model = open_clip.create_model(listed.architecture, device="meta", load_weights=False).to("meta").eval()
    parameters = sum(weight.numel() for weight in model.parameters())
    side = model.visual.image_size
    assert (side if isinstance(side, int) else side[0]) == listed.side
    # delta-CLIP's H/14 has a text tower of its own size, which nobody here has seen.
    assert parameters == pytest.approx(listed.parameters, rel=0.02 if listed.refused else 1e-6)


def test_no_weights_are_called_run_that_nobody_ran():
    assert not any(model.weights_run for model in read_ladder().models.values())


HEADER = "ladder|quality|perceptors|parameters|download|px|looks|GFLOP a step|rate|licence|weights".split("|")


def rung_rows():
    """The table of the page, from the data."""
    listed = read_ladder().models
    rows = [HEADER, ["---"] * len(HEADER)]
    for ladder, quality, one in rungs():
        models, looks = [listed[name] for name in one.models], one.looks * one.batches
        licences = dict.fromkeys(model.licence + ("" if model.licence_seen else ", not looked up") for model in models)
        weights = "run" if all(model.weights_run for model in models) else "not run"
        refused = any(model.refused for model in models)
        rows.append([
            ladder,
            quality,
            "<br>".join(f"`{name}`" for name in one.models),
            f"{sum(model.parameters for model in models) / 1e6:.0f} M",
            f"{sum(model.bytes for model in models) / 1e9:.1f} GB",
            ", ".join(map(str, dict.fromkeys(model.side for model in models))),
            str(looks),
            f"{looks * sum(model.gflop for model in models):,.0f}",
            f"{one.rate:g}",
            ", ".join(licences),
            "refused" if refused else weights,
        ])  # fmt: skip
    return [f"| {' | '.join(row)} |" for row in rows]


def judge_rows():
    """The table of judges, from the data."""
    listed = read_ladder().models
    rows = [["judge", "perceptor", "parameters", "download", "licence"], ["---"] * 5]
    for name, model in ((name, listed[model]) for name, model in read_ladder().judges.items()):
        licence = model.licence + ("" if model.licence_seen else ", not looked up")
        size = [f"{model.parameters / 1e6:.0f} M", f"{model.bytes / 1e9:.1f} GB"]
        rows.append([f"`{name}`", f"`{model.name}`", *size, licence])
    return [f"| {' | '.join(row)} |" for row in rows]


def test_the_page_has_every_rung_and_judge_as_they_are_in_the_data():
    page = (Path(__file__).parents[2] / "docs" / "perceptors.md").read_text(encoding="utf-8")
    assert "\n".join(rung_rows()) in page and "\n".join(judge_rows()) in page
