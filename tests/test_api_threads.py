"""Module functions beside threads, forks and Ctrl-C."""

import logging
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

import pixray
from pixray.api import Studio
from pixray.errors import PixrayError, SettingsError
from pixray.events import Stepped
from pixray.models.store import ModelStore
from tests.processes import run_python


@pytest.fixture
def studio(registry):
    return Studio(registry)


def test_eight_threads_get_their_own_pictures(studio, tiny):
    """Every thread paints another seed, and gets what that seed paints alone."""
    alone = {seed: np.asarray(studio.run(**{**tiny, "seed": seed}, quiet=True)) for seed in range(8)}
    found, barrier = {}, threading.Barrier(8)

    def paint(seed):
        barrier.wait()
        found[seed] = [
            np.asarray(studio.run(**{**tiny, "seed": seed}, quiet=True, outdir=f"{seed}/{number}"))
            for number in range(2)
        ]

    threads = [threading.Thread(target=paint, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(picture, alone[seed]) for seed, pictures in found.items() for picture in pictures)
    assert len(found) == 8 and len({picture.tobytes() for picture in alone.values()}) == 8


def test_settings_of_one_thread_are_not_those_of_another(studio):
    studio.add_settings(prompts="mine")
    heard = []

    def other():
        studio.reset_settings()
        studio.add_settings(prompts="theirs", iterations=3)
        heard.append(studio.get_settings())

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert studio.get_settings() == {"prompts": "mine"} and heard == [{"prompts": "theirs", "iterations": 3}]


def test_a_run_may_be_built_in_one_thread_and_done_in_another(studio, tiny):
    studio.add_settings(**tiny)
    settings = studio.apply_settings()
    studio.do_init(settings, quiet=True)
    thread = threading.Thread(target=studio.do_run, args=(settings,))
    thread.start()
    thread.join()
    assert studio.get_image() is not None


def test_two_threads_cannot_take_the_steps_of_one_run(studio, tiny):
    studio.add_settings(**tiny, display_every=1)
    studio.do_init(studio.apply_settings(), quiet=True)
    run = studio._collected().run
    with run._taking_steps, pytest.raises(PixrayError, match="another thread is painting this run"):
        studio.do_run()


def test_a_finished_run_is_painted_again_or_says_that_it_is_over(studio, tiny):
    studio.add_settings(**tiny)
    settings = studio.apply_settings()
    studio.do_init(settings, quiet=True)
    assert studio.do_run(settings) is True
    first, folder = np.asarray(studio.get_image()), settings.outdir
    with pytest.raises(PixrayError, match="the run is over"):
        studio.do_run()
    assert studio.do_run(settings) is True and settings.outdir != folder
    assert np.array_equal(np.asarray(studio.get_image()), first)


class Interrupting(pixray.Loss):
    """Presses Ctrl-C in the third step."""

    def __call__(self, look):
        if look.step == 2:
            signal.raise_signal(signal.SIGINT)
        return look.canvas.mean()


def test_run_propagates_ctrl_c_after_saving_so_that_a_loop_ends(studio, tiny):
    studio.add_custom_loss("interrupting", Interrupting)
    painted = []
    with pytest.raises(KeyboardInterrupt):
        for seed in range(3):
            studio.run(**{**tiny, "seed": seed, "custom_loss": "interrupting"}, outdir=f"run{seed}", quiet=True)
            painted.append(seed)
    assert painted == [] and Path("run0/output.png").is_file() and not Path("run1").exists()
    assert studio.stopped() and studio.get_image() is not None


def test_do_run_says_by_stopped_that_ctrl_c_ended_it(studio, tiny):
    studio.add_custom_loss("interrupting", Interrupting)
    assert not studio.stopped()
    studio.add_settings(**{**tiny, "custom_loss": "interrupting"})
    studio.do_init(studio.apply_settings(), quiet=True)
    assert studio.do_run() is True and studio.stopped()
    studio.do_init(studio.apply_settings(), quiet=True)
    assert not studio.stopped()


def test_quiet_shows_nothing_and_notices_reach_logging(studio, tiny, capsys, caplog):
    caplog.set_level(logging.INFO, "pixray")
    studio.run(**{**tiny, "palette": "red"}, quiet=True)
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err == ""
    assert any("the palette has no effect" in record.message for record in caplog.records)


def test_run_is_explained_by_help():
    text = pixray.run.__doc__
    for words in (
        "Args:",
        "Returns:",
        "Raises:",
        "image = pixray.run(",
        "outputs/",
        "standard error",
        "KeyboardInterrupt",
    ):
        assert words in text


def test_a_session_is_shown_in_one_line(session):
    made = session()
    assert repr(made) == "<Session: flat 24x16 on cpu, seed 1, step 0 of 6>"
    steps = [event for event in made.run() if isinstance(event, Stepped)]
    assert len(steps) == 6 and "step 6 of 6" in repr(made)


def test_messages_name_the_function_that_was_given_a_value(studio):
    for function in (studio.run, studio.new_session):
        with pytest.raises(SettingsError, match=rf"num_cuts=0 \(from {function.__name__}\)"):
            function("red", drawer="flat", num_cuts=0)


FORKING = """
import os, sys
import torch
torch.set_num_threads(2)
import pixray
given = dict(prompts="red", drawer="flat", clip_models="toy", size=[24, 16], iterations=4, num_cuts=4, seed=1)
pixray.register("drawer", "flat", "pixray.testing.fakes:FlatDrawer")
pixray.register("perceptor", "toy", "pixray.testing.fakes:ToyPerceptor")
first = pixray.run(**given, quiet=True, outdir="parent").tobytes()
pixray.reset_settings()
pixray.add_settings(**given, display_every=1, outdir="both")
settings = pixray.apply_settings()
pixray.do_init(settings, quiet=True)
pixray.do_run(settings, return_display=True)
child = os.fork()
if child == 0:
    try:
        pixray.do_run(settings)
    except pixray.PixrayError as error:
        sys.stderr.write(f"{error}\\n")
    again = pixray.run(**given, quiet=True, outdir="child").tobytes()
    sys.exit(0 if again == first else 3)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0, status
while not pixray.do_run(settings, return_display=True):
    pass
"""


def test_a_forked_process_paints_and_leaves_the_runs_of_its_parent_alone():
    done = run_python("-c", FORKING)
    assert done.returncode == 0, done.stderr
    assert "this run belongs to the process that began it" in done.stderr and "Traceback" not in done.stderr
    assert "forked" in Path("child/log.jsonl").read_text() and "forked" not in Path("both/log.jsonl").read_text()
    assert Path("both/log.jsonl").read_text().count('"stepped"') == 4


def test_a_run_that_is_left_half_done_at_the_end_of_a_program_is_finished_without_a_traceback():
    code = FORKING.partition("child = os.fork()")[0]
    done = run_python("-c", code)
    assert done.returncode == 0 and done.stderr == ""
    assert Path("both/output.png").is_file()


def test_stores_are_made_once_for_all_threads(registry):
    studio, stores = Studio(registry), []
    threads = [threading.Thread(target=lambda: stores.append(studio.store)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(store) for store in stores}) == 1 and isinstance(stores[0], ModelStore)
