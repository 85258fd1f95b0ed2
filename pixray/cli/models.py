"""pixray models: which model files are known, where they are, and fetching and checking them.

pixray models list               every known model, the rungs of both ladders, and what is here
pixray models fetch NAME …       download; CLIP models too, by their perceptor name
pixray models verify [NAME …]    compare sizes and checksums
pixray models path NAME          where its files are
pixray models where              the folders that are searched, and where downloads go

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixray.cli.clip_models import clip_files, is_clip_name, judged, model_lines, place_of, rung_lines
from pixray.cli.parsing import Parser
from pixray.errors import ModelUnavailable, SettingsError, did_you_mean
from pixray.models.ladder import ListedModel, read_ladder
from pixray.models.progress import Progress
from pixray.models.store import ENVIRONMENT, OWN_MODELS, ModelStore
from pixray.models.verify import sha256_of
from pixray.perceptors.sources import fetch, read_name
from pixray.recorders.console import DownloadBar

if TYPE_CHECKING:
    from pixray.models.manifest import KnownFile, KnownModel


def main(argv: Sequence[str]) -> int:
    """Do one of the five; exit code 1 if a file is missing or wrong."""
    actions: dict[str, Callable[[ModelStore, argparse.Namespace], int]] = {
        "list": _list,
        "fetch": _fetch,
        "verify": _verify,
        "path": _path,
        "where": _where,
    }
    parser = Parser("models", "Which model files are known and where they are; fetch and check them.")
    parser.add_argument("action", metavar="|".join(actions), help="what to do")
    parser.add_argument("names", nargs="*", metavar="name", help="models, as `pixray models list` shows them")
    parser.add_argument("--part", help="path: only this part, such as config")
    parser.add_argument("--checkpoints_dir", help="a folder to search first, and to download into")
    parser.add_argument("--models_file", help="YAML file of additional models")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    args = parser.parse_args(argv)
    if args.action not in actions:
        hint = did_you_mean(args.action, actions)
        raise SettingsError(f"pixray models '{args.action}': expected {', '.join(actions)}.{hint}")
    if args.action in ("fetch", "path") and not args.names:
        raise SettingsError(f"pixray models {args.action}: name a model; `pixray models list` shows them")
    progress = Progress() if args.quiet else DownloadBar()
    store = ModelStore(args.checkpoints_dir, progress, models_file=args.models_file)
    return actions[args.action](store, args)


def _list(store: ModelStore, args: argparse.Namespace) -> int:
    clip = [name for name in args.names if name not in store.known and is_clip_name(name)]
    names = [name for name in args.names or store.known if name not in clip]
    for model in (store.model(name) for name in names):
        stored = all(store.on_disk(model.name, part) for part in model.files)
        doubt = "" if all(file.verified for file in model.files.values()) else ", unverified"
        _say(f"{'*' if stored else ' '} {model.name:<21} {_size(model):>8}  {model.kind}: {model.about}")
        _say(f"  {'':<21} {'':>8}  licence: {model.licence}{doubt}")
    listed = read_ladder().models
    for name in clip:
        if name not in listed:
            _say(f"  {name}: not in the list of the package; pixray models path {name} tells whether it is here")
    for line in model_lines([listed[name] for name in clip if name in listed] or _all_unless(args.names), store):
        _say(line)
    if not args.names:
        _say("* is on this machine. unverified: size and checksum were not published alike")
        _say("by two sources; of CLIP models, nobody here ran the weights.")
        _say("A run downloads what it needs, `pixray models fetch NAME` does so beforehand.")
        _say("")
        for line in rung_lines():
            _say(line)
    return 0


def _all_unless(names: Sequence[str]) -> list[ListedModel]:
    return [] if names else list(read_ladder().models.values())


def _fetch(store: ModelStore, args: argparse.Namespace) -> int:
    for name in args.names:
        if name in store.known:
            for part in store.model(name).files:
                _say(str(store.path(name, part)))
        else:
            _say(str(_fetch_perceptor(name, store)))
    return 0


def _fetch_perceptor(name: str, store: ModelStore) -> Path | None:
    try:
        source = read_name(name)
    except ModelUnavailable:
        if not is_clip_name(name):  # neither list knows it; the sentence about models offers the nearest names
            store.model(name)
        raise
    weights = fetch(source, store)
    return weights.weights or weights.folder


def _verify(store: ModelStore, args: argparse.Namespace) -> int:
    good = True
    checked: set[Path | None] = set()
    clip = [name for name in args.names if name not in store.known and is_clip_name(name)]
    for model in (store.model(name) for name in args.names or store.known if name not in clip):
        for part, file in model.files.items():
            path = store.on_disk(model.name, part)
            if path is None:
                # Without names the question is: is what lies here right?
                broken = store.lying_about(file)
                if broken or args.names:
                    good = False
                    _say(f"! {model.name} {part}: " + (broken or "not on this machine"))
            elif path not in checked:
                checked.add(path)
                fine, text = _judge(path, file)
                good &= fine
                _say(f"{' ' if fine else '!'} {path}: {text}")
    for name, weights in clip_files(clip, store) if clip or not args.names else ():
        fine, text = (False, "not on this machine") if weights is None else judged(weights)
        good &= fine
        checked.add(weights)
        _say(f"{' ' if fine else '!'} {name}: {text}")
    if not checked and good:
        _say("no known model is on this machine")
    return 0 if good else 1


def _judge(path: Path, file: KnownFile) -> tuple[bool, str]:
    """Whether a file is what was published, and the words for it."""

    digest = sha256_of(path)
    if path.name != file.name and file.sha256 is not None and digest != file.sha256:
        return True, f"another form of {file.name}, nothing to compare with; sha256 {digest}"
    if file.sha256 is None:
        return True, f"complete as far as can be told, no checksum was published; sha256 {digest}"
    if digest == file.sha256:
        return True, "right"
    return False, f"sha256 {digest}, published was {file.sha256}: it is damaged or another file"


def _path(store: ModelStore, args: argparse.Namespace) -> int:
    for name in args.names:
        if name not in store.known and is_clip_name(name):
            _say(str(place_of(name, store).absolute()))
            continue
        for part in [args.part] if args.part else store.model(name).files:
            path = store.on_disk(name, part)
            if path is None:
                raise ModelUnavailable(
                    f"model '{name}': {store.file(name, part).name} is not on this machine: pixray models fetch {name}"
                )
            _say(str(path.absolute()))
    return 0


def _where(store: ModelStore, args: argparse.Namespace) -> int:
    for line in where_lines(store):
        _say(line)
    return 0


def where_lines(store: ModelStore) -> Iterator[str]:
    """The folders that are searched, in their order, and what changes them."""
    for folder in store.folders:
        notes = ["there" if folder.is_dir() else "not there"]
        if folder == store.download_folder:
            notes.append("downloads go here")
        yield f"checkpoints are looked for in {folder.absolute()} ({', '.join(notes)})"
    yield f"the setting checkpoints_dir or the variable {ENVIRONMENT} can name another folder, which then comes first"
    if store.models_file:
        yield f"additional models are described in {store.models_file}"
    else:
        yield f"the setting models_file or the variable {OWN_MODELS} can name a YAML file of additional models"
    if store.offline:
        yield "downloads are switched off (the setting offline, PIXRAY_OFFLINE or HF_HUB_OFFLINE)"


def _size(model: KnownModel) -> str:
    sizes = [file.bytes for file in model.files.values()]
    total = sum(size or 0 for size in sizes)
    if not total:
        return "size ?"
    unit, factor = ("GB", 1e9) if total >= 1e9 else ("MB", 1e6) if total >= 1e6 else ("kB", 1e3)
    return f"{total / factor:.3g} {unit}" + ("" if None not in sizes else "+")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
