import math

import pytest
import torch
from torch.nn import functional as F

from pixray.ops.angles import angular_distance
from pixray.prompts.loss import PromptLoss
from pixray.testing.contracts import loss_inputs


def at_angle(cosine):
    return torch.tensor([[1.0, 0.0]]), torch.tensor([[cosine, math.sqrt(1 - cosine**2)]])


@pytest.mark.parametrize(
    ("cosine", "distance"),
    [(1, 0), (0.5, 0.548), (0.3, 0.8015), (0.25, 0.8687), (0.2, 0.9377), (0, math.pi**2 / 8), (-1, math.pi**2 / 2)],
)
def test_the_distance_is_half_the_squared_angle(cosine, distance):
    assert float(angular_distance(*at_angle(cosine))) == pytest.approx(distance, abs=5e-4)


@pytest.mark.parametrize("cosine", [1.0, -1.0])
def test_the_gradient_is_finite_at_both_ends(cosine):
    one, other = at_angle(cosine)
    one.requires_grad_(True)
    angular_distance(one, other).sum().backward()
    assert torch.isfinite(one.grad).all()


def look_with(embeddings):
    inputs = loss_inputs(torch.rand(1, 3, 8, 8))
    return type(inputs)(
        **{**{name: getattr(inputs, name) for name in inputs.__dataclass_fields__}, "embeddings": {"toy": embeddings}}
    )


def value_and_gradient(weight, stop, cosines=(0.9, 0.1)):
    crops = torch.tensor([[cosine, math.sqrt(1 - cosine**2)] for cosine in cosines], requires_grad=True)
    value = PromptLoss("toy", torch.tensor([[1.0, 0.0]]), weight, stop)(look_with(crops))
    value.backward()
    return float(value.detach()), crops.grad


def test_the_value_is_the_weighted_mean_over_crops_and_targets():
    value, _ = value_and_gradient(2.0, -math.inf)
    near, far = (math.acos(cosine) ** 2 / 2 for cosine in (0.9, 0.1))
    assert value == pytest.approx(2 * (near + far) / 2, rel=1e-4)
    negative, _ = value_and_gradient(-1.0, -math.inf)
    assert negative == pytest.approx(-(near + far) / 2, rel=1e-4)


def test_a_crop_below_the_stop_no_longer_pulls_but_still_counts():
    value, gradient = value_and_gradient(1.0, 0.7)
    assert value == pytest.approx(value_and_gradient(1.0, -math.inf)[0])
    assert gradient[0].abs().sum() == 0 and gradient[1].abs().sum() > 0


def test_a_negative_prompt_stops_pushing_once_it_is_far_enough():
    _, gradient = value_and_gradient(-1.0, -0.9)
    assert gradient[0].abs().sum() > 0, "still near: pushed away"
    assert gradient[1].abs().sum() == 0, "further than 0.9: left alone"


def test_descending_brings_crops_closer():
    crops = F.normalize(torch.randn(6, 8, generator=torch.Generator().manual_seed(0)), dim=-1).requires_grad_(True)
    loss = PromptLoss("toy", F.normalize(torch.ones(1, 8), dim=-1))
    before = loss(look_with(F.normalize(crops, dim=-1)))
    before.backward()
    after = loss(look_with(F.normalize(crops - 0.1 * crops.grad, dim=-1)))
    assert after < before
