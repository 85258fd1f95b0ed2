"""What a driver does when the head of its cluster or its workers do not answer, tried without a cluster."""

import socket
from contextlib import nullcontext
from types import SimpleNamespace
from typing import ClassVar

import pytest

from pixray.events import Noticed
from pixray.runs.farm import session
from pixray.runs.farm.cluster import head_answers
from pixray.runs.farm.progress import FarmStarted
from pixray.runs.farm.shares import Share


def connection(address, client=False):
    context = SimpleNamespace(gcs_address=address)
    util = SimpleNamespace(client=SimpleNamespace(ray=SimpleNamespace(is_connected=lambda: client)))
    return SimpleNamespace(util=util, get_runtime_context=lambda: context)


def test_a_head_answers_as_long_as_its_port_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert head_answers(connection(address))
    assert not head_answers(connection(address))


def test_clients_outside_the_cluster_cannot_tell():
    assert head_answers(connection("127.0.0.1:9", client=True))


class Stuck:
    """A watch on a farm whose workers never end their step; somebody presses Ctrl-C for the second time."""

    ended = gone = False
    calls: ClassVar[list[str]] = []

    def __init__(self, ray, scheduler):
        self.calls.clear()

    def stop(self):
        self.calls.append("stop")

    def updates(self):
        yield Noticed("info", "still at work")
        raise KeyboardInterrupt

    def close(self):
        pytest.fail("waits for workers that do not end")

    def kill(self):
        self.calls.append("kill")


def test_a_second_ctrl_c_waits_for_no_worker(monkeypatch, tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'pixray[farm]'")
    for name, fake in (("connected", lambda on: nullcontext()), ("machines", lambda ray: []), ("Watch", Stuck)):
        monkeypatch.setattr(session, name, fake)
    monkeypatch.setattr(session, "_refuse_without_room", lambda *facts: None)
    monkeypatch.setattr(session.Farm, "_begin", lambda *facts: None)
    farm = session.Farm([], tmp_path, "ray", Share(), None, None)
    events = farm.run()
    assert isinstance(next(events), FarmStarted)
    farm.stop()
    assert "end after their step" in next(events).text and next(events).text == "still at work"
    with pytest.raises(KeyboardInterrupt):
        next(events)
    assert Stuck.calls == ["stop", "kill"]
