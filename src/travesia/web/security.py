"""The gate before every route: token, host, origin, size of what is sent, and the headers of every answer.

Any page a person opens can send requests to 127.0.0.1, so being on loopback protects nothing by itself.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY = 1_000_000  # bytes of one request
MOST_QUERY = 2_000  # bytes
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Keys:
    """What opens the server. token : in the printed address. session : in the cookie it is exchanged for."""

    token: str
    session: str
    port: int

    @classmethod
    def new(cls, port: int) -> Keys:
        """Fresh random keys of 32 bytes each. port : the server listens on."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), port)

    @property
    def cookie(self) -> str:
        """The cookie's name: another for each port, since all ports of a machine share their cookies."""
        return f"travesia-{self.port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser on this machine calls the server."""
        return tuple(f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]"))

    @property
    def address(self) -> str:
        """What is printed for a person to open."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"


@dataclass(frozen=True)
class Refusal:
    """Why a request goes no further."""

    status: int
    code: str
    message: str


def error_body(code: str, message: str, problems: list[str] | None = None) -> bytes:
    """The one shape of every error: {"error": {"code", "message", "problems"}}.

    code : a word for a machine. message : a sentence for a person. problems : each thing that is wrong.
    """
    return json.dumps(
        {"error": {"code": code, "message": message, "problems": problems or []}}, ensure_ascii=False
    ).encode()


@dataclass(frozen=True)
class Gate:
    """Lets only requests through that this machine's own page, or a holder of the token, can have sent."""

    app: App
    keys: Keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = _headers(scope)
        refusal = _stranger(headers, self.keys) or _too_long(scope)
        if refusal:
            await _answer(send, refusal.status, error_body(refusal.code, refusal.message))
            return
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        if scope["path"] == "/" and given:
            await self._exchange(given, send)
            return
        if not self._known(headers):
            message = "open the address that travesia serve printed, with its token"
            await _answer(send, 401, error_body("no-token", message))
            return
        body = await _body(headers, receive)
        if body is None:
            message = f"a request may have {MOST_BODY:,} bytes at most"
            await _answer(send, 413, error_body("too-large", message))
            return
        await _guarded(self.app, scope, body, receive, send)

    async def _exchange(self, given: list[str], send: Send) -> None:
        """Answer the printed address: the cookie, and the page without the token in its address."""
        if not _same(given[0], self.keys.token):
            await _answer(send, 401, error_body("wrong-token", "the token is not that of this server"))
            return
        cookie = f"{self.keys.cookie}={self.keys.session}; Path=/; HttpOnly; SameSite=Strict"
        await _answer(send, 303, b"", {"location": "/", "set-cookie": cookie})

    def _known(self, headers: dict[str, list[str]]) -> bool:
        known = False
        for cookie in "; ".join(headers.get("cookie", [])).split(";"):
            name, _, value = cookie.strip().partition("=")
            known |= name == self.keys.cookie and _same(value, self.keys.session)
        for value in headers.get("authorization", []):
            scheme, _, token = value.partition(" ")
            known |= scheme.lower() == "bearer" and _same(token.strip(), self.keys.token)
        return known


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _stranger(headers: dict[str, list[str]], keys: Keys) -> Refusal | None:
    """Why a request cannot be of this server's page: another name of the host, or sent by another site."""
    host = headers.get("host", [])
    if len(host) != 1 or host[0].lower() not in keys.hosts:
        return Refusal(403, "wrong-host", f"this server answers to {', '.join(keys.hosts)} only")
    if any(origin != f"http://{host[0]}" for origin in headers.get("origin", [])):
        return Refusal(403, "other-site", "requests of other sites are not answered")
    if any(site not in ("same-origin", "none") for site in headers.get("sec-fetch-site", [])):
        return Refusal(403, "other-site", "requests of other sites are not answered")
    return None


def _too_long(scope: Scope) -> Refusal | None:
    if len(scope["query_string"]) > MOST_QUERY or len(scope.get("raw_path") or b"") > MOST_QUERY:
        return Refusal(414, "too-long", f"an address may have {MOST_QUERY:,} signs at most")
    return None


async def _body(headers: dict[str, list[str]], receive: Receive) -> bytes | None:
    """All of the body; None where it is too long, whether or not it says so."""
    told = headers.get("content-length", ["0"])[0]
    if told.isdecimal() and int(told) > MOST_BODY:
        return None
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def _guarded(app: App, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
    """Run the app with the headers of every answer; what goes wrong in it is told without a traceback."""
    begun, handed = False, False

    async def again() -> Message:
        nonlocal handed
        if handed:
            return await receive()
        handed = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def with_headers(message: Message) -> None:
        nonlocal begun
        if message["type"] == "http.response.start":
            begun = True
            own = {name for name, _ in message["headers"]}
            more = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in own]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    try:
        await app(scope, again, with_headers)
    except Exception as error:
        print(f"{scope['method']} {scope['path']!r}: {type(error).__name__}: {error}", file=sys.stderr)
        if not begun:
            await _answer(send, 500, error_body("failed", "something went wrong; see the terminal"))


async def _answer(send: Send, status: int, body: bytes, more: dict[str, str] | None = None) -> None:
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        **HEADERS,
        **(more or {}),
    }
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
