"""Whatever Python, YAML or a command line gives for a setting is understood or refused in one sentence."""

import datetime
import decimal
import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest

from pixray.errors import SettingsError
from pixray.runtime.yaml_io import parse_yaml


def problem(resolve, **given):
    with pytest.raises(SettingsError) as caught:
        resolve(**{"drawer": "pixel", **given})
    assert len(caught.value.problems) == 1, caught.value.problems
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("clip_models", [], None),
        ("clip_models", b"ViT", "not a value of type bytes"),
        ("prompts", datetime.date(2024, 1, 1), "expected texts separated by |, not a value of type date"),
        ("prompts", True, "expected texts"),
        ("prompts", [["a"]], "expected texts"),
        ("priors", object(), "not a value of type object"),
        ("scale", 10**400, "too many digits"),
        ("scale", 1e9, "expected sides from 1 to 16384"),
        ("scale", 1e300, "expected at most 1e+12"),
        ("scale", float("nan"), "expected a number"),
        ("scale", complex(1, 2), "type complex"),
        ("num_cuts", "\u00b2", "expected a whole number"),
        ("num_cuts", 2.5, "expected a whole number"),
        ("batches", "1e12", "expected at most 65536"),
        ("iterations", "9" * 5000, "expected a whole number"),
        ("iterations", {1, 2}, "type set"),
        ("size", {"width": 3}, "expected 2 whole numbers"),
        ("size", [None, 100], "expected 2 whole numbers"),
        ("size", np.zeros(10_000), "an array of this size"),
        ("seed", float("nan"), "expected a whole number or a text"),
        ("save_every", "9" * 400, "expected an amount"),
        ("prompts", "a\0b", "NUL"),
        ("prompts", "\ud800", "half of a surrogate pair"),
        ("prompts", "a " * 500_000, "1,000,000 characters are too many"),
        ("prompts", ["a"] * 100_000, "a list of 100,000 values is too long"),
        ("custom_loss", {"edge": True}, "expected a text"),
        ("precision", True, "expected one of auto, fp32"),
        ("palette", {"red": [1]}, "expected a text"),
    ],
)
def test_a_value_of_any_type_is_answered_with_one_sentence(resolve, name, raw, words):
    if words is None:
        assert resolve(drawer="pixel", **{name: raw}).origin(name) == "quality=normal"
        return
    sentence = problem(resolve, **{name: raw})
    assert sentence.startswith(f"{name}=") and words in sentence and len(sentence) < 300


def test_numbers_paths_and_arrays_of_libraries_are_values(resolve):
    settings = resolve(
        drawer="pixel", size=np.array([64, 48]), seed=np.int64(3), scale=np.float32(0.5), outdir=Path("there")
    )
    assert (settings.size, settings.seed, settings.scale, settings.outdir) == ([64, 48], 3, 0.5, "there")
    assert type(settings.seed) is int and type(settings.scale) is float
    assert resolve(drawer="pixel", iterations=decimal.Decimal("12")).iterations == 12


@pytest.mark.parametrize("raw", [-1, "-1", -1.0, " -1 ", "-1.0", np.int64(-1)])
def test_the_same_number_is_the_same_seed_however_it_is_written(resolve, raw):
    assert resolve(drawer="pixel", seed=raw).seed == -1


def test_a_seed_of_yes_is_one_and_other_texts_stay_texts(resolve):
    assert resolve(drawer="pixel", seed=True).seed == 1
    assert [resolve(drawer="pixel", seed=text).seed for text in ("hello", "1.5", "\u00b2")] == [
        "hello",
        "1.5",
        "\u00b2",
    ]


@pytest.mark.parametrize("nothing", [None, "", "  "])
@pytest.mark.parametrize(
    "name", ["prompts", "aspect", "labels", "learning_rate", "outdir", "quality", "palette", "seed", "size", "output"]
)
def test_nothing_means_not_given(resolve, name, nothing):
    settings, untouched = resolve(drawer="pixel", **{name: nothing}), resolve(drawer="pixel")
    assert getattr(settings, name) == getattr(untouched, name) and name not in settings.given()


def test_nothing_leaves_what_a_file_says(resolve, tmp_path):
    (tmp_path / "mine.yaml").write_text("drawer: pixel\npalette: red\naspect:\nlabels: ~\n")
    settings = resolve(config_file="mine.yaml", palette=None)
    assert settings.palette == "red" and settings.aspect == "widescreen" and settings.labels == []


def test_none_assigned_to_a_namespace_takes_a_value_back(resolve, registry):
    from pixray.settings.schema import up_to_date

    settings = resolve(drawer="pixel", palette="red", iterations=7)
    settings.palette = settings.iterations = None
    again = up_to_date(settings, registry)
    assert again.palette is None and again.iterations == 250


def test_a_size_of_nothings_is_no_size(resolve):
    assert resolve(drawer="pixel", size=[None, None]).size == [384, 216]


def test_blanks_around_a_choice_do_not_count(resolve):
    settings = resolve(drawer=" pixel ", aspect=" square", quality="draft ", **{" seed ": 3})
    assert (settings.drawer, settings.aspect, settings.quality, settings.seed) == ("pixel", "square", "draft", 3)


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("prompts:\n  - a sun: 2\n  - a sea\n", ["a sun:2", "a sea"]),
        ("prompts:\n  a sun: 2\n  a moon: -0.5\n", ["a sun:2", "a moon:-0.5"]),
        ("prompts:\n  - a sun: 2:-0.9\n", ["a sun:2:-0.9"]),
        ("prompts:\n  - a cat: sitting on a mat\n", ["a cat: sitting on a mat"]),
        ("prompts:\n  - at 12:30: 2\n", [r"at 12\:30:2"]),
        ("prompts: 12:30\n", ["12:30"]),
        ("prompts: 2024-01-01\n", ["2024-01-01"]),
        ("prompts: 007\n", ["007"]),
        ("prompts: off\n", ["off"]),
        ("prompts: [no, 1_000, 0x10]\n", ["no", "1_000", "0x10"]),
        ("prompts: 2001\n", ["2001"]),
        ("prompts: &p a\n", ["a"]),
    ],
)
def test_yaml_gives_the_prompt_that_stands_there(resolve, text, prompts):
    assert resolve(drawer="pixel", **parse_yaml(text, "x")).prompts == prompts


def test_a_clock_as_prompt_keeps_its_weight(resolve):
    from pixray.settings.grammar import parse_weighted

    (prompt,) = resolve(drawer="pixel", prompts={"12:30": 2}).prompts
    assert (parse_weighted(prompt).text, parse_weighted(prompt).weight) == ("12:30", 2)


def test_mappings_weigh_losses_and_models_too(resolve):
    settings = resolve(drawer="pixel", custom_loss={"smoothness": 0.5, "edge": None}, clip_models={"RN50": 2})
    assert settings.custom_loss == "smoothness:0.5,edge" and settings.clip_models == ["RN50:2"]


@pytest.mark.parametrize("text", ["cuda_graph: off\ninit_noise: no\n", "cuda_graph: false\ninit_noise: none\n"])
def test_off_and_no_are_choices_however_yaml_reads_them(resolve, text):
    settings = resolve(drawer="pixel", **parse_yaml(text, "x"))
    assert (settings.cuda_graph, settings.init_noise) == ("off", "none")
    assert resolve(drawer="pixel", cuda_graph=True, init_noise=False).cuda_graph == "on"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prompts: &a [x]\nlabels: *a\n", "aliases"),
        ("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "aliases"),
        ("a: " + "[" * 5000, "nested too deeply at line 1"),
        ("? [a, b]\n: 3\n", "a name must be a text"),
        ("prompts: !!set {a, b}\n", "tags are not read here"),
        ("prompts: [" + "a, " * 20_000 + "]", "more than 5,000 values"),
        ("x: " + "a" * 1_000_000, "longer than settings are"),
        ("x: \0", "a character that YAML does not allow"),
    ],
)
def test_yaml_that_is_too_much_is_refused_at_once(text, words):
    begun = time.perf_counter()
    with pytest.raises(SettingsError, match=words):
        parse_yaml(text, "x")
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("name", ["\0", "~nobody/x.yaml", "x" * 300, "\ud800.yaml", "."])
def test_a_settings_file_of_an_impossible_name_is_one_sentence(resolve, name):
    with pytest.raises(SettingsError, match="config_file="):
        resolve(config_file=name)


def test_prompts_given_twice_on_the_command_line_are_both_kept(resolve):
    settings = resolve(["--prompts", "A", "--prompts", "B|C", "--losses", "edge", "--losses=tv:2"], drawer="pixel")
    assert settings.prompts == ["A", "B", "C"] and settings.custom_loss == "edge,tv:2"
    assert resolve(["--iterations", "5", "--iterations", "6"], drawer="pixel").iterations == 6


@pytest.mark.parametrize("off", [False, "False", None, 0, "no"])
def test_an_old_switch_that_is_off_is_not_missed(resolve, off):
    assert resolve(drawer="pixel", use_pixeldraw=off, use_clipdraw=off).notices == ()


def test_old_switches_on_the_command_line_are_not_missed_when_off(resolve):
    argv = ["--use_pixeldraw", "False", "--use_clipdraw=no", "--prompts", "a"]
    assert resolve(argv, drawer="pixel").prompts == ["a"]
    with pytest.raises(SettingsError, match="gone: use drawer=pixel"):
        resolve(["--use_pixeldraw", "True"], drawer="fft")


@pytest.mark.parametrize("name", ["enforce_smoothness", "enforce_saturation", "do_mono"])
def test_old_losses_are_answered_with_what_replaces_them(resolve, name):
    assert "is gone: use " in problem(resolve, **{name: 1})


def test_two_hundred_made_up_settings_are_answered_well():
    spec = importlib.util.spec_from_file_location("fuzz_settings", Path(__file__).parents[1] / "fuzz" / "settings.py")
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    counts = fuzz.run(200, start=5)
    assert sum(counts.values()) >= 200 and all(counts[f"{kind}: taken"] for kind in ("Python", "flags"))


@pytest.mark.parametrize(
    "setting",
    [
        {"learning_rate": 1e300},
        {"learning_rate": "1e13"},
        {"image_prompt_weight": -1e30},
        {"noise_prompt_weights": [1, 1e39]},
        {"custom_loss": "gaussian", "gaussian_std": [1, 1e300]},
        {"custom_loss": "tv:1e39"},
        {"prompts": "blue:-1e308"},
    ],
)
def test_numbers_too_great_for_the_arithmetic_of_pictures_are_refused_before_the_run(resolve, setting):
    with pytest.raises(SettingsError, match=r"at (most |least -)1e\+12"):
        resolve(**{"prompts": "blue", "drawer": "pixel", **setting})
