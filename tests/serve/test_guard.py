"""The guard before every route, also before those that others add."""

import asyncio

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pixray.serve.app import application
from pixray.serve.guard import Guard, Limits


async def broken(request):
    raise OSError("/etc/secret is not there")


async def length(request):
    return PlainTextResponse(str(len(await request.body())))


async def picture(request):
    return PlainTextResponse("a picture")


APP = application(
    [Route("/broken", broken), Route("/length", length, methods=["POST"]), Route("/picture", picture)],
    ["Studio.example."],
    Limits(body=1000),
)


def ask(method, path, app=APP, **more):
    async def one():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:5000") as client:
            return await client.request(method, path, **more)

    return asyncio.run(one())


def test_a_mistake_of_ours_is_an_answer_that_tells_nothing_of_the_machine(caplog):
    answer = ask("GET", "/broken")
    assert answer.status_code == 500 and answer.json()["detail"] and "secret" not in answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/length", 405)])
def test_refusals_of_the_routes_are_json(method, path, status):
    answer = ask(method, path)
    assert answer.status_code == status and answer.json()["detail"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:5000", 200),
        ("127.0.0.1:5000", 200),
        ("[::1]:5000", 200),
        ("studio.example", 200),
        ("studio.example.:80", 200),
        ("evil.example", 421),
        ("localhost@evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost:abc", 421),
        ("[::1", 421),
    ],
)
def test_the_server_is_called_by_its_own_names_only(host, status):
    assert ask("POST", "/length", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://localhost:5000"}, 200),
        ({"origin": "http://localhost:5001"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[x"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_pages_of_other_sites_send_nothing(headers, status):
    assert ask("POST", "/length", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
        ({}, 200),
    ],
)
def test_pages_of_other_sites_load_nothing_but_may_link_here(headers, status):
    assert ask("GET", "/picture", headers=headers).status_code == status


def test_pictures_may_be_larger_than_other_bodies():
    app = application(
        [Route(path, length, methods=["POST"]) for path in ("/api/uploads", "/length")],
        limits=Limits(body=10, picture_body=20),
    )
    assert [ask("POST", "/api/uploads", app, content=b"x" * size).status_code for size in (20, 21)] == [200, 413]
    assert [ask("POST", "/length", app, content=b"x" * size).status_code for size in (10, 11)] == [200, 413]


def test_bodies_are_counted_whether_announced_or_not():
    assert ask("POST", "/length", content=b"x" * 1000).text == "1000"
    assert ask("POST", "/length", content=b"x" * 1001).status_code == 413

    async def pieces():
        for _ in range(11):
            yield b"x" * 100

    answer = ask("POST", "/length", content=pieces())
    assert answer.status_code == 413 and "1,000 bytes" in answer.json()["detail"]


def test_headers_are_counted():
    assert ask("POST", "/length", headers={"x": "y" * 40_000}).status_code == 431


def call(app, receive, send):
    scope = {"type": "http", "method": "POST", "path": "/length", "query_string": b"", "http_version": "1.1"}
    scope |= {"headers": [(b"host", b"localhost")], "scheme": "http", "server": ("localhost", 80), "root_path": ""}
    asyncio.run(asyncio.wait_for(app(scope, receive, send), 10))


def test_a_body_that_does_not_come_is_answered():
    sent = []

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    call(application([Route("/length", length, methods=["POST"])], (), Limits(body_seconds=0.05)), receive, send)
    assert sent[0]["status"] == 408 and (b"connection", b"close") in sent[0]["headers"]


def test_a_client_that_takes_nothing_is_given_up():
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.body":
            await asyncio.sleep(60)

    async def writes(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        raise AssertionError("nobody takes this")

    call(Guard(writes, (), Limits(answer_seconds=0.05)), receive, send)
