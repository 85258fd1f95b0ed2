import json
import re
import time
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from pixray.cli.main import main
from pixray.cli.sheet import finished_pictures
from pixray.errors import PixrayError
from pixray.recorders.record import read_record, svg_with_record

SMALL = ["--drawer", "pixel", "--size", "32", "24", "--pixel_size", "8", "6", "--num_cuts", "4", "--quiet"]


def paint(outdir, *more):
    words = ["--prompts", "a red | circle", "--iterations", "4", "--seed", "5", "--outdir", outdir, *SMALL, *more]
    assert main(words) == 0
    return Path(outdir)


def test_show_prints_settings_that_can_be_run(capsys):
    one = paint("one", "--pixel_svg", "yes")
    for source in ("one/output.png", "one/output.svg", "one/settings.yaml", "one"):
        assert main(["show", source]) == 0
        text = capsys.readouterr().out
        Path("shown.yaml").write_text(text)
        assert main(["shown.yaml", "--outdir", "two", "--quiet"]) == 0
        assert (one / "output.png").read_bytes() == Path("two/output.png").read_bytes(), source


def test_rerun_makes_the_same_bytes_svg_too_or_a_change():
    one = paint("one", "--pixel_svg", "yes")
    assert main(["rerun", "one/output.png", "--outdir", "again", "--quiet"]) == 0
    assert main(["rerun", "one/output.svg", "--outdir", "svg", "--quiet"]) == 0
    for name in ("output.png", "output.svg"):
        assert (one / name).read_bytes() == Path("again", name).read_bytes() == Path("svg", name).read_bytes()
    assert main(["rerun", "one/output.png", "--seed", "7", "--outdir", "other", "--quiet"]) == 0
    assert (one / "output.png").read_bytes() != Path("other/output.png").read_bytes()
    assert read_record("other/output.png")["seed"] == 7


def test_diff_says_what_differs(capsys):
    paint("one")
    paint("two", "--iterations", "5", "--prompts", "a blue sea")
    assert main(["diff", "one/output.png", "two/output.png"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "iterations: 4 -> 5" in lines and "prompts: a red | circle -> a red | circle | a blue sea" in lines
    assert any(re.match(r"pixels: \d.*% differ", line) for line in lines) and len(lines) == 3
    assert main(["diff", "one/output.png", "one/output.png"]) == 0
    assert capsys.readouterr().out == "no difference\n"


def test_an_svg_keeps_its_record_whatever_the_prompt():
    record = json.dumps({"prompts": ['a <b> & "c" -- ]]>']})
    svg = svg_with_record(b'<svg xmlns="http://www.w3.org/2000/svg" width="1">\n</svg>', record)
    import xml.etree.ElementTree as tree

    tree.fromstring(svg)
    Path("x.svg").write_bytes(svg)
    assert read_record("x.svg") == json.loads(record)


@pytest.mark.parametrize("text", ["", "{", "[1]", "7", "[" * 100_000, "9" * 5000, '"a"', '{"a": NaN,}'])
def test_a_damaged_record_is_one_sentence(text, tmp_path):
    svg = tmp_path / "a.svg"
    svg.write_bytes(svg_with_record(b"<svg></svg>", text))
    metadata = PngImagePlugin.PngInfo()
    metadata.add_text("pixray_record", text)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", pnginfo=metadata)
    for path in (svg, tmp_path / "a.png"):
        with pytest.raises(PixrayError, match="the settings in it are damaged"):
            read_record(path)


def test_many_beginnings_of_a_record_are_read_in_one_go(tmp_path):
    path = tmp_path / "a.svg"
    path.write_text('<svg><metadata id="pixray_record">' * 200_000)
    begun = time.process_time()
    with pytest.raises(PixrayError, match="the settings in it are damaged"):
        read_record(path)
    assert time.process_time() - begun < 2


def test_pictures_of_the_old_pixray_are_understood():
    info = PngImagePlugin.PngInfo()
    for key, value in {
        "Software": "pixray (v1.9.1)",
        "pixray_prompts": "['a cat', 'b']",
        "pixray_drawer": "pixel",
        "pixray_size": "[64, 48]",
        "pixray_seed_used": "123456",
    }.items():
        info.add_text(key, value)
    Image.new("RGB", (2, 2)).save("old.png", pnginfo=info)
    assert read_record("old.png") == {"prompts": ["a cat", "b"], "drawer": "pixel", "size": [64, 48], "seed": 123456}


@pytest.mark.parametrize("name", ["nowhere.png", "plain.png", "text.png", "plain.svg"])
def test_what_holds_no_settings_is_explained(name):
    Image.new("RGB", (2, 2)).save("plain.png")
    Path("text.png").write_text("hello")
    Path("plain.svg").write_text("<svg></svg>")
    with pytest.raises(PixrayError, match=re.escape(name)):
        read_record(name)


def test_a_sheet_shows_finished_pictures_with_captions(capsys):
    paint("runs/one")
    paint("runs/two", "--seed", "6", "--pixel_cells", "yes")
    Image.new("RGB", (4, 4)).save("runs/stranger.png")
    assert len(finished_pictures(Path("runs"), Path("runs/sheet.png"))) == 2, "a sprite file is part of its picture"
    assert main(["sheet", "runs", "--cell", "64"]) == 0
    assert capsys.readouterr().out.strip() == str(Path("runs/sheet.png"))
    with Image.open("runs/sheet.png") as sheet:
        assert sheet.width < 160 and sheet.height > 48
        assert len(set(sheet.convert("RGB").getdata())) > 20
    assert main(["sheet", "runs", "--cell", "64"]) == 0, "its own sheet is no picture of a run"
    assert main(["sheet", "."]) == 0 and main(["sheet", "runs/one/steps"]) == 0
    Path("empty").mkdir()
    assert main(["sheet", "empty"]) == 1


@pytest.mark.parametrize("kind", ["mp4", "gif", "webp"])
def test_videos_of_every_kind(kind, capsys):
    paint("run", "--save_every", "1")
    assert main(["video", "run", "--format", kind, "--fps", "5", "--hold", "0.4", "--loop", "2"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == Path(f"run/video.{kind}") and path.stat().st_size > 0
    if kind == "mp4":
        import imageio_ffmpeg

        frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
        assert frames == (5 + 2) * 3 and seconds == pytest.approx(frames / 5, abs=0.3)
    else:
        with Image.open(path) as video:
            assert video.size == (32, 24) and video.info["loop"] == (1 if kind == "gif" else 2)
            durations = []
            for number in range(video.n_frames):  # a WebP writer joins frames that look alike
                video.seek(number)
                video.load()
                durations.append(video.info["duration"])
            assert sum(durations) == pytest.approx(5 * 200 + 400, abs=30) and video.n_frames >= 2


@pytest.mark.parametrize("kind", ["mp4", "webp"])
def test_ctrl_c_leaves_the_old_video_in_place(kind, capsys, monkeypatch):
    import pixray.recorders.video as video

    Path("run").mkdir()
    for number in range(6):
        Image.new("RGB", (32, 24), (number * 40, 0, 0)).save(f"run/frame_{number:04d}.png")
    Path(f"run/video.{kind}").write_bytes(b"old")
    real, seen = video._flat, []

    def interrupted(frame):
        seen.append(frame)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return real(frame)

    monkeypatch.setattr(video, "_flat", interrupted)
    assert main(["video", "run", "--format", kind]) == 130
    assert capsys.readouterr().err == "pixray: interrupted\n"
    assert Path(f"run/video.{kind}").read_bytes() == b"old"
    assert len(list(Path("run").iterdir())) == 7, "nothing else is left"


def test_videos_without_frames_are_explained(capsys):
    Path("empty").mkdir()
    assert main(["video", "empty"]) == 1
    assert "fewer than two frames" in capsys.readouterr().err
    assert main(["video", "empty", "--fps", "0"]) == 2


def test_the_ending_of_a_video_tells_its_format(capsys):
    paint("run", "--save_every", "1")
    assert main(["video", "run", "--out", "some/where.gif"]) == 0
    with Image.open("some/where.gif") as video:
        assert video.format == "GIF" and video.n_frames > 1
    for words, message in (
        (["--out", "video.avi"], "expected a name that ends in .mp4 or .gif or .webp"),
        (["--out", "video.gif", "--format", "webp"], "expected a name that ends in .webp"),
        (["--frmat", "gif"], "unknown flag '--frmat'. Did you mean '--format'?"),
        (["--hold", "-1"], "at least 0"),
    ):
        assert main(["video", "run", *words]) == 2
        assert message in capsys.readouterr().err


def test_a_video_of_an_odd_size_plays(capsys):
    from pixray.recorders.video import write_video

    frames = [Path(f"frame_{number}.png") for number in range(3)]
    for number, frame in enumerate(frames):
        Image.new("RGBA", (31, 17), (number * 80, 0, 0, 255)).save(frame)
    for kind in ("mp4", "gif", "webp"):
        assert write_video(frames, Path(f"video.{kind}"), rate=5)
        assert Path(f"video.{kind}").stat().st_size > 0


@pytest.mark.parametrize("words", [["video"], ["sheet"]])
def test_a_folder_that_is_not_there_is_explained(words, capsys):
    assert main([*words, "nowhere"]) == 1
    assert capsys.readouterr().err == "pixray: nowhere: there is no such folder\n"


@pytest.mark.parametrize("words", [["--columns", "0"], ["--cell", "3"], ["--out", "sheet.jpg"]])
def test_a_sheet_that_cannot_be_made_is_explained(words, capsys):
    paint("run")
    assert main(["sheet", "run", *words]) == 2
    assert "expected" in capsys.readouterr().err


def test_folders_of_runs_are_compared_with_their_pictures(capsys):
    paint("one", "--output", "mine.png")
    paint("two", "--output", "mine.png")
    assert main(["diff", "one", "two"]) == 0
    paint("three", "--output", "mine.png", "--seed", "9")
    assert main(["diff", "one", "three"]) == 1
    assert re.search(r"pixels: \d.*% differ", capsys.readouterr().out)


def test_settings_of_a_picture_can_be_loaded_in_python():
    import pixray

    one = paint("one", "--pixel_svg", "yes")
    for source in ("one/output.png", "one/output.svg", "one/settings.yaml", "one"):
        pixray.do_init(pixray.load_settings(source, outdir="again"))
        pixray.do_run()
        assert (one / "output.png").read_bytes() == Path("again/output.png").read_bytes(), source
    assert pixray.load_settings("one", seed=9).seed == 9


def test_every_png_of_a_run_tells_what_made_it():
    one = paint("one", "--pixel_cells", "yes", "--save_every", "2")
    pictures = [one / "output.png", one / "output_cells.png", *sorted((one / "steps").glob("*.png"))]
    assert len(pictures) >= 4
    for path in pictures:
        with Image.open(path) as picture:
            texts = picture.text
        assert texts["Title"] == "a red | circle" and texts["Software"].startswith("pixray (")
        assert texts["Description"] == "drawer pixel, seen by embedded-pixel, seed 5"
        assert read_record(path)["iterations"] == 4
