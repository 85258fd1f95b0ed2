"""The token: whoever asks from elsewhere shows it, in a header or in the cookie that a first visit left.

Authorization: Bearer TOKEN        programs, the OpenAI client among them
Authorization: Basic …             its password is the token: clients of the sdapi dialect
GET /?token=TOKEN                  a browser's first visit; the answer sets a cookie and leads to /
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

_OPEN_PATHS = ("/health-check", "/ready")
"""What tells whether the server lives may be asked by everybody."""


class Refused(Exception):
    """A request that is answered by the guard.

    Args:
        status: of the answer; detail: one sentence; headers: further ones.
    """

    def __init__(self, status: int, detail: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, list(headers)


class TokenAuth:
    """Lets in who knows the token. Comparisons take the same time whatever is right about a wrong one.

    Args:
        token: that has to be shown.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        # The cookie is not the token, so that a browser's store does not hold what opens the server elsewhere.
        self._cookie = self._follows(b"pixray cookie").encode()
        # Browsers send the cookies of a host to all of its ports: servers of other tokens have other names.
        self._name = f"pixray_{self._follows(b'pixray cookie name')[:12]}"

    def _follows(self, purpose: bytes) -> str:
        """Digits that follow from the token and do not tell it."""
        return hmac.new(self._token, purpose, hashlib.sha256).hexdigest()

    async def lets_in(self, scope: Scope, send: Send) -> bool:
        """Whether a request may go on; a first visit is answered here, with its cookie.

        Raises:
            Refused: it shows no token, or a wrong one.
        """
        if scope["path"] in _OPEN_PATHS or self._shown(scope):
            return True
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in query if name == "token"]
        if scope["method"] == "GET" and tokens and self._is_token(tokens[-1]):
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            await self._welcome(quote(scope["path"]) + (f"?{rest}" if rest else ""), send)
            return False
        raise Refused(
            401,
            "this server asks for its token: open /?token=TOKEN once, or send it as `Authorization: Bearer TOKEN`",
            [(b"www-authenticate", b'Bearer realm="pixray"')],
        )

    def _shown(self, scope: Scope) -> bool:
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        words = [value for name, value in headers if name == b"authorization"]
        if any(self._is_token(token) for word in words for token in _tokens(word)):
            return True
        cookies = [value for name, value in headers if name == b"cookie"]
        return any(
            hmac.compare_digest(value.encode(), self._cookie)
            for line in cookies
            for value in _cookies(line, self._name)
        )

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "surrogatepass"), self._token)

    async def _welcome(self, target: str, send: Send) -> None:
        cookie = f"{self._name}={self._cookie.decode()}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"
        headers = [
            (b"location", ("/" + target.lstrip("/")).encode("latin-1")),
            (b"set-cookie", cookie.encode()),
            (b"cache-control", b"no-store"),
            (b"referrer-policy", b"no-referrer"),
            (b"content-length", b"0"),
        ]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _tokens(header: str) -> list[str]:
    """What an Authorization header shows."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return [rest.strip()]
    if scheme.lower() != "basic":
        return []
    try:
        user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return []
    return [password or user]


def _cookies(line: str, name: str) -> list[str]:
    """Values of a cookie in a Cookie header."""
    try:
        cookies = SimpleCookie(line)
    except CookieError:
        return []
    return [cookies[name].value] if name in cookies else []
