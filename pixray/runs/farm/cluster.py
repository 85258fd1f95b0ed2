"""The connection to Ray: a cluster of this machine alone, or one that is there already.

Late imports: Ray is an extra, and takes half a second.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pixray.errors import MissingPackage, PixrayError, SettingsError, did_you_mean, shown

NAMESPACE = "pixray"
LOCAL, SLURM = "ray", "slurm"
PLACES = "ray (this machine), auto (the cluster that it belongs to), HOST:6379, ray://HOST:10001 or slurm"
ON_HEAD = {"node:__internal_head__": 0.001}
"""Has Ray put a process on the head of the cluster, with which everything ends anyway."""
_ADDRESS = re.compile(r"(ray://)?(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}")
_HEAD_ANSWERS_WITHIN = 5.0
"""Seconds."""
_STORE_BYTES = 80 << 20
"""Ray's shared memory: only settings and reports pass through it. Ray takes no less."""


def check_place(on: str) -> str:
    """The place that somebody named, if it can be one.

    Raises:
        SettingsError: it cannot.
    """
    if on in (LOCAL, SLURM, "auto") or _ADDRESS.fullmatch(on):
        return on
    raise SettingsError(f"on={shown(on)}: expected {PLACES}.{did_you_mean(on, (LOCAL, SLURM, 'auto'))}")


def import_ray() -> Any:
    """The package, told beforehand to report nothing to its makers.

    Raises:
        MissingPackage: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise MissingPackage("on=ray", "ray", "farm") from None
    return ray


@contextlib.contextmanager
def connected(on: str) -> Iterator[Any]:
    """Ray, connected as long as the block lasts; a connection that this program had before stays.

    Raises:
        PixrayError: Ray is not installed, or cannot be started or reached.
    """
    ray = import_ray()
    if ray.is_initialized():
        yield ray
        return
    options: dict[str, Any] = {"namespace": NAMESPACE, "log_to_driver": False, "configure_logging": False}
    if on == LOCAL:
        options |= {"address": "local", "include_dashboard": False, "object_store_memory": _STORE_BYTES}
        options |= {"num_cpus": _cores(), "_node_ip_address": "127.0.0.1"}
    else:
        options["address"] = on
    try:
        with _loopback() if on == LOCAL else contextlib.nullcontext():
            ray.init(**options)
    except Exception as error:  # Ray raises errors of many kinds, and its own client further ones
        raise PixrayError(f"on={on}: Ray cannot be {'started' if on == LOCAL else 'reached'}: {_why(error)}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def machines(ray: Any) -> Sequence[Mapping[str, float]]:
    """The resources of every machine that is up."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def lives(ray: Any, node: str) -> bool:
    """Whether a machine of the cluster is up."""
    return any(entry["NodeID"] == node and entry["Alive"] for entry in ray.nodes())


def head_answers(ray: Any) -> bool:
    """Whether the head of the cluster can be reached. Of ray:// nobody knows: its clients need not see the head."""
    if ray.util.client.ray.is_connected():
        return True
    host, _, port = ray.get_runtime_context().gcs_address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_HEAD_ANSWERS_WITHIN).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _loopback() -> Iterator[None]:
    """Have a cluster that is started inside listen to this machine alone.

    Ray's processes do so if their address is 127.0.0.1, which `ray.init` would replace by an outer one; there is no
    setting for it.
    """
    services: Any = importlib.import_module("ray._private.services")
    outer = getattr(services, "resolve_ip_for_localhost", None)
    if outer is None:
        yield
        return
    services.resolve_ip_for_localhost = lambda host: host
    try:
        yield
    finally:
        services.resolve_ip_for_localhost = outer


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _why(error: Exception) -> str:
    """The first line that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
