"""How the code is built, checked on the code itself. Each failure says what to do instead."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pixray"
FILES = sorted(PACKAGE.rglob("*.py"))
CONSOLE = (
    "cli/",
    "__main__.py",
    "recorders/console.py",
    "settings/reference.py",
    "settings/docs.py",
    "serve/inputs.py",
)
LONGEST_FILE, LONGEST_FUNCTION = 330, 60


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def relative(path):
    return path.relative_to(PACKAGE).as_posix()


def imports_of(path, *, top_only=False):
    """Modules of this package that a file imports (type-checking blocks left out)."""
    tree = tree_of(path)
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    nodes = tree.body if top_only else ast.walk(tree)
    found = set()
    for node in nodes:
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_no_globals_prints_fixed_devices_or_path_tricks(path):
    for node in ast.walk(tree_of(path)):
        where = f"{relative(path)}:{getattr(node, 'lineno', 0)}"
        assert not isinstance(node, ast.Global), f"{where}: keep state in an object"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            raise AssertionError(f"{where}: yield a Noticed event, or write in a recorder")
        if isinstance(node, ast.Attribute) and node.attr == "cuda" and isinstance(getattr(node, "ctx", None), ast.Load):
            parent_is_torch = isinstance(node.value, ast.Name) and node.value.id == "torch"
            backend = isinstance(node.value, ast.Attribute) and node.value.attr == "backends"
            assert parent_is_torch or backend, f"{where}: .cuda(): use the run's device"
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path":
            raise AssertionError(f"{where}: install packages instead of changing sys.path")
        if isinstance(node, ast.ExceptHandler):
            silent = len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
            assert not silent, f"{where}: an error is swallowed without a word"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_only_the_console_writes_to_the_terminal(path):
    if relative(path).startswith(CONSOLE):
        return
    text = path.read_text(encoding="utf-8")
    assert "sys.stdout" not in text and "sys.stderr" not in text, "yield an event, or write in a recorder"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_files_and_functions_stay_short(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_FILE, f"{relative(path)} has {lines} lines: it holds more than one idea, split it"
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = node.end_lineno - node.lineno + 1
            assert size <= LONGEST_FUNCTION, f"{relative(path)}:{node.lineno} {node.name} has {size} lines: split it"


@pytest.mark.parametrize("path", [path for path in FILES if relative(path).startswith("settings/")], ids=relative)
def test_settings_never_import_torch(path):
    assert not {module for module in imports_of(path) if module.split(".")[0] in ("torch", "kornia", "open_clip")}


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


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_modules_are_those_of_the_oldest_python(path):
    assert not imports_of(path) & NOT_IN_310, "Python 3.10 has no such module"


def test_the_package_holds_one_piece_of_module_state():
    """Only `api.studio` is a mutable object made at import; tables and caches of pure functions are not state.

    A context variable is no more than a key: its values belong to the contexts of the callers.
    """
    made = []
    for path in FILES:
        for node in tree_of(path).body:
            value = getattr(node, "value", None)
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Call):
                called = ast.unparse(value.func)
                if called[0].isupper() and called not in ("Path", "TypeVar", "Amount", "ContextVar"):
                    made.append(f"{relative(path)}: {ast.unparse(node)}")
    assert made == ["api.py: studio: Studio = Studio()"]


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, pixray; "
        "heavy = {'torch', 'numpy', 'PIL', 'omegaconf', 'open_clip'} & set(sys.modules); "
        "print(*heavy, *[m for m in sys.modules if m.startswith('pixray')])"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert sorted(loaded) == ["pixray", "pixray.runtime", "pixray.runtime.version"]


def test_public_names_are_an_inventory():
    import pixray

    assert set(pixray.__all__) >= {
        "reset_settings",
        "add_settings",
        "get_settings",
        "apply_settings",
        "do_init",
        "do_run",
        "run",
        "add_custom_loss",
        "register",
        "Studio",
        "Session",
        "Drawer",
        "Loss",
        "Filter",
        "Perceptor",
        "setting",
    }, "removing a public name breaks old notebooks: keep it, or explain it in the CHANGELOG"


def test_repository_holds_no_paths_of_a_machine_and_no_secrets():
    """Files of the repository speak of the project alone."""
    words = ["/wo" + "rk/", "/ro" + "ot/", "pypi" + ".org", "python" + "hosted"]
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    for name in listed.stdout.split("\n"):
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".yaml", ".yml", ".ipynb", ".txt", "") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not [word for word in words if word in text], f"{name} names a machine or a package host"
