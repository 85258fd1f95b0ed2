"""Remote services on real Ray processes: several workers keep to one limit and one budget, and can be stopped."""

import time
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="Ray is not installed: pip install 'pixray[farm]'")

from pixray.runs.cell import Cell
from pixray.runs.farm.cluster import connected
from pixray.runs.farm.painter import Painter
from pixray.runs.farm.progress import CellChanged, FarmFinished
from pixray.runs.farm.session import Farm
from pixray.runs.farm.shares import Share
from pixray.runs.grid_page import write_results
from pixray.settings.resolve import resolve
from tests.faults.farm import RAY
from tests.faults.runs import registry
from tests.runs.farm.metered import RATE, FakeMetered, Metered


@pytest.fixture(scope="module")
def ray_here():
    """A cluster of this process, with the environment of the tests, for the time of this module."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**RAY, "METERED_KEY": "sk-metered"}.items():
            patch.setenv(name, value)
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
        with connected("ray"):
            yield


@pytest.fixture
def service():
    with FakeMetered() as fake:
        yield fake


@pytest.fixture
def farm(ray_here, service, tmp_path):
    def make(count, budget=None, **words):
        parts, folder = registry(), tmp_path / "out"
        parts.add("provider", "metered", Metered)
        folder.mkdir()
        usual = {"prompts": "red", "clip_models": "toy", "size": [24, 16], "drawer": "metered", "remote_cache": "off"}
        usual |= {"metered_url": service.url, **words}
        cells = [
            Cell({"seed": str(n)}, resolve(parts, {**usual, "seed": n, "outdir": str(folder / f"{n}")}))
            for n in range(1, count + 1)
        ]
        return Farm(cells, folder, "ray", Share(cpus=0.5, workers=3), Painter(parts), write_results, budget=budget)

    return make


def test_all_workers_together_keep_to_the_limits_of_a_service(farm, service):
    *_, finished = farm(8).run()
    assert (finished.done, finished.failed) == (8, 0) and len(service.came) == 8
    assert service.most == Metered.capabilities.concurrency
    count, period = RATE
    assert service.came[-1] - service.came[0] > period * ((8 - 1) // count) - period / 2


def test_all_workers_together_spend_one_budget(farm, service):
    *changes, finished = farm(6, budget=(2.0, None), prices="metered:0.5").run()
    assert len(service.came) == 4
    assert (finished.done, finished.failed, finished.bill.requests, finished.bill.spent) == (4, 2, 4, 2.0)
    reasons = {change.reason for change in changes if isinstance(change, CellChanged) and change.state == "failed"}
    assert len(reasons) == 1 and "max_cost=2 does not allow another 0.5" in reasons.pop()


def test_a_farm_that_is_stopped_gives_up_what_a_service_was_asked_for(farm, service):
    service.seconds = None
    asked, stopped, finished = farm(3), None, None
    for event in asked.run():
        finished = event
        if service.came and stopped is None:
            asked.stop()
            stopped = time.monotonic()
    assert isinstance(finished, FarmFinished) and (finished.done, finished.failed, finished.waiting) == (0, 0, 3)
    assert service.left.is_set() and len(service.came) == 1
    assert time.monotonic() - stopped < 30  # the request would have waited for a minute
