"""What a run used without being asked: it lasts when defaults and presets change, and yields to other choices."""

import json

import pytest

from pixray.errors import SettingsError
from pixray.recorders.record import record_yaml
from pixray.runtime.yaml_io import parse_yaml
from pixray.settings import tables
from pixray.settings.core import engine_declarations
from pixray.settings.declare import RESOLVED, Role
from pixray.settings.indexed import indexed_owners
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.recorded import complete_values, resolved_values
from pixray.settings.resolve import resolve as resolve_settings
from pixray.settings.schema import Schema

NOT_RECORDED = {
    "cuda_graph", "device", "outdir", "recorders", "config_file", "skip_args", "checkpoints_dir", "offline",
    "prompts_file",
}  # fmt: skip
"""Settings on which no picture depends."""


def record_of(settings):
    """As a run writes it, through YAML."""
    record = {**{name: raw for name, raw in settings.given().items() if name not in NOT_RECORDED}, "seed": 1}
    return parse_yaml(record_yaml({**record, RESOLVED: resolved_values(settings, {})}), "settings.yaml")


@pytest.fixture
def again(registry):
    """Settings from a record and changes."""

    def made(record, **changes):
        return resolve_settings(registry, changes, base=Layer(LayerKind.RECORD, "one.png", record))

    return made


@pytest.fixture
def changed_default():
    """Gives a setting of the engine another default."""
    before = []

    def change(name, default):
        declared = next(one for one in engine_declarations() if one.name == name)
        before.append((declared, declared.default))
        object.__setattr__(declared, "default", default)

    yield change
    for declared, default in reversed(before):
        object.__setattr__(declared, "default", default)


def test_every_setting_of_every_part_is_recorded(registry):
    names = {kind: [] for kind in ("drawer", "filter", "loss")}
    for owner in indexed_owners():
        kind, _, name = owner.partition(" ")
        names.setdefault(kind, []).append(name)
    parts = {"filters": ",".join(names["filter"]), "custom_loss": ",".join(names["loss"])}
    for drawer in {*names["drawer"], "vqgan", "pixel"}:
        layers = [Layer(LayerKind.PYTHON, "test", {"drawer": drawer, "prompts": "a", **parts})]
        schema = Schema.for_choice(registry, layers)
        recorded = complete_values({**record_of(schema.resolve(layers)), "seed": 1})
        timelines = {name for name, one in schema.declared.items() if Role.TIMELINE in one.role}
        missing = set(schema.declared) - set(recorded) - NOT_RECORDED - timelines
        assert not missing, f"a record of {drawer} lacks {missing}"
        silent = {name for name, one in schema.declared.items() if one.role & (Role.UNRECORDED | Role.OF_MACHINE)}
        assert silent == NOT_RECORDED, "does no picture depend on these?"


def test_later_defaults_and_presets_change_nothing_of_a_rerun(resolve, again, changed_default, monkeypatch):
    first = resolve(drawer="pixel", perceptors="embedded", prompts="a")
    record = record_of(first)
    for name, default in {"learning_rate": 0.5, "drawer": "fft", "quality": "best", "aspect": "square"}.items():
        changed_default(name, default)
    changed_default("palette", "red")
    monkeypatch.setitem(tables.EMBEDDED, "cut_noise", 0.7)
    monkeypatch.setitem(tables.EMBEDDED, "init_noise", "snow")
    monkeypatch.setitem(tables.EMBEDDED_PIXEL, "num_cuts", 2)
    monkeypatch.setitem(tables.QUALITY["normal"], "iterations", 7)
    monkeypatch.setitem(tables.ASPECT, "widescreen", (10, 10))
    second = again(record)
    assert {**vars(second), "seed": None} == vars(first)
    assert record_of(second) == record
    del record[RESOLVED]
    assert vars(again(record)) != vars(first), "without it, today's defaults count"


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({"drawer": "pixel", "perceptors": "clip"}, {"quality": "better"}),
        ({"drawer": "pixel", "perceptors": "clip"}, {"perceptors": "embedded"}),
        ({"drawer": "pixel", "perceptors": "embedded"}, {"perceptors": "clip"}),
        ({"drawer": "pixel", "perceptors": "embedded"}, {"quality": "draft"}),
        ({"drawer": "pixel", "perceptors": "embedded"}, {"drawer": "line_sketch"}),
        ({"drawer": "line_sketch", "perceptors": "embedded"}, {"drawer": "pixel"}),
        ({"drawer": "line_sketch", "perceptors": "embedded"}, {"ink": "yellow"}),
        ({"drawer": "pixel", "perceptors": "clip"}, {"clip_models": "embedded"}),
        ({"drawer": "pixel", "perceptors": "embedded"}, {"filters": "lookup", "palette": "red"}),
        ({"drawer": "pixel"}, {"aspect": "square"}),
        ({"drawer": "pixel"}, {"sprite": "16x16"}),
        ({"drawer": "pixel", "sprite": "16x16"}, {"sprite": "32x24"}),
        ({"drawer": "pixel", "sprite": "16x16"}, {"filters": "tiler"}),
        ({"drawer": "fft"}, {"drawer": "pixel", "sprite": "16x16"}),
        ({"drawer": "pixel"}, {"scale": 3.0}),
        ({"drawer": "pixel", "size": (32, 24)}, {"scale": 3.0}),
        ({"drawer": "pixel"}, {"ezsize": "large"}),
        ({"drawer": "pixel"}, {"drawer": "openai"}),
        ({"drawer": "openai"}, {"drawer": "pixel", "quality": "draft"}),
        ({"drawer": "openai"}, {"quality": "better"}),
        ({"drawer": "fft", "iterations": 7, "num_cuts": 3}, {"quality": "best"}),
    ],
)
def test_a_changed_choice_brings_what_a_new_run_would_have(resolve, registry, before, change):
    record = record_of(resolve(**before, prompts="a"))
    base = Layer(LayerKind.FILE, "one.png", record)
    assert vars(resolve_settings(registry, change, base=base)) == {
        **vars(resolve(**{**before, "prompts": "a", **change})),
        "seed": 1,
    }


def test_a_changed_quality_leaves_what_does_not_follow_from_it(resolve, again, monkeypatch, changed_default):
    record = record_of(resolve(drawer="pixel", perceptors="embedded", prompts="a"))
    monkeypatch.setitem(tables.EMBEDDED, "cut_noise", 0.7)
    changed_default("learning_rate", 0.5)
    settings = again(record, quality="draft")
    assert settings.iterations == round(tables.EMBEDDED_PIXEL["iterations"] * tables.length_of("draft"))
    assert (settings.cut_noise, settings.learning_rate) == (0.2, 0.2)
    other = again(record, drawer="fft")
    assert (other.cut_noise, other.learning_rate) == (0.7, 0.2), "presets of the drawer are today's"


def test_a_sprite_is_made_again_in_its_size_and_another_drawer_has_its_own(resolve, again):
    first = resolve(drawer="pixel", sprite="16x16", prompts="a")
    record = record_of(first)
    assert again(record).size == first.size and again(record).transparent
    del record["sprite"]
    assert again(record).size == resolve(drawer="pixel", prompts="a").size and not again(record).transparent
    assert not again({**record_of(first), "sprite": "none"}).transparent


def test_an_edited_file_counts_as_a_changed_choice(resolve, again):
    record = record_of(resolve(drawer="pixel", prompts="a"))
    settings = again({**record, "quality": "draft"})
    assert settings.iterations == tables.QUALITY["draft"]["iterations"]


def test_settings_of_another_drawer_are_left_out_with_a_word(resolve, again):
    record = record_of(resolve(drawer="pixel", pixel_type="hex", prompts="a"))
    settings = again(record, drawer="fft")
    assert not hasattr(settings, "pixel_type")
    assert any("pixel_type" in text and "drawer pixel" in text for text in settings.notices)
    with pytest.raises(SettingsError, match="pixel_typ"):
        again({**record, "pixel_typ": "hex"})


def test_models_in_use_are_shown_and_still_follow_the_quality(resolve, again):
    first = resolve(drawer="pixel", perceptors="clip", prompts="a")
    record = {**record_of(first), "clip_models": ",".join(first.clip_models)}
    assert again(record).clip_models == first.clip_models and not again(record).origins["clip_models"].asked_for
    assert again(record).origins["clip_models"].settled, "no other model takes its place"
    assert again(record, quality="draft").clip_models == list(tables.CLIP_MODELS["draft"])
    assert again({**record, "clip_models": "RN50"}).clip_models == ["RN50"], "an edited record asks for it"


@pytest.mark.parametrize(
    "section",
    ["x", [1], {"defaults": 3}, {"choices": []}, {"presets": {"a": 1}}, {"presets": [{"values": 1}]},
     {"presets": [{"values": {}, "follows": 3}]}, {"presets": [{"values": {}, "follows": [[]]}]}, {"presets": [7]}],
)  # fmt: skip
def test_a_damaged_section_is_one_sentence(again, section):
    record = {"prompts": ["a"], "drawer": "pixel", RESOLVED: section}
    if section == {"choices": []}:
        assert again(record).drawer == "pixel"
        return
    with pytest.raises(SettingsError, match=r"resolved \(from one.png\): expected"):
        again(record)


def test_a_strangers_section_names_nothing_either(again, tmp_path):
    values = {"outdir": "elsewhere", "init_image": "/etc/hostname", "drawer": "openai", "output": "x.png", "no_such": 1}
    record = {"prompts": ["a"], RESOLVED: {"defaults": values, "presets": [{"follows": [], "values": values}]}}
    settings = again(json.loads(json.dumps(record)))
    assert settings.init_image is None and settings.drawer == "vqgan" and settings.output == "output.png"
    assert settings.is_untrusted("init_image") and settings.outdir.startswith("outputs/")


def test_a_record_never_says_where_a_service_is_that_nobody_named(resolve, registry):
    section = {"defaults": {"openai_url": "https://stranger.example"}}
    base = Layer(LayerKind.FILE, "settings.yaml", {"prompts": "a", "drawer": "openai", RESOLVED: section})
    settings = resolve_settings(registry, {}, base=base)
    assert settings.openai_url == resolve(drawer="openai", prompts="a").openai_url


def test_no_part_has_a_setting_called_like_the_section():
    from dataclasses import dataclass

    from pixray.errors import InvalidPart
    from pixray.settings.declare import declarations, setting

    @dataclass(frozen=True, kw_only=True)
    class Group:
        resolved: int = setting(1, "taken")

    with pytest.raises(InvalidPart, match="no setting can be called"):
        declarations(Group, "drawer mine")


def test_the_device_that_a_server_chose_is_no_choice_elsewhere(registry):
    client = Layer(LayerKind.CLIENT, "settings", {"prompts": ["red"]})
    server = Layer(LayerKind.SUPPLIED, "the server", {"device": "cuda:1"})
    served = Schema.for_choice(registry, [client, server]).resolve([client, server])
    assert served.device == "cuda:1"
    assert record_of(served)[RESOLVED] == record_of(resolve_settings(registry, {"prompts": ["red"]}))[RESOLVED]
