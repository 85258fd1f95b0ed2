"""Pictures that a run's settings name below its own folder."""

import pytest
from PIL import Image

from pixray.registry import BUILT_IN, Registry
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.run_inputs import content_id, id_of, is_input_of, name_of, names_in
from pixray.settings.schema import Schema

NAME = name_of(content_id(b"some picture"))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inputs").mkdir()
    Image.new("RGB", (4, 3)).save(tmp_path / NAME)
    return tmp_path


def resolved(folder, **values):
    layer = Layer(LayerKind.RECORD, "a stranger's run", {"prompts": "red", "drawer": "pixel", **values}, folder=folder)
    return Schema.for_choice(Registry(BUILT_IN), [layer]).resolve([layer])


def test_a_strangers_record_may_name_the_pictures_beside_it(folder):
    settings = resolved(folder, init_image=NAME, image_prompts=[f"{NAME}:0.5"])
    assert settings.init_image == str(folder / NAME)
    assert settings.image_prompts == [f"{folder / NAME}:0.5"]
    assert settings.given()["init_image"] == NAME and not settings.notices


def test_a_picture_that_is_not_beside_the_record_is_left_out_and_named(folder):
    settings = resolved(folder, init_image=name_of("0" * 32))
    assert settings.init_image is None and "not here" in settings.notices[0]


@pytest.mark.parametrize("name", ["inputs/x.png", f"../{NAME}", f"/{NAME}", f"{NAME}/x", f"{NAME}:../x", "inputs"])
def test_other_names_are_no_inputs(folder, name):
    assert not is_input_of(name, folder) and id_of(name) is None


def test_a_link_that_leads_out_of_the_folder_is_no_input(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.png"
    Image.new("RGB", (4, 3)).save(outside)
    (folder / NAME).unlink()
    (folder / NAME).symlink_to(outside)
    assert not is_input_of(NAME, folder)


def test_names_are_found_however_deep_they_lie():
    assert list(names_in({"a": [{"b": f"{NAME}:2 | red"}], "c": "/elsewhere/" + NAME})) == [NAME]
