"""docs/extending.md, run as it is printed, and the example package, installed and tested as users would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import run_python

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
STEP = re.compile(r"<!-- (file: (?P<file>\S+)|run) -->\n```\w+\n(?P<text>.*?)```\n", re.DOTALL)


def environment(**more):
    """That of this process, in which `python` is this Python."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **more}


def test_the_tutorial_works_as_it_is_printed(tmp_path):
    # pip as in a reader's own environment: it asks nobody for packages, and leaves this environment alone.
    place = tmp_path / "site"
    pip = {"PIP_TARGET": str(place), "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    around = environment(PYTHONPATH=f"{place}{os.pathsep}{ROOT}", **pip)
    steps = list(STEP.finditer(PAGE))
    assert len(steps) >= 9 and PAGE.count("<!-- ") == len(steps), "a step of the page is not run"
    for step in steps:
        if step["file"]:
            (tmp_path / step["file"]).parent.mkdir(exist_ok=True)
            (tmp_path / step["file"]).write_text(step["text"])
            continue
        done = subprocess.run(["bash", "-eu", "-c", step["text"]], cwd=tmp_path, env=around, capture_output=True)
        assert done.returncode == 0, f"{step['text']}\n{done.stdout.decode()}\n{done.stderr.decode()}"
    assert (tmp_path / "heart/output.png").is_file() and (tmp_path / "moon/output.png").is_file()
    assert "clay_softness: 4" in (tmp_path / "heart/settings.yaml").read_text()
    assert "glow_radius: 0.3" in (tmp_path / "installed/settings.yaml").read_text()
    assert list(place.glob("pixray_glow-*.dist-info"))


def test_every_kind_of_part_stands_in_the_tutorial():
    from pixray import testing
    from pixray.parts.kinds import KINDS

    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert rows.keys() == KINDS.keys()
    for name, kind in KINDS.items():
        assert f"`{kind.shown}`" in rows[name] and f"`check_{name}`" in rows[name] and f"`{kind.group}`" in PAGE
        assert hasattr(testing, f"check_{name}")
        words = [*kind.positional, *(f"{word}=" for word in kind.keywords)]
        assert f"`({', '.join(words)})`" in rows[name]


def test_the_example_package_installs_and_passes_its_own_test(tmp_path):
    pytest.importorskip("setuptools")
    source = tmp_path / "pixray-clay"
    for path in (ROOT / "examples/pixray-clay").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = source / path.relative_to(ROOT / "examples/pixray-clay")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    place = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    installed = subprocess.run([*pip, "--target", place, source], env=environment(), capture_output=True, text=True)
    assert installed.returncode == 0, installed.stderr
    both = environment(PYTHONPATH=f"{place}{os.pathsep}{ROOT}")
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(source), str(source / "tests")]
    tested = run_python(*words, env=both, folder=source / "tests")
    assert tested.returncode == 0 and "2 passed" in tested.stdout, tested.stdout
    page = subprocess.run([sys.executable, "-m", "pixray", "--help-all"], env=both, capture_output=True, text=True)
    assert "with drawer clay:" in page.stdout and "--clay_softness" in page.stdout, page.stderr
