"""A service on loopback that answers what a test tells it to, faults included."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from travesia.connectors.cache import Cache
from travesia.connectors.client import Client, Service
from travesia.schema import frame

PLACES = frame(
    "places",
    {
        "place": ["alta", "baja", "nowhere"],
        "kind": ["town", "town", "town"],
        "lat": [10.0, 12.0, None],
        "lon": [20.0, 20.0, None],
        "population": [0, 500, 0],
    },
)


@dataclass(frozen=True)
class Asked:
    """One question as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Reply:
    """What is sent back.

    promised : bytes that the header announces more than are sent, after which the connection is cut.
    wait : for this before answering. drip : send a byte now and then, until this is set.
    """

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int = 0
    wait: threading.Event | None = None
    drip: threading.Event | None = None


def answer(content: Any, **options: Any) -> Reply:
    """A reply with JSON."""
    return Reply(json.dumps(content), **options)


@dataclass(frozen=True)
class Server:
    """Where it listens, and what it was asked so far."""

    url: str
    asked: list[Asked]


@contextmanager
def serving(reply: Callable[[Asked, int], Reply]) -> Iterator[Server]:
    """Serve on a free port of loopback; `reply` gets each question and how many came before."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, body: str) -> None:
            parts = urlsplit(self.path)
            question = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body)
            asked.append(question)
            found = reply(question, len(asked) - 1)
            if found.wait is not None:
                found.wait.wait(10)
            content = found.body.encode()
            try:
                self.send_response(found.status)
                for name, value in found.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content) + found.promised))
                self.end_headers()
                self.wfile.write(content)
                while found.drip is not None and not found.drip.wait(0.01):
                    self.wfile.write(b" ")
            except (BrokenPipeError, ConnectionResetError):
                pass  # whoever asked has gone
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client(service: Service, server: Server, tmp_path: Path) -> Client:
    """A client that asks a service on loopback."""
    here = replace(service, base_url=server.url)
    return Client(here, Cache(tmp_path / "cache"), timeout_s=60.0, attempts=2, backoff_s=0.001)
