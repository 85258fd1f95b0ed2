"""python -m tests.fuzz: random settings, files, runs and requests, each kind for its share of some minutes.

What is answered wrongly is shown in a line with what makes it happen again; at the end stands how much was tried of
each kind. Exit code 1 if anything was wrong. The attack on the server takes about four minutes of its own, whatever the
share; it is left out where no time for it was given (--minutes below 10), unless --only names it.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fuzz import pictures, random_runs, svg
from tests.fuzz import settings as made_up_settings

ROOT = Path(__file__).parents[2]
FILES = {"pictures": pictures.cases, "svg": svg.cases}
KINDS = ("settings", *FILES, "runs", "server")
ENDLESS = 10**9
BATCH = 100
"""Settings that hypothesis makes up at a time."""


def problems_of_settings(seed: int, folder: Path) -> Iterator[tuple[int, str]]:
    """How many settings were tried since the last item, and what was wrong, in a line; empty: nothing."""
    while True:
        seed += 1
        try:
            yield sum(made_up_settings.run(BATCH, seed).values()), ""
        except Exception as error:
            yield BATCH, f"{_in_a_line(error)}: python tests/fuzz/settings.py --cases {BATCH} --seed {seed}"


def problems_of_files(kind: str) -> Callable[[int, Path], Iterator[tuple[int, str]]]:
    """The same of one kind of damaged file."""

    def problems(seed: int, folder: Path) -> Iterator[tuple[int, str]]:
        for case in FILES[kind](seed, ENDLESS, folder):
            begun = time.monotonic()
            try:
                case.check()
                slow = time.monotonic() - begun > random_runs.SLOWEST
                yield 1, f"{case.label}: took more than {random_runs.SLOWEST:g} s" if slow else ""
            except Exception as error:
                yield 1, f"{case.label}: {_in_a_line(error)}: {case.content[:2000]!r}"

    return problems


def problems_of_runs(seed: int, folder: Path) -> Iterator[tuple[int, str]]:
    """The same of combinations that are painted."""
    painter = random_runs.Painter(folder)
    for number, settings in enumerate(random_runs.combinations(seed), 1):
        problem = painter.problem(settings)
        yield 1, f"{problem}: {settings} (--seed {seed} --case {number})" if problem else ""


def problems_of_server(seed: int, folder: Path) -> Iterator[tuple[int, str]]:
    """The same of the attack on a server, which is one case."""
    words = [sys.executable, str(ROOT / "tests" / "fuzz" / "server.py"), "--seed", str(seed)]
    done = subprocess.run(words, capture_output=True, text=True)
    faults = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    yield 1, " ".join([*faults, *done.stderr.split()[-50:]]) if done.returncode else ""


def _in_a_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:1000]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="for all kinds together (default: 10)")
    parser.add_argument("--seed", type=int, help="of all that is random (default: another one each time)")
    parser.add_argument("--only", nargs="+", choices=KINDS)
    chosen = parser.parse_args(argv)
    seed = random.randrange(10**6) if chosen.seed is None else chosen.seed
    kinds = chosen.only or [kind for kind in KINDS if kind != "server" or chosen.minutes >= 10]
    os.environ.update(PIXRAY_OFFLINE="1", HF_HUB_OFFLINE="1", PYTHONPATH=str(ROOT))
    return 1 if sum([try_out(kind, seed, 60 * chosen.minutes / len(kinds)) for kind in kinds]) else 0


def try_out(kind: str, seed: int, seconds: float) -> int:
    """Try one kind for so long, at least one case; returns how many went wrong."""
    sources = {
        "settings": problems_of_settings,
        **{name: problems_of_files(name) for name in FILES},
        "runs": problems_of_runs,
        "server": problems_of_server,
    }
    tried = wrong = 0
    end, before = time.monotonic() + seconds, Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        for count, problem in sources[kind](seed, Path(folder)):
            tried += count
            if problem:
                wrong += 1
                sys.stdout.write(f"{kind}: {problem}\n")
            sys.stdout.flush()
            if time.monotonic() > end:
                break
        os.chdir(before)
    sys.stdout.write(f"{kind:<12} tried {tried:>6}, survived {tried - wrong:>6} (seed {seed})\n")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
