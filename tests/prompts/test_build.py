"""Every kind of prompt, through whole sessions with the toy perceptor."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from pixray.errors import PixrayError, SettingsError
from pixray.events import Noticed, Stepped
from pixray.prompts.build import encode_pictures
from pixray.prompts.regions import SPOT, SPOT_OFF, spot_masks
from pixray.prompts.text import TEMPLATES
from pixray.testing.fakes import ToyPerceptor


def first_losses(session, **changes):
    step = next(event for event in session(**changes).run() if isinstance(event, Stepped))
    return dict(step.losses)


def painted(session, **changes):
    """The finished picture, H W 3."""
    made = session(**{"drawer": "pixel", "pixel_size": [12, 8], "prompts": "", "iterations": 60, **changes})
    list(made.run())
    return np.asarray(made.image()).astype(float)


def two_colours(name, left="red", right="blue"):
    picture = Image.new("RGB", (24, 16), left)
    picture.paste(Image.new("RGB", (12, 16), right), (12, 0))
    picture.save(name)


def halves(picture):
    """Mean colours of the left and the right half."""
    width = picture.shape[1]
    return picture[:, : width // 2].mean((0, 1)), picture[:, width // 2 :].mean((0, 1))


def test_all_kinds_stand_in_the_log_by_the_names_of_their_settings(session, registry):
    two_colours("two.png")
    Path("v.json").write_text(json.dumps({"toy": [[1.0] * 24]}))
    losses = first_losses(
        session,
        prompts="red",
        spot_prompts="blue",
        spot_prompts_off="white",
        labels="black:2",
        vector_prompts="v.json",
        image_prompts="two.png",
        target_images="two.png",
        noise_prompt_seeds=[7],
    )
    assert list(losses) == [
        "spot: blue",
        "spot_off: white",
        "target_images: two.png",
        "red",
        "vector_prompts: v.json",
        "labels: black",
        "image_prompts: two.png",
        "noise_prompts: 7",
    ]
    assert all(value > 0 for value in losses.values())


# Image prompts.


def test_an_image_prompt_gives_its_composition(session):
    two_colours("two.png")
    left, right = halves(painted(session, image_prompts="two.png"))
    assert left[0] > left[2] + 60 and right[2] > right[0] + 60


def test_the_drawing_is_compared_through_the_very_same_cutouts(session):
    """A grey drawing (which colour shifts leave alone) that equals its reference has no distance left."""
    two_colours("two.png", "black", "white")
    same = {"drawer": "pixel", "pixel_size": [24, 16], "init_image": "two.png", "init_noise": "none", "cut_noise": 0}
    aligned, pairs = (
        first_losses(session, image_prompts="two.png", num_cuts=20, image_prompt_pairs=how, **same)
        for how in ("aligned", "all")
    )
    assert aligned["image_prompts: two.png"] < 1e-6 < 0.1 < pairs["image_prompts: two.png"]


def test_each_file_has_its_weight_and_all_share_one(session):
    two_colours("a.png")
    two_colours("b.png")
    plain = first_losses(session, image_prompts="a.png|b.png", prompts="")
    weighted = first_losses(session, image_prompts="a.png:2|b.png", image_prompt_weight=3, prompts="")
    assert weighted["image_prompts: a.png"] == pytest.approx(6 * plain["image_prompts: a.png"])
    assert weighted["image_prompts: b.png"] == pytest.approx(3 * plain["image_prompts: b.png"])
    assert set(first_losses(session, image_prompts="{a,b}.png", prompts="")) == set(plain)


def test_a_negative_image_prompt_pushes_away(session):
    Image.new("RGB", (24, 16), "red").save("red.png")
    assert painted(session, image_prompts="red.png:-1").mean((0, 1))[0] < 60


def test_shuffled_cutouts_come_from_a_generator_of_the_run(session):
    two_colours("two.png")
    one, again = (painted(session, image_prompts="two.png", image_prompt_shuffle=True, iterations=4) for _ in "ab")
    aligned = painted(session, image_prompts="two.png", iterations=4)
    assert np.array_equal(one, again) and not np.array_equal(one, aligned)


@pytest.mark.parametrize("fit", ["stretch", "crop", "contain"])
def test_image_prompts_of_any_shape_and_with_transparency_are_taken(session, fit):
    Image.new("RGBA", (90, 300), (255, 0, 0, 100)).save("tall.png")
    assert first_losses(session, image_prompts="tall.png", image_fit=fit)["image_prompts: tall.png"] > 0


def test_image_prompts_alone_are_enough(session):
    Image.new("RGB", (24, 16), "blue").save("blue.png")
    assert painted(session, image_prompts="blue.png").mean((0, 1)).argmax() == 2


# Target images.


def test_b11_each_target_image_keeps_its_own_weight_on_any_device(session):
    for colour in ("red", "blue"):
        Image.new("RGB", (20, 10), colour).save(f"{colour}.png")
    plain = first_losses(session, target_images="red.png|blue.png", prompts="")
    weighted = first_losses(session, target_images="red.png:3|blue.png:0.5", prompts="")
    assert weighted["target_images: red.png"] == pytest.approx(3 * plain["target_images: red.png"])
    assert weighted["target_images: blue.png"] == pytest.approx(0.5 * plain["target_images: blue.png"])


def test_b11_a_target_picture_is_encoded_as_it_is():
    """No normalisation twice: a red picture means what the text red means to the toy perceptor."""
    toy = ToyPerceptor()
    found = encode_pictures(toy, [Image.new("RGB", (40, 20), "red")], "cpu")
    assert torch.allclose(found, toy.encode_text(["red"]), atol=1e-5)


def test_a_target_image_pulls(session):
    Image.new("RGB", (24, 16), (0, 255, 0)).save("green.png")
    assert painted(session, target_images="green.png").mean((0, 1)).argmax() == 1


# Spots.


def test_a_spot_and_what_is_off_it_become_different(session):
    mask = Image.new("L", (24, 16), 255)
    mask.paste(0, (0, 0, 12, 16))
    mask.save("mask.png")
    left, right = halves(painted(session, spot_prompts="red", spot_prompts_off="blue", spot_file="mask.png"))
    assert left[0] > left[2] + 60 and right[2] > right[0] + 60, "dark is the spot, white is off it"


def test_soft_masks_stay_soft():
    Image.linear_gradient("L").save("soft.png")
    masks = spot_masks([SPOT, SPOT_OFF], "soft.png", (64, 64), "cpu")
    assert len(masks[SPOT].unique()) > 50
    assert torch.allclose(masks[SPOT] + masks[SPOT_OFF], torch.ones(1, 1, 64, 64))


@pytest.mark.parametrize(("size", "share"), [((100, 100), 0.47), ((160, 90), 0.6), ((80, 100), 0.6)])
def test_the_default_spot_is_a_disc_in_the_middle(size, share):
    spot = spot_masks([SPOT], None, size, "cpu")[SPOT]
    area = float(spot.sum())
    assert area == pytest.approx(torch.pi * (share * min(size) / 2) ** 2, rel=0.02)
    assert spot[0, 0, size[1] // 2, size[0] // 2] == 1 and spot[0, 0, 0, 0] == 0


def test_spots_cost_nothing_when_no_prompt_uses_them(session):
    assert session().objective.spots == {} and session(spot_prompts="red:0").objective.spots == {}
    assert list(session(spot_prompts="red").objective.spots) == [SPOT]


class Larger(ToyPerceptor):
    name = "larger"
    input_size = 32


def test_b13_spots_work_for_perceptors_of_every_size(session, registry):
    registry.add("perceptor", "larger", Larger)
    losses = first_losses(session, clip_models="toy,larger", spot_prompts="blue", prompts="", num_cuts=40, cut_noise=0)
    assert losses["spot: blue (toy)"] == pytest.approx(losses["spot: blue (larger)"], rel=0.15)


def test_b13_a_second_run_sees_its_own_mask(session):
    for name, grey in (("a.png", 0), ("b.png", 255)):
        Image.new("L", (8, 8), grey).save(name)
    masks = [session(spot_prompts="red", spot_file=name).objective.spots[SPOT] for name in ("a.png", "b.png")]
    assert masks[0].min() == 1 and masks[1].max() == 0


# Labels, vectors, noise.


def test_a_label_is_the_mean_of_seven_sentences(session):
    toy = ToyPerceptor()
    sentences = toy.encode_text([template.format("cat") for template in TEMPLATES])
    wanted = F.normalize(sentences.mean(0, keepdim=True), dim=-1)
    label = next(loss for loss in session(labels="cat:2:0.5").objective.losses if loss.name == "labels: cat")
    assert torch.allclose(label.loss.targets, wanted, atol=1e-6)
    assert (label.loss.weight, label.loss.stop) == (2.0, 0.5) and len(TEMPLATES) == 7


def test_a_vector_counts_a_tenth_of_its_weight(session):
    Path("vectors").mkdir()
    Path("vectors/mine.json").write_text(json.dumps({"toy": [[2.0] + [0.0] * 23], "other": [[1.0]]}))
    one = next(loss for loss in session(vector_prompts="mine:4").objective.losses if "vector" in loss.name).loss
    assert one.weight == pytest.approx(0.4) and one.targets.norm() == 1


def notices(session, **changes):
    return [event.text for event in session(**changes).run() if isinstance(event, Noticed)]


def test_the_default_vector_is_silent_where_there_is_none(session):
    assert not [text for text in notices(session) if "vector" in text]
    assert session().settings.vector_prompts == ["textoff"]


def test_the_default_vector_acts_where_there_is_one(session):
    Path("vectors").mkdir()
    Path("vectors/textoff.json").write_text(json.dumps({"toy": [[1.0] * 24]}))
    assert "vector_prompts: textoff" in first_losses(session)
    for off in ("none", "0", "", None):
        assert "vector_prompts: textoff" not in first_losses(session, vector_prompts=off)


def test_a_vector_asked_for_by_name_that_does_nothing_says_so(session):
    assert "vector_prompts='textoff' has no vector for toy and does nothing" in notices(
        session, vector_prompts="textoff:4"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no such file"),
        ("{", "is not valid JSON"),
        ('{"toy": [1, 2]}', "expected lists of vectors"),
        ('{"toy": [[1, "a"]]}', "expected lists of vectors"),
        ('{"toy": [[1, NaN]]}', "expected lists of vectors"),
        ('{"toy": [[1.0, 2.0]]}', "have 2 numbers, but toy has 24"),
    ],
)
def test_a_wrong_file_of_vectors_is_explained(session, content, words):
    if content is not None:
        Path("v.json").write_text(content)
    with pytest.raises(SettingsError, match=words):
        session(vector_prompts="v.json")


def test_b12_noise_prompts_pull_on_every_perceptor_and_need_no_weights(session, registry):
    class Other(ToyPerceptor):
        name = "other"

    registry.add("perceptor", "other", Other)
    losses = first_losses(session, clip_models="toy,other", noise_prompt_seeds=[3, 4], noise_prompt_weights=[2])
    assert {name for name in losses if "noise" in name} == {
        f"noise_prompts: {seed} ({name})" for seed in (3, 4) for name in ("toy", "other")
    }
    with pytest.raises(SettingsError, match="2 weights for 1 noise_prompt_seeds"):
        session(noise_prompt_seeds=[1], noise_prompt_weights=[1, 2])


def test_a_noise_prompt_is_a_fixed_direction_for_its_seed(session):
    one, again, other = (
        session(noise_prompt_seeds=[seed], seed=run).objective.losses[-1].loss.targets
        for seed, run in ((3, 1), (3, 2), (4, 1))
    )
    assert torch.equal(one, again) and not torch.equal(one, other)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("image_prompts", "none.png"),
        ("target_images", "none*.png"),
        ("spot_file", "none.png"),
        ("overlay_image", "none.png"),
        ("init_image", "none.png"),
    ],
)
def test_a_missing_picture_is_said_by_the_name_of_its_setting(session, setting, value):
    with pytest.raises(PixrayError, match=f"{setting}='none"):
        session(**{setting: value, "spot_prompts": "red"})
