"""What CONTRIBUTING tells people to run is what the gate and the hooks run, and what it lists is complete."""

import re
from pathlib import Path

import yaml

import pixray
from pixray.parts.kinds import KINDS

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
GATE = (ROOT / ".ci/run").read_text(encoding="utf-8")
CHECKS = ("ruff check .", "ruff format --check .", "mypy", "lint-imports")


def test_the_gate_the_hooks_and_the_page_run_the_same_checks():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    entries = [hook["entry"] for hook in hooks]
    told = re.search(r"## The three commands\n+```sh\n(.*?)```", CONTRIBUTING, re.DOTALL)[1]
    told = re.sub(r"#.*", "", told)
    for check in CHECKS:
        assert check in entries and re.search(rf"(^|&& ){re.escape(check)}\s", told, re.MULTILINE), check
        assert re.search(rf"^{re.escape(check)}$", GATE, re.MULTILINE), f".ci/run does not run {check}"


def test_every_kind_of_part_has_a_place_to_be_added():
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| `(\w+)` \|$", CONTRIBUTING, re.MULTILINE))
    assert rows == {kind: f"check_{kind}" for kind in KINDS}


def test_this_version_stands_in_the_changelog_with_its_date():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## (.+)$", changelog, re.MULTILINE)
    assert releases[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(pixray.__version__)} - \d{{4}}-\d\d-\d\d", releases[1])


def test_templates_of_issues_are_forms_that_can_be_read():
    for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"):
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.name != "config.yml":
            assert form["name"] and form["description"] and all(field["attributes"]["label"] for field in form["body"])


def test_files_that_pages_point_to_exist():
    for page in (ROOT / "CONTRIBUTING.md", ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert "://" in link or (page.parent / link).exists(), f"{page.name} points to {link}"
