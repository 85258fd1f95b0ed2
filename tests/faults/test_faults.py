"""A small, fixed share of `python -m tests.faults`."""

from tests.processes import run_python


def test_kills_full_disks_and_files_in_the_way_are_survived():
    words = [
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
    done = run_python(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()][:2] == ["2", "2"]


def test_jobs_survive_killed_servers_and_workers():
    words = ["-m", "tests.faults", "--servers", "2", "--only", "servers"]
    done = run_python(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["server", "tried", "2,", "survived", "2"]
