import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from pixray.drawers.base import Canvas
from pixray.drawers.pixel.cells import BORDERS, CELL_TYPES, Cells, grid_shape
from pixray.drawers.pixel.coverage import coverage
from pixray.drawers.pixel.drawer import PixelDrawer
from pixray.errors import SettingsError
from pixray.events import Drawn
from pixray.testing.contracts import check_drawer

WIDE, SQUARE, PORTRAIT = (384, 216), (288, 288), (256, 320)


def drawer_of(cell_type="rect", size=(60, 40), *, transparent=False, **settings):
    settings = PixelDrawer.Settings(pixel_type=cell_type, **settings)
    drawer = PixelDrawer(settings, Canvas(*size, transparent=transparent))
    drawer.start(None, torch.Generator().manual_seed(3))
    return drawer


@pytest.mark.parametrize("cell_type", CELL_TYPES)
def test_every_cell_type_keeps_the_contract(cell_type):
    check_drawer(PixelDrawer, pixel_type=cell_type, pixel_size=(9, 8))


@pytest.mark.parametrize(
    ("cell_type", "wide", "square", "portrait", "count"),
    [
        ("rect", (80, 45), (40, 40), (40, 50), 3600),
        ("knit", (80, 45), (40, 40), (40, 50), 3600),
        ("rectshift", (81, 45), (41, 41), (41, 51), 3622),
        ("hex", (81, 63), (41, 57), (41, 71), 5071),
        ("tri", (113, 46), (57, 40), (57, 50), 5198),
        ("diamond", (81, 91), (41, 81), (41, 101), 7325),
    ],
)
def test_grids_and_counts_are_those_of_the_old_tool(cell_type, wide, square, portrait, count):
    assert grid_shape(cell_type, WIDE) == wide
    assert grid_shape(cell_type, SQUARE) == square
    assert grid_shape(cell_type, PORTRAIT) == portrait
    cells = Cells(cell_type, *wide, *WIDE)
    assert len(cells) == len(cells.polygons()) == len(cells.boxes()) == count


def test_a_given_grid_is_not_evened_out_and_a_scale_divides_it():
    assert grid_shape("hex", WIDE, size=(20, 10)) == (21, 11)
    assert grid_shape("hex", WIDE, size=(20, 10), fit_edges=False) == (20, 10)
    assert grid_shape("rect", WIDE, scale=2) == (40, 22)
    assert grid_shape("rect", (30, 20)) == (30, 20), "there are never more cells than pixels"
    assert grid_shape("tri", WIDE, even_out=False) == (81, 46)


@pytest.mark.parametrize(
    ("cells", "row", "column", "polygon"),
    [
        (Cells("hex", 1, 2, 6, 12), 1, 0, [(3, 13), (0, 11), (0, 7), (3, 5), (6, 7), (6, 11)]),
        (Cells("diamond", 1, 2, 6, 12), 1, 0, [(3, 3), (0, 9), (3, 15), (6, 9)]),
        (Cells("tri", 1, 1, 6, 6), 0, 0, [(3, 0), (-3, 6), (9, 6)]),
        (Cells("knit", 1, 1, 10, 20), 0, 0, [(5, 26), (10, 11), (10, -9), (9, -9), (5, 6), (1, -9), (0, -9), (0, 11)]),
    ],
)
def test_polygons_are_the_old_ones(cells, row, column, polygon):
    assert cells.polygon(row, column) == [pytest.approx(point) for point in polygon]


def reference_picture(cells, colours, factor=16):
    """An independent renderer: Pillow's polygons, many times enlarged, in drawing order, then averaged."""
    big = Image.new("RGB", (cells.width * factor, cells.height * factor))
    pen = ImageDraw.Draw(big)
    for polygon, colour in zip(cells.polygons(), colours, strict=True):
        pen.polygon(
            [(x * factor - 0.5, y * factor - 0.5) for x, y in polygon],
            fill=tuple(round(float(level) * 255) for level in colour),
        )
    pixels = np.asarray(big, dtype=np.float32).reshape(cells.height, factor, cells.width, factor, 3)
    return pixels.mean((1, 3)) / 255


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("cell_type", CELL_TYPES)
def test_the_picture_agrees_with_an_independent_polygon_renderer(cell_type, border):
    drawer = drawer_of(cell_type, pixel_size=(7, 5), pixel_border=border)
    shown = drawer.render(0)[0].permute(1, 2, 0).detach().numpy()
    wanted = reference_picture(drawer.cells, drawer.colours.detach())
    difference = np.abs(shown - wanted)
    # 4 x 4 points against 16 x 16: an edge may be an eighth of a pixel off, next to nothing on average.
    assert difference.mean() < 0.008 and difference.max() < 0.3


@pytest.mark.parametrize("cell_type", CELL_TYPES)
def test_no_pixel_is_covered_more_than_once_and_the_middle_fully(cell_type):
    cells = Cells(cell_type, 9, 9, 90, 90)
    cover = coverage(cells)
    sums = torch.zeros(90 * 90).index_add_(0, cover.pixel_of.long(), cover.share_back).view(90, 90)
    assert sums.max() <= 1 + 1e-6
    assert (sums[20:70, 20:70] - 1).abs().max() < 1e-6, "seams between neighbours"


@pytest.mark.parametrize("size", [(9, 9), (8, 6), (1, 1), (5, 2)])
@pytest.mark.parametrize("cell_type", CELL_TYPES)
def test_a_filled_border_leaves_no_notch(cell_type, size):
    cells = Cells(cell_type, *size, 90, 72, filled=True)
    cover = coverage(cells)
    sums = torch.zeros(90 * 72).index_add_(0, cover.pixel_of.long(), cover.share_back)
    assert (sums - 1).abs().max() < 1e-6
    assert len(cells) == len(cells.polygons()) == len(cells.boxes()) == len(cover.offsets_back)


@pytest.mark.parametrize("cell_type", sorted(set(CELL_TYPES) - {"rect"}))
def test_an_open_border_is_that_of_the_old_tool(cell_type):
    drawer = drawer_of(cell_type, pixel_size=(7, 5), pixel_border="open")
    assert len(drawer.cells) == len(Cells(cell_type, drawer.cells.columns, drawer.cells.rows, 60, 40))
    dark = drawer.render(0).detach().amax(1)[0] == 0
    assert dark.any() and not dark[10:30, 15:45].any()


def test_the_gradient_is_the_transpose_of_the_picture():
    drawer = drawer_of("hex", pixel_size=(7, 5))
    weights = torch.rand(1, 3, 40, 60, generator=torch.Generator().manual_seed(0))
    (drawer.render(0) * weights).sum().backward()
    gradient = drawer.colours.grad
    for cell in (0, 10, len(drawer.cells) - 1):
        with torch.no_grad():
            before = float((drawer.render(0).double() * weights).sum())
            drawer.colours[cell, 1] += 0.5
            after = float((drawer.render(0).double() * weights).sum())
            drawer.colours[cell, 1] -= 0.5
        assert (after - before) / 0.5 == pytest.approx(float(gradient[cell, 1]), rel=1e-3, abs=1e-4)


def test_colours_start_as_the_mean_of_points_in_each_cell():
    drawer = PixelDrawer(PixelDrawer.Settings(pixel_size=(4, 2)), Canvas(40, 20))
    image = torch.zeros(1, 3, 20, 40)
    image[:, 0, :, :20] = 1  # the left half is red
    drawer.start(image, torch.Generator())
    assert torch.allclose(drawer.colours[:, 0].view(2, 4), torch.tensor([[1.0, 1, 0, 0]] * 2))
    assert torch.allclose(drawer.render(0), image), "cells of whole pixels repeat the picture exactly"


def test_b5_it_starts_at_random_without_any_picture():
    assert drawer_of().colours.std() > 0.1


def test_fast_pixel_is_the_same_drawer(registry):
    assert registry.load("drawer", "fast_pixel") is PixelDrawer


def test_transparency_leaves_uncovered_parts_and_the_colours_right():
    drawer = drawer_of("hex", pixel_size=(7, 5), transparent=True, pixel_border="open")
    picture = drawer.render(0).detach()
    assert picture.shape[1] == 4 and float(picture[0, 3, 3, 0]) < 0.5, "the notch of a shifted row is open"
    with torch.no_grad():
        drawer.colours[:] = torch.tensor([0.2, 0.4, 0.6, 0.5])
    picture = drawer.render(0).detach()
    assert torch.allclose(picture[0, :3, 20, 30], torch.tensor([0.2, 0.4, 0.6]), atol=1e-4)
    assert float(picture[0, 3, 20, 30]) == pytest.approx(0.5, abs=1e-4)


def test_b4_taking_over_a_picture_keeps_colours_and_transparency_apart():
    drawer = drawer_of("rect", pixel_size=(4, 4), transparent=True)
    alpha = drawer.colours[:, 3].clone()
    drawer.paint(torch.tensor([0.1, 0.5, 0.9]).view(1, 3, 1, 1).expand(1, 3, 40, 60))
    assert torch.allclose(drawer.colours[:, :3], torch.tensor([0.1, 0.5, 0.9]).expand(16, 3))
    assert torch.equal(drawer.colours[:, 3], alpha)


def test_the_small_png_has_one_pixel_per_cell():
    drawer = drawer_of("rect", pixel_size=(6, 4), pixel_cells=True, pixel_svg=True)
    files = drawer.files(drawer.render(0))
    assert set(files) == {"_cells.png", ".svg"}
    small = Image.open(io.BytesIO(files["_cells.png"]))
    assert small.size == (6, 4)
    wanted = (drawer.colours.detach().view(4, 6, 3) * 255).round().byte().numpy()
    assert np.array_equal(np.asarray(small), wanted)
    hexes = drawer_of("hex", pixel_size=(6, 4), pixel_cells=True)
    assert not hexes.files(hexes.render(0)), "only a grid of rectangles has rows and columns of pixels"


@pytest.mark.parametrize("cell_type", ["rect", "hex", "tri"])
def test_the_svg_holds_one_polygon_per_cell_in_its_colour(cell_type):
    import xml.etree.ElementTree as tree

    drawer = drawer_of(cell_type, pixel_size=(6, 4), pixel_svg=True)
    root = tree.fromstring(drawer.files(drawer.render(0))[".svg"])
    polygons = root.findall(".//{http://www.w3.org/2000/svg}polygon")
    assert len(polygons) == len(drawer.cells)
    points = [tuple(map(float, point.split(","))) for point in polygons[0].get("points").split()]
    assert points == [pytest.approx(point, abs=1e-3) for point in drawer.cells.polygons()[0]]
    red = round(float(drawer.colours[0, 0].detach()) * 255)
    assert int(polygons[0].get("fill")[1:3], 16) == red


def finished(session, **settings):
    """The last picture of a run, and the files beside it."""
    made = session(drawer="pixel", iterations=2, pixel_cells=True, pixel_svg=True, **settings)
    drawn = [event for event in made.run() if isinstance(event, Drawn)][-1]
    return made.drawer, drawn.image_u8, drawn.files


def polygons_of(svg):
    import xml.etree.ElementTree as tree

    return tree.fromstring(svg).findall(".//{http://www.w3.org/2000/svg}polygon")


@pytest.mark.parametrize("cell_type", CELL_TYPES)
def test_deliverables_hold_the_colours_of_the_picture_filters_included(session, cell_type):
    palette = ["#ff0000", "#00ff00", "#102030"]
    settings = {"pixel_type": cell_type, "filters": "lookup", "palette": palette, "size": [48, 32]}
    drawer, picture, files = finished(session, pixel_size=[6, 4], **settings)
    polygons = polygons_of(files[".svg"])
    assert {polygon.get("fill") for polygon in polygons} <= set(palette)
    for (left, top), polygon in zip(drawer.cells.boxes().tolist(), polygons, strict=True):
        x, y = int(left + drawer.cells.cell_width / 2), int(top + drawer.cells.cell_height / 2)
        if 0 <= x < 48 and 0 <= y < 32:
            assert "#" + bytes(picture[y, x, :3]).hex() == polygon.get("fill")
    if cell_type == "rect":
        small = np.asarray(Image.open(io.BytesIO(files["_cells.png"])))
        assert np.array_equal(small, picture[4::8, 4::8])


def test_a_filter_that_moves_the_picture_moves_the_deliverables(session, registry):
    from pixray.filters.base import Filter, Filtered

    class Mirror(Filter):
        def __call__(self, canvas, randomness):
            return Filtered(canvas.flip(3))

    registry.add("filter", "mirror", Mirror)
    drawer, picture, files = finished(session, pixel_size=[6, 4], filters="mirror", size=[48, 32])
    small = np.asarray(Image.open(io.BytesIO(files["_cells.png"])))
    assert np.array_equal(small, picture[4::8, 4::8])
    own = (drawer.colours.detach().view(4, 6, 3) * 255).round().byte().numpy()
    assert np.array_equal(small, own[:, ::-1])


def test_cells_smaller_than_two_pixels_keep_their_own_colours(session):
    drawer, _, files = finished(session, pixel_size=[20, 14], size=[24, 16])
    small = np.asarray(Image.open(io.BytesIO(files["_cells.png"])))
    assert np.array_equal(small, (drawer.colours.detach().view(14, 20, 3) * 255).round().byte().numpy())


def test_an_svg_looks_as_the_picture_does(session):
    resvg = pytest.importorskip("resvg_py")
    for border in BORDERS:
        _, picture, files = finished(session, pixel_type="hex", pixel_size=[9, 8], size=[144, 128], pixel_border=border)
        png = bytes(resvg.svg_to_bytes(svg_string=files[".svg"].decode()))
        rendered = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(float)
        assert np.abs(rendered - picture).mean() < 3, "edges are smoothed a little differently"


def test_hard_transparency_is_all_or_nothing_and_still_learns(session):
    settings = {"transparent": True, "pixel_alpha": "hard", "pixel_size": [6, 4], "size": [48, 32]}
    settings["init_noise"] = "none"
    drawer, picture, files = finished(session, **settings)
    assert set(np.unique(picture[..., 3])) == {0, 255}
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(files["_cells.png"]))), picture[4::8, 4::8])
    weights = torch.rand(1, 4, 32, 48, generator=torch.Generator().manual_seed(0))
    (gradient,) = torch.autograd.grad((drawer.render(0) * weights).sum(), drawer.colours)
    assert gradient[:, 3].abs().min() > 0
    soft = finished(session, **{**settings, "pixel_alpha": "soft"})[1]
    assert len(np.unique(soft[..., 3])) > 2


def test_files_that_need_a_grid_of_rectangles_are_said_to_be_left_out(session):
    made = session(drawer="pixel", pixel_type="hex", pixel_cells=True)
    assert any("pixel_cells" in notice.text for notice in made.notices)


def test_a_sprite_to_start_from_keeps_its_transparency_and_its_colours(session):
    """The colour hidden in its transparent pixels does not bleed into cells at the edge."""
    sprite = np.zeros((32, 48, 4), dtype=np.uint8)
    sprite[..., 1] = 255  # hidden green
    sprite[:, :20] = (255, 0, 0, 255)
    Image.fromarray(sprite).save("sprite.png")
    settings = {"drawer": "pixel", "pixel_size": [6, 4], "size": [48, 32], "iterations": 0, "init_image": "sprite.png"}
    settings |= {"init_image_alpha": 255, "init_weight_pix": 1}
    soft = np.asarray(session(**settings, transparent=True).image())[4]
    assert soft[[4, 20, 44], 3].tolist() == [255, 128, 0]
    assert np.abs(soft[[4, 20], :3].astype(int) - (255, 0, 0)).max() <= 1
    hard = np.asarray(session(**settings, transparent=True, pixel_alpha="hard").image())[4]
    assert hard[[4, 20, 44], 3].tolist() == [255, 255, 0]
    opaque = np.asarray(session(**settings).image())
    assert opaque.shape[2] == 3 and opaque[4, 44].tolist() != [0, 255, 0]


@pytest.mark.parametrize("cell_type", CELL_TYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("grid", [(1, 1), (1, 2), (2, 1)])
def test_a_grid_of_one_cell_paints_and_one_without_a_cell_is_refused(session, cell_type, border, grid):
    settings = {"drawer": "pixel", "pixel_type": cell_type, "pixel_border": border, "pixel_size": list(grid)}
    settings |= {"pixel_edge_check": False, "pixel_svg": True, "iterations": 2}
    if border == "open" and grid == (1, 1) and cell_type in ("rectshift", "hex", "diamond"):
        with pytest.raises(SettingsError, match=rf"a grid of 1x1 .* has no {cell_type} cell .* pixel_border=filled"):
            session(**settings)
    else:
        assert list(session(**settings).run())[-1].reason == "complete"
