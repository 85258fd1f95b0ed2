"""What programs read of runs, grids and comparisons is what docs/outputs.md and its schemas say."""

import io
import json
import re
from importlib.resources import files as package_files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from pixray.cli.main import main
from pixray.errors import RunFailed
from pixray.events import Stepped
from pixray.losses.base import Loss
from pixray.models.store import ModelStore
from pixray.recorders.base import attach
from pixray.recorders.console import JsonRecorder
from pixray.recorders.files import FileRecorder
from pixray.runs.compare import Comparison
from pixray.runs.report.compare_page import write_comparison
from pixray.runs.resume import resume
from pixray.testing.fakes import ProposingDrawer

PAGE = (Path(__file__).parents[2] / "docs/outputs.md").read_text(encoding="utf-8")
SCHEMAS = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
    for path in (package_files("pixray") / "schemas").iterdir()
}
TINY = ["--size", "24x16", "--iterations", "2", "--num_cuts", "4", "--perceptors", "embedded"]


def check(name, value):
    """Refuse what a schema does not allow."""
    Draft202012Validator(SCHEMAS[name]).validate(value)
    return value


def read(text):
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def read_lines(name, text):
    return [check(name, read(line)) for line in text.splitlines()]


def outputs(made, files=None, stop_after=None, undo_after=None):
    """The lines of the log and of --json, all of them checked."""
    files, printed = files or FileRecorder(made.settings), io.StringIO()
    for event in attach(made.run(), files, JsonRecorder(files, printed)):
        if isinstance(event, Stepped) and event.step == stop_after:
            made.stop()
        if isinstance(event, Stepped) and event.step == undo_after:
            made.undo(0)
            undo_after = None
    log = read_lines("log", (files.folder / "log.jsonl").read_text(encoding="utf-8"))
    return log, read_lines("events", printed.getvalue())


def kinds(lines):
    return [line["event"] for line in lines]


def test_the_schemas_are_schemas():
    assert SCHEMAS.keys() == {"log", "events", "compare", "grid"}
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


def test_a_run_logs_and_prints_every_kind_of_event(session):
    made = session(
        drawer="pixel",
        pixel_size=[6, 4],
        iterations=2,
        save_every=2,
        learning_rate_drops=[50],
        make_video=True,
        outdir="out",
    )
    made.steer(prompts="blue | red:2", palette=None)
    log, printed = outputs(made, undo_after=1)
    assert kinds(log) == kinds(printed) and set(kinds(log)) == SCHEMAS["log"]["$defs"].keys()
    for line in log:
        assert all(Path("out", name).is_file() for name in line.get("files", []))
    assert log[-1]["files"] == ["steps/output.mp4", "output.mp4"]
    assert {line["save"]: "path" in line for line in printed if line["event"] == "drawn"} == {True: True, False: False}


def test_every_way_to_end_is_in_the_schema(session):
    log, _ = outputs(session(outdir="stopped"), stop_after=2)
    assert log[-1]["reason"] == "stopped" and log[-1]["steps"] == 2
    log, _ = outputs(session(outdir="stalled", auto_stop=True, iterations=400, learning_rate=0))
    assert log[-1]["reason"] == "stalled"
    log, _ = outputs(session(outdir="none", iterations=0))
    assert log[-1]["reason"] == "complete" and log[-1]["best"] is None


def test_a_run_that_fails_has_no_last_line(session, registry):
    class Broken(Loss):
        def __call__(self, inputs):
            return inputs.canvas.mean() * float("inf")

    registry.add("loss", "broken", Broken)
    with pytest.raises(RunFailed):
        outputs(session(outdir="out", custom_loss="broken"))
    log = read_lines("log", Path("out/log.jsonl").read_text(encoding="utf-8"))
    assert "started" in kinds(log) and "finished" not in kinds(log)


def test_a_service_prints_the_same_fields(session, services):
    log, printed = outputs(session(drawer="openai", outdir="out", iterations=1))
    assert "noticed" in kinds(log) and kinds(log) == kinds(printed)


def test_a_run_that_goes_on_appends_to_its_log(session, registry):
    outputs(session(outdir="out", iterations=2))
    log, printed = outputs(*resume("out", registry, ModelStore(), "+2"))
    assert [line["step"] for line in log if line["event"] == "started"] == [0, 2]
    assert printed[0]["step"] == 2 and kinds(log).count("finished") == 2


def test_frames_of_an_animation_are_named(session):
    for colour in ("red", "blue"):
        Image.new("RGB", (24, 16), colour).save(f"in_{colour}.png")
    animation = {"animation_dir": "animation", "init_image": "in_*.png", "init_noise": "none", "iterations": 2}
    log, printed = outputs(session(drawer="pixel", pixel_size=[6, 4], outdir="out", **animation))
    for lines in (log, printed):
        assert {line["frame"] for line in lines if line["event"] == "drawn"} == {"in_blue.png", "in_red.png"}
    assert log[0]["steps"] == 4 and log[-1]["best"] is None


def test_drawers_that_propose_print_the_same_fields(session, registry):
    registry.add("drawer", "proposing", ProposingDrawer)
    log, _ = outputs(session(drawer="proposing", outdir="out", iterations=3))
    assert kinds(log).count("stepped") == 3 and log[-1]["best"][1] >= 1


def test_json_of_the_command_is_what_the_schema_says(capsys):
    words = ["--prompts", "red", "--drawer", "pixel", *TINY]
    assert main([*words, "--json", "--outdir", "out"]) == 0
    printed = capsys.readouterr()
    assert kinds(read_lines("events", printed.out))[-1] == "finished" and printed.err == ""
    assert main([*words, "--json", "-o", "red.png"]) == 0
    lines = read_lines("events", capsys.readouterr().out)
    assert {line["path"] for line in lines if line["event"] == "drawn"} == {"red.png"}


@pytest.mark.parametrize("flags", [["--quiet", "--json"], ["--json", "--quiet"]])
def test_of_both_flags_json_counts_for_every_command(flags, capsys):
    assert main(["--prompts", "red", "--drawer", "pixel", *TINY, "--outdir", "out", *flags]) == 0
    assert read_lines("events", capsys.readouterr().out)
    assert main(["resume", "out", "--iterations", "+1", *flags]) == 0
    printed = capsys.readouterr()
    assert read_lines("events", printed.out) and printed.err == ""


def test_quiet_shows_errors_alone_and_writes_everything(capsys):
    words = ["--prompts", "red", "--drawer", "pixel", *TINY, "--quiet"]
    assert main([*words, "--outdir", "out"]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert "noticed" in kinds(read_lines("log", Path("out/log.jsonl").read_text(encoding="utf-8")))
    assert main([*words, "--init_image", "no.png"]) == 2
    assert "no.png" in capsys.readouterr().err


def test_a_grid_with_done_failed_and_waiting_cells(registry, monkeypatch, capsys):
    import pixray.cli.grid as command

    Image.new("RGB", (24, 16), "red").save("red.png")
    images = "http://127.0.0.1:9/nowhere.png,red.png"
    real, painted = command._paint, []

    def stop_after_three(cell, *rest):
        painted.append(cell)
        return real(cell, *rest) or len(painted) == 3

    monkeypatch.setattr(command, "_paint", stop_after_three)
    words = ["grid", "--prompts", "red", "--drawer", "pixel", "--init_image", images, "--seed", "1,2", *TINY, "--quiet"]
    assert main(words) == 130
    rows = check("grid", read(Path("grid/grid.json").read_text(encoding="utf-8")))
    assert [row["status"] for row in rows] == ["failed", "failed", "done", "waiting"]


def written(comparison):
    """The rows of compare.json, which is checked."""
    write_comparison(comparison.folder, comparison.as_json())
    return check("compare", read((comparison.folder / "compare.json").read_text(encoding="utf-8")))["rows"]


def test_a_comparison_with_done_and_failed_rows(registry, services, monkeypatch):
    monkeypatch.delenv("REGOLO_API_KEY")
    settings = {"clip_models": "toy", "size": "24x16", "iterations": "1", "num_cuts": "4", "prices": "openai:0.04"}
    made = Comparison("red", ["flat", "openai", "regolo"], [1, 2], settings, registry, ModelStore(), "compare")
    list(made.run())
    rows = written(made)
    assert {row["drawer"]: row["status"] for row in rows} == {"flat": "done", "openai": "done", "regolo": "failed"}
    assert rows[2]["facts"].keys() >= {"provider", "service_size", "cost"}


def test_a_very_small_cost_is_a_number_too(registry, services):
    settings = {"clip_models": "toy", "size": "24x16", "num_cuts": "4", "prices": "openai:0.00001"}
    made = Comparison("red", ["openai"], [1], settings, registry, ModelStore(), "compare")
    list(made.run())
    assert [row["cost_amount"] for row in written(made)] == [1e-05]


def test_a_stopped_comparison(registry):
    settings = {"clip_models": "toy", "size": "24x16", "iterations": "1", "num_cuts": "4"}
    made = Comparison("red", ["flat"], [1, 2], settings, registry, ModelStore(), "compare")
    rows = made.run()
    next(rows)
    made.stop()
    list(rows)
    assert [row["status"] for row in written(made)] == ["done", "stopped"]


def examples():
    return re.findall(r"<!-- schema: (\w+) -->\n```json\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_of_the_page_are_what_the_schemas_say():
    kept = examples()
    assert {name for name, _ in kept} == SCHEMAS.keys() and PAGE.count("```json") == len(kept)
    for name, text in kept:
        check(name, read(text))


def test_a_schema_refuses_a_field_too_few_and_one_too_many():
    for name, text in examples():
        whole = read(text)
        for changed in [{**whole, "further": 1}] if isinstance(whole, dict) else [[{**whole[0], "further": 1}]]:
            assert not Draft202012Validator(SCHEMAS[name]).is_valid(changed)
        fields = whole if isinstance(whole, dict) else whole[0]
        for field in fields:
            rest = {key: value for key, value in fields.items() if key != field}
            assert not Draft202012Validator(SCHEMAS[name]).is_valid(rest if isinstance(whole, dict) else [rest]), field


def described():
    """The parts of the page by heading, each with the schemas of the objects whose fields its table lists."""
    for kind in SCHEMAS["log"]["$defs"]:
        yield kind, [SCHEMAS[name]["$defs"][kind] for name in ("log", "events")]
    row = SCHEMAS["compare"]["properties"]["rows"]["items"]
    yield "compare.json", [SCHEMAS["compare"]]
    yield "A row of compare.json", [row]
    yield "The facts of a row", [row["properties"]["facts"]]
    yield "grid.json", [SCHEMAS["grid"]["items"]]


@pytest.mark.parametrize(("heading", "schemas"), described(), ids=[heading for heading, _ in described()])
def test_the_page_lists_every_field_and_says_which_may_be_absent(heading, schemas):
    section = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)[1]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE))
    fields = set().union(*(schema["properties"] for schema in schemas)) - {"event"}
    assert rows.keys() == fields
    optional = {field for field in fields if any(field not in schema["required"] for schema in schemas)}
    told = fields if "Each is absent" in section else {field for field, row in rows.items() if "absent" in row}
    assert told == optional
