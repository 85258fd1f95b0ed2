"""The bugs B1 to B28 of the old pixray: what each was, and the tests that would fail if it came back.

Most stand beside the part that they are about; those that belong to no single part are here.
"""

import ast
import functools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixray.events import Drawn
from pixray.recorders.base import attach
from pixray.recorders.files import FileRecorder
from pixray.runtime.yaml_io import read_yaml
from pixray.settings.grammar import parse_weighted
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.presets import preset_names, read_preset
from pixray.settings.prompt_kinds import parse_prompts
from pixray.settings.resolve import resolve as resolve_settings

TESTS = Path(__file__).parents[1]
HERE = "regression/test_old_bugs.py"

BUGS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "init_weight_dist had no gradient, init_weight and init_weight_cos pushed away from the start",
        ("losses/test_anchor.py::test_the_gradient_points_away_from_the_anchor",),
    ),
    2: (
        "init_image_alpha and init_noise did nothing in still pictures",
        ("images/test_noise.py::test_b2_a_start_picture_lies_over_the_noise_as_opaque_as_asked",),
    ),
    3: (
        "of several start pictures the last was taken",
        ("images/test_inputs.py::test_b3_the_first_of_several_start_pictures_is_taken",),
    ),
    4: (
        "overlays and animations of the pixel drawer were garbled",
        (
            "drawers/test_pixel.py::test_b4_taking_over_a_picture_keeps_colours_and_transparency_apart",
            "images/test_inputs.py::test_b4_an_overlay_on_a_transparent_pixel_drawing_keeps_its_colours",
        ),
    ),
    5: (
        "init_noise=none without a picture crashed",
        (
            "drawers/test_pixel.py::test_b5_it_starts_at_random_without_any_picture",
            "images/test_inputs.py::test_b5_no_noise_and_no_picture_leave_the_start_to_the_drawer",
        ),
    ),
    6: (
        "vqgan_config and vqgan_checkpoint could not be used",
        ("drawers/vqgan/test_loading.py::test_own_files_win_and_complete_each_other",),
    ),
    7: ("config_file was a TypeError", (f"{HERE}::test_b7_a_config_file_works_and_is_recorded_by_its_settings",)),
    8: (
        "published presets were rejected, predictors dropped what they were given",
        (
            f"{HERE}::test_b8_every_preset_is_accepted_as_it_is",
            "serve/test_cog.py::test_every_input_is_really_used",
        ),
    ),
    9: (
        "prompts with =, empty pieces and no prompts at all crashed",
        (
            "settings/test_schema.py::test_b9_prompts_are_parsed_with_the_settings_and_mistakes_told_together",
            "settings/test_grammar.py::test_b9_empty_pieces_between_pipes_are_no_prompts",
            "test_api.py::test_b9_run_without_prompts_says_what_is_missing",
        ),
    ),
    10: ("numbers at the end of a prompt were eaten", (f"{HERE}::test_b10_a_time_of_day_can_be_part_of_a_prompt",)),
    11: (
        "target images shared one weight, needed CUDA and were normalised twice",
        (
            "prompts/test_build.py::test_b11_each_target_image_keeps_its_own_weight_on_any_device",
            "prompts/test_build.py::test_b11_a_target_picture_is_encoded_as_it_is",
        ),
    ),
    12: (
        "noise prompts reached the last model only",
        ("prompts/test_build.py::test_b12_noise_prompts_pull_on_every_perceptor_and_need_no_weights",),
    ),
    13: (
        "spots worked for one input size, and a second run kept the first one's mask",
        (
            "prompts/test_build.py::test_b13_spots_work_for_perceptors_of_every_size",
            "prompts/test_build.py::test_b13_a_second_run_sees_its_own_mask",
        ),
    ),
    14: (
        "aesthetic judged the last model's embeddings",
        ("losses/test_learned.py::test_b14_aesthetic_scores_the_perceptor_its_head_belongs_to",),
    ),
    15: (
        "symmetry and resmem excluded each other, resmem pulled the wrong way",
        (
            "losses/test_learned.py::test_b15_resmem_makes_memorable_and_forgettable_on_demand",
            "losses/test_pictures.py::test_b15_symmetry_and_resmem_have_settings_of_their_own",
        ),
    ),
    16: (
        "fft darkened its start, ignored fft_colors and left the optimizer behind when it took over a picture",
        (
            "drawers/test_free_form.py::test_b16_fft_begins_from_the_start_picture_dark_parts_included",
            "drawers/test_free_form.py::test_b16_fft_colours_count_in_every_parametrisation",
            "drawers/test_free_form.py::test_b16_a_painted_picture_reaches_the_optimizer",
        ),
    ),
    17: (
        "line_sketch ignored min_stroke_width",
        ("drawers/strokes/test_line_sketch.py::test_b17_the_smallest_width_is_honoured_and_never_inverts",),
    ),
    18: (
        "animations lost their last round and shared an optimizer",
        (
            "runs/test_animation.py::test_b18_the_last_round_is_written_too",
            "runs/test_animation.py::test_b18_each_frame_has_an_optimizer_and_a_rate_of_its_own",
            "runs/test_animation.py::test_b18_any_list_of_files_alone_makes_frames",
        ),
    ),
    19: (
        "auto_stop ended without a final save",
        ("engine/test_session.py::test_b19_auto_stop_ends_with_a_final_picture",),
    ),
    20: (
        "videos failed without ffmpeg, with few frames and at odd sizes",
        (
            "recorders/test_files.py::test_b20_videos_of_any_size_can_be_made",
            "recorders/test_files.py::test_b20_fewer_than_two_frames_make_no_video",
        ),
    ),
    21: (
        "a broken download counted as a model",
        (
            "models/test_store.py::test_empty_partial_and_mistaken_files_do_not_count",
            "models/test_download.py::test_bad_answers_never_become_a_file_even_when_nothing_is_known_about_it",
        ),
    ),
    22: (
        "wallpaper changed the size of the picture",
        ("filters/test_filters.py::test_b22_wallpapers_keep_the_size_of_the_picture",),
    ),
    23: (
        "transparent runs wrote debug pictures all the time",
        ("losses/test_pictures.py::test_b23_transparent_runs_leave_no_files_behind_and_take_every_loss",),
    ),
    24: (
        "smoothness saw edges between cutouts and blurred too far",
        (
            "losses/test_pictures.py::test_b24_smoothness_sees_no_edges_between_cutouts",
            "losses/test_pictures.py::test_b24_the_blur_spreads_as_far_as_it_says",
            "losses/test_pictures.py::test_b24_smoothness_of_a_flat_picture_is_zero_with_a_finite_gradient",
        ),
    ),
    25: (
        "settings.yaml could not be loaded again and lacked the seed",
        (
            "runtime/test_yaml_io.py::test_b25_what_is_written_can_be_read_by_a_safe_loader",
            f"{HERE}::test_b25_a_run_s_settings_hold_its_seed_and_make_the_same_picture",
        ),
    ),
    26: ("batches summed gradients", ("engine/test_session.py::test_b26_batches_average_their_gradients",)),
    27: (
        "a period of 0 was a division by zero",
        ("settings/test_schema.py::test_b27_a_period_of_zero_means_only_at_the_end",),
    ),
    28: (
        "unknown names ended in exit(1) or KeyError",
        ("settings/test_schema.py::test_b28_every_unknown_choice_is_the_same_kind_of_error",),
    ),
}


@functools.cache
def names_in(file):
    return {node.name for node in ast.parse((TESTS / file).read_text(encoding="utf-8")).body if hasattr(node, "name")}


@pytest.mark.parametrize("number", BUGS, ids=lambda number: f"B{number}")
def test_the_tests_against_each_old_bug_are_still_there(number):
    for place in BUGS[number][1]:
        file, _, name = place.partition("::")
        assert (TESTS / file).is_file() and name in names_in(file), f"B{number}: {place} is gone"


def test_every_old_bug_is_covered():
    assert set(BUGS) == set(range(1, 29))


def test_b7_a_config_file_works_and_is_recorded_by_its_settings(registry):
    Path("mine.yaml").write_text("prompts: red\ndrawer: flat\nclip_models: toy\nsize: [16, 8]\niterations: 2\n")
    settings = resolve_settings(registry, {"outdir": "out"}, ["--config_file", "mine.yaml", "--seed", "3"])
    assert (settings.prompts, settings.size, settings.seed) == (["red"], [16, 8], 3)
    made = _session(settings, registry)
    list(attach(made.run(), FileRecorder(settings)))
    written = read_yaml("out/settings.yaml")
    assert written["prompts"] == ["red"] and "config_file" not in written


@pytest.mark.parametrize("name", preset_names())
def test_b8_every_preset_is_accepted_as_it_is(registry, name):
    """No folder in `output`, no setting that is gone."""
    settings = resolve_settings(registry, {}, base=Layer(LayerKind.PRESET, name, read_preset(name)))
    assert "/" not in settings.output and settings.iterations > 0


@pytest.mark.parametrize(
    ("text", "words", "weight"),
    [(r"at 12\:30", "at 12:30", 1), (r"ratio 16\:9:2", "ratio 16:9", 2), (r"at 12\:30:-1:0.5", "at 12:30", -1)],
)
def test_b10_a_time_of_day_can_be_part_of_a_prompt(text, words, weight):
    assert (parse_weighted(text).text, parse_weighted(text).weight) == (words, weight)
    assert parse_prompts([text])[0][0].text == words


def test_b25_a_run_s_settings_hold_its_seed_and_make_the_same_picture(registry, tiny):
    settings = resolve_settings(
        registry, {**tiny, "seed": None, "drawer": "pixel", "pixel_size": (6, 4), "outdir": "a"}
    )
    list(attach(_session(settings, registry).run(), FileRecorder(settings)))
    again = resolve_settings(registry, {"config_file": "a/settings.yaml", "outdir": "b"})
    assert isinstance(again.seed, int)
    last = [event for event in _session(again, registry).run() if isinstance(event, Drawn)][-1]
    with Image.open("a/output.png") as picture:
        assert np.array_equal(last.image_u8, np.asarray(picture))


def _session(settings, registry):
    from pixray.models.store import ModelStore
    from pixray.runs.start import build_run

    return build_run(settings, registry, ModelStore())
