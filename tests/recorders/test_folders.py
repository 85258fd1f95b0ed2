"""A run owns its folder: what earlier runs left is moved aside, and files of the user are never written over."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from pixray.errors import PixrayError
from pixray.events import Noticed, Started, Stepped
from pixray.models.store import ModelStore
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.recorders.lock import NAME as LOCK
from pixray.recorders.lock import FolderLock
from pixray.recorders.log import read_log
from pixray.recorders.outdir import make_outdir
from pixray.runs.resume import resume


def run(made, until=None):
    """Run with files, perhaps up to a step only; what was noticed."""
    noticed = []
    for event in attach(made.run(), FileRecorder(made.settings)):
        noticed += [event.text] if isinstance(event, Noticed) else []
        if isinstance(event, Stepped) and event.step == until:
            break
    return noticed


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def same_but_for_times(one, other):
    left, right = content(one), content(other)
    assert left.keys() == right.keys()
    assert all(left[name] == right[name] for name in left if name.suffix not in (".jsonl", ".mp4"))


def test_what_an_earlier_run_left_is_moved_beside_the_folder(session):
    run(session(outdir="out", prompts="blue"))
    before = content("out")
    noticed = run(session(outdir="out", prompts="red", iterations=4))
    assert noticed == [f"out held an earlier run, which is in {Path('out-earlier-01').resolve()} now"]
    assert content("out-earlier-01") == before
    run(session(outdir="fresh", prompts="red", iterations=4))
    same_but_for_times("out", "fresh")
    run(session(outdir="out"))
    assert Path("out-earlier-02/settings.yaml").is_file()


def test_a_damaged_checkpoint_of_an_earlier_run_is_moved_with_the_rest(session):
    """Its content no longer tells whose it is; the log does."""
    run(session(outdir="out"))
    Path("out/checkpoint.safetensors").write_bytes(b"damaged")
    run(session(outdir="out", prompts="green"))
    assert Path("out-earlier-01/checkpoint.safetensors").read_bytes() == b"damaged"


def test_a_run_killed_in_a_used_folder_before_its_first_checkpoint_is_the_one_that_goes_on(session, registry):
    run(session(outdir="out", drawer="pixel", pixel_size=[6, 4], checkpoint_every=2))
    new = {"drawer": "flat", "prompts": "green", "iterations": 5, "checkpoint_every": 4}
    run(session(**new, outdir="out"), until=2)
    made, files = resume("out", registry, ModelStore())
    assert made.step == 0
    list(attach(made.run(), files))
    run(session(**new, outdir="fresh"))
    same_but_for_times("out", "fresh")


def test_the_video_of_a_shorter_second_run_holds_its_own_frames_alone(session, monkeypatch):
    from pixray.cli.video import frames_of

    run(session(outdir="out", save_every=1))
    # As if the frames of an earlier run were still there.
    for number in (5, 6, 7):
        Image.new("RGB", (24, 16)).save(f"out/steps/frame_{number:04d}.png")
    log = [json.loads(line) for line in Path("out/log.jsonl").read_text().splitlines()]
    kept = [line for line in log if line["event"] != "drawn" or line["step"] < 5]
    Path("out/log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in kept))
    assert [path.name for path in frames_of(Path("out"))] == [f"frame_{number:04d}.png" for number in range(5)]


def test_pictures_of_other_names_stay_where_they_are_collected(session):
    for name in ("a.png", "b.png", "c.png"):
        run(session(outdir="out", output=name))
    assert {"a.png", "b.png", "c.png"} <= {path.name for path in Path("out").iterdir()}


@pytest.mark.parametrize("name", ["settings.yaml", "output.png", "log.jsonl", "checkpoint.safetensors", "output.mp4"])
def test_a_file_of_the_user_is_never_written_over(session, name):
    Path("out").mkdir()
    Path("out", name).write_text("mine")
    with pytest.raises(PixrayError, match=rf"out/{name} is not pixray's own"):
        run(session(outdir="out"))
    assert [path.name for path in Path("out").iterdir()] == [name] and Path("out", name).read_text() == "mine"


def test_settings_that_were_changed_by_hand_are_the_users(session):
    run(session(outdir="out"))
    path = Path("out/settings.yaml")
    path.write_text(path.read_text() + "# mine\nsave_every: 2\n")
    before = content("out")
    with pytest.raises(PixrayError, match=r"settings.yaml is not pixray's own, or was changed since"):
        run(session(outdir="out"))
    assert content("out") == before


def test_frames_and_drawings_of_the_user_are_never_written_over(session):
    Path("out/steps").mkdir(parents=True)
    Path("out/steps/frame_0000.png").write_text("mine")
    with pytest.raises(PixrayError, match=r"frame_0000.png is not pixray's own"):
        run(session(outdir="out"))
    Path("drawn").mkdir()
    Path("drawn/output.svg").write_text("mine")
    with pytest.raises(PixrayError, match=r"output.svg is not pixray's own"):
        run(session(outdir="drawn", drawer="line_sketch", strokes=2, stroke_length=2))
    assert Path("drawn/output.svg").read_text() == "mine"


def test_the_working_directory_keeps_the_users_files_and_its_earlier_runs_inside(session):
    Path("notes.txt").write_text("mine")
    run(session(outdir="."))
    run(session(outdir="."))
    assert Path("notes.txt").read_text() == "mine"
    assert Path("earlier-01/settings.yaml").is_file() and Path("output.png").is_file()


def test_frames_of_an_animation_take_the_place_of_no_picture_of_the_user(session):
    for name in ("one", "two"):
        Image.new("RGB", (24, 16)).save(f"{name}.png")
    Path("video").mkdir()
    Image.new("RGB", (8, 8), "green").save("video/two.png")
    before = Path("video/two.png").read_bytes()
    settings = {"init_image": "{one,two}.png", "animation_dir": "video", "iterations": 2, "outdir": "out"}
    with pytest.raises(PixrayError, match=r"video/two.png is not pixray's own"):
        run(session(**settings))
    assert Path("video/two.png").read_bytes() == before
    Path("video/two.png").unlink()
    for _ in range(2):  # frames of an earlier run are pixray's own
        run(session(**settings))
    assert Path("video/anim.mp4").is_file()


def test_two_runs_in_one_folder_are_kept_apart_and_told_who_is_there(session):
    first = session(outdir="out")
    events = attach(first.run(), FileRecorder(first.settings))
    next(events)
    with pytest.raises(PixrayError, match=rf"out is in use by a run \(process {os.getpid()} on .* since "):
        run(session(outdir="out"))
    assert len(list(events)) > 6
    assert not Path("out", LOCK).exists()


HOLD = "import sys, time; from pathlib import Path; from pixray.recorders.lock import FolderLock as L\n"
HOLD += "lock = L(Path('out')); lock.acquire(); print('held', flush=True); time.sleep(60)"


def test_the_lock_of_a_killed_run_is_no_lock(session):
    Path("out").mkdir()
    child = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"held\n"
    with pytest.raises(PixrayError, match=f"process {child.pid} on"):
        FolderLock(Path("out")).acquire()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert Path("out", LOCK).exists()
    run(session(outdir="out"))
    assert not Path("out", LOCK).exists()


def test_the_log_follows_no_symbolic_link(session, registry):
    run(session(outdir="out", checkpoint_every=2), until=3)
    Path("victim").write_text("precious")
    Path("out/log.jsonl").unlink()
    Path("out/log.jsonl").symlink_to(Path("victim").resolve())
    made, files = resume("out", registry, ModelStore())
    with pytest.raises(PixrayError, match=r"log.jsonl cannot be written: it is a symbolic link"):
        list(attach(made.run(), files))
    with pytest.raises(PixrayError, match="is not pixray's own"):
        run(session(outdir="out"))
    assert Path("victim").read_text() == "precious"


def test_a_log_whose_last_line_was_cut_off_is_read_and_continued(session, registry):
    run(session(outdir="out", checkpoint_every=2), until=3)
    with Path("out/log.jsonl").open("a") as file:
        file.write('{"event": "dra')
    made, files = resume("out", registry, ModelStore())
    list(attach(made.run(), files))
    log = read_log(Path("out"))
    assert log.finished and log.frames("steps")[0] == "steps/frame_0000.png"
    assert [line for line in Path("out/log.jsonl").read_text().splitlines() if not line.endswith("}")] == [
        '{"event": "dra'
    ]


@pytest.mark.parametrize("beginning", ["", '{"eve', '{"event": "started", "record": {"prompts": ["re'])
def test_the_beginning_of_a_log_that_met_a_full_disk_is_pixrays(session, beginning):
    Path("out").mkdir()
    Path("out/log.jsonl").write_text(beginning)
    run(session(outdir="out"))
    assert Path("out-earlier-01/log.jsonl").read_text() == beginning


def test_a_run_is_finished_when_its_video_is_there(session, monkeypatch):
    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pixray.recorders.files.write_video", killed)
        with pytest.raises(KeyboardInterrupt):
            run(session(outdir="out", save_every=2))
    assert not read_log(Path("out")).finished
    run(session(outdir="whole", save_every=2))
    assert read_log(Path("whole")).finished and "steps/output.mp4" in read_log(Path("whole")).files


@pytest.mark.parametrize("template", ["x/%SEQ%/..", "x/%SEQ%/../y", "x%SEQ%/a/../.."])
def test_numbered_folders_never_lead_back_up(template):
    with pytest.raises(PixrayError, match=r"after %SEQ% the path cannot go back up"):
        make_outdir(template)
    assert not Path("x").exists()


def test_a_checkpoint_of_another_run_is_refused(session, registry):
    run(session(outdir="one", drawer="pixel", pixel_size=[6, 4], checkpoint_every=2))
    run(session(outdir="two", checkpoint_every=0))
    Path("one/checkpoint.safetensors").rename("two/checkpoint.safetensors")
    with pytest.raises(PixrayError, match=r"belongs to a run with (drawer='pixel'|pixel_size=)"):
        resume("two", registry, ModelStore())


def test_settings_that_have_no_say_in_the_steps_may_differ_when_a_run_goes_on(session, registry):
    run(session(outdir="out", checkpoint_every=2), until=3)
    path = Path("out/settings.yaml")
    path.write_text(path.read_text().replace("save_every: 10", "save_every: 3") + "save_intermediates: false\n")
    made, _ = resume("out", registry, ModelStore())
    assert made.step == 2 and made.settings.save_intermediates is False


def test_after_do_init_the_settings_name_the_real_picture(tiny, registry):
    from pixray.api import Studio

    studio = Studio(registry, ModelStore())
    for number in (1, 2):
        studio.reset_settings()
        studio.add_settings(**{**tiny, "outdir": "runs/%SEQ%", "output": "heart.jpg"})
        settings = studio.apply_settings()
        studio.do_init(settings)
        assert Path(settings.outdir).is_dir()
        studio.do_run(settings)
        assert os.path.join(settings.outdir, settings.output) == f"runs/{number:02d}/heart.jpg"
        assert Path(settings.outdir, settings.output).is_file()
    studio.do_init(settings)  # the same settings again are a run of its own
    studio.do_run(settings)
    assert settings.outdir == "runs/03"


def test_settings_too_long_to_be_read_again_are_told(session):
    (told,) = run(session(outdir="out", prompts=[f"{letter}" * 19_000 for letter in "abcd"], iterations=1))
    assert told.startswith("settings.yaml has 7") and "read 65,536 at most" in told


def test_a_run_that_never_began_leaves_no_numbered_folder(tiny, registry):
    from pixray.api import Studio

    studio = Studio(registry, ModelStore())
    studio.add_settings(**{**tiny, "outdir": "runs/%SEQ%"})
    studio.do_init(studio.apply_settings())
    assert Path("runs/01").is_dir()
    studio.do_init(studio.apply_settings())
    assert not Path("runs/01").exists() or not any(Path("runs/01").glob("settings.yaml"))


def test_the_first_event_of_a_run_that_goes_on_says_from_where(session, registry):
    run(session(outdir="out", checkpoint_every=2), until=3)
    made, files = resume("out", registry, ModelStore())
    events = list(attach(made.run(), files))
    assert isinstance(events[0], Started)
    started = [json.loads(line) for line in Path("out/log.jsonl").read_text().splitlines() if '"started"' in line]
    assert [line["step"] for line in started] == [0, 2]
