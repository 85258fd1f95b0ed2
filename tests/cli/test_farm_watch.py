"""Looking at a farm that somebody else started: --watch, and --stop."""

import contextlib

import pytest

from pixray.cli import farm as commands
from pixray.cli.farm_flags import FarmFlags
from pixray.errors import PixrayError
from pixray.runs.farm.progress import CellChanged, FarmFinished
from pixray.runs.farm.shares import Share


def cell(number, state):
    return CellChanged(f"c{number}", "key", f"out/c{number}", "output.png", {"seed": str(number)}, state)


class Watched:
    """A farm of three cells, one of which is done when it is asked to stop."""

    def __init__(self):
        self.ended = self.stopping = False
        self._asked = 0

    def stop(self):
        self.stopping = True

    def updates(self):
        self._asked += 1
        if self._asked == 1:
            yield from (cell(1, "running"), cell(2, "waiting"), cell(3, "waiting"))
            return
        self.ended = True
        yield cell(1, "done")
        yield FarmFinished(1, 0, 2, 3.0)


@pytest.fixture
def watched(monkeypatch):
    made = Watched()
    monkeypatch.setattr(commands, "connected", lambda on: contextlib.nullcontext())
    monkeypatch.setattr(commands, "find", lambda ray, folder: made)
    return made


def test_whoever_stops_a_farm_sees_how_many_cells_it_had_and_how_to_go_on(watched, tmp_path, capsys):
    assert commands.watch(tmp_path, "live", FarmFlags("auto", Share(), stop=True)) == 0
    assert watched.stopping
    assert capsys.readouterr().err == "[1/3] 1 done, 0.0 s\nstopped; the command that began it goes on where it was\n"


def test_a_farm_that_is_not_there_is_told(watched, monkeypatch, tmp_path):
    monkeypatch.setattr(commands, "find", lambda ray, folder: None)
    with pytest.raises(PixrayError, match="no farm paints into .* its index.html shows what is done"):
        commands.watch(tmp_path, "live", FarmFlags("auto", Share(), watch=True))
