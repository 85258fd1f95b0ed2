import io
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch
from PIL import Image

from pixray.drawers.strokes.render import render
from pixray.drawers.strokes.sketch import Sketch, open_paths
from pixray.drawers.strokes.svg_read import read_svg
from pixray.drawers.strokes.svg_write import path_ends, sketch_svg
from pixray.drawers.strokes.travel import travelled

SIZE = (120, 80)


def sketch_of(lengths=(1, 2, 3), *, colours=None, filled=None, seed=0):
    generator = torch.Generator().manual_seed(seed)
    index, path = open_paths(lengths)
    count = len(lengths)
    levels = torch.randint(0, 256, (count, 3), generator=generator)
    return Sketch(
        points=torch.rand(int(index.max()) + 1, 2, generator=generator) * torch.tensor([120.0, 80.0]),
        index=index,
        path=path,
        widths=torch.rand(count, generator=generator) * 5 + 0.3,
        colours=levels / 255 if colours is None else torch.tensor(colours),
        opacity=torch.rand(count, generator=generator),
        filled=torch.zeros(count, dtype=torch.bool) if filled is None else torch.tensor(filled),
        paper=torch.tensor([242, 238, 203]) / 255,
    )


def read(text, folder, size=SIZE):
    path = folder / "in.svg"
    path.write_text(text, encoding="utf-8")
    return read_svg(path, size)


def framed(inside, more='viewBox="0 0 120 80"'):
    return f'<svg xmlns="http://www.w3.org/2000/svg" {more}>{inside}</svg>'


@pytest.mark.parametrize("page_width", [None, 210.0])
def test_writing_and_reading_gives_the_same_sketch(tmp_path, page_width):
    sketch = sketch_of()
    (tmp_path / "out.svg").write_bytes(sketch_svg(sketch, SIZE, page_width))
    again = read_svg(tmp_path / "out.svg", SIZE)
    for name, value in sketch.tensors().items():
        assert torch.equal(value, getattr(again, name)), name
    assert torch.equal(again.index, sketch.index) and torch.equal(again.path, sketch.path)
    assert again.filled.tolist() == sketch.filled.tolist() and again.evenodd is None


def test_closed_and_filled_paths_come_back_closed_and_filled(tmp_path):
    sketch = sketch_of((2, 3), filled=[True, False])
    sketch.index[1, 3] = sketch.index[0, 0]
    sketch.index[4, 3] = sketch.index[2, 0]
    (tmp_path / "out.svg").write_bytes(sketch_svg(sketch, SIZE))
    again = read_svg(tmp_path / "out.svg", SIZE)
    assert again.filled.tolist() == [True, False]
    assert again.index[1, 3] == again.index[0, 0] and again.index[4, 3] == again.index[2, 0]
    assert torch.equal(again.points[again.index], sketch.points[sketch.index])


def test_the_rule_that_an_area_is_filled_by_comes_back(tmp_path):
    sketch = sketch_of((2, 3), filled=[True, True])
    sketch.index[1, 3], sketch.index[4, 3] = sketch.index[0, 0], sketch.index[2, 0]
    sketch.evenodd = torch.tensor([False, True])
    (tmp_path / "out.svg").write_bytes(sketch_svg(sketch, SIZE))
    assert read_svg(tmp_path / "out.svg", SIZE).evenodd.tolist() == [False, True]


def test_the_file_looks_like_the_picture():
    resvg = pytest.importorskip("resvg_py")
    sketch = sketch_of((3, 2, 4, 1), seed=5)
    data = bytes(resvg.svg_to_bytes(svg_string=sketch_svg(sketch, SIZE).decode()))
    shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) / 255
    picture = render(sketch.scene(), SIZE, sketch.paper)[0].permute(1, 2, 0).numpy()
    assert np.abs(shown - picture).mean() < 0.01


def test_layers_have_names_and_each_stroke_its_own_path():
    root = ET.fromstring(sketch_svg(sketch_of(), SIZE))
    label = "{http://www.inkscape.org/namespaces/inkscape}label"
    layers = root.findall("{http://www.w3.org/2000/svg}g")
    assert [layer.get(label) for layer in layers] == ["% paper", "1 strokes"]
    assert [layer.get("id") for layer in layers] == ["paper", "strokes"]
    assert [path.get("id") for path in layers[1]] == ["stroke-1", "stroke-2", "stroke-3"]
    assert root.get("width") == "120" and root.get("viewBox") == "0 0 120 80"


def test_programs_for_plotters_find_numbered_pens_and_no_paper():
    sketch = sketch_of([2] * 6, colours=[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]] * 3)
    for options in ({}, {"page_width": 200.0}, {"travel": True}, {"page_width": 200.0, "travel": True}):
        root = ET.fromstring(sketch_svg(sketch, SIZE, **options))
        assert root.get("style") == "background:#f2eecb"
        shapes = {node.tag.rpartition("}")[2] for node in root.iter()}
        assert not shapes & {"rect", "polygon", "polyline", "line", "circle", "ellipse"}
        assert ("image" in shapes) == (options == {})
        labels = [layer.get("{http://www.inkscape.org/namespaces/inkscape}label") for layer in root if len(layer)]
        pens = ["1 ink 000000", "2 ink ff0000"] if "travel" in options else ["1 strokes"]
        assert [label for label in labels if not label.startswith("%")] == pens


def test_a_page_has_real_units():
    root = ET.fromstring(sketch_svg(sketch_of(), SIZE, page_width=297.0))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("297mm", "198mm", "0 0 120 80")


def test_for_a_plotter_strokes_are_parted_by_ink_and_travel_is_shorter(tmp_path):
    sketch = sketch_of([2] * 40, colours=[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]] * 20)
    (tmp_path / "out.svg").write_bytes(sketch_svg(sketch, SIZE, travel=True))
    again = read_svg(tmp_path / "out.svg", SIZE)
    changes = (again.colours[1:] != again.colours[:-1]).any(1).sum()
    assert len(again) == 40 and changes == 1
    ours, plain = (travelled(*path_ends(one), np.zeros(2)) for one in (again, sketch))
    assert ours < 0.5 * plain

    def strokes(one):
        cubics = one.points[one.index].view(len(one), 8, 2)
        return sorted(min(stroke.tolist(), stroke.flip(0).tolist()) for stroke in cubics)

    assert strokes(again) == strokes(sketch), "the strokes are the same, some drawn backwards"


def test_every_command_is_read_absolute_and_relative(tmp_path):
    absolute = "M10 20 L30 20 H50 V40 C50 50 60 60 70 60 S90 70 90 50 Q95 30 80 20 Z"
    relative = "m10,20 20,0 h20 v20 c0,10 10,20 20,20 s20,10 20-10 q5-20-10-30z"
    one, other = (
        read(framed(f'<path d="{data}" fill="none" stroke="red"/>'), tmp_path) for data in (absolute, relative)
    )
    assert torch.allclose(one.points, other.points, atol=1e-4) and torch.equal(one.index, other.index)
    cubics = one.points[one.index]
    assert len(cubics) == 7
    assert cubics[0].tolist() == [pytest.approx(p, abs=1e-3) for p in ([10, 20], [16.667, 20], [23.333, 20], [30, 20])]
    assert cubics[4, 1].tolist() == pytest.approx([80, 60]), "S mirrors the control point before it"
    assert cubics[5, 1].tolist() == pytest.approx([90 + 10 / 3, 50 - 40 / 3]), "Q is raised to a cubic"
    assert one.index[-1, 3] == one.index[0, 0]


def test_transforms_are_applied_to_points_and_widths(tmp_path):
    inside = (
        '<g transform="translate(10,5) scale(2)"><path transform="rotate(90)" d="M1 2L3 2" stroke="#00f" '
        'stroke-width="1.5" fill="none"/></g>'
    )
    sketch = read(framed(inside), tmp_path)
    assert sketch.points[sketch.index][0, [0, 3]].tolist() == [pytest.approx([6, 7]), pytest.approx([6, 11])]
    assert float(sketch.widths[0]) == pytest.approx(3)
    assert sketch.colours[0].tolist() == [0, 0, 1]


def test_the_view_box_is_fitted_into_the_canvas_and_centred(tmp_path):
    sketch = read(framed('<path d="M0 0L100 100" stroke="red" fill="none"/>', 'viewBox="0 0 100 100"'), tmp_path)
    assert sketch.points[sketch.index][0, [0, 3]].tolist() == [[20, 0], [100, 80]]


def test_styles_are_inherited_and_fill_and_stroke_make_two_paths(tmp_path):
    inside = (
        '<g style="fill:#ff0000;stroke-width:4" stroke="rgb(0,0,255)"><path d="M0 0H40V40" fill-opacity="50%"/>'
        '<path d="M0 0H9" style="fill:none"/><path d="M1 1H5" display="none"/></g>'
    )
    sketch = read(framed(inside), tmp_path)
    assert sketch.filled.tolist() == [True, False, False]
    assert sketch.opacity.tolist() == [0.5, 1, 1] and sketch.widths[1:].tolist() == [4, 4]
    filled = sketch.index[sketch.path == 0]
    assert filled[-1, 3] == filled[0, 0], "an area is closed, even if its outline is not"


def test_the_paper_is_read_from_its_layer(tmp_path):
    inside = '<g id="paper"><rect width="120" height="80" fill="#336699"/></g><path d="M0 0H9" stroke="red"/>'
    assert read(framed(inside), tmp_path).paper.tolist() == pytest.approx([0.2, 0.4, 0.6])


def test_a_run_writes_its_settings_into_the_svg_and_can_start_from_it(session, tmp_path):
    from pixray.recorders.files import FileRecorder
    from pixray.recorders.record import read_record

    def drawn(**more):
        one = session(drawer="line_sketch", strokes=5, stroke_length=2, size=[48, 32], **more)
        recorder = FileRecorder(one.settings)
        for event in one.run():
            recorder(event)
        recorder.close()
        return recorder.folder

    folder = drawn(iterations=3, outdir=str(tmp_path / "one"))
    record = read_record(folder / "output.svg")
    assert record == read_record(folder / "output.png") and record["drawer"] == "line_sketch"
    assert json.loads(json.dumps(record))["strokes"] == 5
    on = drawn(iterations=0, outdir=str(tmp_path / "two"), init_svg=str(folder / "output.svg"))
    one, two = (np.asarray(Image.open(place / "output.png").convert("RGB")).astype(int) for place in (folder, on))
    assert np.abs(one - two).max() <= 1
