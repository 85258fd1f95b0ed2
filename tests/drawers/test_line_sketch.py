import pytest
import torch

from pixray.drawers.base import Canvas
from pixray.drawers.line_sketch import LineSketchDrawer
from pixray.testing.contracts import check_drawer


def drawer_of(size=(96, 64), *, transparent=False, image=None, **settings):
    drawer = LineSketchDrawer(LineSketchDrawer.Settings(**settings), Canvas(*size, transparent=transparent))
    drawer.start(image, torch.Generator().manual_seed(3))
    return drawer


def test_it_keeps_the_contract():
    check_drawer(LineSketchDrawer, strokes=6, stroke_length=3, max_stroke_width=8)
    check_drawer(LineSketchDrawer, strokes=6, stroke_length=3, max_stroke_width=8, allow_paper_color=True)


def test_strokes_begin_in_the_middle_half_on_ivory_paper():
    drawer = drawer_of(strokes=50, stroke_length=4)
    begins = drawer.sketch.points.detach().view(50, 13, 2)[:, 0] / torch.tensor([96.0, 64.0])
    assert begins.min() >= 0.25 and begins.max() <= 0.75
    corner = drawer.render(0)[0, :, 0, 0].detach() * 255
    assert torch.allclose(corner, torch.tensor([242.0, 238, 203]), atol=1e-3)
    assert len(drawer.parameters()) == 2 and len(drawer_of(allow_paper_color=True).parameters()) == 3


def test_b17_the_smallest_width_is_honoured_and_never_inverts():
    drawer = drawer_of((400, 400), min_stroke_width=1, max_stroke_width=3)
    assert drawer.sketch.widths.detach() == pytest.approx(4.0), "a tenth of the largest, but never under the smallest"
    with torch.no_grad():
        drawer.sketch.widths[0], drawer.sketch.widths[1] = -5.0, 99.0
    drawer.project()
    assert drawer.sketch.widths[:2].tolist() == [4.0, 12.0]
    tiny = drawer_of((32, 32))
    assert tiny.width_range() == pytest.approx((0.16, 0.64)), "widths under a pixel are widths as well"


def test_transparency_leaves_only_the_ink():
    picture = drawer_of(transparent=True).render(0).detach()
    assert picture.shape[1] == 4 and float(picture[0, 3, 0, 0]) == 0
    assert float(picture[0, 3].max()) > 0.1 and float(picture[0, :3].max()) < 1e-3
