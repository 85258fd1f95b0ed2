"""How the code is built, checked on the code itself: a rule a test, whose failure lists every offender.

A rule is a function from one file to its offences, so that each is also tried on a few lines that break it.
"""

import ast
import subprocess
import sys
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pixray"
CONSOLE = (
    "cli/",
    "__main__.py",
    "recorders/console.py",
    "settings/reference.py",
    "settings/docs.py",
    "serve/inputs.py",
)
LONGEST_FILE, LONGEST_FUNCTION, MOST_ROOT_MODULES = 330, 60, 8
HEAVY = {"torch", "kornia", "open_clip"}
NOT_IN_310 = {
    "tomllib",
    "asyncio.taskgroups",
    "asyncio.timeouts",
    "importlib.resources.abc",
    "importlib.resources.readers",
    "importlib.resources.simple",
    "pathlib.types",
    "wsgiref.types",
}


class Source:
    """One file: its place in the package, its text and its tree."""

    def __init__(self, place, text):
        self.place, self.text = place, text

    @cached_property
    def tree(self):
        return ast.parse(self.text)

    def imports(self):
        """Modules that it imports at run time (type-checking blocks left out), with their lines."""
        skipped = {
            id(inner)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
            for inner in ast.walk(node)
        }
        for node in ast.walk(self.tree):
            if id(node) in skipped:
                continue
            if isinstance(node, ast.ImportFrom) and node.module:
                yield node.lineno, node.module
            elif isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)


@cache
def sources():
    return [
        Source(path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def habits(source):
    """Globals, prints, fixed devices, path tricks, swallowed errors."""
    for node in ast.walk(source.tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Global):
            yield line, "keep state in an object"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield line, "yield a Noticed event, or write in a recorder"
        if isinstance(node, ast.Attribute) and node.attr == "cuda":
            of_torch = isinstance(node.value, ast.Name) and node.value.id == "torch"
            backend = isinstance(node.value, ast.Attribute) and node.value.attr == "backends"
            if not of_torch and not backend:
                yield line, ".cuda(): use the run's device"
        if changes_search_path(node):
            yield line, "install packages instead of changing sys.path"
        if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass):
            yield line, "an error is swallowed without a word"


def changes_search_path(node):
    """Whether this assigns to sys.path or calls a method of it; reading it does no harm."""
    if isinstance(node, ast.Attribute | ast.Subscript) and is_search_path(node.value):
        return isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load)
    return is_search_path(node) and not isinstance(node.ctx, ast.Load)


def is_search_path(node):
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "path"
        and isinstance(node.value, ast.Name)
        and node.value.id == "sys"
    )


def terminal(source):
    """What writes to the terminal outside of the console."""
    if not source.place.startswith(CONSOLE):
        for number, line in enumerate(source.text.splitlines(), 1):
            if "sys.stdout" in line or "sys.stderr" in line:
                yield number, "yield an event, or write in a recorder"


def length(source):
    """Files that hold more than one idea, and long functions."""
    lines = source.text.count("\n")
    if lines > LONGEST_FILE:
        yield lines, "the file holds more than one idea: split it"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = node.end_lineno - node.lineno + 1
            if size > LONGEST_FUNCTION:
                yield node.lineno, f"{node.name} has {size} lines: split it"


def light(source):
    """Heavy imports in settings, which have to answer at once."""
    if source.place.startswith("settings/"):
        for line, module in source.imports():
            if module.split(".")[0] in HEAVY:
                yield line, f"settings never import {module}"


def oldest_python(source):
    """Modules that Python 3.10 lacks."""
    for line, module in source.imports():
        if module in NOT_IN_310:
            yield line, f"Python 3.10 has no {module}"


def module_state(source):
    """Objects made at import, except `api.studio`; tables and caches of pure functions are no state.

    A context variable is no more than a key: its values belong to the contexts of the callers.
    """
    for node in source.tree.body:
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Call):
            called = ast.unparse(value.func)
            allowed = ast.unparse(node) == "studio: Studio = Studio()" and source.place == "api.py"
            if called[0].isupper() and called not in ("Path", "TypeVar", "Amount", "ContextVar") and not allowed:
                yield node.lineno, f"state of a module: {ast.unparse(node)}"


def one_painter(source):
    """Runs are painted by `run_to_folder` alone, so that services, workers, farms and commands leave the same files."""
    if source.place != "runs/to_folder.py" and not source.place.startswith("testing/"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("attach", "default_recorders"):
                yield node.lineno, "paint with run_to_folder"


BROKEN = {
    one_painter: [("serve/a.py", "for event in attach(run.run(), files):\n    say(event)")],
    habits: [
        ("a.py", "def f():\n    global x"),
        ("a.py", "print(1)"),
        ("a.py", "x.cuda()"),
        ("a.py", "sys.path.append('')"),
        ("a.py", "sys.path = []"),
        ("a.py", "sys.path[:0] = ['']"),
        ("a.py", "try:\n    f()\nexcept ValueError:\n    pass"),
    ],
    terminal: [("drawers/a.py", "sys.stderr.write('x')")],
    length: [("a.py", "\n" * 331), ("a.py", "def f():\n" + "    x = 1\n" * 61)],
    light: [("settings/a.py", "def f():\n    import torch.nn")],
    oldest_python: [("a.py", "from asyncio.timeouts import timeout")],
    module_state: [("a.py", "made = Thing()"), ("api.py", "studio: Studio = Studio(1)")],
}


@pytest.mark.parametrize("rule", BROKEN, ids=lambda rule: rule.__name__)
def test_no_file_breaks_the_rule(rule):
    assert [f"{one.place}:{line}: {what}" for one in sources() for line, what in rule(one)] == []


@pytest.mark.parametrize("rule", BROKEN, ids=lambda rule: rule.__name__)
def test_the_rule_finds_what_breaks_it(rule):
    assert [text for place, text in BROKEN[rule] if not list(rule(Source(place, text)))] == []


def test_whoever_paints_for_others_shares_what_paints():
    """The predictor of cog, the worker behind the server and the studio, and the worker of a farm."""
    texts = {source.place: source.text for source in sources()}
    for place in ("serve/painting.py", "serve/worker.py", "runs/farm/painter.py"):
        assert "in run_to_folder(" in texts[place], place
    for place in ("serve/worker.py", "runs/farm/painter.py"):
        assert "outcome_of(lambda" in texts[place], place


def test_the_root_of_the_package_is_small():
    modules = [one.place for one in sources() if "/" not in one.place]
    assert len(modules) <= MOST_ROOT_MODULES, f"{modules}: put what is not for everybody into a folder"


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, pixray; "
        "heavy = {'torch', 'numpy', 'PIL', 'omegaconf', 'open_clip'} & set(sys.modules); "
        "print(*heavy, *[m for m in sys.modules if m.startswith('pixray')])"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert sorted(loaded) == ["pixray", "pixray.runtime", "pixray.runtime.version"]


def test_repository_holds_no_paths_of_a_machine_and_no_secrets():
    """Files of the repository speak of the project alone."""
    words = ["/wo" + "rk/", "/ro" + "ot/", "pypi" + ".org", "python" + "hosted"]
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    offenders = []
    for name in listed.stdout.split("\n"):
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".yaml", ".yml", ".ipynb", ".txt", "") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            offenders += [f"{name}: {word}" for word in words if word in text]
    assert offenders == [], "they name a machine or a package host"
