"""Pipelines in this process, tiny ones with random weights. They need the extra `diffusers`."""

import io
import json
import threading
import time

import pytest
import torch
from PIL import Image

from pixray.events import Drawn
from pixray.providers.base import ImageRequest
from pixray.providers.client import Client
from pixray.providers.diffusers import Diffusers
from pixray.providers.errors import BadRequest, ModelNotFound, UnsupportedFeature
from pixray.testing.provider_contract import check_provider

REASON = "needs pip install 'pixray[diffusers]', 190 MB that the tests of everybody shall not need"
pytest.importorskip("diffusers", reason=REASON)
pytest.importorskip("transformers", reason=REASON)
pytestmark = pytest.mark.filterwarnings("ignore")

UNET = {
    "sample_size": 8, "in_channels": 4, "out_channels": 4, "layers_per_block": 1, "block_out_channels": (8, 16),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"), "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "cross_attention_dim": 16, "attention_head_dim": 4, "norm_num_groups": 4,
}  # fmt: skip
VAE = {
    "block_out_channels": (8, 16), "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2, "latent_channels": 4, "norm_num_groups": 4, "sample_size": 16,
}  # fmt: skip


@pytest.fixture(scope="module")
def pipeline_folder(tmp_path_factory):
    """The folder of a Stable Diffusion pipeline of a few thousand random weights."""
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    folder = tmp_path_factory.mktemp("tiny")
    letters = [chr(number) for number in range(33, 127)]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)
    ends = {"bos_token_id": len(words) - 2, "eos_token_id": len(words) - 1, "pad_token_id": len(words) - 1}
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        text = CLIPTextModel(CLIPTextConfig(vocab_size=len(words), max_position_embeddings=77, **sizes, **ends))
        pipeline = StableDiffusionPipeline(
            vae=AutoencoderKL(**VAE), text_encoder=text, tokenizer=tokenizer, unet=UNet2DConditionModel(**UNET),
            scheduler=DDIMScheduler(), safety_checker=None, feature_extractor=None, requires_safety_checker=False,
        )  # fmt: skip
    pipeline.save_pretrained(folder / "pipeline")
    return str(folder / "pipeline")


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

        def watched(provider, request, previews, cancelled):
            self.requests.append(request)
            if self._hang:
                self._hang = False
                cancelled.wait(30)
            return usual(provider, request, previews, cancelled)

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


def test_what_cannot_be_loaded_is_one_sentence(paint, tmp_path):
    with pytest.raises(UnsupportedFeature, match="--diffusers_model"):
        paint({"diffusers_model": None}).result()
    for model in ("nobody/nothing", str(tmp_path)):
        with pytest.raises(ModelNotFound, match="cannot be loaded"):
            paint({"diffusers_model": model}).result()


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
