"""The tape refuses what a CUDA graph cannot hold, and repeats the rest in the same memory."""

import pytest
import torch

from pixray.testing.recording import CannotRecord, Tape


@pytest.mark.parametrize(
    "work",
    [
        lambda x: float(x.sum()),
        lambda x: bool((x > 0).any()),
        lambda x: x.tolist(),
        lambda x: x.numpy(),
        lambda x: x[x > 0],
        lambda x: x.nonzero(),
        lambda x: x + torch.tensor([1.0, 2.0, 3.0]),
        lambda x: x + torch.randn(3),
        lambda x: torch.rand(3, generator=torch.Generator().manual_seed(0)) + x,
        lambda x: torch.nn.functional.dropout(x, 0.5),
        lambda x: x.repeat_interleave(torch.ones(3, dtype=torch.long)),
    ],
)
def test_what_cannot_be_recorded(work):
    x = torch.ones(3)
    with pytest.raises(CannotRecord):
        Tape().record(lambda: work(x))


def test_recording_changes_nothing_and_replaying_does():
    x, total = torch.arange(3.0), torch.zeros(())
    again, result = Tape().record(lambda: total.add_(x.sum()) * 2)
    assert total == 0 and torch.isnan(result), "what was made while recording is rubbish until the first replay"
    again()
    assert total == 3 and result == 6
    x.mul_(2)
    again()
    assert total == 9 and result == 18


def test_numbers_of_python_stay_as_they_were():
    x, facts = torch.ones(2), {"factor": 3.0}
    again, result = Tape().record(lambda: x * facts["factor"])
    facts["factor"] = 5.0
    again()
    assert result.tolist() == [3, 3]


def test_views_gradients_and_complex_numbers():
    x = torch.rand(4, 6, generator=torch.Generator().manual_seed(0)).requires_grad_(True)

    def work():
        x.grad = None
        values = torch.fft.irfft2(torch.fft.rfft2(x[:, 1:5]).conj() * 2, s=(4, 4))
        (values.t()[1:].exp() * values[:3].t().sum()).sum().backward()
        return x.grad

    again, result = Tape().record(work)
    with torch.no_grad():
        x.copy_(torch.rand(4, 6, generator=torch.Generator().manual_seed(1)))
    again()
    replayed = result.clone()
    assert torch.allclose(replayed, work()) and replayed.abs().max() > 0


def test_memory_that_nobody_keeps_is_missed():
    tape, x = Tape(), torch.ones(3)
    cache = {"ones": torch.ones(3)}
    again, _ = tape.record(lambda: x + cache["ones"])
    again()
    cache.clear()
    with pytest.raises(CannotRecord, match="nobody keeps"):
        again()
