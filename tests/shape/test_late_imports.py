"""Imports inside functions: each saves start-up time or needs an optional package, and says so."""

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "pixray"
REASON = "Late imports"
"""How the sentence in the docstring of a module begins that explains all of its imports inside functions."""


@cache
def files():
    """The source of every module, by its dotted name."""
    return {_dotted(path): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}


def _dotted(path):
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


@cache
def modules_at_import(name):
    """Everything that a module's own top-level imports load, through all of them; packages around them included."""
    if name not in files():
        return frozenset({name})
    loaded, waiting = set(), [name]
    while waiting:
        module = waiting.pop()
        for part in [module, *(module.rsplit(".", count)[0] for count in range(1, module.count(".") + 1))]:
            if part not in loaded:
                loaded.add(part)
                waiting += named_at_top(part)
    return frozenset(loaded)


@cache
def named_at_top(name):
    """The modules that the top-level imports of one module name; nothing for modules of others."""
    tree = ast.parse(files().get(name, ""))
    return [named for _, node in top_level(tree) for named in modules_of(node)]


def top_level(tree):
    """The imports that run when a module is imported; blocks for type checking are left out."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node.lineno, node
        elif isinstance(node, ast.Try):
            yield from top_level(ast.Module(node.body, []))


def modules_of(node):
    """The modules that one import statement loads."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    inside = [f"{node.module}.{alias.name}" for alias in node.names]
    # What another package's name is, a module or not, cannot be told from here; it counts as one.
    return [node.module, *(name for name in inside if name in files() or node.module not in files())]


@cache
def late_imports(source):
    """The imports inside functions, in runs of neighbouring lines."""
    runs = []
    inside = {
        node.lineno: node
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    lines = source.splitlines()
    for line in sorted(inside):
        between = lines[runs[-1][-1].end_lineno : line - 1] if runs else ["end"]
        if any(text.strip() for text in between):
            runs.append([])
        runs[-1].append(inside[line])
    return runs


def unexplained(source):
    """Lines of imports inside functions of which nothing says why: no comment, and not the module's docstring."""
    lines = source.splitlines()
    if REASON in (ast.get_docstring(ast.parse(source)) or ""):
        return []
    runs = [(run[0].lineno, run[-1].end_lineno) for run in late_imports(source)]
    return [first for first, last in runs if not any("#" in line for line in lines[max(0, first - 2) : last])]


def needless(name, source):
    """Lines of imports inside functions whose modules the top of the file has loaded already."""
    loaded = modules_at_import(name)
    nodes = [node for run in late_imports(source) for node in run]
    return [node.lineno for node in nodes if loaded.issuperset(modules_of(node))]


def test_every_import_inside_a_function_says_why():
    offenders = [f"{name}:{line}" for name, source in files().items() for line in unexplained(source)]
    assert offenders == [], "say why with a comment, or with a sentence in the docstring: 'Late imports …'"


def test_no_import_inside_a_function_is_of_a_module_that_is_loaded_anyway():
    offenders = [f"{name}:{line}" for name, source in files().items() for line in needless(name, source)]
    assert offenders == [], "move it to the top of the file: it saves nothing where it is"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("def f():\n    import torch\n", [2]),
        ("def f():\n    import torch  # a second of start-up\n", []),
        ("def f():\n    # a second of start-up\n    import torch\n    import numpy\n", []),
        ('"""A part.\n\nLate imports keep torch out of start-up.\n"""\n\ndef f():\n    import torch\n', []),
        ("def f():\n    import torch  # why\n    g()\n    import numpy\n", [4]),
    ],
)
def test_the_rule_finds_imports_without_a_reason(source, lines):
    assert unexplained(source) == lines


def test_the_rule_finds_needless_imports():
    source = "import json\nfrom pixray.errors import PixrayError\n\ndef f():\n    import json\n    import torch\n"
    loaded = {named for _, node in top_level(ast.parse(source)) for named in modules_of(node)}
    assert loaded == {"json", "pixray.errors"}
    assert needless("pixray.settings.convert", "def f():\n    from pixray.errors import PixrayError\n") == [2]
    assert needless("pixray.errors", "def f():\n    import torch\n") == []
