"""The gate of the page: nobody without the token, under another name, or from another site gets anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.web import HOST, PORT, client_of, desk_of, keys, routes

from travesia.web.desk import Desk
from travesia.web.security import CSP, HEADERS, MOST_BODY, Gate, Keys


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_of(tmp_path)


def test_every_route_is_refused_to_strangers(desk: Desk) -> None:
    own = keys()
    stranger, friend = client_of(desk, own, known=False), client_of(desk, own)
    every = routes(desk)
    assert len(every) > 15
    assert ("GET", "/") in every
    for method, path in every:
        body = {} if method == "POST" else None
        assert stranger.request(method, path, json=body).status_code == 401, path
        wrong = {own.cookie: "x" * len(own.session)}
        assert stranger.request(method, path, json=body, headers=_cookie(wrong)).status_code == 401, path
        assert (
            stranger.request(
                method, path, json=body, headers={"authorization": f"Bearer {own.session}"}
            ).status_code
            == 401
        )
        for headers in (
            {"host": "evil.example"},
            {"host": f"evil.example:{PORT}"},
            {"host": f"127.0.0.1:{PORT + 1}"},
            {"host": "127.0.0.1"},
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": f"https://{HOST}"},
            {"origin": f"http://127.0.0.1:{PORT + 1}"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
        ):
            answer = friend.request(method, path, json=body, headers=headers)
            assert answer.status_code == 403, (method, path, headers)
            assert answer.json()["error"]["code"] in ("wrong-host", "other-site")


def _cookie(cookies: dict[str, str]) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


def test_the_token_is_exchanged_for_a_cookie_no_script_can_read(desk: Desk) -> None:
    own = keys()
    stranger = client_of(desk, own, known=False)
    answer = stranger.get(f"/?token={own.token}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert own.token not in cookie
    assert stranger.get("/api/folders").status_code == 200  # the client keeps the cookie
    assert client_of(desk, own, known=False).get("/?token=wrong").status_code == 401


def test_a_program_may_hold_the_token(desk: Desk) -> None:
    own = keys()
    stranger = client_of(desk, own, known=False)
    bearer = {"authorization": f"Bearer {own.token}"}
    assert stranger.get("/api/folders", headers=bearer).status_code == 200
    assert stranger.get(f"/api/folders?token={own.token}").status_code == 401


def test_keys_are_random_and_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    one, other = keys(), keys()
    assert len({one.token, one.session, other.token, other.session}) == 4
    assert len(one.token) >= 43
    compared: list[tuple[bytes, bytes]] = []

    def spy(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return a == b

    monkeypatch.setattr("travesia.web.security.secrets.compare_digest", spy)
    client_of(desk, one, known=False).get("/api/folders", headers=_cookie({one.cookie: "x"}))
    client_of(desk, one, known=False).get("/?token=x")
    assert compared == [(b"x", one.session.encode()), (b"x", one.token.encode())]


def test_every_answer_has_the_headers_that_bind_a_browser(desk: Desk) -> None:
    friend, stranger = client_of(desk), client_of(desk, known=False)
    answers = [friend.get("/"), friend.get("/app.js"), friend.get("/api/folders"), friend.get("/none")]
    for answer in [*answers, stranger.get("/")]:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (answer.url, name)
    assert "unsafe" not in CSP
    assert "http" not in CSP
    assert CSP.startswith("default-src 'none'")


def test_errors_have_one_shape_and_name_no_path(desk: Desk, tmp_path: Path) -> None:
    friend = client_of(desk)
    asked = [
        friend.get("/none"),
        friend.get("/api/none"),
        friend.get("/api/scenarios/none"),
        friend.get("/api/jobs/none"),
        friend.get("/api/runs/none"),
        friend.put("/api/folders"),
        friend.post("/api/jobs", json={"scenario": "small", "replicates": 10**9}),
        friend.post("/api/jobs", content=b"\xff{", headers={"content-type": "application/json"}),
        friend.post("/api/scenarios/small/central", json={"policies": ["none"]}),
        friend.post("/api/scenarios/small/needs", json={"place": "none"}),
        friend.get(f"/?token={'x' * 3000}"),
        client_of(desk, known=False).get("/"),
    ]
    for answer in asked:
        assert 400 <= answer.status_code < 500, answer.url
        assert set(answer.json()) == {"error"}
        assert set(answer.json()["error"]) == {"code", "message", "problems"}
        assert str(tmp_path) not in answer.text
        assert "Traceback" not in answer.text


def test_what_breaks_is_told_without_a_traceback(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(_: Desk) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(Desk, "folders", breaks)
    answer = client_of(desk).get("/api/folders")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "failed"
    assert "secret" not in answer.text
    assert "RuntimeError: a secret of the inside" in capsys.readouterr().err


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/..%2f..%2fpyproject.toml",
        "/%2e%2e/security.py",
        "/....//security.py",
        "/security.py",
        "/static/",
        "/static/app.js",
        "//etc/passwd",
        "/app.js%00.html",
        "/C:%5Cwindows",
        "/api/runs/..%2f..",
        "/api/jobs/../../x",
        "/api/jobs/%2e%2e",
    ],
)
def test_nothing_but_the_named_files_is_served(desk: Desk, path: str) -> None:
    answer = client_of(desk).get(path)
    assert answer.status_code in (400, 404), answer.text


def test_a_body_may_not_be_large(desk: Desk) -> None:
    friend = client_of(desk)
    many = b"x" * (MOST_BODY + 1)
    assert friend.post("/api/jobs", content=many).status_code == 413
    assert friend.post("/api/jobs", content=iter([many[: MOST_BODY // 2]] * 3)).status_code == 413
    assert friend.post("/api/jobs", content=b" " * MOST_BODY).status_code == 422


def test_web_sockets_are_refused() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def never(*_: Any) -> Any:
        raise AssertionError("the app was reached")

    asyncio.run(Gate(never, Keys("t", "s", 1))({"type": "websocket"}, never, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_two_hosts_or_none_are_refused(desk: Desk) -> None:
    own = keys()
    for hosts in ([], [HOST.encode()] * 2):
        status = _raw(desk, own, [(b"host", host) for host in hosts])
        assert status == 403


def _raw(desk: Desk, own: Keys, headers: list[tuple[bytes, bytes]]) -> int:
    """The status of a request with exactly these headers and the cookie."""
    from travesia.web.app import guarded

    sent: list[Any] = []
    cookie = (b"cookie", f"{own.cookie}={own.session}".encode())
    scope = {"type": "http", "method": "GET", "path": "/api/folders", "query_string": b"", "raw_path": b""}
    empty: Callable[[], Any] = _empty

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(guarded(desk, own)({**scope, "headers": [cookie, *headers]}, empty, send))
    return int(sent[0]["status"])


async def _empty() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def test_the_description_of_the_api_names_every_route_and_error(desk: Desk) -> None:
    described = client_of(desk).get("/api/openapi.json").json()
    paths = {path for path in described["paths"]}
    assert "/api/scenarios/{scenario}/central" in paths
    for operations in described["paths"].values():
        for operation in operations.values():
            assert "401" in operation["responses"], json.dumps(operation)[:200]
