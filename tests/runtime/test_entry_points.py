"""Plugins are looked for in folders first; what folders cannot tell goes to importlib.metadata."""

import subprocess
import sys
import zipfile
from importlib.metadata import DistributionFinder

import pytest

from pixray.runtime.entry_points import may_be_announced


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A folder that is all of Python's search path."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def package(folder, name, text):
    (folder / name).mkdir(parents=True)
    (folder / name / "entry_points.txt").write_text(text)


def test_packages_without_parts_for_us_announce_nothing(path):
    package(path, "pixray-2.0.0.dist-info", "[console_scripts]\npixray = pixray.__main__:main\n")
    (path / "numpy-2.0.dist-info").mkdir()
    package(path, "notes", "[pixray.drawers]\nclay = clay:Clay\n")
    assert not may_be_announced("pixray.")


@pytest.mark.parametrize("name", ["clay-1.0.dist-info", "Clay.egg-info", "EGG-INFO"])
def test_a_package_with_a_part_announces_it(path, name):
    package(path, name, "[console_scripts]\nclay = clay:main\n\n[pixray.drawers]\nclay = clay:Clay\n")
    assert may_be_announced("pixray.")


def test_folders_of_the_path_that_are_gone_announce_nothing(path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(path / "gone"), *sys.path])
    assert not may_be_announced("pixray.")


def test_the_empty_name_is_the_working_folder(path, monkeypatch):
    monkeypatch.setattr(sys, "path", [""])
    monkeypatch.chdir(path)
    assert not may_be_announced("pixray.")
    package(path, "clay-1.0.dist-info", "[pixray.drawers]\nclay = clay:Clay\n")
    assert may_be_announced("pixray.")


def test_a_zip_file_may_announce_anything(path, monkeypatch):
    with zipfile.ZipFile(path / "parts.zip", "w") as parts:
        parts.writestr("clay-1.0.dist-info/entry_points.txt", "[pixray.drawers]\nclay = clay:Clay\n")
    monkeypatch.setattr(sys, "path", [str(path / "parts.zip")])
    assert may_be_announced("pixray.")


def test_another_finder_of_packages_may_announce_anything(path, monkeypatch):
    class Finder(DistributionFinder):
        def find_distributions(self, context=None):
            return []

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    assert may_be_announced("pixray.")


def test_the_help_page_reads_no_packages_where_none_has_parts_and_lists_those_that_have(tmp_path):
    code = (
        "import sys; from pixray.cli.main import main; main(['--help']); "
        "late = {'importlib.metadata', 'ctypes', 'tempfile', 'subprocess', 'torch'} & set(sys.modules); "
        "sys.exit(f'loaded: {late}' if late else 0)"
    )
    environment = {"PYTHONPATH": str(tmp_path), "PATH": ""}
    run = [sys.executable, "-S", "-c", "import sys; sys.path.append(sys.argv[1]); " + code, str(package_folder())]
    bare = subprocess.run(run, capture_output=True, text=True, env=environment)
    assert bare.returncode == 0, bare.stderr
    package(tmp_path, "clay-1.0.dist-info", "[pixray.drawers]\nclay = clay:Clay\n")
    (tmp_path / "clay-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: clay\nVersion: 1.0\n")
    listed = subprocess.run(run, capture_output=True, text=True, env=environment)
    assert "clay, clipdraw" in " ".join(listed.stdout.split()) and "importlib.metadata" in listed.stderr


def package_folder():
    """The folder that holds the package under test."""
    import pixray

    return next(iter(pixray.__path__)).removesuffix("pixray")
