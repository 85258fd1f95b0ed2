"""Pipelines in this process, tiny ones with random weights."""

import io
import re
import shlex
import threading
import time
from functools import cache
from pathlib import Path

import pytest
import tiny_pipelines
from PIL import Image

from pixray.cli.main import main
from pixray.events import Drawn
from pixray.providers.base import ImageRequest
from pixray.providers.client import Client
from pixray.providers.diffusers import Diffusers
from pixray.providers.errors import BadRequest, ModelNotFound, UnsupportedFeature
from pixray.testing.provider_contract import check_provider

pytest.importorskip("diffusers")
pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")

FAMILIES = {
    "sd": tiny_pipelines.stable_diffusion,
    "sdxl": tiny_pipelines.stable_diffusion_xl,
    "flux2": tiny_pipelines.flux2_klein,
}


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    """A function that gives the folder of a tiny pipeline of a family, built once."""

    @cache
    def folder(family):
        return FAMILIES[family](tmp_path_factory.mktemp(family))

    return folder


@pytest.fixture(scope="module")
def pipeline_folder(folder_of):
    return folder_of("sd")


@pytest.fixture
def paint(pipeline_folder):
    """A function that paints with the tiny pipeline."""

    def start(settings=None, previews=None, **changes):
        settings = {"diffusers_model": pipeline_folder, "diffusers_steps": 3, **(settings or {})}
        provider = Diffusers(Diffusers.Settings(**settings))
        fields = {"prompts": (("a red circle", 1.0),), "width": 64, "height": 64, "seed": 7}
        request = ImageRequest(**{**fields, **provider.request_fields(), **changes})
        return Client(provider).start(request, previews.append if previews is not None else None)

    return start


def png(colour, mode="RGB", size=(64, 64)):
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, format="PNG")
    return buffer.getvalue()


class Watched:
    """What the contract needs of a fake: which calls there were, and one that does not end by itself."""

    key, url = "none-is-needed", ""

    def __init__(self, monkeypatch):
        self.requests, self._hang = [], False
        usual = Diffusers._paint

        def watched(provider, request, said, cancelled):
            self.requests.append(request)
            if self._hang:
                self._hang = False
                cancelled.wait(30)
            return usual(provider, request, said, cancelled)

        monkeypatch.setattr(Diffusers, "_paint", watched)

    def hang_next(self):
        self._hang = True


def test_contract(pipeline_folder, monkeypatch):
    check_provider(Diffusers, Watched(monkeypatch), diffusers_model=pipeline_folder, diffusers_steps=2)


def test_a_seed_is_a_picture_and_another_seed_another_one(paint):
    first, again, other = (paint(seed=seed).result().images[0] for seed in (7, 7, 8))
    assert first.content == again.content != other.content and first.picture().size == (64, 64)
    assert str(paint().result().cost) == "0 (free)"


def test_steps_and_guidance_and_what_is_not_wanted_reach_the_pipeline(paint):
    pictures = {
        paint(settings, **changes).result().images[0].content
        for settings, changes in (({}, {}), ({"diffusers_steps": 5}, {}), ({"diffusers_guidance": 1.0}, {}),
                                  ({}, {"negative": "fog"}))
    }  # fmt: skip
    assert len(pictures) == 4


def test_a_start_picture_is_kept_the_more_the_less_strength_there_is(paint):
    def distance(strength):
        picture = paint({"diffusers_steps": 10}, init=png("blue"), strength=strength).result().images[0].picture()
        return picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))

    assert distance(0.1) != distance(1.0)


def test_what_the_mask_keeps_hardly_depends_on_the_seed(paint):
    mask = Image.new("L", (64, 64), 0)
    mask.paste(255, (32, 0, 64, 64))
    buffer = io.BytesIO()
    mask.save(buffer, format="PNG")
    given = {"init": png("blue"), "mask": buffer.getvalue(), "strength": 1.0}
    left, right = (paint(seed=seed, **given).result().images[0].picture() for seed in (1, 2))
    kept, repainted = (_difference(left, right, box) for box in ((0, 0, 24, 64), (40, 0, 64, 64)))
    assert kept < repainted / 2, "the decoder's norms carry a little over"


def _difference(first, second, box):
    a, b = first.crop(box).tobytes(), second.crop(box).tobytes()
    return sum(abs(one - other) for one, other in zip(a, b, strict=True)) / len(a)


def test_unfinished_pictures_come_every_so_many_steps(paint):
    previews = []
    paint({"diffusers_steps": 6, "diffusers_preview_every": 2}, previews).result()
    assert len(previews) == 3 and len(set(previews)) == 3
    previews.clear()
    paint({"diffusers_preview_every": 0}, previews).result()
    assert previews == []


def test_cancelling_ends_the_pipeline_between_two_steps(paint):
    previews = []
    job = paint({"diffusers_steps": 500, "diffusers_preview_every": 1}, previews)
    while not previews:
        assert not job.wait(0.01)
    job.cancel()
    assert job.wait(20)
    time.sleep(0.3)
    count = len(previews)
    time.sleep(0.3)
    assert len(previews) == count < 500 and not [one for one in threading.enumerate() if one.name == "pixray remote"]


def test_a_run_paints_with_it_and_draws_unfinished_pictures(session, pipeline_folder):
    given = {"diffusers_model": pipeline_folder, "diffusers_steps": 8, "diffusers_preview_every": 2}
    run = session(drawer="diffusers", iterations=None, size=[64, 64], **given)
    saved = [event.save for event in run.run() if isinstance(event, Drawn)]
    assert saved[-1] is True and False in saved


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_takes_a_seed_a_start_picture_and_a_mask_and_shows_its_steps(paint, folder_of, family):
    settings = {"diffusers_model": folder_of(family), "diffusers_steps": 4, "diffusers_preview_every": 1}
    previews, blue, white = [], {"init": png("blue")}, {"init": png("blue"), "mask": png(255, "L")}
    results = [paint(settings, previews, **changes).result() for changes in ({}, {}, {"seed": 8}, blue, white)]
    first, again, *others = [result.images[0].content for result in results]
    assert first == again and len({first, *others}) == 4
    assert {result.images[0].picture().size for result in results} == {(64, 64)}
    shown = [Image.open(io.BytesIO(content)) for content in previews]
    assert len(shown) >= 3 * 4 and {picture.size for picture in shown} == {(64, 64)}
    assert previews[3] == first, "what is shown after the last step is the finished picture"


def test_what_a_pipeline_has_no_argument_for_is_said(paint, folder_of):
    settings = {"diffusers_model": folder_of("flux2"), "diffusers_steps": 1}
    result = paint(settings, negative="fog", init=png("blue"), strength=0.4).result()
    assert result.warnings == (
        "diffusers: Flux2KleinPipeline takes no negative prompt; it was left out",
        "diffusers: Flux2KleinPipeline takes no strength; it was left out",
    )


def test_the_commands_of_the_page_work_as_they_stand(folder_of, capsys):
    page = (Path(__file__).parents[2] / "docs" / "providers.md").read_text()
    lines = re.findall(r"^pixray --drawer diffusers .*", page, re.MULTILINE)
    assert len(lines) == 3
    Path("stabilityai").mkdir()
    Path("stabilityai/sd-turbo").symlink_to(folder_of("sd"))
    Path("pipeline").symlink_to(folder_of("sdxl"))
    Image.new("RGB", (64, 48), "blue").save("photo.png")
    Image.linear_gradient("L").resize((64, 48)).save("mask.png")
    for number, line in enumerate(lines):
        words = [*shlex.split(line)[1:], "--perceptors", "embedded", "--outdir", str(number), "--quiet"]
        assert main(words) == 0, capsys.readouterr().err
        with Image.open(Path(str(number)) / "output.png") as picture:
            assert picture.size == (512, 384 if number else 512)
            assert picture.text["pixray_provider"] == "diffusers"


def test_what_cannot_be_loaded_is_one_sentence(paint, tmp_path):
    with pytest.raises(UnsupportedFeature, match="--diffusers_model"):
        paint({"diffusers_model": None}).result()
    for model in ("nobody/nothing", str(tmp_path)):
        with pytest.raises(ModelNotFound, match="cannot be loaded"):
            paint({"diffusers_model": model}).result()


def test_loading_uses_nothing_that_the_package_calls_old(paint, recwarn):
    import warnings

    warnings.simplefilter("always")
    assert paint().result().images[0].usable
    assert not [one for one in recwarn if "deprecated" in str(one.message) and "torch_dtype" in str(one.message)]


def test_weights_that_would_run_code_are_not_read(paint, pipeline_folder, tmp_path):
    import shutil
    from pathlib import Path

    shutil.copytree(pipeline_folder, tmp_path / "pickled")
    weights = Path(tmp_path / "pickled" / "unet" / "diffusion_pytorch_model.safetensors")
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(ModelNotFound, match="cannot be loaded"):
        paint({"diffusers_model": str(tmp_path / "pickled")}).result()


def test_what_the_pipeline_refuses_is_told(paint, monkeypatch):
    def refuses(*_, **__):
        raise ValueError("`height` has to be divisible")

    from diffusers import StableDiffusionPipeline

    monkeypatch.setattr(StableDiffusionPipeline, "check_inputs", refuses)
    with pytest.raises(BadRequest, match="the pipeline refused: .height"):
        paint().result()
