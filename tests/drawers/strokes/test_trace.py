import numpy as np
import pytest
import torch

from pixray.drawers.base import Canvas
from pixray.drawers.strokes.line_sketch import LineSketchDrawer
from pixray.drawers.strokes.trace import paths_of, thinned


def ink_of(*boxes, side=64):
    ink = np.zeros((side, side), dtype=np.float32)
    for left, top, right, bottom in boxes:
        ink[top:bottom, left:right] = 1
    return ink


def ring(side=64, radius=20.0, width=3.0):
    y, x = np.mgrid[:side, :side] + 0.5
    away = np.abs(np.hypot(x - side / 2, y - side / 2) - radius)
    return (away < width / 2).astype(np.float32)


def test_a_thick_line_becomes_one_stroke_along_its_middle():
    (path,) = paths_of(ink_of((10, 30, 50, 34)), 64, 10)
    assert path[:, 1] == pytest.approx(32, abs=0.7)
    assert path[:, 0].min() < 14 and path[:, 0].max() > 46


def test_a_ring_becomes_one_closed_smooth_stroke():
    (path,) = paths_of(ring(), 640, 10)
    assert np.allclose(path[0], path[-1], atol=1)
    knots = path[::3] - 320
    assert np.hypot(*knots.T) == pytest.approx(200, abs=10) and len(knots) < 30


def test_a_corner_stays_sharp():
    (path,) = paths_of(ink_of((10, 10, 13, 50), (10, 47, 50, 50)), 64, 10)
    assert np.abs(path[::3] - np.array([11.5, 48.5])).max(1).min() < 1.5, "a knot lies in the corner"


def test_strokes_that_cross_go_on_straight():
    paths = paths_of(ink_of((30, 8, 33, 56), (8, 30, 56, 33)), 64, 10)
    assert len(paths) == 2 and {int(np.ptp(path, axis=0).argmax()) for path in paths} == {0, 1}


def test_a_spot_becomes_a_dot_and_the_longest_lines_come_first():
    paths = paths_of(ink_of((8, 8, 56, 11), (20, 30, 40, 33), (30, 48, 34, 52)), 64, 3)
    assert [round(float(path[0, 1])) for path in paths] == [10, 32, 50]
    assert np.ptp(paths[2], axis=0).max() < 3
    assert len(paths_of(ink_of((8, 8, 56, 11), (20, 30, 40, 33)), 64, 1)) == 1


def test_nothing_has_no_strokes():
    assert paths_of(np.zeros((16, 16), dtype=np.float32), 64, 5) == []
    assert not thinned(np.zeros((5, 5), dtype=bool)).any()


def drawer_of(ink, size=(96, 64), **settings):
    drawer = LineSketchDrawer(LineSketchDrawer.Settings(stroke_start="draft", **settings), Canvas(*size))
    assert drawer.wants_draft
    drawer.take_draft(torch.from_numpy(ink))
    drawer.start(None, torch.Generator().manual_seed(3))
    return drawer


def test_a_draft_is_drawn_in_the_square_in_the_middle_of_the_canvas():
    drawer = drawer_of(ring(), max_stroke_width=6, min_stroke_width=6)
    dark = (drawer.render(0)[0].detach().mean(0) < 0.3).nonzero().float()
    assert dark.mean(0).tolist() == pytest.approx([32, 48], abs=1.5)
    assert np.ptp(dark[:, 1].numpy()) == pytest.approx(44, abs=4)


def test_an_empty_draft_leaves_strokes_at_random():
    drawer = drawer_of(np.zeros((64, 64), dtype=np.float32), strokes=3, stroke_length=2)
    assert drawer.sketch.points.shape == (21, 2)


def test_the_strokes_of_another_draft_are_taken_over():
    saved, other = drawer_of(ring()), drawer_of(ink_of((10, 30, 50, 34)))
    other.restore(saved.state())
    assert torch.equal(other.render(0), saved.render(0))
    (moving, *_), *_ = (group.tensors for group in other.parameters())
    assert moving is other.sketch.points and moving.shape == saved.sketch.points.shape


def test_a_start_from_a_file_wants_no_draft():
    settings = LineSketchDrawer.Settings(stroke_start="draft", init_svg="a.svg")
    assert not LineSketchDrawer(settings, Canvas(32, 32)).wants_draft


def test_calm_strokes_bend_as_a_whole_and_keep_their_corners():
    corner = ink_of((10, 10, 13, 50), (10, 47, 50, 50))
    calm, lively = (drawer_of(corner, size=(64, 64), stroke_calm=share) for share in (0.5, 0.0))
    begun = calm.sketch.points.detach().clone()
    for drawer in (calm, lively):
        with torch.no_grad():
            drawer.sketch.points += 3 + torch.randn(begun.shape, generator=torch.Generator().manual_seed(1))
        for _ in range(20):
            drawer.project()
    moved = [(drawer.sketch.points.detach() - begun)[1:-1].std() for drawer in (calm, lively)]
    assert moved[0] < 0.5 * moved[1]
    assert (calm.sketch.points.detach() - begun).mean() == pytest.approx(3, abs=1)


def test_without_a_form_to_keep_calm_strokes_grow_straight():
    drawer = LineSketchDrawer(LineSketchDrawer.Settings(strokes=4, stroke_length=6, stroke_calm=0.5), Canvas(64, 64))
    drawer.start(None, torch.Generator().manual_seed(3))

    def bends():
        return drawer.sketch.points.detach().view(4, 19, 2).diff(n=2, dim=1).norm(dim=2).mean()

    before = bends()
    for _ in range(10):
        drawer.project()
    assert bends() < 0.3 * before


def test_a_checkpoint_holds_what_strokes_keep_the_form_of():
    saved, other = (drawer_of(ink, stroke_calm=0.3) for ink in (ring(), ink_of((10, 30, 50, 34))))
    with torch.no_grad():
        saved.sketch.points[3] += 5
    other.restore(saved.state())
    saved.project()
    other.project()
    assert torch.equal(saved.sketch.points, other.sketch.points)
