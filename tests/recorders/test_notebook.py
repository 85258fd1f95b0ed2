import pytest

from pixray.recorders.base import attach
from pixray.recorders.notebook import NotebookRecorder, PlainDisplay, draw_curve, in_notebook


class Wall:
    """A display that remembers what it was shown."""

    def __init__(self):
        self.shown = []

    def show(self, picture, curve, text):
        self.shown.append((picture, curve, text))


def test_a_picture_is_shown_at_each_display_with_curve_and_time_left(session):
    wall = Wall()
    list(attach(session(display_every=2).run(), NotebookRecorder(display=wall)))
    assert len(wall.shown) == 5, "three while running, the final one, and the last words"
    assert wall.shown[0][1] is None and wall.shown[1][1].startswith(b"\x89PNG")
    assert len({picture for picture, _, _ in wall.shown}) == 4
    assert "s left" in wall.shown[1][2] and "complete after 6 steps" in wall.shown[-1][2]


def test_the_curve_falls_where_the_numbers_fall():
    chart = draw_curve([3.0, 2.0, 1.0], (50, 20)).convert("L")
    left, right = (min(y for y in range(20) if chart.getpixel((x, y)) < 255) for x in (3, 46))
    assert left < right
    assert draw_curve([1.0, 1.0], (50, 20)).size == (50, 20)


def test_plain_output_is_updated_in_place(monkeypatch):
    display = pytest.importorskip("IPython.display")
    updates = []

    class Handle:
        def update(self, page):
            updates.append(page)

    monkeypatch.setattr(display, "display", lambda *_, **__: Handle())
    plain = PlainDisplay()
    plain.show(b"\x89PNG", None, "<b>5 s left</b>")
    page = updates[0]._repr_html_()
    assert "data:image/png;base64," in page and "&lt;b&gt;5 s left" in page and repr(updates[0]) == "<b>5 s left</b>"


def test_a_terminal_is_no_notebook():
    assert not in_notebook()
