from pathlib import Path

import pytest

from pixray.errors import PixrayError
from pixray.images.glob import braces, expand


@pytest.fixture
def frames():
    for name in ("f1.png", "f2.png", "f10.png", "left.png", "a[1].png"):
        Path(name).write_bytes(b"x")
    Path("deep/er").mkdir(parents=True)
    Path("deep/er/x.png").write_bytes(b"x")


def test_a_path_is_itself_even_with_marks_in_its_name(frames):
    assert expand("left.png") == ["left.png"] and expand("a[1].png") == ["a[1].png"]


def test_globs_are_sorted_by_the_numbers_in_the_names(frames):
    assert expand("f*.png") == ["f1.png", "f2.png", "f10.png"]
    assert expand("deep/**/*.png") == ["deep/er/x.png"]


def test_absolute_globs_work(frames, tmp_path):
    assert expand(f"{tmp_path}/f*.png") == [f"{tmp_path}/{name}" for name in ("f1.png", "f2.png", "f10.png")]


def test_braces_name_several_files_and_missing_ones_are_left_out(frames):
    assert expand("{f1,left,none}.png") == ["f1.png", "left.png"]
    assert expand("f{1..3}.png") == ["f1.png", "f2.png"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a{b,c}", ["ab", "ac"]),
        ("{a,{b,c}d}", ["a", "bd", "cd"]),
        ("{1..3}", ["1", "2", "3"]),
        ("{3..1}", ["3", "2", "1"]),
        ("{01..03}", ["01", "02", "03"]),
        ("{1..7..3}", ["1", "4", "7"]),
        ("{a..c}{1,2}", ["a1", "a2", "b1", "b2", "c1", "c2"]),
        ("{}", ["{}"]),
        ("{alone}", ["{alone}"]),
        ("open{1,2", ["open{1,2"]),
        ("{x}{1,2}", ["{x}1", "{x}2"]),
    ],
)
def test_braces_are_written_out(text, meant):
    assert braces(text) == meant


def test_an_endless_range_is_refused():
    with pytest.raises(PixrayError, match="at most 10000"):
        braces("{1..999999999}")


def test_addresses_are_kept_and_not_looked_for():
    assert expand("https://example.org/{1,2}.png") == ["https://example.org/1.png", "https://example.org/2.png"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("none.png", "there is no such file"), ("no*.png", "no file matches"), ("deep", "is a folder")],
)
def test_what_is_missing_is_said_by_the_name_of_its_setting(frames, text, words):
    with pytest.raises(PixrayError, match=f"init_image='{text[:2]}.*{words}"):
        expand(text, "init_image")
