"""Timing A against B: interleaved, medians, beside a matrix product that tells one machine from another."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable

import torch

Call = Callable[[], object]


def milliseconds(call: Call, clock: Callable[[], float] = time.perf_counter) -> float:
    """Time of one call, with everything a GPU still has to do.

    Args:
        clock: the wall's, or `time.process_time` on a CPU that others use too.
    """
    _wait()
    begun = clock()
    call()
    _wait()
    return (clock() - begun) * 1000


def interleaved(
    calls: dict[str, Call], rounds: int, warm_up: int = 1, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Times of several calls taken in turn, so that a machine that slows down slows them all.

    Args:
        calls: by name; rounds: how many counted turns; warm_up: turns not counted; clock: see `milliseconds`.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(warm_up + rounds):
        for name, call in calls.items():
            spent = milliseconds(call, clock)
            if turn >= warm_up:
                times[name].append(spent)
    return times


def median(values: list[float]) -> float:
    return statistics.median(values)


def ratio(slow: list[float], fast: list[float]) -> float:
    """Median of the ratios of neighbouring measurements."""
    return statistics.median(one / other for one, other in zip(slow, fast, strict=True))


def table(title: str, header: list[str], rows: list[list[str]]) -> str:
    lines = [f"### {title}", "", "| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """What the figures were taken on, with the rate of a 1024 x 1024 matrix product."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    name = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    rates = []
    for dtype in (torch.float32, torch.bfloat16):
        one = torch.randn(1024, 1024, device=device).to(dtype)
        spent = min(milliseconds(lambda one=one: one @ one) for _ in range(10))
        rates.append(f"{str(dtype).removeprefix('torch.')} {2 * 1024**3 / spent / 1e6:.0f} GFLOP/s")
    threads = f"{torch.get_num_threads()} threads" if device == "cpu" else device
    return f"{name}, {threads}, torch {torch.__version__}, matrix product {', '.join(rates)}"


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
