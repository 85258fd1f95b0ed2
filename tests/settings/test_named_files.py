"""Files that settings name are looked for before anything is loaded."""

from pathlib import Path

import pytest
from PIL import Image

from pixray.errors import SettingsError


def test_all_missing_files_are_reported_at_once(resolve, tiny):
    given = {
        "init_image": "start.png",
        "image_prompts": "one.png:2 | two_{1..3}.png",
        "overlay_image": "~nobody-here/x.png",
        "spot_file": "folder",
        "custom_loss": "edge",
        "edge_mask_image": "mask.png",
        "palette": "@colours.png",
        "num_cuts": 0,
    }
    Path("folder").mkdir()
    with pytest.raises(SettingsError) as caught:
        resolve(**{**tiny, **given})
    told = "\n".join(caught.value.problems)
    for name in given:
        if name != "custom_loss":
            assert name in told, f"{name} is not in {told}"
    assert "one.png" in told and "two_{1..3}.png" in told


def test_a_picture_that_cannot_be_read_is_known_before_a_run(resolve, tiny):
    Path("text.png").write_text("hello")
    Image.new("RGB", (8, 8)).save("good.png")
    with pytest.raises(SettingsError, match=r"image_prompts='text.png': cannot be read as a picture"):
        resolve(**tiny, image_prompts="good.png|text.png", init_image="good.png")
    assert resolve(**tiny, image_prompts="good.png:0.5", init_image="good.png").init_image == "good.png"


def test_no_address_is_fetched_to_check_settings(resolve, tiny):
    assert resolve(**tiny, init_image="http://127.0.0.1:9/x.png", image_prompts="http://127.0.0.1:9/x.png?a:2")


def test_missing_files_are_told_in_one_go_on_the_command_line(capsys):
    from pixray.cli.main import main

    assert main(["--prompts", "x", "--init_image", "no.png", "--target_images", "nor.png"]) == 2
    assert capsys.readouterr().err.count("there is no such file") == 2
    assert not list(Path().iterdir())
