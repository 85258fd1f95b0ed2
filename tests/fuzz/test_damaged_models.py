import runpy
from pathlib import Path

CASES = runpy.run_path(str(Path(__file__).parent / "models.py"))["cases"]


def test_damaged_checkpoints_and_configurations_are_read_or_refused_with_one_sentence(tmp_path):
    for case in CASES(seed=1, count=400, folder=tmp_path):
        case.check()
