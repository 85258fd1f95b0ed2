"""Events: kept on disk under growing numbers, replayed, and dealt out at the pace of each client."""

import asyncio
import json

import pytest

from pixray.serve.app import application
from pixray.serve.database import Database
from pixray.serve.event_log import EventLog
from pixray.serve.event_stream import MOST_PENDING, EventStream


@pytest.fixture
def log(tmp_path):
    database = Database(tmp_path / "queue.sqlite")
    yield EventLog(database, most=100)
    database.close()


def state(log, job, state, **more):
    return log.append("job", job, {"id": job, "state": state, **more})


def step(log, job, number):
    return log.append("step", job, {"id": job, "step": number})


def test_numbers_grow_over_starts(tmp_path):
    numbers = []
    for _ in range(3):
        database = Database(tmp_path / "queue.sqlite")
        log = EventLog(database)
        assert log.last >= (numbers[-1] if numbers else 0)
        numbers += [step(log, "a", number).id for number in range(3)]
        assert log.last == numbers[-1]
        database.close()
    assert numbers == sorted(set(numbers)) and len(numbers) == 9


def test_a_log_stays_small_and_loses_no_state(log):
    state(log, "early", "done")
    for number in range(1000):
        step(log, "busy", number)
        if number % 10 == 0:
            state(log, f"job {number}", "queued")
            state(log, f"job {number}", "done")
    events = log.after(0, most=10_000)
    assert len(events) <= 100
    assert [json.loads(event.data)["step"] for event in events if event.kind == "step"][-1] == 999
    last = {event.job: json.loads(event.data)["state"] for event in events if event.kind == "job"}
    assert set(last.values()) == {"done"} and "job 990" in last


def test_thinning_out_keeps_the_newest_of_every_job(log):
    for job in ("a", "b"):
        state(log, job, "queued")
        state(log, job, "running")
        for number in range(5):
            step(log, job, number)
    for number in range(51):
        log.append("removed", f"gone {number}", {"id": number})
    log.thin_out()
    kept = [(event.kind, event.job) for event in log.after(0) if event.kind != "removed"]
    assert kept == [("job", "a"), ("step", "a"), ("job", "b"), ("step", "b")]


class Listener:
    """A client of the stream, which takes what it is sent only while it is allowed to."""

    def __init__(self, app, path="/api/events", headers=()):
        self.text, self.status, self.may_take = "", None, asyncio.Event()
        self.may_take.set()
        self._gone = asyncio.Event()
        address, _, query = path.partition("?")
        scope = {"type": "http", "method": "GET", "path": address, "query_string": query.encode(), "scheme": "http"}
        scope |= {"http_version": "1.1", "server": ("localhost", 80), "root_path": "", "raw_path": address.encode()}
        scope |= {"headers": [(b"host", b"localhost"), *headers], "client": ("127.0.0.1", 1)}
        self.task = asyncio.create_task(app(scope, self._receive, self._send))
        self._first = True

    async def _receive(self):
        if self._first:
            self._first = False
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        await self.may_take.wait()
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()

    def events(self):
        blocks = [block for block in self.text.split("\n\n") if block.startswith("id:")]
        return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]

    def states(self):
        return [json.loads(event["data"])["state"] for event in self.events() if event["event"] == "job"]

    def steps(self):
        return [json.loads(event["data"])["step"] for event in self.events() if event["event"] == "step"]

    async def until(self, reached):
        for _ in range(500):
            if reached():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"it did not come to that: {self.text[-500:]}")

    async def leave(self):
        self._gone.set()
        self.may_take.set()
        await self.task


def streaming(log, scenario):
    """Run a coroutine function with an application that streams a log."""

    async def run():
        stream = EventStream(log)
        app = application(stream.routes())
        try:
            await asyncio.wait_for(scenario(app, stream), 30)
        finally:
            stream.close()

    asyncio.run(run())


def test_a_client_hears_what_happens(log):
    async def scenario(app, stream):
        state(log, "a", "queued")
        listener = Listener(app)
        await listener.until(lambda: "retry:" in listener.text)
        state(log, "a", "running")
        await asyncio.to_thread(step, log, "a", 1)
        await listener.until(lambda: listener.steps() == [1])
        assert listener.states() == ["running"], "what was before is in the list of jobs"
        await listener.leave()
        assert not stream._readers

    streaming(log, scenario)


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_client_that_was_away_gets_what_it_missed_and_nothing_twice(log, way):
    async def scenario(app, stream):
        known = state(log, "a", "queued").id
        state(log, "a", "running")
        for number in range(1, 6):
            step(log, "a", number)
        state(log, "b", "queued")
        if way == "header":
            listener = Listener(app, headers=[(b"last-event-id", b"%d" % known)])
        else:
            listener = Listener(app, f"/api/events?after={known}")
        await listener.until(lambda: len(listener.states()) == 2)
        state(log, "a", "done")
        await listener.until(lambda: len(listener.states()) == 3)
        assert listener.states() == ["running", "queued", "done"] and listener.steps() == [1, 2, 3, 4, 5]
        numbers = [int(event["id"]) for event in listener.events()]
        assert numbers == sorted(set(numbers)) and numbers[0] > known
        await listener.leave()

    streaming(log, scenario)


def test_one_job_is_followed_alone(log):
    async def scenario(app, stream):
        listener = Listener(app, "/api/events?job=a&after=0")
        await listener.until(lambda: "retry:" in listener.text)
        for job in ("a", "b", "a"):
            state(log, job, "queued")
        await listener.until(lambda: len(listener.events()) == 2)
        assert {json.loads(event["data"])["id"] for event in listener.events()} == {"a"}
        await listener.leave()

    streaming(log, scenario)


def test_a_slow_client_misses_frames_but_no_state_and_not_the_last_frame(log):
    async def scenario(app, stream):
        listener = Listener(app)
        await listener.until(lambda: "retry:" in listener.text)
        listener.may_take.clear()
        for number in range(1, 501):
            step(log, "a", number)
            if number % 100 == 0:
                state(log, "a", "running", step=number)
            if number % 50 == 0:
                await asyncio.sleep(0)
        state(log, "a", "done")
        await asyncio.sleep(0.05)
        (reader,) = stream._readers
        assert len(reader._pending) < 20, "frames do not pile up"
        listener.may_take.set()
        await listener.until(lambda: listener.states()[-1:] == ["done"])
        assert listener.states() == ["running"] * 5 + ["done"]
        assert listener.steps()[-1] == 500 and len(listener.steps()) < 20
        numbers = [int(event["id"]) for event in listener.events()]
        assert numbers == sorted(set(numbers))
        await listener.leave()

    streaming(log, scenario)


def test_a_client_that_takes_nothing_is_sent_away_and_finds_all_in_the_log(tmp_path):
    database = Database(tmp_path / "queue.sqlite")
    log = EventLog(database)

    async def scenario(app, stream):
        listener = Listener(app)
        await listener.until(lambda: "retry:" in listener.text)
        known = log.last
        listener.may_take.clear()
        for number in range(MOST_PENDING + 2):
            state(log, str(number), "queued")
        await asyncio.sleep(0.05)
        listener.may_take.set()
        await listener.task
        again = Listener(app, headers=[(b"last-event-id", b"%d" % known)])
        await again.until(lambda: len(again.states()) == MOST_PENDING + 2)
        await again.leave()

    streaming(log, scenario)
    database.close()


def test_what_is_no_number_is_refused(log):
    async def scenario(app, stream):
        listener = Listener(app, headers=[(b"last-event-id", b"one")])
        await listener.task
        assert listener.status == 422 and "number of an event" in listener.text

    streaming(log, scenario)


def test_the_end_of_the_server_ends_every_stream(log):
    async def scenario(app, stream):
        listeners = [Listener(app) for _ in range(3)]
        for listener in listeners:
            await listener.until(lambda listener=listener: "retry:" in listener.text)
        state(log, "a", "queued")
        await asyncio.sleep(0)
        stream.close()
        await asyncio.gather(*(listener.task for listener in listeners))
        assert all(listener.states() == ["queued"] for listener in listeners)

    streaming(log, scenario)
