"""Questions to services: every way in which they fail, each with a message that says what to do, and nothing kept."""

from __future__ import annotations

import logging
import socket
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.services import Asked, Reply, answer, serving

from travesia.connectors import client as service_client
from travesia.connectors import shape
from travesia.connectors.cache import Cache
from travesia.connectors.client import Client, Query, Secrets, Service
from travesia.errors import ServiceError

KEY = "very-secret/key 1"
SERVICE = Service("Toy", "http://127.0.0.1:9", "Set TOY_KEY; get one at https://example.org")


def client(url: str, tmp_path: Path, **options: Any) -> Client:
    given = {"timeout_s": 60.0, "attempts": 3, "backoff_s": 0.001} | options
    days = given.pop("cache_days", 1.0)
    return Client(replace(SERVICE, base_url=url), Cache(tmp_path / "cache", days), **given)


def read(content: Any) -> list[shape.Row]:
    return shape.rows_of("Toy", content, "rows")


GOOD = answer({"rows": [{"a": 1}]})


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def failing(tmp_path: Path, reply: Callable[[Asked, int], Reply], **options: Any) -> tuple[str, int]:
    """The message of a question that fails, how often it was asked; and nothing is left of it."""
    with serving(reply) as server:
        secrets = Secrets(headers={"X-Key": KEY}, query={"key": KEY})
        with pytest.raises(ServiceError) as error:
            client(server.url, tmp_path, **options).ask("/things", read, secrets=secrets)
        count = len(server.asked)
    assert kept(tmp_path) == []
    message = str(error.value)
    assert KEY not in message
    assert (
        error.value.__suppress_context__ or error.value.__context__ is None
    )  # no URL with a key in a traceback
    assert "nothing was written" in message
    return message, count


def test_a_good_answer_is_kept_and_not_asked_for_again(tmp_path: Path) -> None:
    with serving(lambda *_: GOOD) as server:
        for _ in range(2):
            found = client(server.url, tmp_path).ask("/things", read, query={"b": 2})
            assert found.value == [{"a": 1}]
            assert (date.today() - found.seen).days in (0, 1)  # days end at other hours in UTC
        assert [question.query for question in server.asked] == [{"b": "2"}]
        client(server.url, tmp_path).ask("/things", read, query={"b": 3})
        client(server.url, tmp_path, cache_days=0.0).ask("/things", read, query={"b": 2})
        assert len(server.asked) == 3
    assert server.asked[0].headers["User-Agent"].startswith("travesia/")


def test_what_is_kept_is_for_its_owner_and_has_no_key(tmp_path: Path) -> None:
    secrets = Secrets(headers={"X-Key": KEY}, query={"key": KEY})
    with serving(lambda *_: GOOD) as server:
        client(server.url, tmp_path).ask("/things", read, query={"b": 2}, secrets=secrets)
    assert server.asked[0].query == {"b": "2", "key": KEY}
    assert server.asked[0].headers["X-Key"] == KEY
    (path,) = kept(tmp_path)
    assert "very-secret" not in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "very-secret" not in repr(secrets)


def test_a_spoilt_entry_is_asked_for_anew(tmp_path: Path) -> None:
    with serving(lambda *_: GOOD) as server:
        client(server.url, tmp_path).ask("/things", read)
        kept(tmp_path)[0].write_text("{half", encoding="utf-8")
        assert client(server.url, tmp_path).ask("/things", read).value == [{"a": 1}]
        assert len(server.asked) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_passing_failure_is_got_over(tmp_path: Path, status: int) -> None:
    with serving(lambda _, count: GOOD if count == 2 else Reply("oops", status)) as server:
        assert client(server.url, tmp_path).ask("/things", read).value == [{"a": 1}]
        assert len(server.asked) == 3


def test_a_pause_that_is_asked_for_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    busy = Reply("", 429, {"Retry-After": "7"})
    with serving(lambda _, count: GOOD if count else busy) as server:
        client(server.url, tmp_path).ask("/things", read)
    assert 7 in pauses


def test_pauses_grow_and_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    with serving(lambda *_: Reply("", 500)) as server, pytest.raises(ServiceError):
        client(server.url, tmp_path, attempts=4, backoff_s=1.0).ask("/things", read)
    long = [pause for pause in pauses if pause > 0.1]
    assert [2 <= long[-2] <= 3, 4 <= long[-1] <= 5] == [True, True]
    assert not all(float(pause).is_integer() for pause in long)


def test_a_lasting_failure_is_told(tmp_path: Path) -> None:
    message, count = failing(tmp_path, lambda *_: Reply("oops", 500))
    assert count == 3
    assert "Toy fails on its own side (HTTP 500), 3 times" in message
    assert "Try again later" in message


def test_a_slow_service_is_told(tmp_path: Path) -> None:
    never = threading.Event()
    message, _ = failing(tmp_path, lambda *_: replace(GOOD, wait=never), timeout_s=0.05, attempts=2)
    never.set()
    assert "did not answer within 0.05 s, 2 times" in message
    assert "--timeout" in message


@pytest.mark.parametrize("status", [200, 500])
def test_a_service_that_drips_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    within = service_client._within
    monkeypatch.setattr(service_client, "_within", lambda _, work: within(0.4, work))
    enough = threading.Event()
    dripping = replace(GOOD, promised=1_000_000, drip=enough, status=status)
    message, count = failing(tmp_path, lambda *_: dripping, attempts=2)
    enough.set()
    assert count <= 1  # a byte now and then is no time-out of the connection
    assert "answers so slowly that it was not done after 360 s" in message  # 2 × (60 s and the longest pause)
    assert "--timeout" in message


def test_a_cut_connection_is_told_and_half_an_answer_is_nothing(tmp_path: Path) -> None:
    message, count = failing(tmp_path, lambda *_: replace(GOOD, promised=1_000))
    assert count == 3
    assert "cut the connection in the middle" in message


def test_a_connection_cut_once_is_got_over(tmp_path: Path) -> None:
    with serving(lambda _, count: GOOD if count else replace(GOOD, promised=1_000)) as server:
        assert client(server.url, tmp_path).ask("/things", read).value == [{"a": 1}]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_with_where_to_get_one(tmp_path: Path, status: int) -> None:
    message, count = failing(tmp_path, lambda *_: Reply(f"bad key {KEY}", status))
    assert count == 1
    assert f"Toy does not let you in (HTTP {status}: bad key …)" in message
    assert "Set TOY_KEY" in message


def test_too_many_questions_are_told(tmp_path: Path) -> None:
    message, count = failing(tmp_path, lambda *_: Reply("", 429, {"Retry-After": "0"}))
    assert count == 3
    assert "too many questions (HTTP 429; it asks to wait for 0 s)" in message


@pytest.mark.parametrize(("status", "told"), [(404, "knows no /things"), (400, "does not take the question")])
def test_a_wrong_question_is_told_once(tmp_path: Path, status: int, told: str) -> None:
    message, count = failing(tmp_path, lambda *_: Reply("<html>", status))
    assert count == 1
    assert told in message
    assert "Check the options" in message
    assert "<html>" not in message


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (answer({"results": []}), "no field 'rows'"),
        (answer([1]), "no field 'rows'"),
        (answer({"rows": {"a": 1}}), "no list of records in rows"),
        (Reply("<html>sign in</html>"), "did not answer with JSON"),
        (Reply(""), "did not answer with JSON"),
    ],
)
def test_another_form_is_told(tmp_path: Path, reply: Reply, told: str) -> None:
    message, _ = failing(tmp_path, lambda *_: reply)
    assert "Toy" in message
    assert told in message
    assert "pdate travesia" in message


def test_offline_is_told_with_what_is_in_the_cache(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(
            ServiceError, match=r"cannot be reached; nothing was written\. Is this machine on the network"
        ):
            client(url, tmp_path, attempts=2).ask("/things", read)
        question = {"service": "Toy", "path": "/things", "query": {}}
        Cache(tmp_path / "cache").keep(question, GOOD.body)
        assert client(url, tmp_path).ask("/things", read).value == [{"a": 1}]
        with pytest.raises(ServiceError, match=r"is in the cache: --cache-days takes older ones"):
            client(url, tmp_path, cache_days=0.0, attempts=2).ask("/things", read)


def test_pages_are_followed_to_the_end(tmp_path: Path) -> None:
    def page(content: Any, query: Query) -> tuple[list[shape.Row], Query | None]:
        return read(content), {"page": int(query["page"]) + 1} if content["more"] else None

    def reply(asked: Asked, _: int) -> Reply:
        return answer({"rows": [{"a": asked.query["page"]}], "more": asked.query["page"] != "3"})

    with serving(reply) as server:
        pages = list(client(server.url, tmp_path).pages("/things", page, query={"page": 1}))
        assert [row["a"] for found in pages for row in found.value] == ["1", "2", "3"]
    assert len(kept(tmp_path)) == 3


def test_pages_that_come_round_again_are_told(tmp_path: Path) -> None:
    def page(content: Any, _: Query) -> tuple[list[shape.Row], Query | None]:
        return read(content), {"page": 1}

    with serving(lambda *_: GOOD) as server, pytest.raises(ServiceError, match="page after page without end"):
        list(client(server.url, tmp_path).pages("/things", page, query={"page": 1}))


def test_no_key_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secrets = Secrets(query={"key": KEY})
    with caplog.at_level(logging.DEBUG), serving(lambda _, n: GOOD if n else Reply("", 500)) as server:
        client(server.url, tmp_path).ask("/things", read, secrets=secrets)
    assert "/things" in caplog.text
    assert "secret" not in caplog.text


def test_keys_do_not_follow_to_another_host(tmp_path: Path) -> None:
    secrets = Secrets(headers={"Authorization": "Bearer abcdef", "x-ucdp-access-token": KEY})
    with serving(lambda *_: GOOD) as other:
        elsewhere = other.url.replace("127.0.0.1", "localhost")
        moved = Reply("", 302, {"Location": f"{elsewhere}/dump"})
        with serving(lambda *_: moved) as server:
            assert client(server.url, tmp_path).ask("/things", read, secrets=secrets).value == [{"a": 1}]
        assert other.asked[0].path == "/dump"
        assert not {"authorization", "x-ucdp-access-token"} & {
            name.lower() for name in other.asked[0].headers
        }


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({}, "no field 'n' in a record"),
        ({"n": "many"}, "field 'n' is no number but 'many'"),
        ({"n": True}, "is no number"),
        ({"n": [1]}, "is no number"),
    ],
)
def test_a_field_in_another_form_is_named(row: dict[str, Any], told: str) -> None:
    with pytest.raises(ServiceError, match=told.replace("(", r"\(")):
        shape.number("Toy", row, "n")


def test_fields_are_read_as_services_write_them() -> None:
    row = {"a": "12", "b": "-", "c": None, "d": "2024-01-31T23:59:59", "e": 3.5, "f": "31/01/2024"}
    assert [shape.number("Toy", row, name) for name in "abce"] == [12.0, None, None, 3.5]
    assert shape.day("Toy", row, "d") == date(2024, 1, 31)
    assert shape.day("Toy", row, "c") is None
    with pytest.raises(ServiceError, match="field 'f' is no date but '31/01/2024'"):
        shape.day("Toy", row, "f")
