"""What a terminal shows of a farm."""

import io
import json

import pytest
from PIL import Image

from pixray.cli.farm_table import FarmTable, small_picture
from pixray.events import Noticed
from pixray.runs.farm.progress import CellChanged, FarmFinished, FarmStarted


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


def cell(number, state, **facts):
    values = {"drawer": "pixel", "seed": str(number)}
    return CellChanged(f"c{number}", "key", f"out/c{number}", "output.png", values, state, **facts)


@pytest.fixture
def shown(monkeypatch):
    def make(*events, colours="", stream=None, output="live"):
        monkeypatch.setenv("COLORTERM", colours)
        stream = stream or Screen()
        table = FarmTable(output, stream)
        for event in events:
            table._due = 0.0
            table(event)
        return stream.getvalue()

    return make


def test_a_table_tells_states_steps_seconds_and_losses(shown):
    running = cell(1, "running", step=3, steps=9, losses={"red": 0.25, "tv": 0.5}, seconds=4.2, node="n1")
    text = shown(FarmStarted(3, "auto", "out"), running, cell(2, "done"))
    assert "1 of 3 done, 1 running, 1 waiting" in text
    assert "pixel, 1: running, step 3 of 9, 4 s on n1, loss 0.75" in text
    assert "\x1b[2F\x1b[J" in text  # the table is drawn over


def test_terminals_with_colours_show_small_pictures(shown, tmp_path):
    folder = tmp_path / "out" / "c1"
    folder.mkdir(parents=True)
    Image.new("RGB", (32, 32), (250, 10, 20)).save(folder / "output.png")
    text = shown(FarmStarted(1, "auto", "out"), cell(1, "running", losses={"red": 0.25}), colours="truecolor")
    assert text.count("\x1b[38;2;250;10;20;48;2;250;10;20m▀") == 32 and "red 0.25" in text


def test_a_picture_that_is_not_there_yet_is_blank(tmp_path):
    assert small_picture(tmp_path / "none.png") == [" " * 8] * 4


def test_notices_and_failures_stay_above_the_table_and_steer_no_terminal(shown):
    text = shown(
        FarmStarted(2, "auto", "out"), Noticed("warning", "n2 \x1b[2J is gone"), cell(1, "failed", reason="it broke")
    )
    assert "pixray: n2 \\x1b[2J is gone\n" in text and "pixray: pixel, 1: it broke\n" in text


def test_a_log_file_gets_a_line_for_each_finished_cell(shown):
    done = cell(1, "done", seconds=2.5, node="n1")
    text = shown(
        FarmStarted(2, "auto", "out"), cell(1, "running"), done, done, FarmFinished(1, 0, 1, 3.0), stream=io.StringIO()
    )
    assert text == "[1/2] pixel, 1 done, 2.5 s on n1\n"


def test_programs_get_a_line_of_json_for_each_event(shown, capsys):
    shown(FarmStarted(1, "auto", "out"), cell(1, "done"), FarmFinished(1, 0, 0, 3.0), output="json")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["FarmStarted", "CellChanged", "FarmFinished"]
    assert lines[1]["state"] == "done" and lines[2]["bill"]["requests"] == 0
