"""Who judges comparisons and auditions: a perceptor that guides none of the pictures."""

import json
from pathlib import Path

import pytest
import torch

from pixray.cli.main import main
from pixray.errors import ModelUnavailable, SettingsError
from pixray.events import Noticed
from pixray.models.store import ModelStore
from pixray.runs import audition
from pixray.runs.clip_score import clip_score
from pixray.runs.judge import choose_judge

SIGLIP = "checkpoints/ViT-B-16-SigLIP2.webli"


@pytest.fixture
def siglip():
    """A small model built as SigLIP 2 is, with random weights, where its real one is looked for."""
    import open_clip
    from safetensors.torch import save_file

    text = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1, "no_causal_mask": True}
    model = {
        "embed_dim": 24,
        "init_logit_bias": -10,
        "custom_text": True,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "pool_type": "avg"},
        "text_cfg": {**text, "proj_bias": True, "pool_type": "last"},
    }
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = open_clip.CustomTextCLIP(**{name: value for name, value in model.items() if name != "custom_text"})
    Path(SIGLIP).mkdir(parents=True)
    save_file({name: value.contiguous() for name, value in made.state_dict().items()},
              f"{SIGLIP}/open_clip_model.safetensors")  # fmt: skip
    config = {"model_cfg": model, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    Path(SIGLIP, "open_clip_config.json").write_text(json.dumps(config))


def chosen(resolve, registry, asked, guides=("embedded",)):
    return choose_judge(asked, guides, resolve(drawer="pixel"), registry, ModelStore())


def test_a_short_name_stands_for_the_model_of_the_list(resolve, registry, siglip):
    judge = chosen(resolve, registry, "siglip2")
    assert (judge.name, judge.notice, judge.perceptor.dim) == ("ViT-B-16-SigLIP2::webli", None, 24)


def test_without_a_hub_the_embedded_referee_judges_and_says_so(resolve, registry):
    judge = chosen(resolve, registry, "siglip2")
    assert judge.name == "embedded-referee" == judge.perceptor.name
    assert judge.notice == (
        "judge=siglip2: ViT-B-16-SigLIP2::webli is not on this machine and the model hub cannot be reached, so "
        "embedded-referee judges"
    )


def test_a_judge_that_is_named_in_full_is_never_replaced(resolve, registry):
    with pytest.raises(ModelUnavailable, match="ViT-L/14.*not on this machine"):
        chosen(resolve, registry, "ViT-L/14")


def test_whoever_guides_cannot_judge(resolve, registry):
    with pytest.raises(SettingsError, match="judge='embedded': it guides these pictures"):
        chosen(resolve, registry, "embedded")


COMPARE = "compare --drawers pixel --prompts red --perceptors embedded --size 24x16 --iterations 1 --quiet".split()


def test_a_comparison_is_judged_by_siglip(siglip):
    assert main([*COMPARE, "--judge", "siglip2"]) == 0
    (row,) = json.loads(Path("compare/compare.json").read_text())["rows"]
    assert row["judge"] == "ViT-B-16-SigLIP2::webli" and list(row["scores"]) == ["embedded-pixel"]
    assert -100 <= row["held_out"] <= 100 and row["held_out"] != row["guided"]
    page = Path("compare/index.html").read_text()
    assert "is by ViT-B-16-SigLIP2::webli" in page and f"{row['held_out']:.1f}" in page


def test_a_comparison_without_a_hub_is_judged_by_the_referee(capsys):
    assert main([*COMPARE[:-1], "--judge", "siglip2"]) == 0
    assert "so embedded-referee judges" in capsys.readouterr().err
    (row,) = json.loads(Path("compare/compare.json").read_text())["rows"]
    assert row["judge"] == "embedded-referee" and row["held_out"] is not None


def test_a_comparison_whose_judge_cannot_be_had_paints_nothing(capsys):
    assert main([*COMPARE, "--judge", "ViT-L/14"]) != 0
    assert "ViT-L/14" in capsys.readouterr().err and not Path("compare").exists()
    assert main([*COMPARE, "--judge", "embedded-pixel"]) == 2
    assert "it guides these pictures" in capsys.readouterr().err and not Path("compare").exists()


AUDITION = {"drawer": "pixel", "perceptors": "embedded", "clip_models": None, "iterations": 4, "audition": 3}


@pytest.mark.parametrize("there", [True, False])
def test_an_audition_is_chosen_by_the_judge(session, registry, monkeypatch, request, there):
    monkeypatch.setattr(audition, "STEPS", 2)
    if there:
        request.getfixturevalue("siglip")
    made = session(**AUDITION, judge="siglip2")
    said = [event.text for event in made.run() if isinstance(event, Noticed)]
    assert any("so embedded-referee judges" in text for text in said) is not there
    judge = choose_judge("siglip2", (), made.settings, registry, ModelStore()).perceptor
    prompts = made.settings.prompts_by_setting["prompts"]
    fits = [candidate.fits for candidate in made.candidates]
    assert fits == [clip_score(judge, candidate.picture, prompts) for candidate in made.candidates]
    assert fits[made.chosen] == max(fits) and len(set(fits)) == 3


def test_an_audition_refuses_a_judge_that_guides(session):
    with pytest.raises(SettingsError, match="it guides these pictures"):
        session(**AUDITION, judge="embedded-pixel")


def test_a_judge_without_an_audition_has_no_effect_and_that_is_said(session):
    plain = {**AUDITION, "audition": 1}
    said = "judge has no effect: it chooses between the seeds of an audition, such as audition=4"
    assert said in [notice.text for notice in session(**plain, judge="siglip2").notices]
    assert said not in [notice.text for notice in session(**plain).notices]
    made = session(**AUDITION, judge="embedded-referee")
    assert not any(said == notice.text for one in made.candidates for notice in one.session.notices)
