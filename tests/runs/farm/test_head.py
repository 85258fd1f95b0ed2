"""Whether the head of a cluster is still there, asked without Ray."""

import socket
from types import SimpleNamespace

from pixray.runs.farm.cluster import head_answers


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
