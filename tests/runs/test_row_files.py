"""One picture a row: CSV as spreadsheets write it, and JSON lines, checked before anything is painted."""

import json
import time
import tracemalloc
from pathlib import Path

import pytest

from pixray.api import studio
from pixray.cli.main import main
from pixray.errors import SettingsError
from pixray.runs.grid import MOST_CELLS
from pixray.settings.row_files import read_rows

TINY = ["--drawer", "pixel", "--size", "24x16", "--iterations", "2", "--num_cuts", "2", "--quality", "draft"]
EMBEDDED = [*TINY, "--perceptors", "embedded", "--quiet"]


def written(name, content):
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def values(name):
    return [dict(row.values) for row in read_rows(name)]


def painted(folder="grid"):
    return json.loads(Path(folder, "grid.json").read_text())


@pytest.mark.parametrize(
    "content",
    [
        "prompts,seed,size\na red heart,1,24x16\na green tree,2,\n",
        "\ufeffprompts;seed;size\r\na red heart;1;24x16\r\na green tree;2;\r\n",
        "sep=;\r\nprompts;seed;size\r\na red heart;1;24x16\r\n;;\r\na green tree;2;\r\n",
        "prompts\tseed\tsize\na red heart\t1\t24x16\n\na green tree\t2",
        'Prompts , Seed,size\n"a red heart",1,24x16\n"a green tree","2",""\n',
        "prompts;seed;size\r\na red heart;1;24x16\r\na green tree;2;\r\n".encode("utf-16"),
    ],
)
def test_rows_are_read_as_spreadsheets_write_them(content):
    content = content.encode() if isinstance(content, str) else content
    rows = values(written("rows.csv", content))
    assert rows == [{"prompts": "a red heart", "seed": "1", "size": "24x16"}, {"prompts": "a green tree", "seed": "2"}]


def test_a_field_may_hold_quotes_delimiters_and_lines():
    written("rows.csv", 'prompts;seed\n"a ""red"" heart;\non two lines";1\nplain;2\n')
    rows = list(read_rows("rows.csv"))
    assert rows[0].values == {"prompts": 'a "red" heart;\non two lines', "seed": "1"}
    assert [(row.number, row.line) for row in rows] == [(1, 3), (2, 4)]


def test_json_lines_hold_values_of_any_kind():
    lines = [{"prompts": ["red", "blue"], "size": [24, 16], "seed": 3, "palette": None}, {"prompts": "green"}]
    written("rows.jsonl", "\ufeff" + "\r\n\r\n".join(map(json.dumps, lines)))
    assert values("rows.jsonl") == [{"prompts": ["red", "blue"], "size": [24, 16], "seed": 3}, {"prompts": "green"}]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.csv", "", "it is empty; expected a header"),
        ("rows.csv", "prompts,seed\n", "it holds no rows with settings"),
        ("rows.csv", "prompts,seed,seed\nred,1,2\n", "the column 'seed' is there twice"),
        (
            "rows.csv",
            "prompts,sede\nred,1\nblue,2\n",
            "unknown column 'sede'; columns are called as settings. Did you",
        ),
        ("rows.csv", "prompts,outdir\nred,/tmp\n", "rows.csv: 'outdir' cannot be a column"),
        ("rows.csv", "prompts,seed\nred,1,7\n", "row 1 (line 2): the field '7' stands below no name"),
        ("rows.csv", "prompts,iterations\nred,2\nblue,many\n", "iterations='many'"),
        ("rows.csv", "prompts,iterations\nred,2\nblue,many\n", "rows.csv, row 2 (line 3)"),
        ("rows.csv", 'prompts,seed\n"red,1\n', "line 2: unexpected end of data"),
        ("rows.csv", "prompts,seed\nröd,1\n".encode("latin-1"), "it is no text in UTF-8; save it as CSV in UTF-8"),
        ("rows.csv", b"prompts,seed\nr\0d,1\n", "NUL"),
        ("rows.csv", "prompts\n" + "x" * 200_000, "field larger than field limit"),
        ("gone.csv", None, "the folder is gone"),
        ("rows.jsonl", '{"prompts": "red"}\n{"prompts": \n', "row 2 (line 2): it is no JSON"),
        ("rows.jsonl", '{"prompts": "red"}\n\n["red"]\n', "row 2 (line 3): expected an object of settings by name"),
        ("rows.jsonl", '{"seed": 1, "seed": 2}\n', "'seed' is given twice"),
        ("rows.jsonl", '{"prompts": "red", "size": {"a": 1}}\n', "rows.jsonl, row 1 (line 1)"),
    ],
)
@pytest.mark.parametrize("command", [[], ["grid"]])
def test_wrong_files_of_rows_are_told_before_anything_is_painted(command, name, content, said, capsys):
    if content is not None:
        written(name, content)
    assert main([*command, "--prompts_file", name, *EMBEDDED]) == 2
    told = capsys.readouterr().err
    assert (said in told or (content is None and name in told)) and told.count("\n") == 1
    assert not Path("grid").exists()


def test_a_csv_is_painted_a_picture_a_row_and_goes_on_where_it_was():
    written("rows.csv", "prompts;seed;output\na red heart;1;\na green tree;2;{row}-tree.png\na red heart;1;\n")
    words = ["--prompts_file", "rows.csv", "-o", "{row}-{prompt}-{seed}.png", *EMBEDDED]
    assert main(words) == 0
    names = [Path(row["picture"]).name for row in painted()]
    assert names == ["1-a-red-heart-1.png", "2-tree.png"]
    before = {path: path.stat().st_mtime_ns for path in Path("grid").glob("*/*.png")}
    written("rows.csv", "prompts;seed;output\na red heart;1;\na green tree;2;{row}-tree.png\na blue pond;3;\n")
    assert main(words) == 0
    after = {path: path.stat().st_mtime_ns for path in Path("grid").glob("*/*.png")}
    assert before.items() <= after.items() and [row["status"] for row in painted()] == ["done"] * 3
    assert painted()[2]["values"] == {"row": "3: a blue pond, 3"}


def test_rows_of_a_grid_are_combined_with_other_values():
    written("rows.jsonl", '{"prompts": "red", "seed": 5}\n{"prompts": "blue"}\n')
    words = ["grid", "--prompts_file", "rows.jsonl", "--seed", "1,2", "--outdir", "many", *EMBEDDED]
    assert main(words) == 0
    assert [row["values"] for row in painted("many")] == [
        {"row": "1: red, 5"},
        {"row": "2: blue", "seed": "1"},
        {"row": "2: blue", "seed": "2"},
    ]
    assert Path("many/sheet.png").is_file()


@pytest.mark.parametrize("command", [[], ["grid"]])
def test_what_a_row_leaves_empty_is_as_the_command_says(command):
    written("rows.csv", "seed,prompts\n4,\n5,blue\n")
    assert main([*command, "--prompts", "red", "--prompts_file", "rows.csv", *EMBEDDED]) == 0
    records = sorted(path.read_text() for path in Path("grid").glob("*/settings.yaml"))
    assert len(records) == 2 and sum("- red" in text and "seed: 4" in text for text in records) == 1
    assert sum("- blue" in text and "seed: 5" in text for text in records) == 1


def test_a_row_that_fails_is_a_row_with_its_reason(capsys):
    written("rows.csv", "prompts,init_image\nred,http://127.0.0.1:9/a.png\nblue,\n")
    assert main(["--prompts_file", "rows.csv", *EMBEDDED]) == 1
    assert [row["status"] for row in painted()] == ["failed", "done"]
    assert "init_image" in painted()[0]["reason"]


def test_the_number_of_a_row_names_nothing_else(capsys):
    assert main(["--prompts", "red", "-o", "{row}.png", "--outdir", "out", *EMBEDDED]) == 2
    assert "{row} needs a file of rows (--prompts_file)" in capsys.readouterr().err


def test_rows_are_cells_of_a_farm():
    written("rows.csv", "prompts,seed,drawer,size,iterations,num_cuts,perceptors\nred,1,pixel,24x16,2,2,embedded\n")
    for _ in studio.farm([row.values for row in read_rows("rows.csv")], outdir="farm"):
        pass
    assert [row["status"] for row in painted("farm")] == ["done"]


def test_a_hundred_thousand_rows_take_seconds_and_little_memory(capsys):
    with Path("rows.csv").open("w") as file:
        file.write("prompts,seed,iterations,size\n")
        file.writelines(f"a red heart number {number},{number},100,240x240\n" for number in range(100_000))
    tracemalloc.start()
    count = sum(1 for _ in read_rows("rows.csv"))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 100_000 and most < 4 << 20
    start = time.perf_counter()
    assert sum(1 for _ in read_rows("rows.csv")) == 100_000
    assert time.perf_counter() - start < 20
    written("more.csv", "prompts\n" + "".join(f"red {number}\n" for number in range(MOST_CELLS + 7)))
    with pytest.raises(SettingsError, match="these are 1,007 pictures; at most 1,000 pictures are painted"):
        from pixray.runs.row_cells import grid_of_rows

        grid_of_rows("more.csv", {}, studio.registry, "out")
