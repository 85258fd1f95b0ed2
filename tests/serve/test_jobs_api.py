"""The routes of jobs, uploads and downloads, without any worker: what is answered, and what is refused."""

import asyncio
import io
import os
import zipfile

import httpx
import pytest
from PIL import Image

from pixray.recorders.log import as_text
from pixray.registry import Registry
from pixray.serve import facts
from pixray.serve.app import application
from pixray.serve.downloads import Downloads
from pixray.serve.file_names import download_name, name_of_job
from pixray.serve.guard import Limits
from pixray.serve.jobs_api import JobsApi
from pixray.serve.queue import Queue
from pixray.serve.run_folder import preview_path
from pixray.serve.uploads import Uploads
from pixray.settings.layers import Leave

HEART = {"prompts": "a red heart", "drawer": "pixel", "iterations": 3, "perceptors": "embedded"}
LIMITS = Limits(picture_body=50_000)


class Server:
    """The application over a queue that nobody takes jobs from."""

    def __init__(self, folder, most_waiting=5):
        self.queue = Queue(folder, most_waiting=most_waiting)

    def __call__(self, method, path, **more):
        async def once():
            uploads = Uploads(self.queue.folder, self.queue.mentions)
            jobs = JobsApi(self.queue, uploads, Leave(), Registry.discover())
            routes = [*Downloads(self.queue).routes(), *jobs.routes(), *uploads.routes()]
            transport = httpx.ASGITransport(application(routes, (), LIMITS))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, **more)

        return asyncio.run(once())

    def job(self, **settings):
        answer = self("POST", "/api/jobs", json={"settings": {**HEART, **settings}})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def finished(self, files=(), **settings):
        """A job that is over, with files in its folder."""
        told = self.job(**settings)
        job = self.queue.take()
        for name, content in dict(files).items():
            path = job.order.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.queue.settle(job, "done")
        return told["id"]


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    yield made
    made.queue.shut()


def picture(kind="PNG", size=(6, 4), mode="RGB"):
    buffer = io.BytesIO()
    Image.new(mode, size, 1 if mode == "1" else "red").save(buffer, kind)
    return buffer.getvalue()


def test_a_job_is_made_and_listed_with_what_was_asked(server):
    job = server.job()
    assert (job["state"], job["position"], job["prompts"], job["drawer"]) == ("queued", 0, "a red heart", "pixel")
    assert job["settings"] == HEART and job["steps"] == 3 and job["door"] == "studio"
    listed = server("GET", "/api/jobs").json()
    assert [each["id"] for each in listed["jobs"]] == [job["id"]] and listed["last_event"] >= 1
    assert server("GET", f"/api/jobs/{job['id']}").json() == job


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"settings": {**HEART, "iteratons": 3}}, "Did you mean 'iterations'?"),
        ({"settings": {**HEART, "quality": "drat"}}, "expected one of draft"),
        ({"settings": {"drawer": "pixel"}}, "nothing says what to paint"),
        ({"settings": {**HEART, "outdir": "/tmp/x"}}, "'outdir' (from settings) cannot be set here"),
        ({"settings": {**HEART, "init_image": "/etc/passwd"}}, "names a file"),
        ({"settings": {**HEART, "preset": 3}}, "preset: expected the name"),
        ({"settings": {**HEART, "preset": "nothing"}}, "nothing"),
        ({"settings": [1]}, "expected an object"),
        ({"settings": {**HEART, "prompts": "x" * 20_000}}, "at most"),
        ({"settings": HEART, "start": "../../etc/passwd"}, "no upload of that id"),
        ({"settings": HEART, "start": 3}, "no upload of that id"),
        ([], "expected an object"),
    ],
)
def test_mistakes_are_one_answer_and_make_no_job(server, body, sentence):
    answer = server("POST", "/api/jobs", json=body)
    assert answer.status_code == 422 and sentence in answer.json()["detail"], answer.text
    assert (
        not server.queue.unfinished() and [path.name for path in server.queue.folder.iterdir() if path.is_dir()] == []
    )


def test_what_is_no_json_is_refused(server):
    answer = server("POST", "/api/jobs", content=b"{'a'")
    assert answer.status_code == 422 and "no JSON" in answer.json()["detail"]


def test_a_full_queue_says_so(server):
    for _ in range(5):
        server.job()
    answer = server("POST", "/api/jobs", json={"settings": HEART})
    assert answer.status_code == 429 and "waiting already" in answer.json()["detail"] and answer.headers["retry-after"]


def test_a_job_always_keeps_checkpoints(server):
    server.job(checkpoint_every=0)
    assert all("checkpoint_every" not in layer.values for layer in server.queue.take().order.layers)


def test_jobs_change_their_places_and_states(server):
    first, second = server.job()["id"], server.job()["id"]
    moved = server("POST", f"/api/jobs/{second}/move", json={"before": first}).json()["jobs"]
    assert [job["id"] for job in moved] == [second, first]
    assert server("POST", f"/api/jobs/{second}/pause").json()["state"] == "paused"
    refused = server("POST", f"/api/jobs/{second}/pause")
    assert refused.status_code == 409 and "paused already" in refused.json()["detail"]
    assert server("POST", f"/api/jobs/{second}/resume").json()["state"] == "queued"
    assert server("DELETE", f"/api/jobs/{second}").status_code == 409
    assert server("POST", f"/api/jobs/{second}/cancel").json()["state"] == "cancelled"
    assert server("DELETE", f"/api/jobs/{second}").status_code == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("POST", "/nonsense"), ("GET", "/picture")):
        assert server(method, f"/api/jobs/{second}{path}").status_code == 404


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "limit=100000", "limit=501"])
def test_lists_have_an_end(server, query):
    assert server("GET", f"/api/jobs?{query}").status_code == 422


def test_finished_jobs_are_searched_and_listed_page_by_page(server):
    names = [server.finished(prompts=f"picture {number}") for number in range(4)]
    listed = server("GET", "/api/jobs?limit=2").json()["jobs"]
    assert [job["id"] for job in listed] == names[:1:-1]
    more = server("GET", f"/api/jobs?limit=2&before={names[2]}").json()["jobs"]
    assert [job["id"] for job in more] == names[1::-1]
    assert [job["id"] for job in server("GET", "/api/jobs?query=PICTURE 2").json()["jobs"]] == [names[2]]


FILES = {
    "output.png": b"png",
    "output.svg": b"<svg/>",
    "output_cells.png": b"cells",
    "settings.yaml": b"a: 1",
    "steps/output.mp4": b"video",
    "steps/frame_0001.png": b"frame",
    ".studio/checkpoints/0000001.safetensors": b"hidden",
}


def test_files_of_a_run_are_told_and_sent(server):
    name = server.finished(FILES)
    told = {file["name"]: file["kind"] for file in server("GET", f"/api/jobs/{name}").json()["files"]}
    assert told == {
        "output.png": "picture",
        "output.svg": "svg",
        "output_cells.png": "sprite",
        "settings.yaml": "record",
        "steps/output.mp4": "video",
    }
    for file in told:
        assert server("GET", f"/api/jobs/{name}/files/{file}").content == FILES[file]
    svg = server("GET", f"/api/jobs/{name}/files/output.svg")
    assert "sandbox" in svg.headers["content-security-policy"] and "attachment" in svg.headers["content-disposition"]
    assert server("GET", f"/api/jobs/{name}/picture").content == b"png"


@pytest.mark.parametrize(
    "file", ["../../queue.sqlite", "..%2F..%2Fqueue.sqlite", ".studio/checkpoints/0000001.safetensors", "nothing", ""]
)
def test_nothing_else_is_sent(server, file):
    name = server.finished(FILES)
    assert server("GET", f"/api/jobs/{name}/files/{file}").status_code == 404


def test_downloads_are_called_by_the_words_of_their_picture(server):
    name = server.finished(FILES)
    job = server.queue.get(name)
    job.prompts, job.push = "A sailboat, é 海!", "warmer"
    short = f"a-sailboat-é-海-warmer-{name[:4]}"
    assert download_name(job, "output.svg") == f"{short}.svg"
    assert download_name(job, "output_cells.png") == f"{short}_cells.png"
    assert download_name(job, "steps/output.mp4") == f"{short}.mp4"
    assert download_name(job, "settings.yaml") == f"{short}-settings.yaml"
    job.prompts, job.push = "word " * 30, None
    assert len(name_of_job(job)) <= 45 and name_of_job(job).startswith("word-word")
    job.prompts = "../.."
    assert name_of_job(job) == f"picture-{name[:4]}"


def test_a_variation_names_its_parent_and_how_it_was_pushed(server):
    parent = server.job()["id"]
    body = {"settings": {"prompts": "a boat"}, "parent": parent, "push": "warmer"}
    told = server("POST", "/api/jobs", json=body)
    assert told.status_code == 201 and (told.json()["parent"], told.json()["push"]) == (parent, "warmer")
    assert server("POST", "/api/jobs", json={**body, "push": 5}).status_code == 422
    assert server("POST", "/api/jobs", json={**body, "parent": "nothing"}).status_code == 404


def test_links_in_a_folder_are_not_followed(server, tmp_path):
    (tmp_path / "secret").write_text("secret")
    name = server.finished(FILES)
    (server.queue.get(name).order.folder / "link.png").symlink_to(tmp_path / "secret")
    assert server("GET", f"/api/jobs/{name}/files/link.png").status_code == 404


def test_files_that_a_run_is_writing_are_no_files_yet_and_may_vanish(server, monkeypatch):
    parts = {".pixray-1-a.part": b"", "steps/.pixray-1-b.part": b"", "gone.svg": b""}
    name = server.finished({**FILES, **parts})
    listed = facts._listed

    def late(folder):
        paths = listed(folder)
        (folder / "gone.svg").unlink(missing_ok=True)
        return paths

    monkeypatch.setattr(facts, "_listed", late)
    told = server("GET", f"/api/jobs/{name}").json()["files"]
    assert len(told) == 5 and not any("part" in file["name"] or "gone" in file["name"] for file in told)


def test_archives_hold_the_files_of_one_job_or_of_several(server):
    names = [server.finished(FILES), server.finished({"output.png": b"other"})]
    one = zipfile.ZipFile(io.BytesIO(server("GET", f"/api/jobs/{names[0]}/archive.zip").content))
    assert one.testzip() is None and one.read("steps/output.mp4") == b"video" and len(one.namelist()) == 5
    both = server("GET", f"/api/archive.zip?id={names[0]}&id={names[1]}&id={names[0]}")
    archive = zipfile.ZipFile(io.BytesIO(both.content))
    assert sorted(archive.read(name) for name in archive.namelist() if name.endswith("output.png")) == [
        b"other",
        b"png",
    ]
    assert "attachment" in both.headers["content-disposition"]
    assert server("GET", "/api/archive.zip").status_code == 422
    assert server("GET", "/api/archive.zip?id=nothing").status_code == 404


def test_small_pictures_are_sent_by_their_step(server):
    name = server.job()["id"]
    path = preview_path(server.queue.get(name).order.folder, 7)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"webp")
    answer = server("GET", f"/api/jobs/{name}/pictures/7.webp")
    assert answer.content == b"webp" and answer.headers["content-type"] == "image/webp"
    for step in ("8", "-7", "x", "0" * 5000):
        assert server("GET", f"/api/jobs/{name}/pictures/{step}.webp").status_code == 404


def test_the_curve_counts_steps_as_they_were_taken_last(server):
    lines = [{"event": "started", "step": 0}]
    lines += [{"event": "stepped", "step": step, "total": 1.0, "losses": {"red": 1.0}} for step in (1, 2, 3)]
    lines += [{"event": "started", "step": 1}, {"event": "stepped", "step": 2, "total": None, "losses": {"blue": 2.0}}]
    text = "".join(f"{as_text(line)}\n" for line in lines) + '{"event": "step'
    name = server.finished({"log.jsonl": text.encode()})
    curve = server("GET", f"/api/jobs/{name}/curve").json()
    assert curve == {"steps": [1, 2], "losses": {"red": [1.0, None], "total": [1.0, None], "blue": [None, 2.0]}}


def test_long_curves_are_thinned_out(server):
    lines = [{"event": "stepped", "step": step, "total": 1.0, "losses": {}} for step in range(1, 2001)]
    name = server.finished({"log.jsonl": "".join(f"{as_text(line)}\n" for line in lines).encode()})
    steps = server("GET", f"/api/jobs/{name}/curve").json()["steps"]
    assert len(steps) == 400 and steps[0] == 1 and steps[-1] == 2000 and steps == sorted(set(steps))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_upload_becomes_the_start_of_a_job(server, kind):
    sent = server("POST", "/api/uploads", content=picture(kind))
    assert sent.status_code == 201 and (sent.json()["width"], sent.json()["height"]) == (6, 4)
    shown = server("GET", f"/api/uploads/{sent.json()['id']}")
    assert Image.open(io.BytesIO(shown.content)).size == (6, 4)
    answer = server("POST", "/api/jobs", json={"settings": HEART, "start": sent.json()["id"]})
    assert answer.status_code == 201 and answer.json()["settings"] == HEART
    assert answer.json()["start"] == sent.json()["id"]
    start = server.queue.take().order.layers[-1].values["init_image"]
    assert start.endswith(f"{sent.json()['id']}.png")


@pytest.mark.parametrize("content", [b"", b"no picture", picture()[:40], b"\x89PNG\r\n\x1a\n" + b"\0" * 100])
def test_what_is_no_picture_is_refused_without_a_path(server, content):
    answer = server("POST", "/api/uploads", content=content)
    assert answer.status_code == 422 and "tmp" not in answer.text and "pixray-upload" not in answer.text
    assert not list(server.queue.folder.glob("inputs/*"))


def test_a_picture_of_absurd_size_is_refused(server):
    answer = server("POST", "/api/uploads", content=picture(mode="1", size=(30_000, 10_000))[:49_000])
    assert answer.status_code == 422


def test_uploads_have_a_limit_of_their_own(server):
    assert server("POST", "/api/uploads", content=b"x" * 50_001).status_code == 413


@pytest.mark.parametrize("name", ["nothing", "..%2Fqueue.sqlite", "0" * 32, "%00"])
def test_other_files_are_no_uploads(server, name):
    assert server("GET", f"/api/uploads/{name}").status_code == 404


def test_sentences_about_failures_name_no_folder_of_the_server(server):
    name = server.job()["id"]
    job = server.queue.take()
    job.end("failed", f"{job.order.folder}/output.png cannot be written, {server.queue.folder}/inputs/x.png neither")
    told = server("GET", f"/api/jobs/{name}").json()["error"]
    assert told == "the folder of the run/output.png cannot be written, inputs/x.png neither"


def test_the_same_picture_sent_twice_is_kept_once(server):
    sent = [server("POST", "/api/uploads", content=picture()).json()["id"] for _ in range(2)]
    assert sent[0] == sent[1] and len(list(server.queue.folder.glob("inputs/*"))) == 1


def test_an_uploaded_picture_may_be_named_by_settings_and_is_told_as_the_start(server):
    upload = server("POST", "/api/uploads", content=picture()).json()["id"]
    settings = {**HEART, "init_image": f"inputs/{upload}.png", "image_prompts": [f"inputs/{upload}.png:0.5"]}
    job = server("POST", "/api/jobs", json={"settings": settings}).json()
    assert job["start"] == upload and "init_image" not in job["settings"]
    missing = server("POST", "/api/jobs", json={"settings": {**HEART, "init_image": f"inputs/{'0' * 32}.png"}})
    assert missing.status_code == 422 and "not here" in missing.text


def test_uploads_that_jobs_start_from_are_kept(server, monkeypatch):
    monkeypatch.setattr("pixray.serve.uploads.MOST", 2)
    names = []
    for size in (3, 4, 5, 6):
        names.append(server("POST", "/api/uploads", content=picture(size=(size, size))).json()["id"])
        os.utime(server.queue.folder / "inputs" / f"{names[-1]}.png", (size, size))
        if size == 3:
            assert server("POST", "/api/jobs", json={"settings": HEART, "start": names[0]}).status_code == 201
    assert [server("GET", f"/api/uploads/{name}").status_code for name in names] == [200, 404, 200, 200]
