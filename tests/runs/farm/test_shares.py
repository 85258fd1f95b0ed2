"""What one run gets of a machine."""

import pytest

from pixray.errors import SettingsError
from pixray.runs.farm.shares import Share, fraction

GIB = 1 << 30
CPUS, GPUS = {"CPU": 4.0, "memory": 1e9}, {"CPU": 8.0, "GPU": 2.0}


def test_without_gpus_a_run_takes_a_core():
    share = Share().on([CPUS])
    assert share.options() == {"num_cpus": 1, "num_gpus": 0} and share.room([CPUS, CPUS]) == 8 and not share.measures


def test_beside_gpus_the_first_run_shows_how_much_it_needs():
    share = Share().on([CPUS, GPUS])
    assert share.measures and share.options() == {"num_cpus": 0.5, "num_gpus": 1}
    share = share.measured(peak=30 * GIB, total=80 * GIB)
    assert not share.measures and share.gpus == 0.5 and share.room([CPUS, GPUS]) == 4
    assert Share().on([GPUS]).measured(None, None).gpus == 1


def test_what_was_said_counts_more_than_what_is_measured():
    share = Share(gpus=0.25, cpus=1, workers=5).on([GPUS])
    assert not share.measures and share.room([GPUS]) == 5 and Share(gpus=0.25, cpus=1).room([GPUS]) == 8
    assert Share(gpus=0).on([GPUS]).options() == {"num_cpus": 1, "num_gpus": 0}


@pytest.mark.parametrize("peak", [GIB // 4, GIB, 3 * GIB, 7 * GIB, 20 * GIB, 39 * GIB, 79 * GIB])
def test_as_many_runs_share_a_gpu_as_fit(peak):
    runs = 80 * GIB // (peak + GIB // 2)
    assert fraction(peak, 80 * GIB) <= 1 and 1 / fraction(peak, 80 * GIB) >= 1
    assert int(1 / fraction(peak, 80 * GIB)) <= max(1, runs)


@pytest.mark.parametrize("words", [{"cpus": 0}, {"gpus": 1.5}, {"gpus": -1}, {"workers": 0}, {"cpus": float("nan")}])
def test_a_share_that_cannot_be_is_refused(words):
    with pytest.raises(SettingsError, match="expected a number"):
        Share(**words)
