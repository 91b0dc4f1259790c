"""Questions to services over HTTP: time-outs, retries with back-off, the cache, and what to do when nothing helps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from importlib.metadata import version
from threading import Thread
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from travesia.connectors.cache import Cache, Kept
from travesia.connectors.failures import failure, refusal, too_slow
from travesia.connectors.quiet import without_secrets
from travesia.errors import ServiceError, TravesiaError

Query = Mapping[str, str | int]
LONGEST_WAIT_S = 120
"""A service that asks for a longer pause (Retry-After) is asked again after this."""
MOST_PAGES = 10_000
_AGAIN = (429, 500, 502, 503, 504)
_HELD_BACK = (
    "Cookie",
    "Authorization",
    "Proxy-Authorization",
    "x-ucdp-access-token",
    "Ocp-Apim-Subscription-Key",
)
"""Headers with keys: not sent on to another host that an answer leads to."""


@dataclass(frozen=True)
class Service:
    """A service on the network.

    name : as people know it. base_url : without a slash at the end. access : a sentence on how to get in.
    """

    name: str
    base_url: str
    access: str


@dataclass(frozen=True)
class Secrets:
    """What is sent and never shown, logged or kept: headers, parts of the query, fields of a form (then by POST)."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)

    def texts(self) -> tuple[str, ...]:
        """Every secret text, also as it stands in a URL."""
        found = [
            text for part in (self.headers, self.query, self.form) for text in part.values() if len(text) > 3
        ]
        return tuple(dict.fromkeys([*found, *map(quote_plus, found)]))


@dataclass(frozen=True)
class Answer:
    """What a question gave, and the day it was fetched."""

    value: Any
    seen: date


@dataclass(frozen=True)
class Client:
    """Asks one service.

    cache : of answers. timeout_s : for a connection, and for each part of an answer. attempts : per question.
    backoff_s : the first pause, doubled each time, with as much again at random.
    """

    service: Service
    cache: Cache
    timeout_s: float = 60.0
    attempts: int = 5
    backoff_s: float = 1.0

    def ask(
        self,
        path: str,
        read: Callable[[Any], Any],
        *,
        query: Query | None = None,
        secrets: Secrets | None = None,
        keep: bool = True,
        final: Callable[[Any], bool] = lambda _: True,
    ) -> Answer:
        """The answer to one question, from the cache where it is fresh.

        path : after the base URL. read : makes a value of the JSON, and raises ServiceError where its form is not the
        documented one; only what it takes is kept. query : the question. keep : whether the cache is used. final :
        whether a value is one to keep. Raises ServiceError with what to do for all that can go wrong on the way.
        """
        question = {"service": self.service.name, "path": path, "query": dict(query or {})}
        secrets = secrets or Secrets()
        kept = self.cache.find(question, now=datetime.now(UTC)) if keep else None
        if kept is not None:
            return Answer(read(_parsed(self.service.name, kept.body)), kept.fetched.date())
        try:
            body = self._fetch(path, dict(query or {}), secrets)
        except ServiceError as error:
            old = self.cache.find(question, now=datetime.now(UTC), any_age=True) if keep else None
            raise error if old is None else ServiceError(f"{error}. {_older(old)}") from None
        value = read(_parsed(self.service.name, body))
        if keep and final(value):
            return Answer(value, self.cache.keep(question, body).fetched.date())
        return Answer(value, datetime.now(UTC).date())

    def pages(
        self,
        path: str,
        read: Callable[[Any, Query], tuple[list[Any], Query | None]],
        *,
        query: Query,
        secrets: Secrets | None = None,
    ) -> Iterator[Answer]:
        """The rows of each page, until there is no other.

        read : of the JSON and the query gives the rows of a page, and what to change in the query for the next, None
        after the last. Raises ServiceError as `ask`, and where pages come round again.
        """
        asked: list[Query] = []
        following: Query | None = query
        while following is not None:
            if following in asked or len(asked) >= MOST_PAGES:
                raise ServiceError(
                    f"{self.service.name} sends page after page without end; ask for less: a shorter time, fewer places"
                )
            asked.append(following)
            answer = self.ask(path, partial(_of_query, read, following), query=following, secrets=secrets)
            rows, change = answer.value
            yield Answer(rows, answer.seen)
            following = None if change is None else {**following, **change}

    def _fetch(self, path: str, query: dict[str, Any], secrets: Secrets) -> str:
        urllib3 = _urllib3()
        url = f"{self.service.base_url}{path}"
        limit_s = self.attempts * (self.timeout_s + LONGEST_WAIT_S)
        name = self.service.name
        try:
            response = _within(limit_s, partial(self._response, urllib3, url, query, secrets))
        except TimeoutError:
            raise ServiceError(too_slow(name, url, limit_s=limit_s)) from None
        except urllib3.exceptions.HTTPError as error:  # its text has the URL, which may hold a key
            told = failure(error, name, url, timeout_s=self.timeout_s, attempts=self.attempts)
            raise ServiceError(told) from None
        text: str = response.data.decode("utf-8", errors="replace")
        if response.status != 200:
            told = refusal(
                response.status,
                text,
                name,
                self.service.access,
                path,
                secrets=secrets.texts(),
                wait=response.headers.get("Retry-After", ""),
                attempts=self.attempts,
            )
            raise ServiceError(told)
        return text

    def _response(self, urllib3: Any, url: str, query: dict[str, Any], secrets: Secrets) -> Any:
        """What the last attempt gave, whatever its status."""
        whole = urlencode({**query, **secrets.query})
        headers = {
            "Accept": "application/json",
            "User-Agent": f"travesia/{version('travesia')}",
            **({"Content-Type": "application/x-www-form-urlencoded"} if secrets.form else {}),
            **secrets.headers,
        }
        retries = urllib3.Retry(
            total=self.attempts - 1,
            redirect=3,
            status_forcelist=_AGAIN,
            allowed_methods=None,
            backoff_factor=self.backoff_s,
            backoff_jitter=self.backoff_s,
            backoff_max=LONGEST_WAIT_S,
            retry_after_max=LONGEST_WAIT_S,
            raise_on_status=False,
            remove_headers_on_redirect=_HELD_BACK,
        )
        with without_secrets(secrets.texts()), _pool(urllib3, url) as pool:
            return pool.request(
                "POST" if secrets.form else "GET",
                f"{url}?{whole}" if whole else url,
                headers=headers,
                body=urlencode(secrets.form) if secrets.form else None,
                timeout=urllib3.Timeout(connect=self.timeout_s, read=self.timeout_s),
                retries=retries,
            )


def _within(limit_s: float, work: Callable[[], Any]) -> Any:
    """What the work gives. Raises TimeoutError where it is not done in time: time-outs of a connection start anew with
    each byte that comes, so that a service that drips would hold on for ever. The thread is left to itself.
    """
    done: Future[Any] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # raised again where it is waited for
            done.set_exception(error)

    Thread(target=run, daemon=True).start()
    return done.result(timeout=limit_s)


def _of_query(read: Callable[[Any, Query], Any], query: Query, content: Any) -> Any:
    return read(content, query)


def _parsed(name: str, body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise ServiceError(
            f"{name} did not answer with JSON but with {body[:40]!r}; nothing was written. A network that asks you to "
            "sign in does that too. Try again later, and update travesia if it stays so"
        ) from None


def _older(kept: Kept) -> str:
    return f"An answer to the same question of {kept.fetched:%Y-%m-%d} is in the cache: --cache-days takes older ones"


def _urllib3() -> Any:
    try:
        import urllib3
    except ImportError as error:
        raise TravesiaError(
            'urllib3 is not installed; install it with: pip install "travesia[get]"'
        ) from error
    return urllib3


def _pool(urllib3: Any, url: str) -> Any:
    """Connections by way of the proxy that the system names for this host, if it does."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme, "")
    if not proxy or parts.hostname in ("127.0.0.1", "localhost", "::1") or proxy_bypass(parts.hostname or ""):
        return urllib3.PoolManager()
    return urllib3.ProxyManager(proxy)
