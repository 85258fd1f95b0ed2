"""python -m tests.golden --update: paint all golden pictures anew; without the flag, say which ones differ."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.golden.golden_cases import CASES, PICTURES, paint


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help="names of golden pictures (default: all)")
    parser.add_argument("--update", action="store_true", help="write the pictures instead of comparing them")
    arguments = parser.parse_args()
    differing = []
    for case in arguments.cases or CASES:
        with _empty_folder():
            picture = paint(case)
        path = PICTURES / f"{case}.png"
        if arguments.update:
            PICTURES.mkdir(exist_ok=True)
            Image.fromarray(picture).save(path, optimize=True)
        elif not path.is_file() or not np.array_equal(np.asarray(Image.open(path)), picture):
            differing.append(case)
    sys.stdout.write("".join(f"{case} differs\n" for case in differing))
    return 1 if differing else 0


@contextlib.contextmanager
def _empty_folder() -> Iterator[None]:
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


if __name__ == "__main__":
    sys.exit(main())
