"""`pixray plot`, as a person with a plotter meets it."""

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from pixray.cli.main import main

DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 70">
<circle cx="40" cy="35" r="25" fill="#d22"/><path d="M5 5 L95 65" stroke="black" fill="none"/></svg>"""


@pytest.fixture
def drawing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drawing.svg").write_text(DRAWING)
    return tmp_path


def test_the_plot_of_a_drawing_lies_beside_it_with_a_layer_for_each_pen(drawing, capsys):
    assert main(["plot", "drawing.svg", "--paper", "a5", "--pens", "red,black"]) == 0
    out, err = capsys.readouterr()
    assert out == "drawing-plot.svg\n"
    assert re.fullmatch(
        r"2 pens, \d+ lines, [\d.]+ m of ink, [\d.]+ m in the air, about \d+ min on 210 x 148 mm\n", err
    )
    root = ET.parse("drawing-plot.svg").getroot()
    assert (root.get("width"), root.get("height")) == ("210mm", "148mm")
    layers = root.findall("{*}g")
    assert [layer.get("{http://www.inkscape.org/namespaces/inkscape}label")[0] for layer in layers] == ["1", "2"]
    assert all(path.tag.endswith("}path") for layer in layers for path in layer)


def test_vpype_reads_what_we_write_and_its_sorting_makes_it_no_shorter_by_more_than_a_twentieth(drawing):
    vpype = pytest.importorskip("vpype")
    assert main(["plot", "drawing.svg", "--paper", "a5", "--quiet"]) == 0
    document = vpype.read_multilayer_svg("drawing-plot.svg", 0.01)
    millimetre = vpype.convert_length("1mm")
    assert document.page_size == pytest.approx((210 * millimetre, 148 * millimetre))
    assert len(document.layers) == 2
    left, top, right, bottom = (value / millimetre for value in document.bounds())
    assert 9.9 < left < right < 200.1
    assert 9.9 < top < bottom < 138.1
    from vpype_cli.operations import linesort

    del linesort  # imported so that its command is registered
    import vpype_cli

    for layer in document.layers.values():
        ours = layer.pen_up_length()[0]
        shuffled = list(layer)
        np.random.default_rng(0).shuffle(shuffled)
        alone = vpype.Document(vpype.LineCollection(shuffled))
        theirs = vpype_cli.execute("linesort", alone).layers[1].pen_up_length()[0]
        assert ours <= 1.05 * theirs + millimetre


@pytest.mark.parametrize("name", ["out.hpgl", "out.plt"])
def test_hpgl_draws_with_the_origin_below_and_stays_on_the_sheet(drawing, name):
    assert main(["plot", "drawing.svg", "--paper", "a5", "--pens", "black", "-o", name, "--quiet"]) == 0
    words = (drawing / name).read_text()
    assert words.startswith("IN;\nSP1;\nPU")
    assert words.endswith("PU;SP0;\n")
    pairs = np.array([[int(x), int(y)] for x, y in re.findall(r"(-?\d+),(-?\d+)", words)])
    assert (pairs >= 10 * 40 - 1).all()
    assert (pairs <= [200 * 40 + 1, 138 * 40 + 1]).all()


@pytest.mark.parametrize(("machine", "down"), [("servo", "M3 S"), ("z", "G1 Z0")])
def test_gcode_lowers_the_pen_once_for_every_line(drawing, capsys, machine, down):
    assert main(["plot", "drawing.svg", "--machine", machine, "-o", "out.gcode", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    lines = (drawing / "out.gcode").read_text().splitlines()
    assert lines[:2] == ["(pixray plot)", "G21 G90"]
    assert sum(line.startswith(down) for line in lines) == facts["lines"]
    assert facts["pens"] == sum(line.startswith("M0 (pen") for line in lines) == 2
    moves = [tuple(map(float, match)) for match in re.findall(r"X([\d.-]+) Y([\d.-]+)", "\n".join(lines))]
    assert all(0 <= x <= 297 and 0 <= y <= 210 for x, y in moves)


def test_the_preview_shows_ink_and_travel(drawing):
    assert main(["plot", "drawing.svg", "--pens", "blue,black", "-o", "out.png", "-o", "out.svg", "--quiet"]) == 0
    pixels = np.asarray(Image.open("out.png").convert("RGB")).reshape(-1, 3).astype(int)
    assert (pixels.sum(1) < 100).any()
    assert ((pixels[:, 0] > 240) & (pixels[:, 1] < 250) & (pixels[:, 1] == pixels[:, 2])).any()
    assert (drawing / "out.svg").exists()


def test_the_folder_of_a_run_is_a_drawing(drawing):
    (drawing / "run").mkdir()
    (drawing / "drawing.svg").rename("run/output.svg")
    assert main(["plot", "run", "-o", "a.svg", "--quiet"]) == 0
    assert main(["plot", "run", "--quiet"]) == 0
    assert (drawing / "run" / "output-plot.svg").is_file()
    assert not (drawing / "output-plot.svg").exists(), "it lies beside the drawing"
    (drawing / "run" / "other.svg").write_text(DRAWING)
    assert main(["plot", "run", "-o", "b.svg", "--quiet"]) == 1


def test_the_plot_that_a_run_made_itself_is_replaced(drawing):
    words = ["--drawer", "line_sketch", "--strokes", "2", "--size", "32", "24", "--num_cuts", "2", "--iterations", "1"]
    assert main(["a sail boat", *words, "--perceptors", "embedded", "--plot", "a6", "--outdir", "run", "--quiet"]) == 0
    before = (drawing / "run" / "output-plot.svg").read_bytes()
    assert main(["plot", "run", "--paper", "a5", "--quiet"]) == 0
    assert (drawing / "run" / "output-plot.svg").read_bytes() != before


@pytest.mark.parametrize("ending", ["svg", "hpgl", "gcode", "png"])
def test_a_plot_takes_the_name_of_an_earlier_plot_and_of_nothing_else(drawing, capsys, ending):
    name = f"drawing-plot.{ending}"
    for _ in range(2):
        assert main(["plot", "drawing.svg", "-o", name, "--quiet"]) == 0
    Image.new("RGB", (4, 4)).save(drawing / "mine.png")
    content = (drawing / "mine.png").read_bytes() if ending == "png" else DRAWING.encode()
    (drawing / name).write_bytes(content)
    assert main(["plot", "drawing.svg", "-o", name, "--quiet"]) == 2
    told = f"pixray: {name} is no plot and would be written over: give the plot another name with -o\n"
    assert capsys.readouterr().err == told
    assert (drawing / name).read_bytes() == content


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.svg"], "drawing='missing.svg': there is no such file"),
        (["empty.svg"], "holds no path that can be seen"),
        (["."], "name one of them"),
        (["drawing.svg", "-o", "out.jpg"], "expected a name that ends in .svg"),
        (["drawing.svg", "-o", "drawing.svg"], "is the drawing itself"),
        (["drawing.svg", "--paper", "a5", "--margin", "80"], "margin=80: nothing of paper='a5' (210 x 148 mm)"),
        (["drawing.svg", "--pensize", "1"], "unknown flag '--pensize'"),
    ],
)
def test_what_cannot_be_plotted_is_one_sentence_and_writes_nothing(drawing, capsys, words, message):
    (drawing / "empty.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>')
    before = sorted(drawing.iterdir())
    assert main(["plot", *words]) != 0
    err = capsys.readouterr().err
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert sorted(drawing.iterdir()) == before


def test_pens_without_work_and_what_is_left_out_are_told(drawing, capsys):
    assert main(["plot", "drawing.svg", "--pens", "red,black,navy"]) == 0
    assert "the pen #01153e has nothing to draw: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["resume", "alone.png"], "alone.png was painted alone, without what a run goes on from: paint with --outdir"),
        (["video", "alone.png"], "alone.png is a file; expected the folder of a run"),
    ],
)
def test_a_picture_that_was_painted_alone_says_what_it_lacks(drawing, capsys, words, message):
    Image.new("RGB", (4, 4)).save("alone.png")
    assert main(words) == 1
    assert message in capsys.readouterr().err
