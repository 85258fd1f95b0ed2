import pytest
import torch

from pixray.drawers.base import Canvas
from pixray.drawers.strokes.clipdraw import ClipDrawDrawer
from pixray.testing.contracts import check_drawer


def drawer_of(size=(96, 64), *, transparent=False, image=None, **settings):
    drawer = ClipDrawDrawer(ClipDrawDrawer.Settings(**settings), Canvas(*size, transparent=transparent))
    drawer.start(image, torch.Generator().manual_seed(3))
    return drawer


def test_it_keeps_the_contract():
    check_drawer(ClipDrawDrawer, strokes=30)


def test_there_are_1024_strokes_of_one_to_three_segments_of_any_colour_on_white():
    drawer = drawer_of((100, 100))
    sketch = drawer.sketch
    lengths = torch.bincount(sketch.path)
    assert len(sketch) == 1024 and set(lengths.tolist()) == {1, 2, 3}
    assert sketch.paper.tolist() == [1, 1, 1]
    assert sketch.widths.detach() == pytest.approx(1.5), "a quarter of 1 % + 5 % of the height"
    assert sketch.colours.std() > 0.2 and sketch.opacity.std() > 0.2
    assert [len(group.tensors) for group in drawer.parameters()] == [1, 1, 1, 1]


def test_neighbouring_control_points_are_close_and_segments_share_their_ends():
    sketch = drawer_of((200, 100)).sketch
    cubics = sketch.points.detach()[sketch.index]
    inner = sketch.path[1:] == sketch.path[:-1]
    first = torch.cat([torch.tensor([True]), ~inner])
    assert cubics[first].diff(dim=1).abs().max() <= 5.0 + 1e-3, "half of a tenth of the height along each axis"
    assert torch.equal(sketch.index[1:, 0][inner], sketch.index[:-1, 3][inner])


def test_colours_and_opacity_are_held_in_range():
    drawer = drawer_of(strokes=5)
    with torch.no_grad():
        drawer.sketch.colours.fill_(1.5)
        drawer.sketch.opacity.fill_(-0.5)
    drawer.project()
    assert drawer.sketch.colours.max() == 1 and drawer.sketch.opacity.min() == 0


def test_with_a_picture_strokes_take_its_colours():
    image = torch.zeros(1, 3, 64, 96)
    image[:, 0] = 0.8
    image[:, 2, :, 48:] = 0.6
    drawer = drawer_of(image=image, strokes=40)
    colours = drawer.sketch.colours.detach()
    assert torch.allclose(colours[:, 0], torch.tensor(0.8))
    assert torch.allclose(colours[:, 2].unique(), torch.tensor([0.0, 0.6]))
