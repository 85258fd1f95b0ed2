import xml.etree.ElementTree as tree

import pytest

from pixray.recorders.base import attach
from pixray.recorders.curve import HEIGHT, WIDTH, loss_curve
from pixray.recorders.notebook import NotebookRecorder, in_notebook

SVG = "{http://www.w3.org/2000/svg}"


class Wall:
    """A display that remembers what it was shown."""

    def __init__(self):
        self.pictures, self.pages, self.kept = [], [], 0

    def picture(self, png):
        self.pictures.append(png)

    def below(self, page, text):
        self.pages.append((page, text))

    def keep(self):
        self.kept += 1


def ticking(seconds):
    """A clock that goes on by so much whenever it is read."""
    times = iter(range(10_000))
    return lambda: next(times) * seconds


def test_a_picture_is_shown_at_each_display_with_curve_and_time_left(session):
    wall = Wall()
    list(attach(session(display_every=2).run(), NotebookRecorder(make_display=lambda: wall, clock=ticking(0))))
    assert len(wall.pictures) == len(set(wall.pictures)) == 4, "three while running, and the final one"
    pages = [page for page, _ in wall.pages]
    assert "<svg" not in pages[0] and "<svg" in pages[-1]
    assert "min left" in pages[3] and "complete after 6 steps" in pages[-1]
    assert wall.kept == 1


def test_curve_and_time_left_go_on_between_pictures(session):
    wall = Wall()
    list(attach(session(display_every=0).run(), NotebookRecorder(make_display=lambda: wall, clock=ticking(1))))
    assert len(wall.pictures) == 1
    assert [f"step {step} of 6" in text for step, (_, text) in enumerate(wall.pages[1:7], 1)] == [True] * 6


def test_the_last_picture_is_kept_when_a_run_fails(session):
    wall = Wall()
    made = session()
    events = attach(made.run(), NotebookRecorder(make_display=lambda: wall))
    for _ in range(3):
        next(events)
    with pytest.raises(RuntimeError):
        events.throw(RuntimeError)
    assert wall.kept == 1


def points_of(svg):
    (line,) = tree.fromstring(svg).iter(f"{SVG}polyline")
    return [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]


def test_the_curve_falls_where_the_numbers_fall():
    points = points_of(loss_curve([(1, 3.0), (2, 2.0), (3, 1.0)]))
    assert [x for x, _ in points] == sorted(x for x, _ in points) and points[0][1] < points[1][1] < points[2][1]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in points)


def test_the_curve_stays_small_and_says_its_range():
    svg = loss_curve([(step, 1000 - step) for step in range(100, 900)] + [(900, float("nan"))])
    points = points_of(svg)
    assert 200 < len(points) <= 401 and points[-1][1] == max(y for _, y in points)
    assert [word.text for word in tree.fromstring(svg).iter(f"{SVG}text")] == [
        "900",
        "101",
        "100",
        "loss over steps",
        "899",
    ]


def test_a_curve_wants_two_points():
    assert loss_curve([]) == loss_curve([(1, 2.0)]) == loss_curve([(1, 2.0), (2, float("inf"))]) == ""
    assert points_of(loss_curve([(1, 2.0), (2, 2.0)]))


def test_a_terminal_is_no_notebook():
    assert not in_notebook()


CELLS = (
    """
import sys
import pixray
tiny = dict(clip_models="embedded", size=[24, 16], pixel_size=[6, 4], iterations=3, num_cuts=2, display_every=1, seed=1)
""",
    """
pixray.run("red", "pixel", custom_loss="saturation:0.5,smoothness:2", smoothness_type="log", scale=2.5, **tiny);
""",
    """
pixray.add_settings(display_clear=True, quality="better")
pixray.do_init(pixray.apply_settings())
pixray.do_run();
""",
    """
sys.modules["ipywidgets"] = None  # as if it were not installed
pixray.do_init(pixray.apply_settings())
pixray.do_run();
""",
    """
pixray.add_settings(display_clear=False)
pixray.do_init(pixray.apply_settings())
pixray.do_run();
""",
)


def test_a_kernel_shows_the_picture_and_a_saved_notebook_keeps_it():
    """With widgets and without, with `display_clear` and without, in a real kernel."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("ipywidgets")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
    for cell in book.cells[1:]:
        pages = [output.data["text/html"] for output in cell.outputs if "text/html" in output.get("data", {})]
        picture, below = [page for page in pages if page]
        assert "data:image/png;base64," in picture and "complete after 3 steps" in below and "<svg" in below
        assert not [output for output in cell.outputs if output.get("name") == "stdout"]
    assert "widgets" in book.metadata, "widgets while it runs, where they are installed"
