"""cog's own HTTP server, without Docker, and ours beside it."""

import importlib.util
import threading

import pytest
from asking import wait_for
from cog_process import cog_server


@pytest.fixture(scope="session")
def cog_alone(tmp_path_factory):
    """The address of cog's server."""
    if importlib.util.find_spec("cog") is None:
        pytest.skip("the package cog is not installed")
    folder = tmp_path_factory.mktemp("cog")
    with pytest.MonkeyPatch.context() as here:
        here.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        here.setenv("TMPDIR", str(folder))
        with cog_server() as (_, port):
            address = f"http://127.0.0.1:{port}"
            wait_for(address, "READY", 120)
            yield address


@pytest.fixture(scope="session")
def own_server(tmp_path_factory):
    """A server of ours with one worker, and its address."""
    from pixray.serve.app import Server, bound_socket
    from pixray.serve.guard import Limits
    from pixray.serve.queue import Queue
    from pixray.serve.supervisor import Pool

    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as here:
        here.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        here.setenv("PIXRAY_OFFLINE", "1")
        here.setenv("OMP_NUM_THREADS", "1")  # its worker paints tiny pictures beside the tests
        listening = bound_socket("127.0.0.1", 0)
        limits = Limits(header_seconds=4.0, idle_seconds=2.0)  # tests wait for what takes too long
        server = Server(Pool(["cpu"], Queue(folder / "runs")), listening, limits=limits)
        thread = threading.Thread(target=server.run)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        wait_for(address, "READY", 120)
        yield server, address
        server.end()
        thread.join(60)
        assert not thread.is_alive()
        listening.close()


@pytest.fixture
def front(own_server):
    return own_server[1]
