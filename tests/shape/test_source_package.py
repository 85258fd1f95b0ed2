"""The source package holds what its tests, documentation and examples need."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_every_folder_of_the_repository_is_in_the_source_package():
    """Hidden folders serve the repository alone."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no git repository")
    folders = {name.partition("/")[0] for name in listed.stdout.splitlines() if "/" in name and name[0] != "."}
    grafted = set(re.findall(r"^graft (\S+)$", (ROOT / "MANIFEST.in").read_text(), re.MULTILINE))
    assert folders - {"pixray"} == grafted
