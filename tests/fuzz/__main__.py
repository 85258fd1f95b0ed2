"""python -m tests.fuzz: random settings, files, runs and requests, each kind for its share of some minutes.

What is answered wrongly is shown in a line with what makes it happen again; at the end stands how much was tried of
each kind. Exit code 1 if anything was wrong. The attack on the server goes on until it is through, whatever its share;
it is left out where there is little time (--minutes below 10), unless --only names it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fuzz import random_runs
from tests.fuzz import settings as made_up_settings

ROOT = Path(__file__).parents[2]
ENDLESS = 10**9
BATCH = 100


Problems = Callable[[int, Path], Iterator[tuple[int, str]]]
"""From a seed and an empty folder: how much was tried since the last item, and what was wrong, in a line; empty:
nothing."""


def kinds_of_cases() -> dict[str, Problems]:
    """What there is to try, by name; modules beside this one that have `cases` make up damaged files."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if not path.stem.startswith("test_"))
    modules = {name: importlib.import_module(f"tests.fuzz.{name}") for name in names}
    files = {name: problems_of_files(module.cases) for name, module in modules.items() if hasattr(module, "cases")}
    return {"settings": problems_of_settings, **files, "runs": problems_of_runs, "server": problems_of_server}


def problems_of_settings(seed: int, folder: Path) -> Iterator[tuple[int, str]]:
    """Settings that hypothesis makes up, some hundred at a time."""
    while True:
        seed += 1
        try:
            yield sum(made_up_settings.run(BATCH, seed).values()), ""
        except Exception as error:
            yield BATCH, f"{_in_a_line(error)}: python tests/fuzz/settings.py --cases {BATCH} --seed {seed}"


def problems_of_files(cases: Callable[[int, int, Path], Iterator]) -> Problems:
    """Damaged files of one kind."""

    def problems(seed: int, folder: Path) -> Iterator[tuple[int, str]]:
        for case in cases(seed, ENDLESS, folder):
            problem = ""
            try:
                with random_runs.hanging_after(random_runs.SLOWEST):
                    case.check()
            except (Exception, random_runs.Hanging) as error:
                problem = f"{case.label}: {_in_a_line(error)}: {case.content[:2000]!r}"
            yield 1, problem

    return problems


def problems_of_runs(seed: int, folder: Path) -> Iterator[tuple[int, str]]:
    """Combinations of parts and settings, painted."""
    painter = random_runs.Painter(folder)
    for number, settings in enumerate(random_runs.combinations(seed), 1):
        problem = painter.problem(settings)
        yield 1, f"{problem}: {settings} (--seed {seed} --case {number})" if problem else ""


def problems_of_server(seed: int, folder: Path) -> Iterator[tuple[int, str]]:
    """The attack on a server, which is one case."""
    words = [sys.executable, str(ROOT / "tests" / "fuzz" / "server.py"), "--seed", str(seed)]
    done = subprocess.run(words, capture_output=True, text=True)
    faults = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    yield 1, " ".join([*faults, *done.stderr.split()[-50:]]) if done.returncode else ""


def _in_a_line(error: BaseException) -> str:
    notes = " ".join(getattr(error, "__notes__", ()))  # hypothesis tells the example there
    return " ".join(f"{type(error).__name__}: {error} {notes}".split())[:2000]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="for all kinds together (default: 10)")
    parser.add_argument("--seed", type=int, help="of all that is random (default: another one each time)")
    known = kinds_of_cases()
    parser.add_argument("--only", nargs="+", choices=known)
    chosen = parser.parse_args(argv)
    seed = random.randrange(10**6) if chosen.seed is None else chosen.seed
    kinds = chosen.only or [kind for kind in known if kind != "server" or chosen.minutes >= 10]
    os.environ.update(PIXRAY_OFFLINE="1", HF_HUB_OFFLINE="1", PYTHONPATH=str(ROOT))
    seconds = 60 * chosen.minutes / len(kinds)
    return 1 if sum([try_out(kind, known[kind], seed, seconds) for kind in kinds]) else 0


def try_out(kind: str, problems: Problems, seed: int, seconds: float) -> int:
    """Try one kind for so long, at least one case; returns how many went wrong."""
    tried = wrong = 0
    end, before = time.monotonic() + seconds, Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        for count, problem in problems(seed, Path(folder)):
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
