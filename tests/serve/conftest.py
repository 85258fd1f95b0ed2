"""cog's own HTTP server, without Docker, and our door before it."""

import importlib.util
import threading

import pytest
from asking import wait_for


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """Addresses of cog's server alone and of the door before it, and the folder of their temporary files."""
    if importlib.util.find_spec("cog") is None:
        pytest.skip("the package cog is not installed")
    from pixray.serve.behind import cog_server
    from pixray.serve.front import Front

    folder = tmp_path_factory.mktemp("cog")
    with pytest.MonkeyPatch.context() as here:
        here.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        here.setenv("TMPDIR", str(folder))
        with cog_server() as (_, port), Front(("127.0.0.1", 0), port) as front:
            threading.Thread(target=front.serve_forever, daemon=True).start()
            alone = f"http://127.0.0.1:{port}"
            wait_for(alone, "READY", 120)
            yield alone, f"http://127.0.0.1:{front.server_address[1]}", folder
            front.shutdown()


@pytest.fixture
def cog_alone(servers):
    return servers[0]


@pytest.fixture
def front(servers):
    return servers[1]
