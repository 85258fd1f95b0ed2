from pathlib import Path

import pytest
from PIL import Image

from pixray.errors import ModelUnavailable, SettingsError
from pixray.events import Noticed, Started
from pixray.perceptors.embedded import Embedded, Referee, known_words
from pixray.testing.contracts import check_perceptor

pixel = {"drawer": "pixel", "size": [32, 24], "pixel_size": [8, 6], "iterations": 1, "clip_models": None}


def test_without_any_model_the_embedded_one_paints_and_says_so(session):
    made = session(**pixel, num_cuts=None)
    assert list(made.objective.perceptors) == ["embedded-pixel"]
    assert made.objective.cutouts.num_cuts == 4 and made.settings.origin("num_cuts") == "perceptors=embedded"
    events = list(made.run())
    notices = [event.text for event in events if isinstance(event, Noticed)]
    assert any("built-in small model" in text and "ViT-B/32" in text for text in notices)
    assert events[0].record["clip_models"] == "embedded-pixel" and isinstance(events[0], Started)


def test_what_people_set_wins_over_what_the_embedded_perceptor_wants(session):
    made = session(**pixel, num_cuts=5, cut_noise=0.3)
    assert made.objective.cutouts.num_cuts == 5 and made.objective.cutouts.noise == 0.3


def test_asking_for_it_by_name_needs_no_notice(session):
    made = session(**{**pixel, "perceptors": "embedded"})
    assert not [event for event in made.run() if isinstance(event, Noticed) and "not on this machine" in event.text]


@pytest.mark.parametrize("asked", [{"perceptors": "clip"}, {"clip_models": "ViT-B/16"}])
def test_a_named_model_never_falls_back(session, asked):
    with pytest.raises(ModelUnavailable, match="the model hub cannot be reached"):
        session(**{**pixel, **asked})


def test_a_model_named_twice_is_a_mistake(session):
    with pytest.raises(SettingsError, match="names 'embedded' twice"):
        session(**{**pixel, "clip_models": "embedded,embedded:2"})


def test_loaded_perceptors_are_shared_between_sessions(registry, resolve, tiny):
    from pixray.models.store import ModelStore
    from pixray.runs.start import build_run

    store = ModelStore()
    one, two = (build_run(resolve(**tiny), registry, store) for _ in range(2))
    assert one.objective.perceptors["toy"] is two.objective.perceptors["toy"]


def test_the_embedded_perceptor_keeps_the_contract():
    check_perceptor(Embedded())


def test_the_embedded_perceptor_is_small():
    weights = Path(__import__("pixray.embedded").embedded.__file__).with_name("guide.safetensors")
    assert weights.stat().st_size <= 20_000_000


def test_unknown_words_are_told_and_known_ones_are_not(session):
    assert Embedded().unknown_words("a house on the yggdrasil, red xylotomous") == ["yggdrasil", "xylotomous"]
    assert {"sun", "sea", "heart", "tree", "cat"} <= known_words()
    made = session(**{**pixel, "prompts": "a tree of yggdrasil"})
    notices = [event.text for event in made.run() if isinstance(event, Noticed)]
    assert any("does not know 'yggdrasil'" in text and "pixray words" in text for text in notices)


def test_the_guide_says_how_many_words_it_knows(session):
    made = session(**{**pixel, "prompts": "a tree of yggdrasil"})
    (notice,) = [event.text for event in made.run() if isinstance(event, Noticed) and "yggdrasil" in event.text]
    count = round(len(known_words()), -1)
    assert notice == f"embedded-pixel does not know 'yggdrasil'; it knows about {count} words: pixray words"


def test_guides_that_know_the_same_words_say_it_in_one_sentence(session):
    made = session(**{**pixel, "perceptors": None, "clip_models": "embedded,embedded-pixel", "prompts": "yggdrasil"})
    (notice,) = [event.text for event in made.run() if isinstance(event, Noticed) and "yggdrasil" in event.text]
    assert notice.startswith("embedded and embedded-pixel do not know 'yggdrasil'; they know about ")


def test_priors_come_with_the_guide_are_named_in_the_log_and_can_be_left_out(session):
    made = session(**{**pixel, "perceptors": "embedded"})
    assert made.settings.priors == "tv:0.5" and made.settings.prior_prompts == ["noise:-0.05"]
    assert made.settings.origin("priors") == "perceptors=embedded" and made.settings.cut_noise == 0.2
    names = [loss.name for loss in made.objective.losses]
    assert "tv" in names and len(names) == 3
    bare = session(**{**pixel, "perceptors": "embedded", "priors": "none", "prior_prompts": "none"})
    assert len(bare.objective.losses) == 1
    named = session(**{**pixel, "clip_models": "toy"})
    assert named.settings.priors is None and named.settings.prior_prompts == []


@pytest.mark.parametrize(
    ("drawer", "filters", "cuts", "priors", "optimiser"),
    [
        ("pixel", None, 4, "tv:0.5", "NormalizedSGD"),
        ("pixel", "wallpaper:0.5", 4, "tv:0.5", "NormalizedSGD"),
        ("pixel", "wallpaper, lookup:0.5", 12, "tv:3", "Adam"),
        ("fft", None, 12, "tv:3", "Adam"),
    ],
)
@pytest.mark.parametrize("perceptors", ["embedded", "auto"])
def test_pixel_grids_in_free_colours_get_few_cutouts_little_calm_and_steps_along_the_gradient(
    session, perceptors, drawer, filters, cuts, priors, optimiser
):
    made = session(
        prompts="a tree", drawer=drawer, filters=filters, perceptors=perceptors, clip_models=None, num_cuts=None
    )
    settings = made.settings
    assert (settings.num_cuts, settings.priors, settings.optimiser) == (cuts, priors, optimiser)
    assert settings.learning_rate_factor == (2.0 if optimiser == "NormalizedSGD" else 1.0)
    assert settings.origin("num_cuts") == "perceptors=embedded"


@pytest.mark.parametrize(
    "limit",
    [
        {"sprite": "8x6", "pixel_alpha": "hard"},
        {"transparent": True, "pixel_alpha": "soft"},
        {"transparent": True, "transparent_weight": 0.1},
        {"sprite": "8x6", "init_image": "start.png"},
    ],
)
@pytest.mark.parametrize("perceptors", ["embedded", "auto"])
def test_cells_whose_opacity_is_learnt_are_guided_as_other_drawers_are(session, perceptors, limit):
    Image.new("RGB", (8, 6), "red").save("start.png")
    settings = session(**{**pixel, "pixel_size": None, "perceptors": perceptors, "num_cuts": None, **limit}).settings
    assert (settings.clip_models, settings.optimiser, settings.priors) == (["embedded"], "Adam", "tv:1.5")
    assert (settings.num_cuts, settings.learning_rate_factor) == (6, 1.0)
    assert settings.pixel_alpha != "ground"


@pytest.mark.parametrize("cells", [{"sprite": "8x6"}, {"colors": 4}, {"transparent": True}])
@pytest.mark.parametrize("perceptors", ["embedded", "auto"])
def test_the_ground_of_a_transparent_grid_is_removed_at_the_end(session, perceptors, cells):
    settings = session(**{**pixel, "pixel_size": None, "perceptors": perceptors, "num_cuts": None, **cells}).settings
    assert (settings.clip_models, settings.optimiser) == (["embedded-pixel"], "NormalizedSGD")
    assert (settings.pixel_alpha == "ground") is settings.transparent is ("colors" not in cells)


@pytest.mark.parametrize("perceptors", ["embedded", "auto"])
def test_another_optimizer_that_somebody_asks_for_takes_steps_of_its_usual_length(session, perceptors):
    of_pixels = {**pixel, "perceptors": perceptors}
    assert session(**of_pixels, optimiser="Adam").settings.learning_rate_factor == 1.0
    assert session(**of_pixels, optimiser="NormalizedSGD").settings.learning_rate_factor == 2.0
    assert session(**of_pixels, optimiser="Adam", learning_rate_factor=3.0).settings.learning_rate_factor == 3.0


def test_the_referee_judges_under_its_own_name():
    referee = Referee()
    check_perceptor(referee)
    assert referee.name == "embedded-referee" and referee.dim != Embedded().dim
