"""Pictures stay what they were. After a wanted change, `python -m tests.golden --update` paints them anew."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

GOLDEN = runpy.run_path(str(Path(__file__).parent / "golden_cases.py"))
PICTURES = GOLDEN["PICTURES"]


@pytest.mark.parametrize("case", GOLDEN["CASES"])
def test_a_picture_is_what_it_was(case):
    """Within 1 of 255: bytes are the same on one machine, while other CPUs add up numbers in another order."""
    if case == "super_resolution":
        pytest.importorskip("spandrel")
    golden = np.asarray(Image.open(PICTURES / f"{case}.png")).astype(int)
    painted = GOLDEN["paint"](case).astype(int)
    assert painted.shape == golden.shape
    off = abs(painted - golden)
    assert off.max() <= 1, f"{(off.max(-1) > 1).sum()} pixels of {case} differ, by up to {off.max()} of 255"


def test_there_is_a_picture_for_each_case_and_none_is_large():
    files = sorted(PICTURES.iterdir())
    assert [path.stem for path in files] == sorted(GOLDEN["CASES"])
    assert sum(path.stat().st_size for path in files) < 100_000
