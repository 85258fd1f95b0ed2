import argparse
import copy
import pickle

import pytest
from PIL import Image

from pixray.errors import SettingsError
from pixray.settings.declare import Role
from pixray.settings.embedded import ASKED, EMBEDDED_FOLLOWS, embedded_layers
from pixray.settings.layers import python_layer
from pixray.settings.output import output_name
from pixray.settings.schema import Schema, up_to_date


def problems(resolve, **settings):
    with pytest.raises(SettingsError) as caught:
        resolve(**settings)
    return caught.value.problems


def test_the_defaults_are_those_of_the_old_tool(resolve):
    settings = resolve(prompts="a|b", drawer="pixel")
    assert settings.prompts == ["a", "b"]
    assert settings.size == [384, 216] and settings.iterations == 250
    assert settings.num_cuts == 30 and settings.batches == 1
    assert settings.learning_rate_drops == [186]
    assert settings.clip_models == ["ViT-B/32", "ViT-B/16"]
    assert settings.save_every == 10 and settings.display_every == 20
    assert settings.optimiser == "Adam" and settings.learning_rate == 0.2
    assert settings.init_noise == "pixels" and settings.init_image_alpha == 200
    assert settings.save_intermediates is True and settings.make_video is False
    assert settings.outdir == "outputs/%DATE%_%SEQ%" and settings.output == "output.png"


@pytest.mark.parametrize(
    ("quality", "iterations", "size", "cuts", "batches", "models"),
    [
        ("draft", 200, [192, 108], 24, 1, ["ViT-B/16"]),
        ("normal", 250, [384, 216], 30, 1, ["ViT-B/32", "ViT-B/16"]),
        ("better", 300, [576, 324], 36, 1, ["RN50", "ViT-B/32", "ViT-B/16"]),
        ("best", 350, [768, 432], 12, 2, ["RN50x4", "ViT-B/32", "ViT-B/16"]),
        ("supreme", 400, [960, 540], 8, 4, ["RN50x4", "RN101", "ViT-B/32", "ViT-B/16"]),
    ],
)
def test_a_quality_is_a_layer(resolve, quality, iterations, size, cuts, batches, models):
    settings = resolve(quality=quality, drawer="pixel")
    assert (settings.iterations, settings.size, settings.num_cuts) == (iterations, size, cuts)
    assert (settings.batches, settings.clip_models) == (batches, models)
    assert settings.origin("iterations") == f"quality={quality}"


def test_supreme_drops_the_rate_at_299(resolve):
    assert resolve(quality="supreme", drawer="pixel").learning_rate_drops == [299]


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({"scale": 2.5}, [480, 270]),
        ({"ezsize": "large"}, [768, 432]),
        ({"ezsize": "large", "scale": 1}, [192, 108]),
        ({"aspect": "square"}, [288, 288]),
        ({"aspect": "portrait", "scale": 1}, [128, 160]),
        ({"size": [100, 50], "scale": 3}, [100, 50]),
        ({"size": "384x216"}, [384, 216]),
        ({"size": "384 216"}, [384, 216]),
    ],
)
def test_size_wins_over_scale_over_ezsize(resolve, given, size):
    assert resolve(drawer="pixel", **given).size == size


@pytest.mark.parametrize(
    ("raw", "iterations", "wanted"),
    [
        ([75], 300, [224]),
        ([50, 22.5], 300, [149, 67]),
        ([80, "50 iterations"], 250, [199, 50]),
        ("none", 250, []),
        (None, 250, []),
        ("50,75%", 101, [50, 75]),
    ],
)
def test_rate_drops_are_percents_of_the_iterations_less_one(resolve, raw, iterations, wanted):
    assert resolve(drawer="pixel", learning_rate_drops=raw, iterations=iterations).learning_rate_drops == wanted


def test_layers_win_in_order_and_say_where_a_value_came_from(resolve, tmp_path):
    (tmp_path / "mine.yaml").write_text("drawer: pixel\niterations: 30\nnum_cuts: 5\nseed: 3\n")
    settings = resolve(["--iterations", "50"], config_file="mine.yaml", num_cuts=6)
    assert (settings.iterations, settings.num_cuts, settings.seed) == (50, 6, 3)
    assert settings.origin("iterations") == "the command line"
    assert settings.origin("num_cuts") == "add_settings"
    assert settings.origin("seed") == "mine.yaml"
    assert settings.origin("batches") == "quality=normal"
    assert settings.origin("output") == "default"


def test_all_mistakes_are_reported_together_with_the_nearest_name(resolve):
    found = problems(resolve, drawer="pixel", iteratons=5, quality="drat", num_cuts=0, size=[3], prompts="x:nan:1")
    text = "\n".join(found)
    assert "unknown setting 'iteratons' (from add_settings). Did you mean 'iterations'?" in found
    assert "expected one of draft, normal, better, best, supreme. Did you mean 'draft'?" in text
    assert "num_cuts=0 (from add_settings): expected at least 1" in found
    assert "size=[3] (from add_settings): expected 2 whole numbers (pixels)" in text
    assert len(found) == 4  # the prompt's grammar is checked with the prompts


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"quality": "drat"}, "Did you mean 'draft'"),
        ({"ezsize": "larg"}, "Did you mean 'large'"),
        ({"aspect": "sqare"}, "Did you mean 'square'"),
        ({"perceptors": "clp"}, "Did you mean 'clip'"),
        ({"drawer": "pixl"}, "Did you mean 'pixel'"),
        ({"filters": "lookpu"}, "unknown filter 'lookpu'"),
        ({"custom_loss": "smothness:2"}, "unknown loss 'smothness'"),
        ({"optimiser": "adam"}, "Did you mean 'Adam'"),
    ],
)
def test_b28_every_unknown_choice_is_the_same_kind_of_error(resolve, settings, words):
    assert any(words in problem for problem in problems(resolve, **{"drawer": "pixel", **settings}))


@pytest.mark.parametrize("name", ["save_every", "display_every"])
def test_b27_a_period_of_zero_means_only_at_the_end(resolve, name):
    assert getattr(resolve(drawer="pixel", **{name: 0}), name) == 0
    assert getattr(resolve(drawer="pixel", iterations=3, **{name: "5%"}), name) == 1


def test_booleans_are_written_in_many_ways(resolve):
    for yes in ("yes", "True", "t", "Y", "1", True):
        assert resolve(drawer="pixel", make_video=yes).make_video is True
    for no in ("no", "False", "f", "N", "0", False):
        assert resolve(drawer="pixel", make_video=no).make_video is False
    assert "expected yes or no" in problems(resolve, drawer="pixel", make_video="perhaps")[0]


def test_old_flag_names_and_dashes_work_in_python_too(resolve):
    settings = resolve(drawer="pixel", video=True, **{"num-cuts": 7})
    assert settings.make_video is True and settings.num_cuts == 7


def test_old_names_are_understood_with_a_notice_or_refused_with_advice(resolve):
    settings = resolve(drawer="pixel", target_palette="red")
    assert settings.palette == "red"
    assert settings.notices == ("'target_palette' is now called 'palette'",)
    assert "use drawer=pixel" in problems(resolve, drawer="pixel", use_pixeldraw=True)[0]


def test_a_setting_of_a_part_that_is_not_used_names_its_owner(resolve):
    assert "is a setting of drawer pixel" in problems(resolve, drawer="flat", pixel_type="hex")[0]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a.b.png", "a.b.png"),
        ("picture", "picture.png"),
        ("my.picture", "my.picture.png"),
        ("x.JPG", "x.JPG"),
        ("a/b.png", "a/b.png"),
        ("a\\b.webp", "a/b.webp"),
    ],
)
def test_the_output_name_ends_as_a_picture_does(given, name):
    assert output_name(given) == name


@pytest.mark.parametrize("given", ["", "  ", "..", "a/", "a/..", "n" * 250, "a\0b"])
def test_an_output_names_a_file(given):
    with pytest.raises(ValueError, match="expected"):
        output_name(given)


def test_resolving_has_no_side_effect_and_leaves_its_input_alone(resolve, tmp_path):
    given = {"drawer": "pixel", "prompts": ["a", "b|c"], "learning_rate_drops": [50]}
    before = copy.deepcopy(given)
    first, second = resolve(**given), resolve(**given)
    assert given == before and vars(first) == vars(second)
    assert list(tmp_path.iterdir()) == []


def test_settings_survive_copying_pickling_and_changing(resolve, registry):
    settings = resolve(drawer="pixel", iterations=40, save_every="10%")
    for other in (copy.copy(settings), copy.deepcopy(settings), pickle.loads(pickle.dumps(settings))):
        assert vars(other) == vars(settings) and other.origin("iterations") == "add_settings"
    settings.iterations = 20
    assert settings.origin("iterations") == "set on the namespace"
    again = up_to_date(settings, registry)
    assert (again.iterations, again.save_every, again.learning_rate_drops) == (20, 2, [14])
    assert isinstance(settings, argparse.Namespace)


def test_settings_that_nobody_changed_are_not_resolved_again(resolve, registry, monkeypatch):
    settings = resolve(drawer="pixel")
    monkeypatch.setattr(Schema, "resolve", None)
    again = up_to_date(settings, registry)
    assert vars(again) == vars(settings) and again is not settings


@pytest.mark.parametrize(
    "given",
    [
        {"prompts": "a heart"},
        {"prompts": "a heart", "num_cuts": 9, "filters": "lookup"},
        {"drawer": "vqgan", "prior_prompts": "blur:-0.3", "quality": "best"},
        {"drawer": "fft", "priors": "none", "custom_loss": "smoothness", "iterations": 40, "save_every": "10%"},
        {"drawer": "line_sketch", "save_every": "10%", "learning_rate_drops": [30, 60]},
        {"sprite": "8x8", "save_every": "10%"},
        {"sprite": "8x8", "pixel_alpha": "soft"},
        {"transparent": True, "quality": "draft"},
    ],
)
def test_what_a_choice_supplies_is_what_resolving_with_it_would_give(resolve, registry, given):
    """Falling back to the embedded guide, settings are completed; they were once resolved all over again."""
    settings = completed = resolve(**{"drawer": "pixel", **given})
    asked = {name: given[name] for name in ASKED if name in given}
    supplied = embedded_layers({name: getattr(settings, name, None) for name in EMBEDDED_FOLLOWS}, asked)
    schema = Schema.for_choice(registry, [*settings.layers, *supplied])
    for layer in supplied:
        completed = schema.supply(completed, layer)
    expected = resolve(**{"drawer": "pixel", "perceptors": "embedded", **given})
    values = {**vars(expected), "perceptors": "auto"}
    assert vars(completed) == values and list(vars(completed)) == list(values)
    assert completed.prompts_by_setting == expected.prompts_by_setting
    assert {name: completed.origin(name) for name in values if name != "perceptors"} == {
        name: expected.origin(name) for name in values if name != "perceptors"
    }


@pytest.mark.parametrize("start", [{"init_image": "start.png"}, {"init_from": "openai"}])
def test_a_start_picture_keeps_its_ground(resolve, start):
    Image.new("RGB", (8, 6), "red").save("start.png")
    given = {"drawer": "pixel", "perceptors": "embedded", "transparent": True}
    painted, started = resolve(**given), resolve(**given, **start)
    assert (painted.pixel_alpha, painted.pixel_ground) == ("ground", "#32c8be") and started.pixel_alpha == "soft"
    kept = resolve(**given, **start, pixel_alpha="ground")
    assert (kept.pixel_alpha, kept.pixel_ground) == ("ground", "none")


@pytest.mark.parametrize("drawer", ["pixel", "line_sketch"])
def test_what_presets_follow_from_stands_in_the_record_of_a_run(resolve, drawer):
    settings = resolve(drawer=drawer)
    followed = [name for name in EMBEDDED_FOLLOWS if hasattr(settings, name)]
    assert [name for name in followed if not settings.has_role(name, Role.CHOICE)] == []


def test_b9_prompts_are_parsed_with_the_settings_and_mistakes_told_together(resolve):
    settings = resolve(prompts="=a cat|a:0|b:2", vector_prompts="none")
    assert [(prompt.text, prompt.weight) for prompt in settings.prompts_by_setting["prompts"]] == [
        ("a cat", 1),
        ("b", 2),
    ]
    assert settings.prompts_by_setting["vector_prompts"] == []
    with pytest.raises(SettingsError) as caught:
        resolve(prompts="a:nan|:3|fine:2", labels=":1")
    assert len(caught.value.problems) == 3
    assert "prompts=':3' (from add_settings): expected some words before the weight" in caught.value.problems


def test_changed_settings_are_checked_again(resolve, registry):
    settings = resolve(drawer="pixel")
    settings.num_cuts = -3
    with pytest.raises(SettingsError, match=r"num_cuts=-3 \(from the namespace\): expected at least 1"):
        up_to_date(settings, registry)


def test_drops_assigned_to_the_namespace_are_iterations(resolve, registry):
    settings = resolve(drawer="pixel")
    settings.learning_rate_drops = [100]
    assert up_to_date(settings, registry).learning_rate_drops == [100]


def test_given_holds_what_was_asked_for_only(resolve):
    settings = resolve(drawer="pixel", iterations=40, quality="draft")
    assert settings.given() == {"drawer": "pixel", "iterations": 40, "quality": "draft"}


def test_the_embedded_perceptor_brings_its_own_defaults(resolve):
    settings = resolve(drawer="pixel", perceptors="embedded")
    assert settings.clip_models == ["embedded-pixel"] and settings.num_cuts == 4
    assert settings.origin("num_cuts") == "perceptors=embedded"
    assert resolve(drawer="pixel", perceptors="embedded", num_cuts=20).num_cuts == 20


def test_aspect_retain_takes_the_shape_of_the_start_image(resolve):
    from PIL import Image

    Image.new("RGB", (100, 50)).save("wide.png")
    assert resolve(drawer="pixel", aspect="retain", init_image="wide.png", scale=1).size == [144, 72]
    assert "give init_image too" in problems(resolve, drawer="pixel", aspect="retain")[0]
    assert "no such file" in problems(resolve, drawer="pixel", aspect="retain", init_image="none.png")[0]


def test_two_parts_cannot_declare_one_name(registry):
    from dataclasses import dataclass

    from pixray.settings.declare import setting
    from pixray.testing.fakes import FlatDrawer

    class Greedy(FlatDrawer):
        @dataclass(frozen=True, kw_only=True)
        class Settings:
            """Wants a name of the engine"""

            iterations: int = setting(3, "not yours")

    registry.add("drawer", "greedy", Greedy)
    with pytest.raises(SettingsError, match="'iterations' is declared twice: by the engine and by drawer greedy"):
        Schema.for_choice(registry, [python_layer({"drawer": "greedy"})])


def test_frequencies_are_held_smooth_for_the_embedded_perceptor(resolve):
    settings = resolve(drawer="fft", perceptors="embedded")
    assert settings.fft_decay == 2.5 and settings.fft_lrate == 0.05
    assert settings.origin("fft_decay") == "perceptors=embedded"
    assert resolve(drawer="fft", perceptors="embedded", fft_decay=1).fft_decay == 1
    assert resolve(drawer="fft", clip_models="toy").fft_decay == 1.5


def test_coloured_strokes_begin_along_a_draft_with_the_embedded_perceptor(resolve):
    for given in ({"ink": "free"}, {"palette": "[navy, red]"}, {"ink": "yellow"}):
        settings = resolve(drawer="line_sketch", perceptors="embedded", **given)
        assert settings.stroke_start == "draft" and settings.clip_models == ["embedded"]
    assert (
        resolve(drawer="line_sketch", perceptors="embedded", ink="free", stroke_start="edges").stroke_start == "edges"
    )
    assert resolve(drawer="clipdraw", perceptors="embedded").stroke_start == "edges"


def test_codes_begin_with_a_draft_and_take_few_steps_unless_they_begin_otherwise(resolve, tmp_path):
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "start.png")
    drafted = resolve(drawer="vqgan", perceptors="embedded")
    assert (drafted.vqgan_start, drafted.iterations, drafted.optimiser) == ("draft", 30, "NormalizedSGD")
    assert drafted.clip_models == ["embedded:2", "embedded-pixel"] and drafted.vqgan_coarse == 0
    assert resolve(drawer="vqgan", perceptors="embedded", quality="best").iterations > 30
    for other in ({"vqgan_start": "random"}, {"init_image": str(tmp_path / "start.png")}):
        settings = resolve(drawer="vqgan", perceptors="embedded", **other)
        assert (settings.vqgan_start, settings.iterations, settings.optimiser) == ("random", 250, "Adam")
        assert settings.clip_models == ["embedded"] and settings.vqgan_coarse == 0.9
        assert settings.learning_rate_factor == 1
