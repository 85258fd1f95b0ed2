"""The queue on disk: order, states, what outlives a start, and what is told."""

import contextlib
import dataclasses
import json
import sqlite3
import threading

import pytest

from pixray.errors import PixrayError, shown
from pixray.runtime.files import write_atomic
from pixray.runtime.yaml_io import read_yaml, write_yaml
from pixray.serve import job_actions
from pixray.serve.facts import error_of
from pixray.serve.job_errors import AtCapacity, NoSuchJob, NotNow, QueueClosed
from pixray.serve.jobs import Job, Order
from pixray.serve.queue import MOST_DEATHS, Queue
from pixray.serve.run_folder import CHECKPOINTS, checkpoint_path, keep_checkpoint, preview_path, thinned_out
from pixray.settings.layers import Layer, LayerKind, Leave


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "studio"


@pytest.fixture
def queue(folder):
    made = Queue(folder)
    yield made
    made.shut()


def new_job(queue, name="red", lasting=True):
    layers = (Layer(LayerKind.CLIENT, "settings", {"prompts": name}),)
    order = Order(layers, queue.folder / name, resumable=lasting, lasting=lasting)
    return queue.add(Job(order, asked={"prompts": name}, prompts=name))


def waiting(queue):
    return [job.prompts for job in queue.waiting()]


def again(queue, leave=Leave()):
    """The queue as the next server finds it, after the first was killed."""
    queue.shut()
    return Queue(queue.folder, leave)


def test_jobs_are_taken_in_their_order(queue):
    for name in ("one", "two"):
        new_job(queue, name)
    assert queue.take().prompts == "one" and queue.take().prompts == "two" and queue.take() is None


def test_a_killed_server_loses_no_job_and_goes_on_with_what_it_painted(queue, tmp_path):
    for name in ("one", "two", "three", "four"):
        new_job(queue, name)
    one, two = queue.take(), queue.take()
    one.tell({"step": 7, "steps": 9, "seed": 3, "size": [4, 2], "checkpoints": [5], "previews": [1, 7]})
    job_actions.pause(queue, queue.waiting()[0].id)
    later = again(queue, Leave((tmp_path,)))
    try:
        assert waiting(later) == ["one", "two", "four"]
        first = later.get(one.id)
        assert (first.state, first.step, first.seed, first.size, first.checkpoints) == ("queued", 7, 3, (4, 2), [5])
        assert first.order.layers[0].kind is LayerKind.CLIENT and first.order.layers[0].leave == Leave((tmp_path,))
        assert [job.state for job in later.unfinished()] == ["queued", "queued", "queued", "paused"]
        assert two.id in [job.id for job in later.unfinished()]
    finally:
        later.shut()


def test_a_queue_of_an_earlier_version_is_read_though_its_jobs_tell_less(queue):
    job = new_job(queue)
    queue.shut()
    with contextlib.closing(sqlite3.connect(queue.folder / "queue.sqlite")) as file, file:
        (body,) = file.execute("SELECT body FROM jobs").fetchone()
        earlier = {name: value for name, value in json.loads(body).items() if name != "push"}
        assert len(earlier) < len(json.loads(body))
        file.execute("UPDATE jobs SET body = ?", (json.dumps(earlier),))
    later = Queue(queue.folder)
    assert later.get(job.id).push is None and waiting(later) == ["red"]
    later.shut()


def test_what_was_asked_of_a_running_job_holds_after_a_kill(queue):
    for name in ("cancelled", "paused", "goes on"):
        new_job(queue, name)
    for wish in (job_actions.cancel, job_actions.pause, None):
        job = queue.take()
        if wish:
            wish(queue, job.id)
            assert job.state == "running", "it stops after its step"
    later = again(queue)
    try:
        assert [(job.prompts, job.state) for job in later.unfinished()] == [("goes on", "queued"), ("paused", "paused")]
        assert [(job.prompts, job.state) for job in later.listed()[2:]] == [("cancelled", "cancelled")]
    finally:
        later.shut()


def test_a_job_that_ends_while_jobs_are_listed_is_in_the_list(queue, monkeypatch):
    """It was looked for among those that are over just before it was, and among the others just after."""
    new_job(queue)
    job, read = queue.take(), queue._store.finished
    ending = threading.Thread(target=job.end, args=("done",))

    def finished(*words):
        found = read(*words)
        ending.start()
        ending.join(0.3)
        return found

    monkeypatch.setattr(queue._store, "finished", finished)
    assert [one.id for one in queue.listed()] == [job.id]
    ending.join(20)
    monkeypatch.undo()
    assert [(one.id, one.state) for one in queue.listed()] == [(job.id, "done")]


def test_a_job_whose_client_waits_ends_with_its_server(queue):
    job = new_job(queue, lasting=False)
    later = again(queue)
    try:
        assert later.get(job.id).state == "cancelled" and not later.waiting()
    finally:
        later.shut()


def test_jobs_change_places_and_keep_them(queue):
    jobs = {name: new_job(queue, name) for name in "abcd"}
    job_actions.move(queue, jobs["d"].id, jobs["b"].id)
    assert waiting(queue) == ["a", "d", "b", "c"] and queue.position(jobs["d"]) == 1
    job_actions.move(queue, jobs["a"].id, None)
    job_actions.move(queue, jobs["c"].id, jobs["d"].id)
    job_actions.move(queue, jobs["c"].id, jobs["c"].id)
    later = again(queue)
    try:
        assert waiting(later) == ["c", "d", "b", "a"]
    finally:
        later.shut()


def test_places_do_not_run_out(queue):
    jobs = {name: new_job(queue, name) for name in "abc"}
    for number in range(120):
        mover, other = ("b", "c") if number % 2 else ("c", "b")
        job_actions.move(queue, jobs[mover].id, jobs[other].id)
    assert waiting(queue) == ["a", "b", "c"]
    later = again(queue)
    try:
        assert waiting(later) == ["a", "b", "c"]
    finally:
        later.shut()


def test_only_jobs_that_wait_have_places(queue):
    one, two = new_job(queue, "one"), new_job(queue, "two")
    queue.take()
    with pytest.raises(NotNow, match="is running and has no place"):
        job_actions.move(queue, one.id, None)
    with pytest.raises(NotNow, match="is running and has no place"):
        job_actions.move(queue, two.id, one.id)
    with pytest.raises(NoSuchJob):
        job_actions.move(queue, "nothing", None)


def test_a_paused_job_goes_on_before_the_others(queue):
    new_job(queue, "one")
    job = queue.take()
    new_job(queue, "two")
    job_actions.pause(queue, job.id)
    queue.settle(job, "stopped")
    assert job.state == "paused" and waiting(queue) == ["two"]
    with pytest.raises(NotNow, match="paused already"):
        job_actions.pause(queue, job.id)
    job_actions.resume(queue, job.id)
    assert waiting(queue) == ["one", "two"]
    with pytest.raises(NotNow, match="not paused"):
        job_actions.resume(queue, job.id)


def test_a_pause_that_comes_after_the_last_step_is_too_late(queue):
    new_job(queue)
    job = queue.take()
    job_actions.pause(queue, job.id)
    queue.settle(job, "done")
    assert job.state == "done"
    for wish in (job_actions.cancel, job_actions.pause, job_actions.resume):
        with pytest.raises(NotNow, match="over already"):
            wish(queue, job.id)


def test_a_wish_to_cancel_is_not_taken_back(queue):
    new_job(queue)
    job = queue.take()
    job_actions.cancel(queue, job.id)
    job_actions.pause(queue, job.id)
    queue.settle(job, "stopped")
    assert job.state == "cancelled"


def test_a_worker_that_dies_takes_no_job_with_it_unless_it_dies_again_and_again(queue):
    new_job(queue)
    for _ in range(MOST_DEATHS):
        job = queue.take()
        queue.bereave(job, "ended (signal 9)")
        assert job.state == "queued"
    job = queue.take()
    job.tell({"checkpoints": [10]})
    queue.bereave(job, "ended (signal 9)")
    assert job.state == "queued" and job.deaths == 1, "it came further, so it is not what workers die of"
    for _ in range(MOST_DEATHS):
        queue.bereave(queue.take(), "ended (signal 9)")
    assert job.state == "failed" and "signal 9" in job.error


def test_a_worker_that_dies_after_a_wish_grants_it(queue):
    for name, wish, state in (("one", job_actions.pause, "paused"), ("two", job_actions.cancel, "cancelled")):
        new_job(queue, name)
        job = queue.take()
        wish(queue, job.id)
        queue.bereave(job, "ended (signal 9)")
        assert job.state == state


def test_a_server_that_ends_keeps_what_waits_and_what_it_painted(queue):
    new_job(queue, "one")
    job = queue.take()
    new_job(queue, "two")
    queue.close()
    job.ask("release")
    queue.settle(job, "stopped")
    assert queue.take() is None and waiting(queue) == ["one", "two"]
    with pytest.raises(QueueClosed):
        new_job(queue, "three")


def test_the_queue_is_not_longer_than_it_may_be(folder):
    queue = Queue(folder, most_waiting=2)
    try:
        for name in "ab":
            new_job(queue, name)
        with pytest.raises(AtCapacity, match="2 jobs are waiting already"):
            new_job(queue, "c")
        assert not (folder / "c").exists()
    finally:
        queue.shut()


def test_finished_jobs_are_found_by_words_and_page_by_page(queue):
    names = ["a red heart", "a red sea", "100% blue", "a RED_dot"]
    for name in names:
        new_job(queue, name)
        queue.settle(queue.take(), "done")
    assert [job.prompts for job in queue.listed()] == names[::-1]
    assert [job.prompts for job in queue.listed("red a")] == ["a RED_dot", "a red sea", "a red heart"]
    assert [job.prompts for job in queue.listed("100%")] == ["100% blue"]
    assert [job.prompts for job in queue.listed("d_d")] == ["a RED_dot"]
    first = queue.listed(limit=2)
    assert [job.prompts for job in queue.listed(limit=2, before=first[-1].id)] == names[1::-1]


def test_a_finished_job_is_removed_with_its_folder_and_its_events(queue):
    job = new_job(queue)
    with pytest.raises(NotNow, match="cancel it first"):
        queue.remove(job.id)
    job_actions.cancel(queue, job.id)
    queue.remove(job.id)
    assert not job.order.folder.exists()
    assert [event.kind for event in queue.log.after(0, job.id)] == ["removed"]
    with pytest.raises(NoSuchJob):
        queue.get(job.id)


def keep(job, step):
    write_atomic(job.order.folder / "checkpoint.safetensors", b"%d" % step)
    preview_path(job.order.folder, step).parent.mkdir(parents=True, exist_ok=True)
    preview_path(job.order.folder, step).touch()
    job.tell({"step": step, "checkpoints": keep_checkpoint(job.order.folder, step), "previews": [step]})


def test_a_running_job_goes_back_to_a_checkpoint_and_on_from_it(queue):
    new_job(queue)
    job = queue.take()
    for step in (10, 20, 30):
        keep(job, step)
    steering = [{"step": step, "changes": {"prompts": "blue"}} for step in (5, 20, 25)]
    write_atomic(job.order.folder / "settings.yaml", write_yaml({"prompts": "red", "steering": steering}).encode())
    job.tell({"steering": steering})
    with pytest.raises(NotNow, match="there are 10, 20, 30"):
        job_actions.undo(queue, job.id, 15)
    job_actions.undo(queue, job.id, 20)
    queue.settle(job, "stopped")
    assert (job.state, job.step, job.checkpoints, job.previews) == ("queued", 20, [10, 20], [10, 20])
    assert [change["step"] for change in job.steering] == [5], "the checkpoint of step 20 is from before its change"
    assert read_yaml(job.order.folder / "settings.yaml") == {"prompts": "red", "steering": steering[:1]}
    assert (job.order.folder / "checkpoint.safetensors").read_bytes() == b"20"
    assert not checkpoint_path(job.order.folder, 30).exists()


def test_going_back_survives_a_kill_in_between(queue):
    new_job(queue)
    job = queue.take()
    for step in (10, 20):
        keep(job, step)
    job_actions.undo(queue, job.id, 10)
    later = again(queue)
    try:
        found = later.get(job.id)
        assert (found.state, found.step, found.back_to) == ("queued", 10, None)
        assert (job.order.folder / "checkpoint.safetensors").read_bytes() == b"10"
    finally:
        later.shut()


def test_a_paused_job_goes_back_at_once(queue):
    new_job(queue)
    job = queue.take()
    for step in (10, 20):
        keep(job, step)
    job_actions.pause(queue, job.id)
    queue.settle(job, "stopped")
    job_actions.undo(queue, job.id, 10)
    assert (job.state, job.step) == ("paused", 10)


def test_a_finished_run_goes_on_in_a_copy(queue):
    new_job(queue)
    job = queue.take()
    job.tell({"steps": 20})
    keep(job, 20)
    with pytest.raises(NotNow, match="only one that is over"):
        job_actions.go_on(queue, job.id, "+10")
    queue.settle(job, "done")
    child = job_actions.go_on(queue, job.id, "+10")
    assert (child.parent, child.order.iterations, child.state) == (job.id, "30", "queued")
    assert child.order.folder != job.order.folder
    assert (child.order.folder / CHECKPOINTS / "0000020.safetensors").read_bytes() == b"20"
    for wrong in ("5", "many", "+-3", ""):
        with pytest.raises(NotNow if wrong == "5" else ValueError, match="iterations"):
            job_actions.go_on(queue, job.id, wrong)


def test_checkpoints_that_are_kept_are_spread_over_the_run():
    assert thinned_out([1, 2, 3, 4], 4) == []
    assert thinned_out([0, 10, 20, 21, 30], 4) == [21]
    steps = list(range(100))
    stay = [step for step in steps if step not in thinned_out(steps, 8)]
    assert len(stay) == 8 and stay[0] == 0 and stay[-1] == 99


def test_every_change_of_state_is_told_once(queue):
    job = new_job(queue)
    queue.take()
    job.tell({"step": 1, "steps": 2, "losses": {"red": float("nan")}, "seconds_left": 1.0})
    job.tell({"previews": [1]})
    job.tell({"step": 2})
    queue.settle(job, "done")
    events = queue.log.after(0, job.id)
    states = [json.loads(event.data)["state"] for event in events if event.kind == "job"]
    assert list(dict.fromkeys(states)) == ["queued", "running", "done"]
    assert [json.loads(event.data)["step"] for event in events if event.kind == "step"] == [1, 2]
    (picture,) = [json.loads(event.data) for event in events if event.kind == "picture"]
    assert picture == {"id": job.id, "step": 1, "url": f"/api/jobs/{job.id}/pictures/1.webp"}
    assert "settings" not in json.loads(events[0].data) and queue.facts(job)["settings"] == {"prompts": "red"}
    orders = [json.loads(event.data)["ids"] for event in queue.log.after(0) if event.kind == "order"]
    assert orders == [[job.id], []]


def test_a_full_disk_refuses_new_jobs_and_ends_no_old_one(queue, caplog):
    job = new_job(queue, "one")
    queue.take()
    queue._database("PRAGMA query_only=1")
    with pytest.raises(PixrayError, match="cannot be used"):
        new_job(queue, "two")
    assert not queue.waiting()
    job.tell({"step": 5, "checkpoints": [5]})
    queue.settle(job, "stopped")
    assert job.state == "queued" and "cannot be used" in caplog.text
    queue._database("PRAGMA query_only=0")
    later = again(queue)
    try:
        assert [(job.prompts, job.state) for job in later.unfinished()] == [("one", "queued")]
    finally:
        later.shut()


def test_a_checkpoint_that_is_gone_fails_the_job_alone(queue):
    new_job(queue)
    job = queue.take()
    keep(job, 10)
    job_actions.undo(queue, job.id, 10)
    checkpoint_path(job.order.folder, 10).unlink()
    later = again(queue)
    try:
        assert later.get(job.id).state == "failed" and "the checkpoint of step 10" in later.get(job.id).error
    finally:
        later.shut()


def test_a_file_that_is_no_queue_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "queue.sqlite").write_bytes(b"something else " * 100)
    with pytest.raises(PixrayError, match="the queue cannot be opened"):
        Queue(tmp_path)


def test_jobs_of_other_programs_go_when_newer_ones_are_over_and_those_of_the_page_stay(queue, monkeypatch):
    monkeypatch.setattr("pixray.serve.queue._COLLECTED", 0.0)
    queue.most_kept = 1
    jobs = [finished_job(queue, door) for door in ("openai", "studio", "sdapi", "predictions", "studio")]
    assert [(job.order.folder.is_dir(), known(queue, job)) for job in jobs] == [
        (kept, kept) for kept in (False, True, False, True, True)
    ]
    assert [event.job for event in queue.log.after(0) if event.kind == "removed"] == [jobs[0].id, jobs[2].id]


def test_a_job_is_kept_until_whoever_waited_for_it_has_its_picture(queue):
    queue.most_kept = 0
    job = finished_job(queue, "openai")
    assert known(queue, job) and job.order.folder.is_dir()


def finished_job(queue, door):
    job = new_job(queue, f"{door} {len(queue.listed())}")
    job.door = door
    assert queue.take() is job
    queue.settle(job, "done")
    return job


def known(queue, job):
    try:
        return queue.get(job.id) is not None
    except NoSuchJob:
        return False


@pytest.mark.parametrize("name", ["", "/output.png"])
def test_what_clients_are_told_holds_no_part_of_a_long_path(queue, tmp_path, name):
    folder = tmp_path / "secret" / ("long" * 40)
    order = dataclasses.replace(new_job(queue).order, folder=folder)
    told = error_of(Job(order, state="failed", error=f"{shown(f'{folder}{name}')}: is in the way; 'some...words' stay"))
    assert told == "the folder of the run: is in the way; 'some...words' stay"
