"""Which CPUs are taken to multiply faster in bfloat16."""

import pytest

from pixray.runtime import devices


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
