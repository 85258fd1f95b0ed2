"""What being followed costs a run: the same run by itself and as a worker of the server paints it, in turn.

    python -m benchmarks.serving [--rounds 5] [--steps 200] [--only pixel]

Both write the same files. The second also tells its steps and losses over a pipe, keeps each checkpoint under its step
and makes small pictures. The share that it may take is declared in pixray/serve/reporting.py.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from multiprocessing import Pipe
from pathlib import Path

from benchmarks.common import interleaved, machine, median, ratio, table
from pixray.models.store import ModelStore
from pixray.registry import BUILT_IN, Registry
from pixray.runs.to_folder import prepare_folder_run, run_to_folder
from pixray.serve.jobs import Order
from pixray.serve.reporting import Reporter
from pixray.serve.run_folder import PREVIEWS, kept_steps
from pixray.settings.resolve import resolve

SETTINGS = {
    "pixel": {"drawer": "pixel", "quality": "draft"},
    "line_sketch": {"drawer": "line_sketch", "quality": "draft"},
    "fft": {"drawer": "fft", "quality": "draft"},
}


class Runs:
    """The two ways to take the same run, each time in a new folder.

    Args:
        place: a folder for the runs.
        settings: of the run.
    """

    def __init__(self, place, settings):
        self.place, self.settings, self.number, self.previews = place, settings, 0, []
        self.registry, self.store = Registry(BUILT_IN), ModelStore()

    def begun(self):
        self.number += 1
        folder = self.place / str(self.number)
        settings = resolve(self.registry, {**self.settings, "outdir": str(folder)})
        return prepare_folder_run(settings, self.registry, self.store), folder

    def alone(self):
        (run, files), _ = self.begun()
        for _ in run_to_folder(run, files, self.registry):
            continue

    def served(self):
        (run, files), folder = self.begun()
        ours, theirs = Pipe()
        reader = threading.Thread(target=_read, args=(theirs,))
        reader.start()
        order = Order((), folder, resumable=True, lasting=True)
        reporter = Reporter(lambda **facts: ours.send_bytes(json.dumps(facts).encode()), order, run, files)
        for event in run_to_folder(run, files, self.registry):
            reporter(event)
            ours.poll()
        ours.close()
        reader.join()
        self.previews.append(len(kept_steps(folder, PREVIEWS)))


def _read(connection):
    """Take what a run tells, as the server does."""
    while True:
        try:
            json.loads(connection.recv_bytes())
        except EOFError:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--only", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    chosen = parser.parse_args()
    print(machine(), "\n")
    rows = []
    for name in chosen.only:
        fixed = {"prompts": "a red heart", "perceptors": "embedded", "seed": 1, "iterations": chosen.steps}
        with tempfile.TemporaryDirectory() as place:
            runs = Runs(Path(place), {**fixed, "make_video": False, "save_intermediates": False, **SETTINGS[name]})
            calls = {"alone": runs.alone, "served": runs.served}
            times = interleaved(calls, chosen.rounds, clock=time.process_time)
            step = {way: median(spent) / chosen.steps for way, spent in times.items()}
            more = (ratio(times["served"], times["alone"]) - 1) * 100
            rows.append([name, *(f"{step[way]:.1f} ms" for way in calls), f"{more:+.1f} %", str(median(runs.previews))])
    print(table("Followed or not", ["drawer", "alone", "served", "more", "small pictures"], rows))


if __name__ == "__main__":
    main()
