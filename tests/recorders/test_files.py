import datetime
import json
from pathlib import Path

import pytest
from PIL import Image

from pixray.errors import PixrayError
from pixray.events import Stepped
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.recorders.log import as_json, as_text
from pixray.recorders.outdir import make_outdir
from pixray.recorders.video import even_sized, frame_rate, write_video


def record(session, **changes):
    made = session(outdir="out", **changes)
    files = FileRecorder(made.settings)
    return list(attach(made.run(), files)), files


def test_folders_are_numbered_by_day():
    day = datetime.date(2026, 3, 4)
    assert make_outdir("runs/%DATE%_%SEQ%", day) == Path("runs/20260304_01")
    assert make_outdir("runs/%DATE%_%SEQ%", day) == Path("runs/20260304_02")
    assert make_outdir("fixed", day) == make_outdir("fixed", day) == Path("fixed")
    assert make_outdir("") == Path()


def test_a_folder_that_cannot_be_made_is_explained():
    Path("file").write_text("in the way")
    with pytest.raises(PixrayError, match="outdir='file/x'"):
        make_outdir("file/x")


def test_the_default_cadence_keeps_26_frames():
    from pixray.engine.output_schedule import Schedule

    schedule = Schedule(10, 20)
    assert sum(schedule.due(step)[0] for step in range(250)) + 1 == 26


def test_steps_are_kept_and_become_a_video(session):
    record(session, save_every=2)
    assert sorted(path.name for path in Path("out/steps").iterdir()) == [
        "frame_0000.png",
        "frame_0002.png",
        "frame_0004.png",
        "frame_0006.png",
        "output.mp4",
    ]
    assert Image.open("out/steps/frame_0000.png").text["Title"] == "red"


def test_steps_can_be_left_out(session):
    record(session, save_intermediates=False)
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "checkpoint.safetensors",
        "log.jsonl",
        "output.png",
        "settings.yaml",
    ]


def test_make_video_records_every_single_step(session):
    record(session, make_video=True, save_intermediates=False)
    assert len(list(Path("out/video").glob("frame_*.png"))) == 7
    assert Path("out/output.mp4").stat().st_size > 0


def test_the_picture_carries_every_given_setting(session):
    events, files = record(session, prompts="red|blue:2", learning_rate_drops=[50], output="my.png")
    text = Image.open("out/my.png").text
    assert text["Software"].startswith("pixray (2.")
    assert text["pixray_seed_used"] == "1" and text["pixray_drawer"] == "flat"
    assert json.loads(text["pixray_record"]) == dict(events[0].record)
    assert json.loads(text["pixray_record"])["learning_rate_drops"] == ["50%"]
    assert files.picture == Path("out/my.png")


def test_prompts_in_any_script_survive(session):
    record(session, prompts="красный|赤い")
    assert json.loads(Image.open("out/output.png").text["pixray_record"])["prompts"] == ["красный", "赤い"]


def test_nothing_is_written_outside_the_folder(session, tmp_path):
    record(session, drawer="pixel", make_video=True, transparent=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_no_half_files_are_left(session):
    record(session)
    assert not [path for path in Path("out").rglob("*") if path.name.startswith(".") or path.suffix == ".part"]


def test_the_log_is_the_stream(session):
    events, _ = record(session, checkpoint_every=2, learning_rate_drops=[50])
    lines = [json.loads(line) for line in Path("out/log.jsonl").read_text().splitlines()]
    names = {"CheckpointDue": "kept", "LearningRateDropped": "dropped"}
    kinds = [type(event).__name__ for event in events]
    assert [line["event"] for line in lines] == [names.get(kind, kind.lower()) for kind in kinds]
    assert {"kept", "dropped", "stepped"} <= {line["event"] for line in lines}


def test_a_loss_that_is_no_number_is_null_in_the_log():
    """On a GPU steps are logged a little before their losses are looked at."""
    losses = {"red": float("nan"), "tv": 0.1234567, "edge": float("inf")}
    line = as_text(as_json(Stepped(1, 2, 1.0, 0.1, 0.1, losses)))
    parsed = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert parsed["losses"] == {"red": None, "tv": 0.123457, "edge": None} and parsed["total"] is None


@pytest.mark.parametrize(("frames", "rate"), [(26, 10), (200, 14), (400, 28), (840, 60), (5000, 60), (2, 10)])
def test_videos_are_about_fourteen_seconds_long(frames, rate):
    assert frame_rate(frames) == rate


def frames_of(size, count, mode="RGB"):
    paths = []
    for number in range(count):
        path = Path(f"frame_{number}.png")
        Image.new(mode, size, (number * 20, 90, 160, 128)[: len(mode)]).save(path)
        paths.append(path)
    return paths


# imageio-ffmpeg's reader, which only this test uses, leaves its pipes to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("size", [(31, 17), (192, 135), (2, 2), (1, 1), (64, 48)])
def test_b20_videos_of_any_size_can_be_made(size):
    import imageio_ffmpeg

    assert write_video(frames_of(size, 3), Path("video.mp4"), hold=0)
    frames, _ = imageio_ffmpeg.count_frames_and_secs("video.mp4")
    reader = imageio_ffmpeg.read_frames("video.mp4")
    shape = next(reader)["source_size"]
    reader.close()
    width, height = size
    assert frames == 3 and tuple(shape) == (width + width % 2, height + height % 2)


def test_b20_fewer_than_two_frames_make_no_video():
    assert not write_video(frames_of((8, 8), 1), Path("video.mp4")) and not Path("video.mp4").exists()


def test_transparent_frames_are_laid_on_white():
    (path,) = frames_of((3, 3), 1, "RGBA")
    assert even_sized(path).shape == (4, 4, 3) and even_sized(path)[0, 0, 0] == 127


def test_what_a_killed_process_left_of_a_video_is_cleared_away_by_the_next_one():
    Path(".pixray-999999999-x.part.gif").write_bytes(b"half a video")
    assert write_video(frames_of((8, 8), 3), Path("video.gif"))
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("ending", [".mp4", ".gif", ".webp"])
def test_a_broken_video_never_takes_the_place_of_a_good_one(monkeypatch, ending):
    frames, video = frames_of((8, 8), 4), Path(f"video{ending}")
    assert write_video(frames, video)
    good = video.read_bytes()

    def cut_off(*arguments):
        arguments[1].write_bytes(good[: len(good) // 2])

    with monkeypatch.context() as patch:
        patch.setattr("pixray.recorders.video._write_mp4", cut_off)
        patch.setattr("pixray.recorders.video._write_animation", cut_off)
        with pytest.raises(PixrayError, match="the video came out broken"):
            write_video(frames, video)
    assert video.read_bytes() == good
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]
    frames[1].write_bytes(b"no picture")
    with pytest.raises(PixrayError, match=r"frame_1.png"):
        write_video(frames, video)
    assert video.read_bytes() == good
