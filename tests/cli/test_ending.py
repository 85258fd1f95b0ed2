"""How the program ends as a process."""

import subprocess
import sys

PROGRAM = """
import atexit, sys, threading, time
import pixray.__main__ as program

def work():
    atexit.register(lambda: print("told"))
    threading.Thread(target=lambda: (time.sleep(0.3), print("waited for"))).start()
    if sys.argv[1] == "raise":
        raise SystemExit(2)
    return int(sys.argv[1])

program.main = work
program.program()
"""


def ended(word):
    return subprocess.run([sys.executable, "-c", PROGRAM, word], capture_output=True, text=True)


def test_threads_and_exit_handlers_have_their_turn_before_the_process_ends():
    done = ended("3")
    assert (done.returncode, done.stdout.split("\n")[:2], done.stderr) == (3, ["waited for", "told"], "")


def test_a_refusal_ends_with_its_own_code():
    assert ended("raise").returncode == 2
    assert ended("0").returncode == 0
