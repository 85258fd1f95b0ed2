"""Random valid combinations of parts and settings, painted for a few steps: each paints, or is refused with a reason.

    python -m tests.fuzz.random_runs [--runs 100] [--seed 1] [--case NUMBER]

A combination that neither paints nor is refused is shown in one line, with the keywords of `pixray.run` that make it
happen again; --case paints one of them and shows its traceback. The pictures that they name are those of
tests/fuzz/combinations.py.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from pixray.api import Studio
from pixray.errors import PixrayError, RunFailed
from pixray.registry import BUILT_IN, Registry
from pixray.testing.fakes import ToyPerceptor
from tests.fuzz.combinations import Settings, combination, combinations, write_pictures

SLOWEST = 10.0
"""Seconds beyond which a run counts as hanging."""
EMBEDDED = {"perceptors": "embedded", "vqgan_model": "embedded"}


class Hanging(BaseException):
    """A run takes too long; no code that expects errors of its own catches this."""


class Painter:
    """Paints combinations and counts what became of them.

    Args:
        folder: an empty one to work in, which becomes the working directory.
    """

    def __init__(self, folder: Path) -> None:
        os.chdir(folder)
        write_pictures(folder)
        registry = Registry(BUILT_IN)
        registry.add("perceptor", "toy", ToyPerceptor)
        self.folder, self.studio = folder, Studio(registry)
        self.counts: Counter[str] = Counter()
        # Imports and models are loaded before the clock runs.
        self.studio.run("blue", quiet=True, outdir="run", iterations=1, size=[16, 16], num_cuts=1, **EMBEDDED)
        shutil.rmtree("run")

    def problem(self, settings: Settings, show: bool = False) -> str:
        """What is wrong with a combination, in a line; empty: it painted, or was refused.

        Args:
            show: print the traceback, too.
        """
        try:
            with hanging_after(SLOWEST):
                image = self.studio.run(quiet=True, outdir="run", **settings)
            outcome, problem = "painted", self._wrong(image, settings)
        except RunFailed as error:
            outcome, problem = "failed", str(error)
        except PixrayError as error:
            outcome, problem = "refused", "" if str(error) else "refused without a reason"
        except (Exception, Hanging) as error:
            if show:
                traceback.print_exc()
            outcome, problem = "failed", f"{type(error).__name__} in {_place(error)}: {error}"
        finally:
            for name in ("run", "anim"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
        self.counts["failed" if problem else outcome] += 1
        return " ".join(problem.split())

    def _wrong(self, image: Image.Image | None, settings: Settings) -> str:
        if image is None:
            return "no picture"
        in_blocks = settings["drawer"] == "vqgan"  # its canvas is made of whole blocks of 16 pixels
        if image.size != tuple(max(16, side // 16 * 16) if in_blocks else side for side in settings["size"]):
            return f"the picture has {image.size[0]}x{image.size[1]} pixels"
        return ""


def _place(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/pixray/" in frame.filename] or [last]
    return f"{ours[-1].filename.rpartition('/pixray/')[2]}:{ours[-1].lineno}"


@contextlib.contextmanager
def hanging_after(seconds: float) -> Iterator[None]:
    """Raise Hanging in the block after so many seconds (where the system has timers, in the main thread)."""

    def give_up(*_: object) -> None:
        raise Hanging(f"not done after {seconds:g} s")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.random_runs", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int, help="paint only this one")
    chosen = parser.parse_args(argv)
    drawn = itertools.islice(combinations(chosen.seed), chosen.runs)
    numbered = [(chosen.case, combination(chosen.seed, chosen.case))] if chosen.case else enumerate(drawn, 1)
    with tempfile.TemporaryDirectory() as folder:
        painter = Painter(Path(folder))
        for number, settings in numbered:
            problem = painter.problem(settings, show=bool(chosen.case))
            if problem:
                sys.stdout.write(f"run {number}: {problem}: {settings}\n")
                sys.stdout.flush()
        os.chdir(Path(__file__).parent)
    sys.stdout.write(f"runs: {dict(painter.counts)}\n")
    return 1 if painter.counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
