import collections
import os
import shutil
import subprocess
import sys
import threading

import pytest
from conftest import CONTENT, SHA256

from pixray.errors import ModelUnavailable
from pixray.models.download import Timeouts, download
from pixray.models.manifest import KnownFile

QUICK = Timeouts(connect=2, read=2, tries=2, pause=0)


@pytest.fixture
def fetch(server, heard, tmp_path):
    """Download from paths of the server; gives the target."""

    def from_paths(*paths, **known):
        target = tmp_path / "folder" / "model.ckpt"
        mirrors = tuple(path if "://" in path else f"{server.url}/{path}" for path in paths)
        download(KnownFile("model.ckpt", mirrors, **known), target, heard, QUICK)
        return target

    return from_paths


def left_behind(target):
    """Names beside the target, the folder of locks left out."""
    return sorted(path.name for path in target.parent.iterdir() if path.name != ".locks")


KNOWN = {"bytes": len(CONTENT), "sha256": SHA256}


def test_a_good_server_gives_the_file_and_nothing_else(fetch, heard):
    target = fetch("good.ckpt", **KNOWN)
    assert target.read_bytes() == CONTENT and left_behind(target) == ["model.ckpt"]
    assert heard.begun == [("model.ckpt", 0, len(CONTENT))] and heard.bytes == len(CONTENT) and heard.ends == 1


@pytest.mark.parametrize("known", [KNOWN, {}], ids=["checksum known", "nothing known"])
def test_a_dropped_connection_is_taken_up_where_it_broke(fetch, server, known):
    server.failures = 2
    target = fetch("drops.ckpt", **known)
    assert target.read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, "bytes=1000000-", "bytes=2000000-"]


def test_a_later_run_goes_on_with_what_an_earlier_one_brought(fetch, server, heard, tmp_path):
    drops = server.drops
    server.drops = lambda handler: drops(handler) if len(server.asked) == 1 else server.missing(handler)
    with pytest.raises(ModelUnavailable):
        fetch("drops.ckpt")
    assert left_behind(tmp_path / "folder" / "model.ckpt") == ["model.ckpt.part", "model.ckpt.part.json"]
    server.drops = server.good
    assert fetch("drops.ckpt").read_bytes() == CONTENT
    assert heard.begun[-1] == ("model.ckpt", 1_000_000, len(CONTENT))


def test_a_file_that_changed_meanwhile_is_fetched_anew(fetch, server):
    server.failures = 1
    original = type(server).drops

    def changes(handler):
        original(server, handler)
        server.content, server.etag = CONTENT[::-1], '"v2"'

    server.drops = changes
    target = fetch("drops.ckpt")
    assert target.read_bytes() == CONTENT[::-1]


def test_pieces_of_two_mirrors_are_joined_only_if_a_checksum_can_tell(fetch, server):
    server.failures = 1
    original = type(server).drops
    server.drops = lambda handler: original(server, handler) if len(server.asked) == 1 else server.missing(handler)
    assert fetch("drops.ckpt", "good.ckpt", **KNOWN).read_bytes() == CONTENT
    assert server.asked[-1] == ("/good.ckpt", "bytes=1000000-")
    shutil.rmtree("folder")
    server.asked.clear()
    server.failures = 1
    assert fetch("drops.ckpt", "good.ckpt").read_bytes() == CONTENT
    assert server.asked[-1] == ("/good.ckpt", None)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("shorter", "bytes instead of"),
        ("longer", "bytes instead of"),
        ("corrupt", "does not have the published checksum"),
        ("circle", "redirects for ever"),
        ("missing", "it answers 404"),
        ("page", "web page"),
        ("disguised", "bytes instead of"),
        ("empty", "the file is empty there"),
        ("mute", "nothing came for"),
    ],
)
def test_a_bad_mirror_is_named_and_the_next_one_serves(path, reason, fetch, server, heard, monkeypatch):
    read = 0.3 if path == "mute" else 10
    monkeypatch.setattr(sys.modules[__name__], "QUICK", Timeouts(connect=2, read=read, tries=1, pause=0))
    target = fetch(f"{path}.ckpt", "good.ckpt", **KNOWN)
    assert target.read_bytes() == CONTENT and left_behind(target) == ["model.ckpt"]
    assert reason in heard.said[0]


@pytest.mark.parametrize("path", ["longer", "circle", "missing", "page", "disguised", "empty"])
def test_bad_answers_never_become_a_file_even_when_nothing_is_known_about_it(path, fetch, tmp_path):
    with pytest.raises(ModelUnavailable, match="model.ckpt could not be downloaded"):
        fetch(f"{path}.ckpt")
    assert not (tmp_path / "folder" / "model.ckpt").exists()


def test_a_cut_zip_archive_is_noticed_by_its_structure(fetch, server):
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data.pkl", CONTENT)
    server.content = packed.getvalue()
    with pytest.raises(ModelUnavailable, match="its end is missing"):
        fetch("shorter.ckpt")
    assert fetch("good.ckpt").read_bytes() == server.content


def test_redirects_are_followed(fetch, server):
    assert fetch("moved.ckpt", **KNOWN).read_bytes() == CONTENT
    assert [path for path, _ in server.asked] == ["/moved.ckpt", "/final/good.ckpt"]


def test_a_server_without_ranges_sends_everything_again(fetch, server):
    server.failures = 1
    original = type(server).drops
    server.drops = lambda handler: original(server, handler) if server.failures else server.ignores(handler)
    assert fetch("drops.ckpt").read_bytes() == CONTENT


def test_an_answer_with_another_range_is_not_appended(fetch, server):
    server.failures = 1
    original = type(server).drops
    server.drops = lambda handler: original(server, handler) if server.failures else server.shifted(handler)
    assert fetch("drops.ckpt").read_bytes() == CONTENT


def test_an_overloaded_server_is_asked_again(fetch, server):
    assert fetch("busy.ckpt", **KNOWN).read_bytes() == CONTENT and len(server.asked) == 2


def test_the_error_names_every_mirror_and_its_reason(fetch):
    with pytest.raises(ModelUnavailable, match=r"it answers 404.*; .*cannot be reached"):
        fetch("missing.ckpt", "http://127.0.0.1:9/model.ckpt")


def test_a_full_disk_is_noticed_before_anything_is_written(fetch, monkeypatch, tmp_path):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(ModelUnavailable, match=r"needs 3 MB in .*folder, where 0 MB are free"):
        fetch("good.ckpt", **KNOWN)
    assert left_behind(tmp_path / "folder" / "model.ckpt") == []


def test_a_folder_that_cannot_be_written_is_one_sentence(server, heard, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelUnavailable, match="cannot write to"):
        download(KnownFile("model.ckpt", (f"{server.url}/good.ckpt",)), tmp_path / "file" / "model.ckpt", heard)


def test_two_runs_at_once_download_once(fetch, server, heard):
    server.gate = threading.Event()
    runs = [threading.Thread(target=lambda: fetch("good.ckpt", **KNOWN)) for _ in range(2)]
    for run in runs:
        run.start()
    while not heard.said:
        runs[0].join(0.01)
    server.gate.set()
    for run in runs:
        run.join(20)
    assert len(server.asked) == 1
    assert heard.said == ["another run is fetching model.ckpt; waiting for it"]


def test_the_lock_of_a_run_that_was_killed_holds_nobody_up(fetch, tmp_path):
    lock = tmp_path / "folder" / ".locks" / "model.ckpt.lock"
    lock.parent.mkdir(parents=True)
    code = f"import os, filelock; filelock.FileLock({str(lock)!r}).acquire(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code], check=False)
    assert lock.exists() and fetch("good.ckpt", **KNOWN).read_bytes() == CONTENT


def test_the_proxy_of_the_environment_is_used(fetch, server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    assert fetch("http://models.invalid/good.ckpt", **KNOWN).read_bytes() == CONTENT
    assert server.asked == [("http://models.invalid/good.ckpt", None)]


def test_ctrl_c_keeps_what_has_arrived(fetch, heard, server, tmp_path):
    def interrupted(count):
        raise KeyboardInterrupt

    heard.advance = interrupted
    with pytest.raises(KeyboardInterrupt):
        fetch("good.ckpt", **KNOWN)
    assert os.path.getsize(tmp_path / "folder" / "model.ckpt.part") > 0
    del heard.advance
    assert fetch("good.ckpt", **KNOWN).read_bytes() == CONTENT
    assert server.asked[-1][1] is not None
