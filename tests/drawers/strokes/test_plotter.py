"""Strokes that are painted for a plotter."""

import xml.etree.ElementTree as ET

import pytest
import torch

import pixray
from pixray.drawers.strokes.plotter import shorten, straighten
from pixray.drawers.strokes.sketch import Sketch, open_paths
from pixray.errors import SettingsError

SMALL = {"drawer": "line_sketch", "size": (48, 40), "iterations": 3, "strokes": 3, "stroke_length": 2, "num_cuts": 2}
SMALL |= {"stroke_start": "random", "perceptors": "embedded", "seed": 1}


def sketch_of(points, lengths):
    index, path = open_paths(lengths)
    count = len(lengths)
    return Sketch(
        points.clone(), index, path, torch.ones(count), torch.zeros(count, 3), torch.ones(count),
        torch.zeros(count, dtype=torch.bool), None,
    )  # fmt: skip


def length_of(sketch):
    return float(sketch.points.detach()[sketch.index].diff(dim=1).norm(dim=2).sum())


def test_straight_strokes_have_their_handles_on_the_line():
    sketch = sketch_of(torch.rand(14, 2) * 30, [2, 2])
    ends = sketch.points[sketch.index[:, [0, 3]]].clone()
    straighten(sketch.points, sketch.index)
    assert torch.equal(sketch.points[sketch.index[:, [0, 3]]], ends)
    segments = sketch.points[sketch.index]
    assert torch.allclose(segments.diff(dim=1).norm(dim=2).sum(1), (ends[:, 1] - ends[:, 0]).norm(dim=1), atol=1e-4)


def test_strokes_shrink_about_their_middle_to_the_length_that_is_left():
    sketch = sketch_of(torch.rand(11, 2) * 30, [1, 2])
    middles = [sketch.points[:4].mean(0), sketch.points[4:].mean(0)]
    shorten(sketch, 20.0)
    assert length_of(sketch) == pytest.approx(20, rel=1e-4)
    assert torch.allclose(sketch.points[:4].mean(0), middles[0], atol=1e-4)
    assert torch.allclose(sketch.points[4:].mean(0), middles[1], atol=1e-4)
    before = sketch.points.clone()
    shorten(sketch, 100.0)
    assert torch.equal(sketch.points, before)


def run(**more):
    session = pixray.new_session(prompts="a star", **{**SMALL, **more})
    for _ in session.run():
        pass
    return session.drawer


def test_a_run_keeps_its_strokes_straight_and_short():
    drawer = run(straight_lines=True, page_width=96, max_length=30)
    assert length_of(drawer.sketch) <= 15 * 1.001
    segments = drawer.sketch.points.detach()[drawer.sketch.index]
    chords = (segments[:, 3] - segments[:, 0]).norm(dim=1)
    assert torch.allclose(segments.diff(dim=1).norm(dim=2).sum(1), chords, atol=1e-3)


def test_a_run_writes_a_drawing_for_the_plotter_beside_its_own(tmp_path):
    pixray.run(prompts="a star", outdir=str(tmp_path / "out"), plot="a6", quiet=True, **SMALL)
    root = ET.parse(tmp_path / "out" / "output-plot.svg").getroot()
    assert {root.get("width"), root.get("height")} == {"105mm", "148mm"}
    assert root.findall("{*}g/{*}path")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"plot": "a9"}, "plot: paper='a9': expected a6, a5"),
        ({"max_length": 50}, "max_length=50: needs page_width"),
    ],
)
def test_what_a_plotter_cannot_do_is_said_before_the_run(settings, message):
    with pytest.raises(SettingsError) as error:
        run(**settings)
    assert message in str(error.value)
