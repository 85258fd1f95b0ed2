"""How far a plotter's pen travels in the air, in our order of lines and in that of `vpype linesort`.

    python -m benchmarks.plot [--lines 100 500 2000] [--seed 1]

Short lines at random on A5. vpype is given the same lines shuffled, and measures both.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.common import table
from pixray.drawers.strokes.plot.route import ordered

_PAGE = (200.0, 138.0)
_LONGEST = 12.0


def scattered(count, seed):
    """Lines N x 2 x 2 in millimetres."""
    random = np.random.default_rng(seed)
    begins = random.uniform((0, 0), _PAGE, (count, 2))
    return np.stack([begins, begins + random.uniform(-_LONGEST, _LONGEST, (count, 2))], 1)


def travelled_by_vpype(lines, command):
    import vpype
    import vpype_cli

    document = vpype.Document(vpype.LineCollection([line[:, 0] + 1j * line[:, 1] for line in lines]))
    return (vpype_cli.execute(command, document) if command else document).layers[1].pen_up_length()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs="+", default=[100, 500, 2000])
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rows = []
    for count in args.lines:
        lines = scattered(count, args.seed)
        ours = travelled_by_vpype(ordered(list(lines), np.zeros(2)), None)
        theirs = [travelled_by_vpype(lines, command) for command in ("linesort", "linesort --two-opt")]
        rows.append([str(count), f"{ours:.0f} mm", *(f"{ours / other:.2f}" for other in theirs)])
    print(
        table("Travel with the pen up", ["lines", "ours, pen up", "ours / linesort", "ours / linesort --two-opt"], rows)
    )


if __name__ == "__main__":
    main()
