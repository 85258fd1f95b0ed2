"""Runs whose folder is in a store: the same files as on a disk, nobody's files written over, and nothing lost."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from pixray.api import load_settings
from pixray.cli.main import main
from pixray.errors import MissingPackage, PixrayError, SettingsError
from pixray.recorders.lock import NAME as LOCK
from pixray.recorders.staged import StagedFolder
from pixray.recorders.staging import fetched, is_settings
from pixray.recorders.store_lock import StoreLock
from pixray.recorders.uploads import UploadedFiles
from pixray.runtime.folders import state_folder
from pixray.runtime.store import Store, StoreError
from pixray.settings.layers import Layer, LayerKind
from pixray.settings.schema import Schema
from tests.processes import run_python
from tests.stored_files import content, left_behind, of_disk

pytest.importorskip("fsspec", reason="stores need the extra 'farm'")

PIXEL = ["--drawer", "pixel", "--size", "24x16", "--num_cuts", "2", "--perceptors", "embedded"]
TINY = [*PIXEL, "--iterations", "4", "--save_every", "2", "--seed", "1"]
RED = ["--prompts", "a red heart", *TINY, "--quiet"]
NO_PAUSES = (0.0, 0.0, 0.0)


@pytest.fixture(params=["memory", "s3"])
def bucket(request, monkeypatch):
    """The address of an empty bucket: in the memory of this process, and of a real server that speaks S3."""
    monkeypatch.setattr("pixray.runtime.store.PAUSES", NO_PAUSES)
    if request.param == "memory":
        from fsspec.implementations.memory import MemoryFileSystem

        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]
        return "memory://pictures"
    return request.getfixturevalue("s3_bucket")


def same_but_for_times(one, other):
    assert one.keys() == other.keys()
    assert all(one[name] == other[name] for name in one if not name.endswith((".jsonl", ".mp4", "yaml")))


def test_a_run_leaves_the_same_files_in_a_store_as_on_a_disk(bucket, capsys):
    assert main(["--prompts", "a red heart", *TINY, "--outdir", f"{bucket}/hearts/red"]) == 0
    told = capsys.readouterr()
    assert told.out == f"{bucket}/hearts/red/output.png\n"
    assert main([*RED, "--outdir", "red"]) == 0
    there = content(f"{bucket}/hearts/red")
    same_but_for_times(there, of_disk("red"))
    assert there["settings.yaml"] == Path("red/settings.yaml").read_bytes()
    lines = [json.loads(line) for line in there["log.jsonl"].splitlines()]
    assert lines[-1]["event"] == "finished" and not left_behind()
    places = (str(state_folder()), "geheim", "AKIA", bucket)
    assert not [name for name, data in there.items() for place in places if place.encode() in data]
    assert str(state_folder()) not in told.err


def test_a_run_in_a_store_goes_on_and_is_read_from_there(bucket, capsys):
    where = f"{bucket}/red"
    assert main([*RED, "--outdir", where]) == 0
    assert main(["resume", f"{where}/output.png", "--iterations", "+4", "--quiet"]) == 0
    assert main([*RED, "--outdir", "red"]) == 0
    assert main(["resume", "red", "--iterations", "+4", "--quiet"]) == 0
    same_but_for_times(content(where), of_disk("red"))
    capsys.readouterr()
    assert main(["show", f"{where}/output.png"]) == 0
    assert capsys.readouterr().out.startswith("# Settings") and load_settings(where).seed == 1
    assert main(["diff", where, "red"]) == 0
    assert main(["rerun", where, "--outdir", "again", "--quiet"]) == 0
    assert of_disk("again")["output.png"] == of_disk("red")["output.png"]
    assert main(["show", f"{bucket}/nothing"]) == 1
    assert f"picture='{bucket}/nothing': there is nothing of that name" in capsys.readouterr().err


def test_an_earlier_run_in_a_store_is_moved_beside_the_folder(bucket, capsys):
    where = f"{bucket}/red"
    assert main([*RED, "--outdir", where]) == 0
    before = content(where)
    assert main(["--prompts", "a blue pond", *TINY, "--outdir", where]) == 0
    assert f"{where} held an earlier run, which is in {where}-earlier-01 now" in capsys.readouterr().err
    assert content(f"{where}-earlier-01") == before
    assert b"a blue pond" in content(where)["settings.yaml"] and len(content(where)) == len(before)
    assert main([*RED, "--outdir", where]) == 0
    assert b"a blue pond" in content(f"{where}-earlier-02")["settings.yaml"]


@pytest.mark.parametrize("name", ["output.png", "settings.yaml", "log.jsonl", "steps/frame_0002.png"])
def test_files_of_somebody_else_in_a_store_are_never_written_over(bucket, name, capsys):
    store = Store(f"{bucket}/red")
    store.write(name, b"mine")
    store.write("notes.txt", b"mine, too")
    assert main([*RED, "--outdir", f"{bucket}/red"]) == 1
    assert f"{bucket}/red/{name} is not pixray's own" in capsys.readouterr().err
    assert content(f"{bucket}/red") == {name: b"mine", "notes.txt": b"mine, too"} and not left_behind()


def test_numbered_folders_in_a_store_take_the_next_free_number(bucket, capsys):
    Store(f"{bucket}/many/run_01").write("notes.txt", b"mine")
    for number in ("02", "03"):
        assert main(["--prompts", "red", *TINY, "--outdir", f"{bucket}/many/run_%SEQ%"]) == 0
        assert capsys.readouterr().out == f"{bucket}/many/run_{number}/output.png\n"


def test_two_runs_cannot_have_the_same_folder_of_a_store(bucket, capsys):
    held = StagedFolder(f"{bucket}/red")
    assert main([*RED, "--outdir", f"{bucket}/red"]) == 1
    said = capsys.readouterr().err
    assert f"{bucket}/red is in use by a run (process {os.getpid()} on {socket.gethostname()}" in said
    held.close()
    assert main([*RED, "--outdir", f"{bucket}/red"]) == 0 and LOCK not in content(f"{bucket}/red")


def test_the_lock_of_a_dead_run_does_not_block_a_folder_of_a_store(bucket):
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    store = Store(f"{bucket}/red")
    note = {"process": int(process.stdout), "machine": socket.gethostname(), "since": "yesterday", "mark": "x"}
    store.write(LOCK, json.dumps(note).encode())
    StagedFolder(f"{bucket}/red").close()
    store.write(LOCK, json.dumps({**note, "machine": "elsewhere"}).encode())
    with pytest.raises(PixrayError, match="in use by a run .process .* on elsewhere since yesterday"):
        StoreLock(store).acquire()
    late = StoreLock(store, stale=-60.0)
    late.acquire()
    late.release()
    assert LOCK not in content(f"{bucket}/red")


def test_a_run_that_was_taken_over_ends(bucket):
    store = Store(f"{bucket}/red")
    lock = StoreLock(store, every=0.01)
    lock.acquire()
    store.write(LOCK, json.dumps({"mark": "another"}).encode())
    lock._thread.join(5)
    with pytest.raises(PixrayError, match="was taken over by another run"):
        lock.check()
    lock.release()
    assert json.loads(store.read(LOCK)) == {"mark": "another"}


def test_a_grid_in_a_store_goes_on_where_it_was(bucket, capsys):
    words = ["grid", "--prompts", "red | blue", *PIXEL, "--iterations", "2", "--outdir", f"{bucket}/grid", "--quiet"]
    assert main([*words, "--seed", "1"]) == 0
    before = content(f"{bucket}/grid")
    assert main([*words, "--seed", "1"]) == 0
    assert capsys.readouterr().out == f"{bucket}/grid/index.html\n" * 2
    after = content(f"{bucket}/grid")
    assert after == before and not left_behind()
    rows = json.loads(after["grid.json"])
    assert [row["status"] for row in rows] == ["done", "done"] and {row["picture"] for row in rows} <= after.keys()
    assert main(["sheet", f"{bucket}/grid", "--out", "sheet.png"]) == 0 and Path("sheet.png").is_file()
    Store(f"{bucket}/grid").remove("sheet.png")
    capsys.readouterr()
    assert main(["sheet", f"{bucket}/grid"]) == 0
    assert capsys.readouterr().out == f"{bucket}/grid/sheet.png\n" and "sheet.png" in content(f"{bucket}/grid")


def test_a_comparison_in_a_store_has_its_page_there(bucket, capsys):
    words = ["--drawers", "pixel", "--prompts", "red", *PIXEL[2:], "--iterations", "2"]
    assert main(["compare", *words, "--outdir", f"{bucket}/compare", "--quiet"]) == 0
    assert capsys.readouterr().out == f"{bucket}/compare/index.html\n"
    there = content(f"{bucket}/compare")
    assert json.loads(there["compare.json"])["rows"][0]["picture"] in there and "sheet.png" in there


class Refusing:
    """Makes a store refuse to be written to, from a number of files on and for a number of attempts."""

    def __init__(self, monkeypatch, error, after=0, times=1_000_000):
        from fsspec.implementations.memory import MemoryFileSystem

        self.error, self.after, self.times, self.put = error, after, times, MemoryFileSystem.pipe_file
        refusing = self
        monkeypatch.setattr(MemoryFileSystem, "pipe_file", lambda fs, *given, **named: refusing(fs, *given, **named))

    def __call__(self, fs, *given, **named):
        self.after -= 1
        if self.after < 0 and self.times > 0:
            self.times -= 1
            raise self.error
        return self.put(fs, *given, **named)


@pytest.fixture
def memory(monkeypatch):
    from fsspec.implementations.memory import MemoryFileSystem

    monkeypatch.setattr("pixray.runtime.store.PAUSES", NO_PAUSES)
    MemoryFileSystem.store.clear()
    return "memory://pictures"


def test_a_store_that_fails_for_a_moment_is_tried_again(memory, monkeypatch):
    refusing = Refusing(monkeypatch, ConnectionResetError("reset"), after=3, times=3)
    assert main([*RED, "--outdir", f"{memory}/red"]) == 0
    assert refusing.times == 0 and b"finished" in content(f"{memory}/red")["log.jsonl"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionResetError("reset"), "the service cannot be reached"),
        (PermissionError("no"), "access was denied (no)"),
        (OSError(28, "full"), "the disk is full"),
    ],
)
def test_what_a_store_does_not_take_is_kept_and_named(memory, monkeypatch, capsys, error, said):
    Refusing(monkeypatch, error, after=5)
    assert main(["--prompts", "a red heart", *TINY, "--outdir", f"{memory}/red"]) == 1
    told = capsys.readouterr().err
    assert told.count(f"cannot be written: {said}; the run goes on") == 1
    (kept,) = left_behind()
    last = told.strip().splitlines()[-1]
    assert last.endswith(f"everything is kept in {kept / 'red'}: copy it to {memory}/red, or go on there")
    assert main([*RED, "--outdir", "red"]) == 0
    same_but_for_times(of_disk(kept / "red"), of_disk("red"))
    assert main(["resume", str(kept / "red"), "--iterations", "+2", "--quiet"]) == 0
    import shutil

    shutil.rmtree(kept)


def test_a_store_that_takes_nothing_is_told_before_the_first_step(memory, monkeypatch, capsys):
    Refusing(monkeypatch, PermissionError("no"))
    assert main(["--prompts", "a red heart", *TINY, "--outdir", f"{memory}/red"]) == 1
    assert capsys.readouterr().err.endswith("/.pixray.lock cannot be written: access was denied (no)\n")
    assert not left_behind()


def test_a_bucket_that_is_missing_is_one_sentence(s3_bucket, capsys, monkeypatch):
    monkeypatch.setattr("pixray.runtime.store.PAUSES", NO_PAUSES)
    assert main([*RED, "--outdir", "s3://pictures-of-nobody/red"]) == 1
    said = capsys.readouterr().err.strip()
    assert said.endswith("cannot be written: there is no such bucket or folder") and "\n" not in said


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("s3://AKIAX:geh/eim@bucket/red", "an address holds no names, keys and queries"),
        ("s3://bucket/red?token=geheim", "an address holds no names, keys and queries"),
        ("ftp://bucket/red", "begins with s3://, gs://, az://, memory://, file://"),
        ("s3a://bucket/red", "Did you mean 's3'?"),
        ("s3://", "expected a bucket"),
        ("s3://bucket/../red", "'..'"),
        ("file://red", "three slashes"),
    ],
)
@pytest.mark.parametrize("command", [[], ["grid"], ["compare", "--drawers", "pixel"], ["resume"], ["sheet"], ["show"]])
def test_wrong_addresses_are_one_sentence_without_keys(place, said, command, capsys):
    words = [*command, place] if command and command[0] in ("resume", "sheet", "show") else None
    words = words or [*command, "--prompts", "red", "--outdir", place, "--perceptors", "embedded"]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert said in told and "geh" not in told and "AKIA" not in told and told.count("\n") == 1


def test_the_picture_alone_is_never_in_a_store(capsys):
    assert main(["--prompts", "red", "-o", "s3://bucket/red.png"]) == 2
    assert "a store is named by outdir, as in --outdir s3://bucket/hearts" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["s3://bucket/red", "memory://red", "S3://AKIAX:geheim@bucket/red"])
def test_what_needs_a_folder_of_this_machine_says_so(place, capsys):
    for name in ("a.png", "b.png"):
        Image.new("RGB", (24, 16), "red").save(name)
    for words in (
        ["--prompts", "red", *PIXEL, "--animation_dir", place, "--outdir", "red", "--init_image", "?.png"],
        ["video", place],
        ["plot", place],
        ["serve", "--outdir", place],
        ["sheet", ".", "--out", f"{place}.png"],
    ):
        assert main(words) in (1, 2), words
        told = capsys.readouterr().err
        assert "this machine" in told and "geheim" not in told, words
        assert not Path(place.partition("/")[0]).exists()


def test_a_file_address_is_the_folder_that_it_means(tmp_path):
    assert main([*RED, "--outdir", f"file://{tmp_path}/here"]) == 0
    assert Path("here/output.png").is_file() and not left_behind()
    assert main(["resume", f"file://{tmp_path}/here", "--quiet"]) == 0


def test_a_missing_package_is_named_with_its_extra(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingPackage, match=r"'fsspec', which is not installed: pip install 'pixray\[farm\]'"):
        Store("memory://bucket")
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(MissingPackage, match=r"gs:// needs the package 'gcsfs', .* pip install gcsfs"):
        Store("gs://bucket")


def test_a_run_on_a_disk_needs_no_package_for_stores():
    script = (
        "import sys; sys.modules['fsspec'] = sys.modules['s3fs'] = None\n"
        "from pixray.cli.main import main\n"
        f"sys.exit(main({[*RED, '--outdir', 'red']!r}))"
    )
    assert run_python("-c", script).returncode == 0
    assert Path("red/output.png").is_file()


@pytest.mark.parametrize("kind", [LayerKind.CLIENT, LayerKind.RECORD])
@pytest.mark.parametrize("name", ["outdir", "init_image"])
@pytest.mark.parametrize("place", ["s3://bucket/a.png", "memory://bucket/a.png", "file:///etc/a.png"])
def test_requests_and_records_of_strangers_name_no_store(registry, kind, name, place, monkeypatch):
    monkeypatch.setattr("pixray.runtime.store.Store.__init__", lambda *given: pytest.fail("a store was opened"))
    layers = [Layer(kind, "a stranger", {name: place, "prompts": "red", "drawer": "pixel"})]
    if kind is LayerKind.CLIENT:
        with pytest.raises(SettingsError, match=rf"'{name}' \(from a stranger\)"):
            Schema.for_choice(registry, layers).resolve(layers)
    else:
        settings = Schema.for_choice(registry, layers).resolve(layers)
        assert getattr(settings, name) != place and any(name in notice for notice in settings.notices)


def test_python_paints_into_a_store_and_knows_the_address(memory, registry, tiny):
    from pixray.api import Studio

    studio = Studio(registry)
    studio.add_settings(**{**tiny, "iterations": 2, "outdir": f"{memory}/red"})
    settings = studio.apply_settings()
    studio.do_init(settings, quiet=True)
    assert studio.do_run()
    assert settings.outdir == f"{memory}/red" and "output.png" in content(f"{memory}/red")


def test_a_store_that_hangs_is_waited_for_only_at_the_end(memory, session, monkeypatch):
    """Steps go on while a file is put."""
    from pixray.events import Finished, Stepped
    from pixray.recorders.base import attach
    from pixray.recorders.files import FileRecorder

    staged = StagedFolder(f"{memory}/red")
    run = session(outdir=str(staged.folder), iterations=6, save_every=1)
    files = UploadedFiles(FileRecorder(run.settings), staged)
    stepped_to_the_end, push = threading.Event(), staged.push

    def late_push():
        if threading.current_thread() is not threading.main_thread():
            assert stepped_to_the_end.wait(30)
        push()

    monkeypatch.setattr(staged, "push", late_push)
    for event in attach(run.run(), files):
        if isinstance(event, Stepped) and event.step == 6:
            stepped_to_the_end.set()
        assert not isinstance(event, Finished) or stepped_to_the_end.is_set()
    assert b"finished" in content(f"{memory}/red")["log.jsonl"]


def test_names_that_no_disk_takes_are_left_in_the_store(memory):
    store = Store(f"{memory}/red")
    for name in ("a/../../up.png", "back\\slash.png", f"{'n' * 300}.png", "fine.png"):
        store._fs.pipe_file(f"/pictures/red/{name}", b"x")
    assert store.names() == ["fine.png"]
    with pytest.raises(StoreError, match="there is no such file"):
        store.fetch("gone.png", Path("gone.png"))


def test_pictures_that_a_run_started_from_come_with_its_record(memory):
    """Runs of a server keep them in their folder."""
    picture = f"inputs/{'a' * 32}.png"
    for name in ("settings.yaml", "output.png", picture, "checkpoint.safetensors", "steps/frame_0000.png"):
        Store(f"{memory}/red").write(name, b"x")
    for source, asked in ((f"{memory}/red", "settings.yaml"), (f"{memory}/red/output.png", "output.png")):
        with fetched(source, "picture", is_settings) as place:
            folder = place if place.is_dir() else place.parent
            assert of_disk(folder).keys() == {asked, picture}
        assert not folder.exists()
