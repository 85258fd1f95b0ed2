import json
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from pixray.drawers.vqgan.model import load_vqgan
from pixray.perceptors.embedded import Embedded, Referee
from pixray.testing.contracts import check_perceptor
from training import clip, guide, referee, strokes, vqgan
from training import export as exporting
from training.buffer import STROKES, Buffer
from training.captions import Captions
from training.pictures import Painter

TINY = {
    "guide": (guide.main, ["--batch", "6", "--painted", "2", "--chain", "1", "--buffer", "4"]),
    "referee": (referee.main, ["--batch", "6"]),
    "vqgan": (vqgan.main, ["--batch", "2", "--side", "64"]),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch, sprites):
    """Sprites read once, small samples; and what trainers set for their whole process is undone."""
    for module in (guide, referee, vqgan, exporting):
        monkeypatch.setattr(module, "load_sprites", lambda folder: sprites)
    monkeypatch.setattr(clip, "_SAMPLE", 200)
    monkeypatch.setattr(exporting, "_SEEN_IN", 500)
    monkeypatch.setattr(vqgan, "UNSEEN", 48)
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        yield
    torch.set_num_threads(threads)


@pytest.fixture
def train(atlases):
    def run(name, out, *more):
        main, tiny = TINY[name]
        main(["--data", str(atlases), "--out", str(out), *tiny, *more])
        return torch.load(out / "checkpoint.pt", weights_only=True)

    return run


@pytest.mark.parametrize(("name", "samples"), [("guide", 22), ("referee", 16), ("vqgan", 5)])
def test_a_training_continued_equals_one_without_a_break(train, tmp_path, name, samples):
    length = ["--samples", str(samples)]
    whole = train(name, tmp_path / "whole", *length)
    train(name, tmp_path / "parts", *length, "--stop-after", "2")
    parts = train(name, tmp_path / "parts", *length)
    assert parts["samples"] == whole["samples"] >= samples and parts["steps"] == whole["steps"] > 2
    before, after = whole["parts"]["model"], parts["parts"]["model"]
    assert all(torch.equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("without", [["--painted", "0", "--path", "0"], ["--wrong", "0"], ["--looks", "1", "--bf16"]])
def test_a_guide_is_trained_without_some_of_its_parts(train, tmp_path, without):
    state = train("guide", tmp_path, "--samples", "6", *without)
    assert all(value.isfinite().all() for value in state["parts"]["model"].values())


def test_training_leaves_a_log_and_a_sheet_of_pictures(train, tmp_path):
    train("referee", tmp_path, "--samples", "12")
    (line,) = (tmp_path / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["samples"] == 12 and "contrast" in json.loads(line)
    assert list(tmp_path.glob("sheet_*.png"))


def test_the_length_of_a_training_must_be_given(train, tmp_path):
    with pytest.raises(SystemExit, match="--minutes or --samples"):
        train("referee", tmp_path)


@pytest.mark.parametrize(("name", "perceptor"), [("guide", Embedded), ("referee", Referee)])
def test_an_exported_model_is_one_that_the_package_loads(train, atlases, tmp_path, name, perceptor):
    train(name, tmp_path, "--samples", "6")
    files = ["--checkpoint", str(tmp_path / "checkpoint.pt"), "--data", str(atlases), "--to", str(tmp_path)]
    exporting.main([name, *files])
    weights = load_file(tmp_path / f"{name}.safetensors")
    assert weights["visual.conv1.weight"].dtype == torch.float16
    assert len(weights["token_embedding.weight"]) == len(weights["token_ids"])
    loaded = perceptor(folder=tmp_path)
    check_perceptor(loaded)
    trained = guide.CONFIG if name == "guide" else referee.CONFIG
    assert loaded.dim == trained["embed_dim"]
    # Words outside the training have the zero row, so which of them it is makes no difference.
    one, other = loaded.encode_text(["a yggdrasil", "a xylotomous"])
    assert loaded.encode_text(["a cat"]).isfinite().all() and one.isfinite().all() and other.isfinite().all()


def test_a_rare_word_is_known_when_two_names_share_it(sprites, monkeypatch):
    rare = SimpleNamespace(tail=["police car", "police officer", "yurt"])
    monkeypatch.setattr(exporting, "_SEEN_IN", 0)
    monkeypatch.setattr(exporting, "Captions", lambda sprites, seed: rare)
    assert exporting.known_words(sprites) == ["police"]


def test_the_mean_of_two_guides_lies_between_them(train, atlases, tmp_path, capsys):
    files = ["--data", str(atlases), "--checkpoint"]
    for name, samples in (("one", "6"), ("other", "12")):
        train("guide", tmp_path / name, "--samples", samples)
        exporting.main(["guide", *files, str(tmp_path / name / "checkpoint.pt"), "--to", str(tmp_path / name)])
    last = [*files, str(tmp_path / "other" / "checkpoint.pt"), "--to", str(tmp_path), "--mean-with"]
    exporting.main(["guide", *last, str(tmp_path / "one")])
    one, other, mean = (load_file(tmp_path / part / "guide.safetensors") for part in ("one", "other", ""))
    weight = "visual.layer1.0.conv1.weight"
    assert not torch.equal(one[weight], other[weight]) and mean[weight].dtype == torch.float16
    assert torch.equal(mean[weight], ((one[weight].float() + other[weight].float()) / 2).half())
    assert torch.equal(mean["token_ids"], one["token_ids"])
    exporting.main(["guide", *last, str(tmp_path / "one"), "--share", "0"])
    assert torch.equal(load_file(tmp_path / "guide.safetensors")[weight], other[weight])
    exporting.main(["guide", *last, str(tmp_path / "one"), str(tmp_path / "other"), "--share", "0.25", "0.25"])
    three = load_file(tmp_path / "guide.safetensors")[weight].float()
    assert torch.allclose(three, 0.75 * other[weight].float() + 0.25 * one[weight].float(), atol=1e-3)
    with pytest.raises(SystemExit):
        exporting.main(["guide", *last, str(tmp_path / "one"), "--share", "0.2", "0.3"])
    assert "1 folder(s) of --mean-with need as many numbers" in capsys.readouterr().err
    for wrong in ("share", "apart"):
        with pytest.raises(SystemExit):
            exporting.main(["guide", *last, str(tmp_path / "one"), f"--{wrong}", "2"])
        assert f"--{wrong} is from 0 to 1, not 2" in capsys.readouterr().err
    check_perceptor(Embedded(folder=tmp_path))
    with pytest.raises(SystemExit):
        exporting.main(["guide", *last, str(tmp_path / "nowhere")])
    assert "nowhere" in capsys.readouterr().err
    with pytest.raises(ValueError, match="of the same form"):
        exporting.mean(one, one | {"token_ids": one["token_ids"] + 1})
    fewer = other | {name: other[name][:-1] for name in ("token_ids", "token_embedding.weight")}
    rows = exporting.mean(one, fewer)["token_embedding.weight"]
    assert torch.equal(rows[-1], one["token_embedding.weight"][-1])
    assert torch.equal(rows[:-1], exporting.mean(one, other)["token_embedding.weight"][:-1])


def test_a_guide_that_is_exported_so_takes_off_what_all_texts_share(train, atlases, tmp_path):
    train("guide", tmp_path, "--samples", "6")
    files = ["--data", str(atlases), "--checkpoint", str(tmp_path / "checkpoint.pt"), "--to"]
    exporting.main(["guide", *files, str(tmp_path / "plain")])
    exporting.main(["guide", *files, str(tmp_path / "apart"), "--mean-with", str(tmp_path / "plain"), "--apart", "0.5"])
    plain, apart = (
        Embedded(folder=tmp_path / name).encode_text(["a cat", "a red star"]) for name in ("plain", "apart")
    )
    shared = load_file(tmp_path / "apart" / "guide.safetensors")["text_shared"]
    assert torch.allclose(apart, torch.nn.functional.normalize(plain - shared, dim=1), atol=1e-5)
    assert (apart[0] * apart[1]).sum() < (plain[0] * plain[1]).sum()
    check_perceptor(Embedded(folder=tmp_path / "apart"))
    # What was taken off comes off once, also of a mean with such a guide and of a training that starts from one.
    exporting.main(["guide", *files, str(tmp_path / "again"), "--mean-with", str(tmp_path / "apart"), "--apart", "0.5"])
    assert torch.allclose(load_file(tmp_path / "again" / "guide.safetensors")["text_shared"], shared, atol=1e-3)


@pytest.mark.parametrize("stem", ["guide", "pixel"])
def test_a_training_can_start_from_an_exported_guide(train, atlases, tmp_path, stem):
    first = train("guide", tmp_path / "first", "--samples", "6")["parts"]["model"]
    files = ["--checkpoint", str(tmp_path / "first" / "checkpoint.pt"), "--data", str(atlases), "--to", str(tmp_path)]
    exporting.main([stem, *files])
    words = ["--data", str(atlases), "--out", str(tmp_path), "--samples", "6", "--buffer", "4"]
    options = guide.parser().parse_args([*words, "--start", str(tmp_path), "--stem", stem])
    again = guide.Guide(options).clip.model.state_dict()
    for name in ("visual.layer1.0.conv1.weight", "token_embedding.weight", "visual.bn1.running_var"):
        assert torch.allclose(again[name], first[name], atol=1e-3)


def test_an_exported_vqgan_is_one_that_the_drawer_loads(train, tmp_path):
    train("vqgan", tmp_path, "--samples", "4")
    exporting.main(["vqgan", "--checkpoint", str(tmp_path / "checkpoint.pt"), "--to", str(tmp_path)])
    loaded = load_vqgan(tmp_path / "vqgan.yaml", tmp_path / "vqgan.safetensors", "cpu")
    trained = vqgan.Vqgan()
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["parts"]["model"]
    trained.load_state_dict(state)
    picture = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        ours = trained.decode(trained.lookup(trained.nearest(trained.encode(picture))))
        theirs = (loaded.decode(loaded.encode(picture)) + 1) / 2
    assert (ours - theirs).abs().mean() < 0.01  # in half precision, a position between two codes may take the other
    assert ours.std() > 0.02


def test_a_vqgan_goes_on_from_an_exported_one_with_larger_pictures(train, atlases, tmp_path):
    train("vqgan", tmp_path, "--samples", "4")
    exporting.main(["vqgan", "--checkpoint", str(tmp_path / "checkpoint.pt"), "--to", str(tmp_path)])
    words = ["--data", str(atlases), "--out", str(tmp_path / "more"), "--samples", "4", "--batch", "2"]
    trainer = vqgan.Trainer(vqgan.parser().parse_args([*words, "--start", str(tmp_path), "--side", "128"]))
    exported = load_file(tmp_path / "vqgan.safetensors")
    assert torch.allclose(
        trainer.model.state_dict()["decoder.conv_in.weight"], exported["decoder.conv_in.weight"].float()
    )
    assert trainer.images(2).shape == (2, 3, 128, 128)
    codes = trainer.model.codes.detach().clone()
    assert trainer.step(0.0, 0.0)["commitment"] > 0 and torch.allclose(trainer.model.codes, codes)


def test_idle_codes_start_again_where_the_encoder_is(train, atlases, tmp_path):
    options = vqgan.parser().parse_args(["--data", str(atlases), "--out", str(tmp_path), "--samples", "9"])
    trainer = vqgan.Trainer(options)
    trainer.idle.begun = True
    trainer.idle.steps[7] = 1000
    z = torch.nn.functional.normalize(torch.ones(1, vqgan.DIM, 4, 4), dim=1)
    trainer.model.quantize.embedding.weight.data[7] = -z[0, :, 0, 0]
    trainer._quantised(z)
    assert float(trainer.model.codes[7].detach() @ z[0, :, 0, 0]) > 0.8 and trainer.idle.steps[7] == 0


@pytest.mark.parametrize("seed", range(3))
def test_strokes_are_painted_uphill(seed):
    goal = torch.full((3, 64, 64), 0.8)
    goal[0, 16:48, 16:48] = 0.2
    sketch = strokes.begin_strokes(torch.Generator().manual_seed(seed))
    before = strokes.drawn(sketch)
    for _ in range(25):
        sketch = strokes.moved(sketch, goal - strokes.drawn(sketch))
    after = strokes.drawn(sketch)
    assert before.shape == (3, 64, 64) and after.min() >= 0 and after.max() <= 1
    assert (after - goal).square().mean() < 0.9 * (before - goal).square().mean()


def test_a_buffer_keeps_strokes_as_strokes(sprites):
    captions, painter = Captions(sprites, 1), Painter(sprites, 1)
    buffer = Buffer(captions, painter, 24, torch.Generator().manual_seed(1))
    assert buffer.sketches and all(buffer.grids[number] == STROKES for number in buffer.sketches)
    assert not Buffer(captions, painter, 24, torch.Generator().manual_seed(1), strokes=0.0).sketches
    other = Buffer(captions, painter, 24, torch.Generator().manual_seed(2))
    other.load_state_dict(buffer.state_dict())
    for number in buffer.sketches:
        assert torch.equal(strokes.drawn(other.sketches[number]), buffer.images[number])
