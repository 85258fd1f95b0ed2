import os
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
from pixray.runtime.allocator import prepare_process
if "prepared" in sys.argv:
    prepare_process()
for turn in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = b"x" * (100 << 20)
    del block
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def output_of(code, *words, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "MALLOC_"))}
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env={**clean, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps memory in its own way")
def test_freed_memory_is_taken_again_without_page_faults():
    pages = (100 << 20) // 4096
    assert int(output_of(FAULTS)) > pages / 2
    assert int(output_of(FAULTS, "prepared")) < pages / 20


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no such variables")
def test_memory_settings_of_the_user_stay():
    assert int(output_of(FAULTS, "prepared", MALLOC_MMAP_THRESHOLD_="1000000")) > (100 << 20) / 4096 / 2


def test_threads_wait_as_the_user_says_and_otherwise_spin_for_a_moment_before_they_sleep():
    code = (
        "import os; from pixray.runtime.allocator import prepare_process; "
        "prepare_process(); print(os.environ['OMP_WAIT_POLICY'], os.environ.get('GOMP_SPINCOUNT'))"
    )
    assert output_of(code) == "PASSIVE 1000"
    assert output_of(code, GOMP_SPINCOUNT="5") == "PASSIVE 5"
    assert output_of(code, OMP_WAIT_POLICY="ACTIVE") == "ACTIVE None"
    assert output_of(code, OMP_WAIT_POLICY="PASSIVE") == "PASSIVE None"
