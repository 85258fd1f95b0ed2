import pytest
import torch

from pixray.runtime.rng import Generators, seed_from


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("baseline", 2994341697),
        ("hello", 3168714819),
        ("pixray", 3827962814),
        ("12.5", 2973840208),
        ("-3", 1864844849),
        ("42", 42),
        (7, 7),
        (-7, -7),
    ],
)
def test_texts_become_the_old_seeds(text, number):
    assert seed_from(text) == number


def test_no_seed_is_a_new_one_each_time():
    assert len({seed_from(None) for _ in range(5)}) == 5


def test_purposes_do_not_disturb_each_other():
    one, two = Generators(1), Generators(1)
    torch.rand(100, generator=one.get("noise"))
    assert torch.equal(torch.rand(5, generator=one.get("cuts")), torch.rand(5, generator=two.get("cuts")))
    assert not torch.equal(
        torch.rand(5, generator=two.get("start")), torch.rand(5, generator=Generators(2).get("start"))
    )


def test_generators_continue_from_their_state():
    one = Generators(3)
    torch.rand(7, generator=one.get("cuts"))
    state = one.state()
    wanted = torch.rand(5, generator=one.get("cuts"))
    other = Generators(3)
    other.restore(state)
    assert torch.equal(torch.rand(5, generator=other.get("cuts")), wanted)
