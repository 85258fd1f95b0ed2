"""The token: who knows it comes in, by header, password or cookie; nobody else sees or does anything."""

import asyncio
import base64

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pixray.cli.serving import check_token, is_loopback
from pixray.errors import SettingsError
from pixray.serve.app import application
from pixray.serve.guard import Limits

TOKEN = "correct-horse-battery"


async def secret(request):
    return PlainTextResponse(f"secret {request.url.query}")


APP = application([Route(path, secret, methods=["GET", "POST"]) for path in ("/", "/jobs", "/ready")], token=TOKEN)


def ask(method="GET", path="/jobs", app=APP, **more):
    async def once():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:5000") as client:
            return await client.request(method, path, **more)

    return asyncio.run(once())


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header", [f"Bearer {TOKEN}", f"bearer {TOKEN}", basic(f"anybody:{TOKEN}"), basic(f"{TOKEN}:"), basic(TOKEN)]
)
def test_whoever_shows_the_token_comes_in(header):
    assert ask(headers={"authorization": header}).text.startswith("secret")
    assert ask("POST", headers={"authorization": header}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": f"Bearer {TOKEN}x"},
        {"authorization": f"Bearer {TOKEN[:-1]}"},
        {"authorization": f"Token {TOKEN}"},
        {"authorization": "Basic ???"},
        {"authorization": basic("user:wrong")},
        {"authorization": "Bearer \u00e9\u00e9".encode("latin-1")},
        {"cookie": f"pixray_token={TOKEN}"},
        {"cookie": "pixray_token="},
        {"cookie": "\x00; ;;=="},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_else_does(headers, method):
    answer = ask(method, headers=headers)
    assert answer.status_code == 401 and "secret" not in answer.text and "token" in answer.json()["detail"]
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_first_visit_leaves_a_cookie_that_is_not_the_token():
    first = ask(path="/", params={"token": TOKEN, "drop": "a b"})
    assert first.status_code == 303 and first.headers["location"] == "/?drop=a+b" and "secret" not in first.text
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and TOKEN not in cookie
    shown = cookie.partition(";")[0]
    assert ask(headers={"cookie": f"a=b; {shown}"}).text.startswith("secret")
    assert ask("POST", headers={"cookie": shown}).status_code == 200
    assert ask(headers={"cookie": shown[:-1]}).status_code == 401


def test_two_servers_on_one_machine_keep_their_visitors_apart():
    """Browsers do not separate cookies by port."""
    other = application([Route("/", secret)], token="another-token")
    cookies = [ask(path="/", params={"token": TOKEN}), ask(path="/", params={"token": "another-token"}, app=other)]
    both = "; ".join(answer.headers["set-cookie"].partition(";")[0] for answer in cookies)
    assert len({pair.partition("=")[0] for pair in both.split("; ")}) == 2
    assert [ask(path="/", headers={"cookie": both}, app=app).status_code for app in (APP, other)] == [200, 200]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/models", 401), ("/v1/images/generations", 413), ("/v1/nothing", 404), ("/v1/models", 421)],
)
def test_openais_clients_are_refused_in_their_form(path, status):
    answer = refused(path, status)
    assert answer.status_code == status and set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert answer.headers["x-should-retry"] == "false"


@pytest.mark.parametrize(("path", "status"), [("progress", 401), ("txt2img", 413), ("nothing", 404), ("options", 421)])
def test_clients_of_a1111_are_refused_in_their_form(path, status):
    answer = refused(f"/sdapi/v1/{path}", status)
    assert answer.status_code == status and set(answer.json()) == {"error", "detail", "body", "errors"}
    assert status != 401 or answer.headers["www-authenticate"].startswith("Basic")


def refused(path, status):
    """The answer of a server without routes to a request that is refused for the reason of a status."""
    headers = {} if status == 401 else {"authorization": f"Bearer {TOKEN}"}
    if status == 421:
        headers["host"] = "elsewhere.example"
    content = b"x" * 101 if status == 413 else b""
    return ask("POST", path, headers=headers, content=content, app=application([], (), Limits(body=100), TOKEN))


@pytest.mark.parametrize("path", ["/?token=wrong", "/?token=", "/?token"])
def test_a_wrong_token_in_the_address_opens_nothing(path):
    answer = ask(path=path)
    assert answer.status_code == 401 and "set-cookie" not in answer.headers


def test_an_address_with_the_token_leads_nowhere_else():
    answer = ask(path="http://127.0.0.1:5000//evil.example/x", params={"token": TOKEN})
    assert answer.headers["location"].startswith("/evil.example") and answer.status_code == 303
    assert ask("POST", "/?token=" + TOKEN).status_code == 401, "forms of other pages cannot send cookies along"


def test_whether_the_server_lives_is_no_secret():
    assert ask(path="/ready").status_code == 200


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_addresses_that_others_reach_need_a_token(host, loopback):
    assert is_loopback(host) is loopback
    check_token(host, TOKEN)
    if loopback:
        check_token(host, None)
    else:
        with pytest.raises(SettingsError, match="--token"):
            check_token(host, None)


@pytest.mark.parametrize("token", ["", "short", "has a space in it", "h\u00e9h\u00e9h\u00e9h\u00e9"])
def test_tokens_that_are_none_are_refused(token):
    with pytest.raises(SettingsError, match="at least 8 letters"):
        check_token("127.0.0.1", token)
