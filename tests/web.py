"""A server of the page for tests, and a client that holds its keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from tests.factory import write_small_scenario

from travesia.web.app import api, guarded
from travesia.web.desk import Desk
from travesia.web.jobs import Jobs
from travesia.web.security import Keys
from travesia.web.served import sources_of

PORT = 8000
HOST = f"127.0.0.1:{PORT}"
IN_PATHS = {"folder": "small", "scenario": "small", "table": "people", "job": "0" * 16, "run": "0" * 16}


def desk_of(folder: Path, **other: Any) -> Desk:
    """A desk that serves the small scenario. folder : for it and its runs."""
    scenario = folder / "small"
    if not scenario.exists():
        write_small_scenario(scenario)
    return Desk(sources_of([str(scenario)], None), Jobs(folder / "runs"), **other)


def keys() -> Keys:
    """Fresh keys of the test server."""
    return Keys.new(PORT)


def client_of(desk: Desk, own: Keys | None = None, *, known: bool = True) -> TestClient:
    """A client of a server. own : its keys. known : whether the client has them too."""
    own = own or keys()
    cookies = {own.cookie: own.session} if known else {}
    return TestClient(guarded(desk, own), base_url=f"http://{HOST}", cookies=cookies)


def routes(desk: Desk) -> list[tuple[str, str]]:
    """Method and path of every route, parts of paths filled in."""
    found = [("GET", "/api/openapi.json")]
    for route in api(desk).routes:
        if isinstance(route, APIRoute):
            path = route.path.format(**{name: IN_PATHS[name] for name in route.param_convertors})
            found += [(method, path) for method in sorted(route.methods)]
    return sorted(set(found))
