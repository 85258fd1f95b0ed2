"""The command line: words to settings to a session, whose events the recorders write and show; then an exit code.

    python -m pixray "a red heart" --drawer pixel                paint
    python -m pixray settings.yaml --iterations 50               paint with the settings of a file
    python -m pixray doctor                                      a command of its own (see COMMANDS)

Exit codes: 0 done, 1 failed, 2 wrong settings, 130 ended by Ctrl-C, TERM or HUP.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO, cast

from pixray.errors import PartFailed, PixrayError, SettingsError, did_you_mean, shown
from pixray.registry import Registry
from pixray.runtime.allocator import prepare_process
from pixray.runtime.files import reason
from pixray.runtime.terminal import Terminal
from pixray.runtime.version import __version__

if TYPE_CHECKING:
    from pixray.settings.layers import Layer
    from pixray.settings.namespace import Settings

COMMANDS: dict[str, tuple[str, str]] = {
    "doctor": ("pixray.cli.doctor", "versions, device, which models are here, what can be reached"),
    "resume": ("pixray.cli.resume", "go on with an earlier run"),
    "show": ("pixray.cli.show", "the settings that made a picture"),
    "rerun": ("pixray.cli.rerun", "make a picture again, perhaps with changes"),
    "diff": ("pixray.cli.diff", "what differs between two pictures"),
    "models": ("pixray.cli.models", "model files: list, fetch, verify, path, where"),
    "grid": ("pixray.cli.grid", "a grid of prompts, drawers, seeds …"),
    "services": ("pixray.cli.services", "remote services: what they can do, and whether their keys are set"),
    "compare": ("pixray.cli.compare", "the same prompts by several drawers and services, with scores and costs"),
    "sheet": ("pixray.cli.sheet", "a contact sheet of a folder"),
    "video": ("pixray.cli.video", "a video of a run: mp4, gif or WebP"),
    "studio": ("pixray.cli.studio", "a page in the browser where pictures grow"),
    "serve": ("pixray.cli.serve", "answer requests over HTTP, as Replicate does"),
    "plot": ("pixray.cli.plot", "a drawing for a pen plotter: SVG, HPGL or G-code, with hatched areas"),
    "vectorize": ("pixray.cli.vectorize", "vectors of pictures, and the direction from some to others"),
    "sprite": ("pixray.cli.sprite", "sprites of pictures: true pixels, few colours, indexed PNG, Aseprite"),
    "palette": ("pixray.cli.palette", "colours of a text, a picture or a palette file, and files of them"),
    "words": ("pixray.cli.words", "the words that the embedded perceptor knows"),
}
"""Name of a command: the module whose `main(argv)` does it, and a line of help."""

PRINTING = {"doctor", "show", "diff", "services", "words", "models", "palette"}
"""Commands whose result is what they print."""
OUTPUTS = {"--quiet": "quiet", "--json": "json"}
DEBUG = "--debug"
"""Understood by every command."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: words after the program's name; default: those of this process.

    Returns:
        the exit code.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    words = [word for word in given if word != DEBUG]
    results, messages = Terminal(sys.stdout), Terminal(sys.stderr)
    with contextlib.redirect_stdout(cast(TextIO, results)), contextlib.redirect_stderr(cast(TextIO, messages)):
        code = _answered(words, debug=DEBUG in given)
    results.flush()
    messages.flush()
    if code == 0 and results.lost is not None and _prints(words):
        if not isinstance(results.lost, BrokenPipeError):  # whoever read our output has left, and knows
            messages.write(f"pixray: the output cannot be written: {results.lost}\n")
        return 1
    return code


def _answered(words: list[str], *, debug: bool) -> int:
    """The exit code, after an error was told in a sentence; with `debug` the traceback of what caused it follows."""
    try:
        return _dispatch(words)
    except SettingsError as error:
        sys.stderr.write("".join(f"pixray: {problem}\n" for problem in error.problems))
        return 2
    except PixrayError as error:
        sys.stderr.write(f"pixray: {error}\n")
        if isinstance(error, PartFailed) and not debug:
            sys.stderr.write(f"pixray: {DEBUG} shows the traceback\n")
        elif debug and error.__cause__ is not None:
            import traceback  # only few errors need it

            traceback.print_exception(error.__cause__)
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"pixray: {where}{reason(error)}\n")
        return 1
    except SystemExit as ended:  # argparse, after it printed a help page
        return int(ended.code or 0)
    except KeyboardInterrupt:
        sys.stderr.write("pixray: interrupted\n")
        return 130


def _prints(words: list[str]) -> bool:
    """Whether what was asked for is the output itself, and not a file."""
    return not words or words[0] in PRINTING or not {"--version", "--help", "-h", "--help-all"}.isdisjoint(words)


def _dispatch(words: list[str]) -> int:
    if words and words[0] in COMMANDS:
        prepare_process()
        return importlib.import_module(COMMANDS[words[0]][0]).main(words[1:])
    if "--version" in words:
        sys.stdout.write(f"pixray {__version__}\n")
        return 0
    if words[:1] == ["--completion"]:
        from pixray.cli.completion import completion_script

        sys.stdout.write(completion_script(words[1] if len(words) > 1 else "", COMMANDS))
        return 0
    if not words or "--help" in words or "-h" in words or "--help-all" in words:
        from pixray.settings.help import help_page

        everything = "--help-all" in words
        registry = _registry() if everything else Registry.discover()  # the short page imports no plugin
        sys.stdout.write(help_page(COMMANDS, everything=everything, registry=registry))
        return 0
    return paint(words)


def paint(words: list[str], base: Layer | None = None) -> int:
    """Paint a picture as the words say.

    Args:
        base: settings below them, such as those of an earlier picture, and where they come from.
    """
    from pixray.cli.one_picture import check_picture, picture_problems
    from pixray.settings.resolve import resolve
    from pixray.settings.subject import require_subject

    output = "live"
    for flag, name in OUTPUTS.items():
        if flag in words:
            words.remove(flag)
            output = name
    opened = "--open" in words
    words = [word for word in words if word != "--open"]
    registry = _registry()
    settings = resolve(registry, {}, _with_flag(words), base, further=picture_problems)
    if settings.prompts_file:
        from pixray.cli.grid import paint_lines

        prepare_process()
        return paint_lines(settings, registry, output, opened)
    require_subject(settings)
    check_picture(settings)
    if output == "live":
        sys.stderr.write(f"loading {_models_of(settings)} …\n")
        sys.stderr.flush()
    return _run(settings, registry, output, opened)


def _models_of(settings: Settings) -> str:
    """What the first seconds of a run are spent on, in words."""
    from pixray.settings.embedded import GUIDES
    from pixray.settings.grammar import parse_weighted

    models = [parse_weighted(name).text for name in settings.clip_models]
    if GUIDES.issuperset(models):
        return "torch and the built-in " + ("model" if len(models) == 1 else "models")
    names = " and ".join(models)
    either = settings.perceptors == "auto" and not settings.origins["clip_models"].settled
    return f"torch and {names}" + (", or the built-in model where they cannot be had" if either else "")


def _registry() -> Registry:
    from pixray.api import studio

    return studio.registry


def _run(settings: Settings, registry: Registry, output: str, opened: bool) -> int:
    # From here on torch is needed; everything before answers at once.
    prepare_process()
    from pixray.cli.one_picture import asks_for_one_file
    from pixray.models.store import ModelStore
    from pixray.perceptors.sources import ask_hub_if_needed
    from pixray.recorders.console import DownloadBar

    store = ModelStore(progress=DownloadBar() if output == "live" else None)
    own_store = store.but(settings.checkpoints_dir, settings.offline, settings.models_file)
    ask_hub_if_needed(settings.clip_models, own_store)  # the answer comes while torch loads
    from pixray.runs.to_folder import finish_in_folder, prepare_folder_run, prepare_picture_run

    prepare = prepare_picture_run if asks_for_one_file(settings) else prepare_folder_run
    session, files = prepare(settings, registry, store)
    stopped = finish_in_folder(session, files, registry, output)
    if stopped and output == "live":
        from pixray.cli.going_on import say_how_to_go_on

        say_how_to_go_on(files, session.settings)
    if opened:
        from pixray.cli.opening import open_file

        open_file(files.shown_picture)
    return 130 if stopped else 0


def _with_flag(words: list[str]) -> list[str]:
    """`settings.yaml --iterations 50` is `--config_file settings.yaml --iterations 50`; so are .yml and .json.

    A text of several words is what to paint. A single word may be a command that somebody spelt otherwise.
    """
    if not words or words[0].startswith("-"):
        return words
    if words[0].lower().endswith((".yaml", ".yml", ".json")):
        return ["--config_file", *words]
    if len(words[0].split()) > 1:
        return [f"--prompts={words[0]}", *words[1:]]
    raise SettingsError(
        f"unknown command {shown(words[0])}: `pixray --help` lists the commands, and --prompts {shown(words[0])} "
        f"paints it.{did_you_mean(words[0], COMMANDS)}"
    )
