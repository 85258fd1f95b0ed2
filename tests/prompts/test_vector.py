import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from pixray.cli.main import main
from pixray.models.store import ModelStore
from pixray.prompts.vector import find_vectors, mean_difference, read_vectors, svm_difference


def clouds(shift, count=60, dim=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(2 * count, dim, generator=generator)
    return noise[:count] - shift, noise[count:] + shift


def test_the_mean_difference_leads_from_the_first_to_the_second():
    one, other = torch.tensor([[0.0, 1.0], [2.0, 1.0]]), torch.tensor([[4.0, 1.0]])
    assert mean_difference(one, other).tolist() == [[3.0, 0.0]]


def test_the_svm_finds_the_direction_that_parts_the_sets():
    shift = torch.tensor([1.0, 0, 0, 0, 0, 0])
    one, other = clouds(shift, count=400)
    direction = svm_difference(one, other)
    assert direction.shape == (1, 6) and direction[0, 0] / direction.norm() > 0.95
    assert direction.norm() == pytest.approx(float(mean_difference(one, other).norm()), rel=1e-4)
    assert torch.allclose(svm_difference(other, one), -direction, atol=1e-4)


def test_the_svm_solves_a_case_with_a_known_answer():
    """Two points at -1 and 1: w = 4 C / (1 + 4 C), b = 0; with more dimensions the rest stays 0."""
    one, other = torch.tensor([[-1.0, 0.0]]), torch.tensor([[1.0, 0.0]])
    assert torch.allclose(svm_difference(one, other), torch.tensor([[2.0, 0.0]]), atol=1e-6)


def test_the_svm_weighs_outliers_less_than_the_mean_does():
    one, other = clouds(torch.tensor([1.5, 0, 0, 0, 0, 0]), count=30)
    other[0] = torch.tensor([4.0, 60.0, 0, 0, 0, 0])
    slant = [abs(float(d[0, 1] / d.norm())) for d in (svm_difference(one, other), mean_difference(one, other))]
    assert slant[0] < slant[1]


@pytest.fixture
def pictures():
    for number in range(3):
        Image.new("RGB", (40, 30), (200 + 20 * number, 10, 10)).save(f"red_{number}.png")
        Image.new("RGB", (30, 40), (10, 10, 200 + 20 * number)).save(f"blue_{number}.png")


@pytest.fixture(autouse=True)
def _toy(monkeypatch):
    monkeypatch.setenv("PIXRAY_PLUGINS", "perceptor:toy=pixray.testing.fakes:ToyPerceptor")


def test_vectorize_writes_a_vector_for_each_picture(pictures, capsys):
    assert main(["vectorize", "--inputs", "red_*.png", "-o", "deep/red.json", "--models", "toy"]) == 0
    vectors = read_vectors(Path("deep/red.json").read_text(), "red")
    assert list(vectors) == ["toy"] and len(vectors["toy"]) == 3 and len(vectors["toy"][0]) == 24
    assert capsys.readouterr().out.strip() == "deep/red.json"


@pytest.mark.parametrize("how", ["--avg-diff", "--svm-diff"])
def test_a_direction_is_a_prompt_that_leads_there(pictures, session, how):
    import numpy as np

    assert main(["vectorize", how, "red_*.png,blue_{0..2}.png", "--out", "vectors/bluer.json", "--models", "toy"]) == 0
    assert find_vectors("bluer", ModelStore()) is not None
    made = session(prompts="", vector_prompts="bluer:10", drawer="pixel", pixel_size=[6, 4], iterations=40)
    before = np.asarray(made.image()).astype(float).mean((0, 1))
    list(made.run())
    after = np.asarray(made.image()).astype(float).mean((0, 1))
    assert (after - before)[2] > 20 > (after - before)[0]


def test_sets_may_be_files_of_vectors_made_before(pictures):
    for name in ("red", "blue"):
        main(["vectorize", "--inputs", f"{name}_*.png", "--outfile", f"{name}.json", "--models", "toy"])
    main(["vectorize", "--avg-diff", "red.json,blue.json", "--outfile", "a.json"])
    main(["vectorize", "--avg-diff", "red_*.png,blue_*.png", "--outfile", "b.json", "--models", "toy"])
    one, other = (torch.tensor(json.loads(Path(name).read_text())["toy"]) for name in ("a.json", "b.json"))
    assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--inputs", "none*.png", "--outfile", "x.json"], "inputs='none*.png': no file matches"),
        (["--avg-diff", "a.png", "--outfile", "x.json"], "expected two sets of pictures"),
        (["--inputs", "a.png", "--outfile", "x.txt"], "expected a name that ends in .json"),
        (["--outfile", "x.json"], "is required"),
    ],
)
def test_mistakes_are_explained(words, message, capsys):
    assert main(["vectorize", *words, "--models", "toy"]) in (1, 2)
    assert message in capsys.readouterr().err and not Path("x.json").exists()
