"""What a plotter is given: only lines on the sheet, hidden ones left out, areas filled, colours on their pens."""

import math

import numpy as np
import pytest
from shapely.geometry import LineString, MultiLineString, Point, box

from pixray.drawers.strokes.plot.fill import FILLS
from pixray.drawers.strokes.plot.make import PlotOptions, make_plot
from pixray.drawers.strokes.plot.paper import lay_out, read_paper
from pixray.drawers.strokes.plot.pens import nearest_pen, read_pens
from pixray.drawers.strokes.plot.shapes import area_of
from pixray.drawers.strokes.svg_read import read_drawing
from pixray.errors import PixrayError, SettingsError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {}">{}</svg>'
LINE = '<path d="M0 50 L100 50" stroke="black" fill="none"/>'


@pytest.fixture
def plotted(tmp_path):
    def plot(content, box="100 100", **options):
        path = tmp_path / "drawing.svg"
        path.write_text(SVG.format(box, content))
        sketch, size = read_drawing(path, "drawing")
        return make_plot(sketch, size, PlotOptions(**{"paper": "120x120", "margin": 10, **options}))

    return plot


def lines_of(plot, pen=0):
    return MultiLineString(plot.layers[pen].lines)


def test_a_drawing_fills_the_margins_in_millimetres(plotted):
    plot = plotted(LINE)
    assert np.allclose(sorted(map(tuple, plot.layers[0].lines[0].tolist())), [(10, 60), (110, 60)], atol=0.01)
    assert plot.drawn == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(
    ("paper", "size"),
    [("a5", (148, 210)), ("Letter", (215.9, 279.4)), ("20x15cm", (200, 150)), ("8 x 6 in", (203.2, 152.4))],
)
def test_papers_have_names_and_sizes(paper, size):
    assert read_paper(paper) == pytest.approx(size)


def test_the_sheet_turns_with_the_drawing_unless_told_how_to_lie():
    assert lay_out((200, 100), "a5").width == 210
    assert lay_out((100, 200), "a5").width == 148
    assert lay_out((200, 100), "a5", orientation="portrait").width == 148
    assert lay_out((100, 200), "a5", orientation="landscape").width == 210


def test_what_an_opaque_area_covers_is_not_drawn(plotted):
    plot = plotted(LINE + '<rect x="30" y="30" width="40" height="40" fill="red"/>', pens="black,red")
    black = lines_of(plot)
    assert black.length == pytest.approx(60, abs=0.1)
    assert not black.intersects(box(41, 41, 79, 79))
    assert lines_of(plotted(LINE + '<rect x="30" y="30" width="40" height="40" fill="red"/>', hide=False)).length == (
        pytest.approx(100, abs=0.1)
    )


def test_what_shows_through_hides_nothing(plotted):
    glass = '<rect x="30" y="30" width="40" height="40" fill="red" fill-opacity="0.5"/>'
    assert lines_of(plotted(LINE + glass, pens="black,red")).length == pytest.approx(100, abs=0.1)


def test_an_area_in_the_papers_colour_hides_and_is_not_drawn(plotted):
    plot = plotted(LINE + '<rect x="30" y="30" width="40" height="40" fill="white"/>', pens="black,red")
    assert len(plot.layers) == 1
    assert lines_of(plot).length == pytest.approx(60, abs=0.1)


def test_a_stroke_cuts_strokes_of_other_pens_only(plotted):
    cross = '<path d="M50 0 L50 100" stroke="{}" fill="none"/>'
    assert len(plotted(LINE + cross.format("black")).layers[0].lines) == 2
    cut = plotted(LINE + cross.format("red"), pen_width=1.0)
    assert sorted(len(layer.lines) for layer in cut.layers) == [1, 2]
    assert cut.drawn == pytest.approx(199, abs=0.1)


@pytest.mark.parametrize("fill", FILLS)
def test_what_fills_an_area_stays_inside_and_covers_it(plotted, fill):
    plot = plotted('<circle cx="50" cy="50" r="40" fill="black"/>', fill=fill, spacing=1.0)
    lines, disc = lines_of(plot), Point(60, 60).buffer(40)
    assert disc.buffer(0.05).contains(lines)
    outline = 2 * math.pi * 39.75
    area = math.pi * 39.75**2
    expected = {"hatch": area, "contour": area, "cross": 2 * area, "none": 0.0}
    if fill == "stipple":
        dots = len(plot.layers[0].lines) - 1
        assert dots == pytest.approx(area / (math.sqrt(3) / 2), rel=0.03)
    else:
        assert lines.length == pytest.approx(outline + expected[fill], rel=0.03)


def test_lines_of_neighbouring_areas_lie_on_one_grid(plotted):
    squares = '<rect width="50" height="100" fill="black"/><rect x="50" width="50" height="100" fill="#010101"/>'
    plot = plotted(squares, fill="hatch", angle=0, spacing=5, pens="black")
    rows = {round(float(line[0][1]), 2) for line in plot.layers[0].lines if len(line) == 2 and line[0][1] == line[1][1]}
    assert {round(row % 5, 2) for row in rows} == {0.0}


def test_no_border_is_drawn_between_areas_of_one_colour(plotted):
    halves = '<rect width="50" height="100" fill="{}"/><rect x="50" width="50" height="100" fill="{}"/>'
    assert plotted(halves.format("black", "black"), fill="none").drawn == pytest.approx(4 * 99.5, abs=1)
    assert plotted(halves.format("black", "#777"), fill="none", pens="black").drawn == pytest.approx(6 * 99.5, rel=0.01)


def test_a_border_in_the_colour_of_its_area_is_drawn_once(plotted):
    square = '<rect x="10" y="10" width="80" height="80" fill="black" {}/>'
    plain = plotted(square.format(""), fill="none").drawn
    assert plotted(square.format('stroke="black"'), fill="none").drawn == pytest.approx(plain)
    (border,) = plotted(square.format('stroke="red"'), fill="none").layers  # which is the outline already
    assert border.color == (1, 0, 0)


def test_a_line_across_an_area_gets_no_outlines_at_its_sides(plotted):
    square = '<rect x="10" y="10" width="80" height="80" fill="red"/>'
    alone, crossed = (plotted(square + more, fill="none", pens="red,black") for more in ("", LINE))
    assert lines_of(crossed).length == pytest.approx(lines_of(alone).length, abs=5)
    hatched = lines_of(plotted(square + LINE, pens="red,black"))
    assert not hatched.intersects(LineString([(21, 60), (99, 60)]).buffer(0.2))


@pytest.mark.parametrize(("rule", "inside"), [("nonzero", True), ("evenodd", False)])
def test_the_rule_of_filling_decides_about_holes(rule, inside):
    rings = [
        np.array(ring, dtype=float) for ring in ([[0, 0], [9, 0], [9, 9], [0, 9]], [[3, 3], [6, 3], [6, 6], [3, 6]])
    ]
    assert area_of(rings, rule == "evenodd").contains(Point(4.5, 4.5)) == inside


def test_an_area_that_crosses_itself_is_filled_as_its_rule_says():
    star = [np.array([[math.sin(4 * math.pi * k / 5), math.cos(4 * math.pi * k / 5)] for k in range(5)]) * 10]
    assert area_of(star, evenodd=False).contains(Point(0, 0))
    assert not area_of(star, evenodd=True).contains(Point(0, 0))


def test_colours_go_to_the_nearest_pen_and_white_to_the_paper():
    pens = read_pens("red, blue, black", [])
    names = [
        nearest_pen(color, pens, (1, 1, 1))
        for color in [(0.8, 0.2, 0.1), (0.1, 0.2, 0.6), (0.2, 0.2, 0.2), (1, 1, 0.95)]
    ]
    assert names == [0, 1, 2, None]


def test_light_strokes_are_drawn_and_only_those_in_the_papers_colour_are_not(plotted):
    plot = plotted(
        LINE.replace("black", "#ffe060") + LINE.replace("black", "#fffefc").replace("50", "70"), pens="red,blue"
    )
    assert len(plot.layers) == 1
    assert (plot.drawn, plot.hidden, len(plot.idle)) == (pytest.approx(100, abs=0.1), 1, 1)


def test_colours_that_differ_by_less_than_8_bits_are_one_pen(plotted, tmp_path):
    sketch, size = read_drawing(_written(tmp_path, LINE + LINE.replace("50", "70")), "drawing")
    sketch.colours[0] += 1e-6
    assert len(make_plot(sketch, size).layers) == 1


def _written(folder, content):
    path = folder / "two.svg"
    path.write_text(SVG.format("100 100", content))
    return path


def test_auto_takes_a_pen_for_each_colour_or_one_for_too_many():
    assert read_pens("auto", [(1, 0, 0), (0, 0, 1), (1, 0, 0)]) == [(1, 0, 0), (0, 0, 1)]
    assert read_pens("auto", [(k / 20, 0, 0) for k in range(20)]) == [(0, 0, 0)]


def test_a_wide_stroke_is_one_line_or_an_area(plotted):
    wide = '<path d="M0 50 L100 50" stroke="black" stroke-width="20" fill="none"/>'
    assert len(plotted(wide).layers[0].lines) == 1
    filled = lines_of(plotted(wide, strokes="area"))
    assert filled.bounds[3] - filled.bounds[1] == pytest.approx(19.5, abs=0.2)


def test_registration_marks_lie_in_the_margin_of_every_pen(plotted):
    plot = plotted(LINE + LINE.replace("black", "red").replace("50", "60"), registration=True)
    for layer in plot.layers:
        marks = [line for line in layer.lines if not LineString(line).intersects(box(9.9, 9.9, 110.1, 110.1))]
        assert len(marks) == 4
        assert box(0, 0, 120, 120).contains(MultiLineString(marks))


def test_what_lies_beyond_the_canvas_is_cut_off(plotted):
    plot = plotted('<path d="M-50 50 L150 50" stroke="black" fill="none"/>')
    assert plot.drawn == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"paper": "a7"}, "paper='a7': expected a6, a5"),
        ({"paper": "9000x10"}, "at most 5000 mm"),
        ({"margin": 60}, "margin=60: nothing of paper='120x120'"),
        ({"margin": -1}, "margin=-1"),
        ({"pens": "red,nocolour"}, "pens='red,nocolour'"),
        ({"pen_width": 0}, "pen_width=0"),
        ({"spacing": 0}, "spacing=0"),
        ({"margin": 1, "registration": True}, "registration marks need a margin"),
    ],
)
def test_what_does_not_fit_is_one_sentence(plotted, options, message):
    with pytest.raises(SettingsError) as error:
        plotted(LINE, **options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_drawing_in_the_papers_colour_has_nothing_to_plot(plotted):
    with pytest.raises(PixrayError, match="nothing to plot"):
        plotted(LINE.replace("black", "white"), pens="black")
