import pytest
import torch
from PIL import Image

from pixray.errors import ModelUnavailable, SettingsError
from pixray.losses import strotss
from pixray.losses.style import StyleLoss, scales
from pixray.losses.vgg import LAYERS, VggFeatures, columns
from pixray.testing.contracts import loss_context, loss_inputs, settings_of


def fake_tensors():
    """VGG-16's convolutions with random weights of the size that keeps signals alive."""
    from torchvision.models import vgg16

    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in vgg16(weights=None).features.state_dict().items()}
    generator = torch.Generator().manual_seed(0)
    made = {}
    for name, shape in shapes.items():
        scale = (2 / shape[1:].numel()) ** 0.5 if len(shape) == 4 else 0.0
        made[f"features.{name}"] = torch.randn(shape, generator=generator) * scale
    return made


@pytest.fixture(scope="module")
def vgg():
    return VggFeatures(fake_tensors(), "cpu")


@pytest.fixture
def style(tmp_path, vgg, monkeypatch):
    monkeypatch.setattr("pixray.losses.style.load_vgg", lambda models, device: vgg)
    monkeypatch.setattr("pixray.losses.style.POINTS", 64)
    stripes = Image.new("RGB", (40, 40), (255, 160, 0))
    for left in range(0, 40, 8):
        stripes.paste((0, 0, 120), (left, 0, left + 4, 40))
    stripes.save(tmp_path / "stripes.png")

    def make(canvas, **settings):
        loss = StyleLoss(settings_of(StyleLoss, **{"style_file": str(tmp_path / "stripes.png"), **settings}))
        loss.prepare(loss_context(canvas))
        return loss

    return make


def grey(side=36):
    return 0.5 + 0.1 * torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(3))


def test_style_brings_colours_of_the_style_picture(style):
    canvas = grey()
    loss = style(canvas, styleloss_skip=0, styleloss_content_weight=1.0)
    picture = canvas.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([picture], 0.05)
    for step in range(12):
        optimizer.zero_grad()
        loss(loss_inputs(picture, step=step)).backward()
        assert torch.isfinite(picture.grad).all()
        optimizer.step()
        picture.data.clamp_(0, 1)

    def off(image):
        colours = torch.tensor([[1, 160 / 255, 0], [0, 0, 120 / 255]])
        return float(torch.cdist(image[0].flatten(1).t(), colours).min(1).values.mean())

    assert off(picture.detach()) < 0.95 * off(canvas)


def test_skipped_steps_cost_nothing_and_pull_nothing(style, monkeypatch):
    canvas = grey().requires_grad_(True)
    loss = style(canvas, styleloss_skip=3, styleloss_every=2)
    asked = []
    maps = VggFeatures.maps
    monkeypatch.setattr(VggFeatures, "maps", lambda self, image: asked.append(1) or maps(self, image))
    busy = []
    for step in range(7):
        before = len(asked)
        value = loss(loss_inputs(canvas, step=step))
        busy.append(len(asked) > before)
        assert value.requires_grad == busy[-1]
    assert busy == [False, False, False, True, False, True, False]


def test_the_content_is_a_part_of_the_state(style):
    canvas = grey()
    one, other = style(canvas, styleloss_skip=0), style(canvas, styleloss_skip=0)
    assert one.state() == {}
    one(loss_inputs(canvas))
    other.restore(one.state())
    assert torch.equal(other.state()["content"], canvas)


def test_style_wants_a_picture(resolve, tiny, session):
    with pytest.raises(SettingsError, match="give style_file"):
        session(custom_loss="style")


def test_style_without_its_weights_says_how_to_get_them(session, tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "s.png")
    with pytest.raises(ModelUnavailable, match="pixray models fetch vgg16"):
        session(custom_loss="style", style_file=str(tmp_path / "s.png"))


def test_scales_are_halved_while_there_is_enough_to_see():
    assert scales((384, 216)) == [(96, 54), (192, 108), (384, 216)]
    assert scales((40, 40)) == [(40, 40)] and scales((16, 16)) == [(16, 16)]


def test_vgg_columns_hold_the_colour_and_nine_layers(vgg):
    image = torch.rand(1, 3, 33, 40, generator=torch.Generator().manual_seed(1))
    found = columns(vgg.maps(image), torch.tensor([[-1 + 1 / 40, -1 + 1 / 33]]))
    assert found.shape == (1, 2179) and len(LAYERS) == 9
    assert torch.allclose(found[0, :3], image[0, :, 0, 0], atol=1e-5)


def test_distances_of_a_set_to_itself_are_zero():
    some = torch.rand(20, 8, generator=torch.Generator().manual_seed(0))
    assert float(strotss.relaxed_emd(strotss.cosine_distances(some, some))) == pytest.approx(0, abs=1e-6)
    assert float(strotss.moment_distance(some, some.flip(0))) == pytest.approx(0, abs=1e-6)
    assert float(strotss.self_similarity_distance(some, 3 * some)) == pytest.approx(0, abs=1e-5)
    assert float(strotss.color_distance(some[:, :3], some[:, :3])) == pytest.approx(0, abs=2e-3)


def test_the_relaxed_distance_takes_the_costlier_side():
    costs = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    assert float(strotss.relaxed_emd(costs)) == 0.5
