import pytest
import torch

from pixray.drawers.base import Canvas
from pixray.drawers.strokes.line_sketch import LineSketchDrawer
from pixray.drawers.strokes.svg_read import read_svg
from pixray.errors import SettingsError
from pixray.testing.contracts import PALETTE, check_drawer


def drawer_of(size=(96, 64), *, transparent=False, palette=(), image=None, notice=print, **settings):
    canvas = Canvas(*size, transparent=transparent, palette=palette, notice=notice)
    drawer = LineSketchDrawer(LineSketchDrawer.Settings(**settings), canvas)
    drawer.start(image, torch.Generator().manual_seed(3))
    return drawer


def test_it_keeps_the_contract():
    check_drawer(LineSketchDrawer, strokes=6, stroke_length=3, max_stroke_width=8)
    check_drawer(LineSketchDrawer, strokes=6, stroke_length=3, max_stroke_width=8, allow_paper_color=True)
    check_drawer(LineSketchDrawer, strokes=6, stroke_length=3, max_stroke_width=8, ink="free", stroke_opacity=0.7)
    check_drawer(LineSketchDrawer, strokes=6, stroke_length=3, page_width=100, pen_width=2)


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


def test_widths_that_exclude_one_another_are_refused():
    with pytest.raises(SettingsError, match="min_stroke_width=3: expected at most max_stroke_width=2"):
        drawer_of(min_stroke_width=3)


def test_ink_is_black_a_colour_or_free():
    assert drawer_of().sketch.colours.abs().max() == 0
    assert drawer_of(ink="#336699").sketch.colours[0].tolist() == pytest.approx([0.2, 0.4, 0.6])
    assert len(drawer_of(ink="free").parameters()) == 3
    with pytest.raises(ValueError, match="expected auto, palette, free, or a colour"):
        LineSketchDrawer.Settings.__dataclass_fields__["ink"].metadata["parse"]("no such colour")


def test_ink_from_a_palette_is_always_one_of_its_colours_and_can_change():
    drawer = drawer_of(palette=PALETTE)
    seen = {tuple(colour) for colour in drawer.shown().colours.tolist()}
    assert len(seen) > 1 and all(any(colour == pytest.approx(one) for one in PALETTE) for colour in seen)
    red = torch.tensor(PALETTE[0])
    optimizer = torch.optim.Adam(drawer.parameters()[2].tensors, lr=0.1)
    for _ in range(30):
        optimizer.zero_grad()
        (drawer.shown().colours - red).square().sum().backward()
        optimizer.step()
    assert torch.allclose(drawer.shown().colours, red.expand(24, 3))
    with pytest.raises(SettingsError, match="needs a palette"):
        drawer_of(ink="palette")


def picture_with_a_square(size=(96, 64)):
    image = torch.ones(1, 3, size[1], size[0])
    image[:, :, 40:56, 60:80] = torch.tensor([0.1, 0.3, 0.8]).view(1, 3, 1, 1)
    return image


@pytest.mark.parametrize("place", ["edges", "saliency"])
def test_with_a_picture_strokes_begin_at_its_edges(place):
    drawer = drawer_of(image=picture_with_a_square(), stroke_start=place, stroke_length=4, ink="free")
    x, y = drawer.sketch.points.detach().view(24, 13, 2)[:, 0].unbind(1)
    outside = torch.maximum((x - 70).abs() - 10, (y - 48).abs() - 8)
    assert outside.abs().max() < 4, "all on the outline of the square"
    assert drawer.sketch.colours.std() > 0.1, "in the picture's colours"


def test_an_empty_picture_and_random_starts_work_as_well():
    drawer_of(image=torch.ones(1, 3, 64, 96))
    begins = drawer_of(image=picture_with_a_square(), stroke_start="random").sketch.points.detach()
    assert torch.equal(begins, drawer_of().sketch.points.detach())


def test_a_pen_has_one_width_in_mm_and_stays_on_the_page():
    drawer = drawer_of((200, 100), page_width=100, pen_width=0.5)
    assert drawer.sketch.widths == pytest.approx(1.0) and len(drawer.parameters()) == 1
    with torch.no_grad():
        drawer.sketch.points[0] = torch.tensor([-50.0, 400.0])
    drawer.project()
    assert drawer.sketch.points[0].tolist() == [0, 100]
    assert b'width="100mm" height="50mm"' in drawer.files(drawer.render(0))[".svg"]
    with pytest.raises(SettingsError, match="pen_width=0.5 .* needs page_width"):
        drawer_of(pen_width=0.5)


def test_it_starts_from_an_svg(tmp_path):
    first = drawer_of(strokes=7, stroke_length=3, stroke_opacity=0.5, ink="navy")
    path = tmp_path / "in.svg"
    path.write_bytes(first.files(first.render(0))[".svg"])
    second = drawer_of(init_svg=str(path))
    assert torch.allclose(first.render(0), second.render(0), atol=1e-6)
    assert torch.equal(read_svg(path, (96, 64)).points, second.sketch.points.detach())


def test_an_svg_with_widths_out_of_range_says_so(tmp_path):
    path = tmp_path / "in.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 64"><path d="M5 5H50" stroke="red" '
        'fill="none" stroke-width="30"/></svg>'
    )
    said = []
    drawer = drawer_of(init_svg=str(path), notice=said.append)
    assert drawer.sketch.widths.tolist() == pytest.approx([1.28]) and "1 strokes" in said[0]


def test_a_pen_gives_its_width_to_the_strokes_of_an_svg(tmp_path):
    path = tmp_path / "in.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"><path d="M5 5H50" stroke="red" '
        'stroke-width="30"/><path d="M5 50h9v9z" /></svg>'
    )
    said = []
    drawer = drawer_of((200, 100), init_svg=str(path), page_width=100, pen_width=0.5, notice=said.append)
    assert drawer.sketch.widths[0] == pytest.approx(1.0) and "widths" not in drawer.free()
    assert b'stroke-width="1"' in drawer.files(drawer.render(0))[".svg"]
    assert "1 filled areas" in said[0] and "were changed" not in " ".join(said)


def test_painting_moves_the_strokes_onto_a_picture():
    drawer = drawer_of((64, 64), strokes=12, stroke_length=3, max_stroke_width=12)
    target = torch.ones(1, 3, 64, 64) * drawer.sketch.paper.view(1, 3, 1, 1)
    target[:, :, 40:52, 8:56] = 0
    before = (drawer.render(0) - target).abs().mean()
    drawer.paint(target)
    assert (drawer.render(0) - target).abs().mean() < 0.6 * before
