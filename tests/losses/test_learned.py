"""Losses that ask another network."""

import dataclasses
import sys
import types

import pytest
import torch

from pixray.errors import MissingPackage, ModelUnavailable, SettingsError
from pixray.losses.aesthetic import AestheticLoss
from pixray.losses.resmem import ResmemLoss
from pixray.models.store import ModelStore
from pixray.testing.contracts import check_loss, loss_context, loss_inputs, settings_of
from pixray.testing.fakes import ToyPerceptor


class Scored(ToyPerceptor):
    name = "ViT-B/16"


class Other(ToyPerceptor):
    name = "RN50"


def head(folder, weight, bias=5.0, name="sa_0_4_vit_b_16_linear.pth"):
    """A store whose folder holds a head under its published name, listed without a checksum."""
    folder.mkdir(exist_ok=True)
    torch.save({"weight": weight[None], "bias": torch.tensor([bias])}, folder / name)
    models = folder / "models.yaml"
    models.write_text(
        f"aesthetic_vit_b_16: {{kind: head, about: a test, files: {{weights: {{name: {name}, mirrors: []}}}}}}\n"
    )
    return ModelStore(folder, offline=True, models_file=models)


def scene(store, *perceptors):
    canvas = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    named = {one.name: one for one in perceptors}
    return dataclasses.replace(loss_context(canvas), perceptors=named, models=store), canvas


def test_b14_aesthetic_scores_the_perceptor_its_head_belongs_to(tmp_path):
    """It used to score the embeddings of whichever perceptor came last."""
    direction = torch.zeros(24)
    direction[0] = 2.0
    made, canvas = scene(head(tmp_path / "heads", direction), Scored(), Other())
    loss = AestheticLoss(settings_of(AestheticLoss, aesthetic_target=7.0))
    loss.prepare(made)
    embeddings = {"ViT-B/16": torch.eye(24)[:1], "RN50": torch.eye(24)[1:2]}
    inputs = dataclasses.replace(loss_inputs(canvas), embeddings=embeddings)
    assert float(loss(inputs)) == pytest.approx(0.02 * (5.0 + 2.0 - 7.0) ** 2)
    inputs = dataclasses.replace(inputs, embeddings=dict(reversed(embeddings.items())))
    assert float(loss(inputs)) == pytest.approx(0.0), "the order of perceptors does not matter"


def test_aesthetic_raises_the_score(tmp_path):
    made, canvas = scene(
        head(tmp_path / "heads", torch.randn(24, generator=torch.Generator().manual_seed(1))), Scored()
    )
    loss = AestheticLoss(settings_of(AestheticLoss))
    loss.prepare(made)
    crops = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(2)).requires_grad_(True)
    perceptor = Scored()

    def score(shown):
        return loss(
            dataclasses.replace(loss_inputs(canvas), embeddings={perceptor.name: perceptor.encode_image(shown)})
        )

    (gradient,) = torch.autograd.grad(score(crops), crops)
    assert score(crops - gradient / gradient.norm()) < score(crops)


def test_aesthetic_without_a_perceptor_it_can_score_says_so(session):
    with pytest.raises(SettingsError, match="can score what ViT-B/16.*uses toy"):
        session(custom_loss="aesthetic")


def test_a_head_of_another_size_is_refused(tmp_path):
    made, _ = scene(head(tmp_path / "heads", torch.zeros(512)), Scored())
    with pytest.raises(ModelUnavailable, match="no aesthetic head for ViT-B/16, which gives 24 numbers"):
        AestheticLoss(settings_of(AestheticLoss)).prepare(made)


@pytest.fixture
def resmem(monkeypatch):
    """A stand-in for the package: bright pictures are memorable."""

    class ResMem(torch.nn.Module):
        def __init__(self, pretrained=False):
            super().__init__()
            assert pretrained

        def forward(self, pictures):
            assert pictures.shape[1:] == (3, 227, 227) and pictures.min() >= 0 and pictures.max() <= 1
            return pictures.mean((1, 2, 3))[:, None]

    monkeypatch.setitem(sys.modules, "resmem", types.SimpleNamespace(ResMem=ResMem))


@pytest.mark.usefixtures("resmem")
def test_resmem_keeps_the_contract():
    check_loss(ResmemLoss)
    check_loss(ResmemLoss, resmem_forgettable=True)


@pytest.mark.usefixtures("resmem")
def test_b15_resmem_makes_memorable_and_forgettable_on_demand():
    """It used to make pictures forgettable, whatever its name, and only where a perceptor took 224 pixels."""
    canvas = torch.full((1, 3, 16, 16), 0.5, requires_grad=True)
    directions = []
    for forgettable in (False, True):
        loss = ResmemLoss(settings_of(ResmemLoss, resmem_forgettable=forgettable))
        loss.prepare(loss_context(canvas))
        (gradient,) = torch.autograd.grad(loss(loss_inputs(canvas)), canvas)
        directions.append(float(-gradient.sum()))
    assert directions[0] > 0 > directions[1], "brighter is more memorable here"


def test_resmem_names_its_package_when_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "resmem", None)
    with pytest.raises(MissingPackage, match=r"pip install 'pixray\[resmem\]'"):
        ResmemLoss(settings_of(ResmemLoss)).prepare(loss_context(torch.rand(1, 3, 8, 8)))


def test_aesthetic_is_left_out_with_a_notice_where_only_the_built_in_model_is_at_hand(session):
    made = session(custom_loss="aesthetic,saturation", clip_models=None, perceptors="auto")
    assert any("the loss aesthetic is left out" in one.text for one in made.notices)
    assert [loss.name for loss in made.objective.losses if loss.name in ("aesthetic", "saturation")] == ["saturation"]
