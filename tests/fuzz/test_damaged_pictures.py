import runpy
from pathlib import Path

CASES = runpy.run_path(str(Path(__file__).parent / "pictures.py"))["cases"]


def test_damaged_pictures_names_and_palettes_are_refused_with_one_sentence(tmp_path):
    checked = 0
    for case in CASES(seed=1, count=300, folder=tmp_path):
        case.check()
        checked += 1
    assert checked == 300
