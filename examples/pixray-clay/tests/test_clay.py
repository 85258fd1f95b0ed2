"""The drawer keeps what drawers promise, and is found by its name once the package is installed."""

from pixray_clay import Clay

import pixray
from pixray.testing import check_drawer


def test_clay_keeps_what_drawers_promise():
    check_drawer(Clay)
    check_drawer(Clay, clay_softness=3, size=(33, 20))


def test_clay_is_found_by_name_and_its_settings_are_checked(tmp_path):
    settings = {"perceptors": "embedded", "size": (48, 32), "iterations": 2, "seed": 1, "outdir": str(tmp_path / "run")}
    assert pixray.run("a red heart", drawer="clay", clay_softness=4, **settings).size == (48, 32)
    try:
        pixray.run("a red heart", drawer="clay", clay_softness=0, **settings)
    except pixray.SettingsError as error:
        assert str(error).startswith("clay_softness=0") and "expected at least 1 pixels" in str(error)
    else:
        raise AssertionError("a softness of 0 was accepted")
