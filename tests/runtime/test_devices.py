"""In which number format models compute, and which CPUs are taken to multiply faster in bfloat16."""

import pytest
import torch

from pixray.models.store import ModelStore
from pixray.perceptors.choose import load_perceptors
from pixray.runtime import devices
from pixray.testing.fakes import ToyPerceptor


@pytest.mark.parametrize(
    ("amx", "instructions", "name", "expected"),
    [
        (True, True, "Intel(R) Xeon(R) Platinum 8481C", True),
        (False, True, "AMD EPYC", True),
        (False, True, "Intel(R) Xeon(R) Platinum 8370H", False),
        (False, False, "AMD EPYC", False),
    ],
)
def test_matrix_units_or_amd_s_instructions_make_bfloat16_worth_while(monkeypatch, amx, instructions, name, expected):
    monkeypatch.setattr(devices, "has_matrix_units", lambda: amx)
    monkeypatch.setattr(devices, "has_bf16_instructions", lambda: instructions)
    monkeypatch.setattr(devices, "_capabilities", lambda: {"cpu_name": name})
    assert devices.multiplies_bf16() is expected


@pytest.mark.parametrize(
    ("precision", "device", "faster", "expected"),
    [
        ("auto", "cpu", False, torch.float32),
        ("auto", "cpu", True, torch.bfloat16),
        ("auto", "mps", True, torch.float32),
        ("auto", "cuda:1", True, torch.bfloat16),
        ("auto", "cuda:1", False, torch.float32),
        ("fp32", "cpu", True, torch.float32),
        ("bf16", "cuda:1", False, torch.bfloat16),
        ("fp16", "cpu", False, torch.float16),
    ],
)
def test_a_device_computes_in_bfloat16_only_where_that_is_faster(monkeypatch, precision, device, faster, expected):
    monkeypatch.setattr(devices, "multiplies_bf16", lambda: faster)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 6) if faster else (7, 5))
    # Torch counts emulation as support.
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert devices.choose_dtype(precision, device) == expected


@pytest.mark.parametrize("faster", [True, False])
def test_perceptors_and_the_vqgan_drawer_follow_the_same_rule(session, registry, monkeypatch, faster):
    class Noting(ToyPerceptor):
        def __init__(self, device="cpu", dtype=torch.float32, contrast="plain", **_):
            super().__init__("cpu")
            formats.append(dtype)

    formats = []
    registry.add("perceptor", "toy", Noting, replace=True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 0) if faster else (7, 5))
    monkeypatch.setattr(devices, "multiplies_bf16", lambda: faster)
    expected = torch.bfloat16 if faster else torch.float32
    made = session(drawer="vqgan", size=[32, 32])
    assert made.drawer.model._dtype == expected
    load_perceptors(["toy"], made.settings, registry, ModelStore(), "cuda:0")
    assert formats == [torch.float32, expected], "small perceptors stay in float32 on a CPU"
