"""Python programs in processes of their own that begin with torch loaded, which takes longer than most of them.

They are forked from a process that did nothing else, so that memory, threads, signals and files are theirs alone. What
is about start-up itself, about standard input or about the names of processes needs `subprocess`.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import types
from collections.abc import Mapping
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

_SECONDS = 600.0
"""That no program of the tests takes; one that hangs fails its test."""


def run_python(
    *words: str, env: Mapping[str, str] | None = None, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run([sys.executable, *words], env=env, cwd=folder, capture_output=True, text=True)`.

    Args:
        words: `-m`, a module and its words, or `-c`, a program and its words.
        env: the environment; None: that of this process.
        folder: the working directory; None: that of this process.
    """
    with tempfile.TemporaryDirectory() as place:
        out, err = Path(place, "out"), Path(place, "err")
        process = start_python(*words, env=env, folder=folder, out=out, err=err)
        process.join(_SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{words} did not end within {_SECONDS:.0f} s: {err.read_text()}")
        return subprocess.CompletedProcess(words, process.exitcode, out.read_text(), err.read_text())


def start_python(
    *words: str,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    out: Path | None = None,
    err: Path | None = None,
) -> BaseProcess:
    """The same without waiting for the end.

    Args:
        out: a file for standard output; err: one for errors; None: where those of the tests go.
    """
    given = (words, dict(os.environ if env is None else env), str(folder or Path.cwd()), out, err)
    process: BaseProcess = _context().Process(target=_program, args=given)  # type: ignore[attr-defined]
    process.start()
    return process


def _context() -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.preloaded"])
    return context


def _program(words: tuple[str, ...], env: dict[str, str], folder: str, out: Path | None, err: Path | None) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    for number, path in ((1, out), (2, err)):
        if path is not None:
            file = os.open(path, os.O_WRONLY | os.O_CREAT)
            os.dup2(file, number)
            os.close(file)
    sys.path[:0] = [folder, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    how, program, *rest = words
    sys.argv = [how, *rest]
    try:
        if how == "-m":
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        else:
            main = sys.modules["__main__"] = types.ModuleType("__main__")
            exec(compile(program, "<string>", "exec"), main.__dict__)
    finally:
        atexit._run_exitfuncs()  # which multiprocessing leaves out
