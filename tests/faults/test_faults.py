"""A small, fixed share of `python -m tests.faults`."""

import subprocess
import sys


def test_kills_full_disks_and_files_in_the_way_are_survived():
    words = [
        sys.executable,
        "-m",
        "tests.faults",
        "--kills",
        "2",
        "--disks",
        "2",
        "--only",
        "kills",
        "disks",
        "in-the-way",
    ]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()][:2] == ["2", "2"]


def test_jobs_survive_killed_servers_and_workers():
    words = [sys.executable, "-m", "tests.faults", "--servers", "2", "--only", "servers"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["server", "tried", "2,", "survived", "2"]
