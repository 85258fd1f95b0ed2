import json
from pathlib import Path

import pytest

from pixray.cli.main import main
from pixray.errors import PixrayError, SettingsError
from pixray.settings.policy import admit
from pixray.settings.prompt_lines import read_prompt_lines

TINY = ["--drawer", "pixel", "--size", "24x16", "--iterations", "2", "--num_cuts", "2", "--quality", "draft"]
EMBEDDED = [*TINY, "--perceptors", "embedded", "--quiet"]


def rows(folder="grid"):
    return json.loads(Path(folder, "grid.json").read_text())


def test_a_file_of_prompts_is_painted_a_picture_a_line(capsys):
    Path("lines.txt").write_text(
        "# hearts\na red heart | pixel art:0.5\n\n  a green tree\r\na red heart | pixel art:0.5\n"
    )
    words = ["--prompts_file", "lines.txt", "--seed", "3", "-o", "{prompt}-{seed}.png", *EMBEDDED]
    assert main(words) == 0
    assert capsys.readouterr().out == f"{Path('grid/index.html')}\n"
    assert [row["values"]["prompts"] for row in rows()] == ["a red heart | pixel art:0.5", "a green tree"]
    names = [Path(row["picture"]).name for row in rows()]
    assert names == ["a-red-heart-pixel-art-3.png", "a-green-tree-3.png"] and Path("grid/sheet.png").is_file()
    record = next(Path("grid").glob("a-green-tree*/settings.yaml")).read_text()
    assert "lines.txt" not in record and "- a green tree" in record
    before = {path: path.stat().st_mtime_ns for path in Path("grid").glob("*/*.png")}
    Path("lines.txt").write_text("a red heart | pixel art:0.5\na green tree\na blue pond\n")
    assert main(words) == 0
    assert before.items() <= {path: path.stat().st_mtime_ns for path in Path("grid").glob("*/*.png")}.items()
    assert [row["status"] for row in rows()] == ["done"] * 3


def test_a_grid_takes_its_prompts_from_a_file():
    Path("lines.txt").write_text("red | blue\ngreen\n")
    words = ["grid", "--prompts_file", "lines.txt", "--seed", "1,2", "--outdir", "many", *EMBEDDED]
    assert main(words) == 0
    assert [row["values"] for row in rows("many")] == [
        {"prompts": prompts, "seed": seed} for prompts in ("red | blue", "green") for seed in ("1", "2")
    ]


def test_the_fallback_to_the_built_in_model_is_told_once_for_all_lines(capsys):
    Path("lines.txt").write_text("red\ngreen\n")
    assert main(["--prompts_file", "lines.txt", *TINY]) == 0
    assert capsys.readouterr().err.count("using the built-in small model") == 1
    logs = [path.read_text() for path in Path("grid").glob("*/log.jsonl")]
    assert len(logs) == 2 and all("using the built-in small model" in log for log in logs)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "lines.txt"),
        (b"", "it holds no prompts"),
        (b"\n# nothing\n", "it holds no prompts"),
        ("red\n".encode("utf-16"), "it is no text in UTF-8"),
        (b"caf\xe9\n", "it is no text in UTF-8"),
        (b"\n".join(b"%d" % number for number in range(1001)), "1,001 lines; at most 1,000 are painted"),
        (b"x" * ((4 << 20) + 1), "it is larger than 4 MiB"),
        (b"red\nblue:nan\ngreen:nan\n", "prompts='blue:nan' (from lines.txt)"),
    ],
)
@pytest.mark.parametrize("command", [[], ["grid"]])
def test_a_file_that_holds_no_prompts_is_told_in_a_sentence(command, content, said, capsys, tmp_path):
    if content is not None:
        Path("lines.txt").write_bytes(content)
    assert main([*command, "--prompts_file", "lines.txt", *EMBEDDED]) in (1, 2)
    told = capsys.readouterr().err
    assert said.replace(" (from lines.txt)", "" if command else " (from lines.txt)") in told
    assert len(told.splitlines()) == (2 if b"nan" in (content or b"") else 1)
    assert not Path("grid").exists()


def test_a_file_with_a_byte_order_mark_is_read():
    Path("lines.txt").write_bytes(b"\xef\xbb\xbfred\rblue")
    assert read_prompt_lines("lines.txt", 10) == ["red", "blue"]


def test_prompts_and_a_file_of_them_are_not_both_meant(capsys):
    Path("lines.txt").write_text("red\n")
    for command in ([], ["grid"]):
        assert main([*command, "--prompts", "blue", "--prompts_file", "lines.txt", *EMBEDDED]) == 2
        assert "not both" in capsys.readouterr().err


def test_what_paints_a_single_picture_says_what_paints_a_file(registry, tiny):
    from pixray.api import Studio

    Path("lines.txt").write_text("red\n")
    studio = Studio(registry)
    asked = {**tiny, "prompts": None, "prompts_file": "lines.txt"}
    for paint in (studio.run, studio.new_session):
        with pytest.raises(SettingsError, match="asks for a picture a line, .* `pixray --prompts_file FILE` and"):
            paint(**asked)
    with pytest.raises(PixrayError, match=r"prompts_file='gone.txt'"):
        studio.run(**{**asked, "prompts_file": "gone.txt"})


def test_a_grid_whose_file_of_settings_names_prompts_says_so(capsys):
    Path("lines.txt").write_text("red\n")
    Path("mine.yaml").write_text("prompts_file: lines.txt\ndrawer: pixel\n")
    assert main(["grid", "--config_file", "mine.yaml", "--seed", "1,2"]) == 2
    assert "asks for a picture a line" in capsys.readouterr().err
    assert main(["mine.yaml", *EMBEDDED]) == 0 and [row["status"] for row in rows()] == ["done"]


def test_strangers_name_no_file_of_prompts(registry):
    from pixray.settings.core import engine_declarations
    from pixray.settings.layers import Layer, LayerKind

    declared = {one.name: one for one in engine_declarations()}
    problems: list[str] = []
    for kind in (LayerKind.CLIENT, LayerKind.RECORD):
        (left,) = admit([Layer(kind, "them", {"prompts_file": "/etc/passwd"})], declared, set(), problems, [])
        assert not left.values
    assert problems == ["'prompts_file' (from them) names a file of this machine, which is not read here"]
