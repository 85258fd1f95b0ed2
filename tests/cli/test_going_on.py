"""What people are told who interrupt a run, and who go on with it."""

import io
import itertools
import subprocess
import sys

import pytest

from pixray.cli.main import main
from pixray.engine.session import Session
from pixray.events import Finished, Stepped
from pixray.recorders.console import ConsoleRecorder

TINY = "--prompts red --drawer pixel --size 32 24 --pixel_size 8 6 --num_cuts 4 --perceptors embedded --seed 1".split()


@pytest.fixture
def interrupted():
    """Ctrl-C during the second step, until it is undone."""
    advance = Session.advance

    def stops(session):
        if session.step == 1:
            session.stop()
        yield from advance(session)

    patch = pytest.MonkeyPatch()
    patch.setattr(Session, "advance", stops)
    yield patch
    patch.undo()


def test_an_interrupted_run_says_how_to_go_on(interrupted, capsys):
    assert main([*TINY, "--iterations", "4", "--outdir", "my run"]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "go on: pixray resume 'my run'"
    interrupted.undo()
    assert main(["resume", "my run"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "loading torch …" and "going on at step 2 of 4" in lines


def test_an_interrupted_run_without_checkpoints_says_that_it_begins_anew(interrupted, capsys):
    words = ["--iterations", "4", "--outdir", "out", "--checkpoint_every", "0"]
    assert main([*TINY, *words]) == 130
    assert "go on: pixray resume out (from the beginning, since" in capsys.readouterr().err.splitlines()[-1]
    interrupted.undo()
    assert main(["resume", "out"]) == 0
    assert "no checkpoint was kept: beginning anew" in capsys.readouterr().err


def test_an_interrupted_picture_alone_says_what_could_be_resumed(interrupted, capsys):
    assert main([*TINY, "--iterations", "4", "-o", "heart.png"]) == 130
    assert capsys.readouterr().err.splitlines()[-1].endswith("a run into a folder (--outdir FOLDER) can be resumed")


def test_a_quiet_run_says_nothing_when_it_is_interrupted(interrupted, capsys):
    assert main([*TINY, "--iterations", "4", "--outdir", "out", "--quiet"]) == 130
    assert capsys.readouterr().err == ""


def test_resume_says_that_torch_loads_before_it_does():
    assert main([*TINY, "--iterations", "1", "--outdir", "out", "--quiet"]) == 0
    words = [sys.executable, "-X", "importtime", "-m", "pixray", "resume", "out"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        before = list(itertools.takewhile(lambda line: line != "loading torch …\n", process.stderr))
        assert process.stderr.readline(), "it ended there"
        process.kill()
    imported = [line.rpartition("|")[2].strip() for line in before if line.startswith("import time")]
    assert "torch" not in imported and "pixray.cli.main" in imported


def test_a_folder_that_does_not_exist_cannot_be_resumed(capsys):
    assert main(["resume", "nowhere"]) == 1
    assert capsys.readouterr().err == "pixray: nowhere: there is no such folder\n"


@pytest.mark.parametrize(
    ("totals", "best", "said"),
    [
        ([3.0, 1.0, 2.0], (1.0, 2), "finished after 3 steps, 0.5 s, last loss 2, best loss 1 at step 2"),
        ([3.0, 2.0, 1.0], (1.0, 3), "finished after 3 steps, 0.5 s, best loss 1 at step 3"),
        ([], (1.0, 2), "finished after 3 steps, 0.5 s, best loss 1 at step 2"),
    ],
)
def test_the_loss_of_the_delivered_picture_stands_beside_the_best(totals, best, said):
    stream = io.StringIO()
    console = ConsoleRecorder(stream=stream)
    for step, total in enumerate(totals, 1):
        console(Stepped(step, 3, 1.0, 0.1, 0.1, {"prompt": total}))
    console(Finished("complete", 3, 0.5, best))
    assert stream.getvalue().splitlines()[-1] == said
