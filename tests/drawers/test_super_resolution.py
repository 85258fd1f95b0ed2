import sys

import pytest
import torch

from pixray.drawers.base import Canvas
from pixray.drawers.super_resolution import SuperResolutionDrawer
from pixray.errors import MissingPackage, ModelUnavailable
from pixray.models.store import ModelStore
from pixray.testing.contracts import check_drawer, settings_of

pytest.importorskip("spandrel")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A Real-ESRGAN of one block whose weights are small, so that it hardly changes what it enlarges."""
    from spandrel.architectures.ESRGAN.__arch.RRDB import RRDBNet

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = RRDBNet(in_nc=3, out_nc=3, num_filters=8, num_blocks=1, scale=4)
    path = tmp_path_factory.mktemp("networks") / "small.pth"
    torch.save({"params_ema": net.state_dict()}, path)
    return str(path)


def made(network, size=(50, 33)):
    drawer = SuperResolutionDrawer(settings_of(SuperResolutionDrawer, super_resolution_model=network), Canvas(*size))
    drawer.load(ModelStore())
    return drawer


def test_super_resolution_draws_what_the_network_makes_of_a_small_picture(network):
    drawer = made(network)
    drawer.start(None, torch.Generator().manual_seed(0))
    assert drawer.size == (48, 32) and drawer.small.shape == (1, 3, 8, 12)
    picture = drawer.render(0)
    assert picture.shape == (1, 3, 32, 48) and picture.min() >= 0 and picture.max() <= 1
    (gradient,) = torch.autograd.grad(picture.sum(), drawer.small)
    assert gradient.abs().max() > 0


def test_super_resolution_begins_from_a_picture_and_paints_one_in_place(network):
    drawer = made(network)
    image = torch.linspace(0, 1, 48).expand(1, 3, 32, 48).contiguous()
    drawer.start(image, torch.Generator().manual_seed(0))
    small = drawer.small
    assert (small[0, 0, 0].diff() > 0).all()
    drawer.paint(image.flip(3))
    assert drawer.small is small and (small[0, 0, 0].diff() < 0).all()


def test_super_resolution_goes_on_from_a_saved_state(network):
    one, other = made(network), made(network)
    one.start(None, torch.Generator().manual_seed(0))
    other.start(None, torch.Generator().manual_seed(1))
    other.restore(one.state())
    assert torch.equal(one.render(0), other.render(0))


def test_the_network_is_loaded_once_per_store(network):
    store = ModelStore()
    settings = settings_of(SuperResolutionDrawer, super_resolution_model=network)
    one, other = (SuperResolutionDrawer(settings, Canvas(32, 32)) for _ in range(2))
    one.load(store)
    other.load(store)
    assert one._network is other._network


def test_a_file_without_a_network_is_refused(tmp_path):
    torch.save({"weight": torch.zeros(3)}, tmp_path / "none.pth")
    with pytest.raises(ModelUnavailable, match="holds no super-resolution network that spandrel knows"):
        made(str(tmp_path / "none.pth"))


def test_an_unknown_network_is_answered_with_the_nearest_one():
    with pytest.raises(ModelUnavailable, match="unknown model 'RealESRGAN_x4'.*Did you mean 'RealESRGAN_x4plus'"):
        made("RealESRGAN_x4")


def test_super_resolution_names_its_package_when_it_is_missing(network, monkeypatch):
    monkeypatch.setitem(sys.modules, "spandrel", None)
    with pytest.raises(MissingPackage, match=r"pip install 'pixray\[super-resolution\]'"):
        made(network)


def test_super_resolution_keeps_the_contract(network, monkeypatch):
    """With a network that only enlarges; a random one does not give painted colours back."""
    enlarge = torch.nn.Upsample(scale_factor=4, mode="bilinear")
    monkeypatch.setattr("pixray.drawers.super_resolution._load", lambda path, device: (4, enlarge))
    check_drawer(SuperResolutionDrawer, super_resolution_model=network)
