"""What the page can offer, and settings in dropped pictures: from the declarations, under the rules for strangers."""

import dataclasses
import json
import re
import tempfile
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import pixray
from pixray.drawers.base import Canvas
from pixray.drawers.pixel.sprite_files import check_sprite
from pixray.errors import SettingsError
from pixray.registry import BUILT_IN, Registry
from pixray.runtime.yaml_io import read_yaml, write_yaml
from pixray.settings.core import engine_declarations
from pixray.settings.declare import Refers, Role, setting
from pixray.settings.indexed import indexed_owners, indexed_part
from pixray.settings.layers import Leave
from pixray.settings.resolve import resolve
from pixray.studio.options import options
from pixray.studio.routes import page_routes
from pixray.testing.fakes import FlatDrawer


@pytest.fixture
def built_in():
    return Registry(BUILT_IN)


@pytest.fixture
def page(built_in):
    with TestClient(Starlette(routes=page_routes(built_in))) as client:
        yield client


def test_every_setting_of_every_local_drawer_is_offered_with_its_help_and_bounds(built_in):
    drawers = {drawer["name"]: drawer for drawer in options(built_in)["drawers"]}
    assert drawers["pixel"]["help"] == "A grid of coloured cells."
    for owner in (owner for owner in indexed_owners() if owner.startswith("drawer ")):
        name = owner.removeprefix("drawer ")
        if name in built_in.names("provider"):
            assert name not in drawers
            continue
        shown = {row["name"]: row for row in drawers[name]["settings"]}
        for declaration in indexed_part(owner).declared:
            if not declaration.internal and not declaration.refers:
                row = shown[declaration.name]
                assert (row["help"], row["minimum"], row["maximum"]) == (
                    declaration.help,
                    declaration.minimum,
                    declaration.maximum,
                )


def test_a_setting_declared_by_a_plugin_appears(built_in):
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Settings:
        clay_wetness: float = setting(0.5, "how wet the clay is", minimum=0, maximum=1)

    clay = type("Clay", (FlatDrawer,), {"__doc__": "Clay on a wheel.\n\nMore.", "Settings": Settings})
    built_in.add("drawer", "clay", clay)
    (told,) = [drawer for drawer in options(built_in)["drawers"] if drawer["name"] == "clay"]
    (row,) = told["settings"]
    assert told["help"] == "Clay on a wheel."
    assert (row["name"], row["help"], row["maximum"]) == ("clay_wetness", "how wet the clay is", 1)


def test_what_no_visitor_may_name_is_not_offered(built_in):
    offered = {row["name"] for row in options(built_in)["general"]}
    for declaration in engine_declarations():
        if declaration.refers & (Refers.DESTINATION | Refers.INSTALLATION | Refers.ENDPOINT):
            assert declaration.name not in offered
        if Role.UNRECORDED in declaration.role or declaration.internal:
            assert declaration.name not in offered
    assert "init_image" not in offered and {"prompts", "seed", "palette", "filters"} <= offered
    assert "init_image" in {row["name"] for row in options(built_in, Leave(addresses=True))["general"]}


def test_services_are_offered_only_where_they_may_be_paid(built_in):
    paid = {drawer["name"] for drawer in options(built_in, Leave(services=True))["drawers"]}
    assert "openai" in paid and "openai" not in {drawer["name"] for drawer in options(built_in)["drawers"]}


def test_types_say_how_many_values_a_setting_takes(built_in):
    told = options(built_in)
    rows = {row["name"]: row for row in [*told["general"], *told["drawers"][0]["settings"]]}
    rows |= {row["name"]: row for drawer in told["drawers"] for row in drawer["settings"]}
    assert (rows["size"]["type"], rows["size"]["count"]) == ("integer", 2)
    assert (rows["noise_prompt_seeds"]["type"], rows["noise_prompt_seeds"]["count"]) == ("integer", None)
    assert (rows["prompts"]["type"], rows["prompts"]["count"]) == ("texts", 0)
    assert rows["drawer"]["choices"] is not None and "pixel" in rows["drawer"]["choices"]
    json.dumps(told, allow_nan=False)


def test_every_start_preset_and_palette_makes_a_run(built_in):
    told = options(built_in)
    for start in told["starts"]:
        chosen = {**told["defaults"], **start["settings"]}
        drawer = next(drawer for drawer in told["drawers"] if drawer["name"] == chosen["drawer"])
        known = {row["name"] for row in [*told["general"], *drawer["settings"]]}
        settings = {name: value for name, value in chosen.items() if name in known}
        assert set(start["settings"]) <= set(settings)
        assert resolve(built_in, {**settings, "prompts": "a red heart"}).drawer == chosen["drawer"]
    for palette in told["palettes"]:
        assert len(palette["colours"]) >= 2
        assert resolve(built_in, {"prompts": "x", "palette": palette["text"]}).palette == palette["text"]
    for nudge in told["nudges"]:
        assert resolve(built_in, {"prompts": "x", "drawer": "line_sketch", "ink": nudge["ink"]}).ink == nudge["ink"]
        assert resolve(built_in, {**told["defaults"], "prompts": "x", **nudge["settings"]}).palette
    assert all(preset["title"] and preset["settings"] is not None for preset in told["presets"])


def test_a_dropped_picture_gives_back_its_settings(page, tmp_path):
    pixray.run("a red heart", "pixel", size=[32, 24], iterations=1, pixel_svg=True, seed=5, outdir="out", quiet=True)
    for name in ("output.png", "output.svg", "settings.yaml"):
        answer = page.post("/api/restore", content=Path("out", name).read_bytes())
        assert answer.status_code == 200, (name, answer.text)
        settings = answer.json()["settings"]
        assert settings["prompts"] == ["a red heart"] and settings["seed"] == 5 and settings["size"] == [32, 24]
        assert settings["drawer"] == "pixel" and "outdir" not in settings
        assert answer.json()["used"]["scale"] == 2.0, (
            "what followed from the quality is told, and nobody has to ask for it"
        )


def test_a_picture_of_other_days_gives_back_what_followed_from_its_settings_then(page):
    pixray.run("a red heart", "pixel", size=[32, 24], iterations=1, outdir="out", quiet=True)
    record = read_yaml(Path("out/settings.yaml"))
    record["resolved"]["defaults"]["learning_rate"] = 0.07
    told = page.post("/api/restore", content=write_yaml(record).encode()).json()
    assert told["settings"]["learning_rate"] == 0.07 and "learning_rate" not in told["used"]


def test_files_and_places_in_a_dropped_record_are_left_out_and_named(page):
    stranger = b"prompts: sea\ninit_image: /etc/passwd\noutdir: /tmp/elsewhere\n"
    told = page.post("/api/restore", content=stranger).json()
    assert told["settings"] == {"prompts": ["sea"]}
    assert "init_image" in told["notices"][0] and "outdir" in told["notices"][0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no settings"),
        (b"\x89PNG\r\n\x1a\n nonsense", "cannot be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "holds no settings"),
        (b"just words", "expected lines"),
        (b"drawer: pixle\nprompts: x", "pixel"),
        (b"drawer: openai\nprompts: x", "cost money"),
        (b"prompts: [" * 50, "this file"),
    ],
)
def test_what_is_no_picture_of_pixray_is_answered_in_a_sentence_without_a_path(page, content, words):
    answer = page.post("/api/restore", content=content)
    assert answer.status_code == 422 and words in answer.json()["detail"]
    assert "/tmp" not in answer.text and "dropped" not in answer.text


def test_a_path_too_long_for_a_message_is_not_told_in_part(page, monkeypatch, tmp_path):
    folder = tmp_path / "secret" / ("long" * 30)
    folder.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    answer = page.post("/api/restore", content=b"just words")
    assert answer.status_code == 422 and answer.json()["detail"].startswith("this file: expected lines")


def test_the_page_asks_no_other_host_and_runs_no_script_of_its_text(page):
    answer = page.get("/")
    assert answer.status_code == 200 and "script-src 'self'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text.replace("http://www.w3.org", "") and "https://" not in answer.text
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        file = page.get(path)
        assert file.status_code == 200 and file.headers["cache-control"] == "no-cache", path
    assert page.get("/static/../options.py").status_code == 404


def test_a_setting_that_settles_others_contradicts_each_of_them(built_in):
    told = options(built_in)
    values = {"sprite": "16x16", "pixel_size": [8, 8], "pixel_scale": 2, "pixel_type": "hex"}
    for rule in told["settled"]:
        assert "{}" in rule["words"]
        for other in rule["others"]:
            chosen = {"prompts": "x", "drawer": "pixel", rule["name"]: values[rule["name"]], other: values[other]}
            settings = resolve(built_in, {**chosen, "size": [64, 64]})
            with pytest.raises(SettingsError, match=other):
                check_sprite(settings, Canvas(64, 64))
