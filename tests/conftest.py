"""Shared fixtures. No test reaches a network, and every test works in a folder of its own."""

from __future__ import annotations

import gc
import os
from pathlib import Path

# Before torch is imported: idle threads sleep instead of spinning, also beside other busy processes.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Before anything imports gRPC: its handlers of fork() may close files of programs that tests start, such as encoders.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# The processes of pytest-xdist share the cores, and so do the programs that their tests start.
if processes := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(processes))))

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With `-n`, a file stays in one process: its servers, models and browsers are started once."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # else long files with few tests come last, and one process waits
    return LoadFileScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Modules stay for good, so the garbage collector looks through them neither while they load nor ever again.

    It would take a tenth of the time of all tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000)
        gc.enable()


@pytest.fixture(autouse=True)
def _alone(tmp_path, tmp_path_factory, monkeypatch):
    """Own working directory, no hub, no checkpoints or plugins of the person who runs the tests."""
    monkeypatch.chdir(tmp_path)
    # Processes that tests start run this source tree too, installed or not.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setenv("PIXRAY_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
    for name in ("PIXRAY_CHECKPOINTS", "PIXRAY_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    from pixray.api import studio

    monkeypatch.setattr(studio, "_registry", None)


@pytest.fixture
def registry():
    """The built-in parts plus the fakes."""
    from pixray.registry import BUILT_IN, Registry
    from pixray.testing.fakes import FlatDrawer, ToyPerceptor

    made = Registry(BUILT_IN)
    made.add("drawer", "flat", FlatDrawer)
    made.add("perceptor", "toy", ToyPerceptor)
    return made


@pytest.fixture
def tiny():
    """Settings of a run that takes a second: the toy perceptor and a small canvas."""
    return {
        "prompts": "red",
        "drawer": "flat",
        "clip_models": "toy",
        "size": [24, 16],
        "iterations": 6,
        "num_cuts": 4,
        "seed": 1,
    }


@pytest.fixture
def resolve(registry):
    """Settings from keywords, as `add_settings` would take them."""
    from pixray.settings.resolve import resolve as resolve_settings

    def from_keywords(argv=(), **settings):
        return resolve_settings(registry, settings, argv)

    return from_keywords


@pytest.fixture
def session(registry, resolve, tiny):
    """A function that builds a session from the tiny settings and changes to them."""
    from pixray.models.store import ModelStore
    from pixray.runs.start import build_run

    def make(**changes):
        return build_run(resolve(**{**tiny, **changes}), registry, ModelStore())

    return make


@pytest.fixture
def default_vqgan():
    """The published files of the default VQGAN, small and with random weights, where they are looked for."""
    import runpy

    import yaml

    made = runpy.run_path(str(Path(__file__).parent / "drawers" / "vqgan" / "published.py"))
    stem = "checkpoints/vqgan_imagenet_f16_16384"
    made["write_checkpoint"](f"{stem}.ckpt", made["make_reference"]().state_dict())
    Path(f"{stem}.yaml").write_text(yaml.safe_dump(made["describe"]("VQModel")))


@pytest.fixture
def services(monkeypatch):
    """All fake services, running on this machine, with addresses and keys in the environment."""
    from pixray.testing.fake_world import fake_world

    with fake_world() as (fakes, environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield fakes


@pytest.fixture(scope="session")
def s3_server():
    """The address of a real server on this machine that speaks S3."""
    server = pytest.importorskip("moto.server", reason="needs moto[server] and s3fs")
    pytest.importorskip("s3fs", reason="needs moto[server] and s3fs")
    running = server.ThreadedMotoServer(port=0, verbose=False)
    running.start()
    yield f"http://127.0.0.1:{running.get_host_and_port()[1]}"
    running.stop()


@pytest.fixture
def s3_bucket(s3_server, monkeypatch):
    """The address of an empty bucket there, with its keys in the environment."""
    import httpx
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim-7f3a")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    httpx.post(f"{s3_server}/moto-api/reset").raise_for_status()
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("pictures")
    return "s3://pictures"
