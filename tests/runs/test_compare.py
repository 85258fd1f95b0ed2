"""The same prompts by several drawers and services."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

import pixray
from pixray.cli.main import main
from pixray.errors import SettingsError
from pixray.models.store import ModelStore
from pixray.runs.compare import Comparison
from pixray.runs.report.compare_page import write_comparison
from pixray.testing.fake_server import FAKE_KEY
from pixray.testing.fakes import ToyPerceptor
from tests.runs.farm.metered import FakeMetered, Metered

TINY = {"clip_models": "toy", "size": "24x16", "iterations": "2", "num_cuts": "4"}


@pytest.fixture
def compare(registry):
    """A function that compares with the toy perceptor, and gives the rows by drawer."""
    registry.add("perceptor", "other", type("Other", (ToyPerceptor,), {"name": "other"}))

    def run(drawers, seeds=(1,), judge="other", **settings):
        settings = {**TINY, "iterations": 1, **settings}
        given = {name: value for name, value in settings.items() if value is not None}
        made = Comparison("red | a circle", drawers, seeds, given, registry, ModelStore(), "compare", judge)
        list(made.run())
        write_comparison(made.folder, made.as_json())
        return made

    return run


def test_local_drawers_and_services_stand_in_one_table(compare, services):
    made = compare(["pixel", "flat", "openai", "regolo"], (1, 2), iterations=1, pixel_size="6 4", prices="openai:0.04")
    rows = json.loads(Path("compare/compare.json").read_text())["rows"]
    assert [(row["drawer"], row["seed"]) for row in rows][:2] == [("pixel", "1"), ("pixel", "2")]
    assert len(rows) == 8 and {row["status"] for row in rows} == {"done"}
    for row in rows:
        assert row["size"] == [24, 16] and Path("compare", row["picture"]).is_file()
        assert row["guided"] is not None and row["judge"] == "other" and row["held_out"] is not None
        assert row["seconds"] >= 0 and row["remote"] == (row["drawer"] in ("openai", "regolo"))
    openai = [row for row in rows if row["drawer"] == "openai"]
    assert all(row["facts"]["cost"] == "0.04 (estimated)" and row["cost_amount"] == 0.04 for row in openai)
    assert made.as_json()["requests"] == 4 and made.as_json()["spent"] == pytest.approx(0.08)


def test_the_sheet_and_the_page_show_every_picture_and_load_nothing(compare, services):
    compare(["flat", "openai"], seeds=(1, 2))
    page = Path("compare/index.html").read_text()
    assert page.count('<img src="data:image/png;base64,') == 4
    assert not re.findall(r'(?:src|href)="(?!data:)', page) and "<script" not in page
    with Image.open("compare/sheet.png") as sheet:
        assert sheet.width == 2 * 200 + 8 and sheet.height > 2 * 128


def test_a_failed_service_is_a_row_with_its_reason(compare, services, monkeypatch):
    monkeypatch.delenv("REGOLO_API_KEY")
    made = compare(["flat", "regolo", "openai"])
    by_name = {row.drawer: row for row in made.rows}
    assert [by_name[name].status for name in ("flat", "regolo", "openai")] == ["done", "failed", "done"]
    assert "REGOLO_API_KEY" in by_name["regolo"].reason
    assert "failed: no key" in Path("compare/index.html").read_text()
    assert Path("compare/sheet.png").is_file()


def test_the_same_comparison_again_asks_nobody(compare, services):
    first = compare(["flat", "openai", "blockentropy"], seeds=(1, 2)).as_json()["rows"]
    sent = {name: len(fake.requests) for name, fake in services.items()}
    again = compare(["flat", "openai", "blockentropy"], seeds=(1, 2)).as_json()["rows"]
    assert sent == {name: len(fake.requests) for name, fake in services.items()} and again == first
    import shutil

    shutil.rmtree("compare")
    third = compare(["openai", "blockentropy"], seeds=(1, 2))
    assert sent == {name: len(fake.requests) for name, fake in services.items()}, "the cache outlives the folder"
    assert all(row.facts["cost"] == "0 (cached)" for row in third.rows)


def test_a_budget_counts_for_the_whole_comparison(compare, services):
    made = compare(["openai", "regolo"], seeds=(1, 2, 3), max_requests=4)
    assert sum(len(fake.requests) for fake in services.values()) == 4
    assert sorted(row.status for row in made.rows) == ["done"] * 4 + ["failed"] * 2


def test_iterations_buy_no_pictures_and_candidates_do(compare, services):
    made = compare(["flat", "openai"], iterations=5, prices="openai:0.04")
    assert len(services["openai"].requests) == 1
    assert made.candidates == 1
    assert (
        main(
            [
                *"compare --drawers openai --prompts red --candidates 3 --size 24x16 --outdir c2".split(),
                "--quiet",
                "--perceptors",
                "embedded",
                "--prices",
                "openai:0.04",
            ]
        )
        == 0
    )
    (row,) = json.loads(Path("c2/compare.json").read_text())["rows"]
    assert len(services["openai"].requests) == 4 and row["cost_amount"] == pytest.approx(0.12)
    assert main(["compare", "--drawers", "openai", "--prompts", "red", "--candidates", "none"]) == 2


def test_a_perceptor_that_guides_cannot_judge(compare):
    with pytest.raises(SettingsError, match="name one that does not"):
        compare(["flat"], judge="toy")
    rows = compare(["flat"], judge=None).rows
    assert rows[0].held_out is None or rows[0].judge == "embedded-referee"


def test_mistakes_are_reported_before_anything_is_painted(compare):
    with pytest.raises(SettingsError, match="Did you mean 'openai'"):
        compare(["flat", "openay"])
    assert not Path("compare").exists()


def test_stopping_a_comparison_stops_every_run(compare, services, registry):
    services["openai"].hang_next()
    made = Comparison("red", ["flat", "openai"], [1], {**TINY, "iterations": "1"}, registry, ModelStore(), "compare")
    rows = made.run()
    next(rows)
    made.stop()
    assert [row.status for row in rows] == ["stopped"] and services["openai"].left.wait(20)


def test_runs_that_are_stopped_together_leave_their_place_at_a_service_to_none_of_the_others(registry, monkeypatch):
    monkeypatch.setenv("METERED_KEY", "sk-metered")
    registry.add("provider", "metered", Metered)
    with FakeMetered() as service:
        service.seconds = None
        settings = {**TINY, "metered_url": service.url, "remote_cache": "off"}
        made = Comparison("red", ["flat", "metered"], range(1, 9), settings, registry, ModelStore(), "compare")
        for _ in made.run():
            if service.asked.wait(20):
                made.stop()
        assert service.left.wait(20) and len(service.came) == 1
    assert {row.status for row in made.rows if row.remote} == {"stopped"}


def test_the_command_and_the_function_say_the_same(services, capsys):
    words = "compare --drawers pixel,openai --prompts red --iterations 1 --size 24x16 --num_cuts 4 --seeds 3"
    assert main([*words.split(), "--perceptors", "embedded", "--quiet"]) == 0
    assert capsys.readouterr().out.strip() == str(Path("compare/index.html"))
    by_command = json.loads(Path("compare/compare.json").read_text())["rows"]
    settings = {"iterations": 1, "size": "24x16", "num_cuts": 4, "perceptors": "embedded"}
    by_function = pixray.compare("red", ["pixel", "openai"], seeds=[3], outdir="other", **settings)["rows"]
    assert [row["guided"] for row in by_command] == [row["guided"] for row in by_function]


def test_what_is_missing_is_said(capsys):
    assert main(["compare", "--drawers", "pixel"]) == 2
    assert "--prompts" in capsys.readouterr().err
    assert main(["compare", "--help"]) == 0


def test_prompts_are_safe_in_the_page(compare):
    made = compare(["flat"])
    made.prompts = "<script>alert(1)</script>"
    write_comparison(made.folder, made.as_json())
    assert "<script>" not in Path("compare/index.html").read_text()


def test_two_drawers_and_every_service_stand_on_one_sheet_that_can_be_read(compare, services, tmp_path):
    seeds = (1, 2)
    made = compare(["flat", "pixel", *services], seeds, pixel_size="6 4", **_plaintext(services))
    assert {row.status for row in made.rows} == {"done"} and len(made.rows) == 2 * (2 + len(services))
    page = Path("compare/index.html").read_text()
    assert "--columns: 6" in page and page.count('<img src="data:image/png;base64,') == len(made.rows)
    with Image.open("compare/sheet.png") as sheet:
        assert sheet.width == 6 * 200 + 8 and sheet.height > 2 * 3 * 128
    assert made.as_json()["requests"] == 2 * len(services)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if FAKE_KEY.encode() in path.read_bytes()]


def test_a_request_that_could_not_be_sent_counts_nowhere(compare, services, monkeypatch):
    monkeypatch.delenv("REGOLO_API_KEY")
    monkeypatch.setenv("TOGETHER_API_KEY", "two words")
    monkeypatch.setenv("SDAPI_URL", "http://127.0.0.1:9")
    # Services are asked at the same time, and one that is being asked counts until it is known that nothing was sent.
    made = compare(["regolo", "together", "sdapi", "openai"], max_requests=4, prices="openai:0.04,regolo:0.01")
    assert [row.status for row in made.rows] == ["failed"] * 3 + ["done"]
    assert made.as_json()["requests"] == 1 and made.as_json()["spent"] == pytest.approx(0.04)


def test_the_page_says_what_is_a_guess_and_whose(compare, services):
    compare(["flat", "together"])
    page = Path("compare/index.html").read_text()
    assert "<dd>about 0.0027 USD</dd>" in page and "cost about 0.0027 USD (list of" in page


def _plaintext(services):
    return {"stability_plaintext": "yes"} if "stability" in services else {}
