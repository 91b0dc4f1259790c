"""What the OpenAPI description allows, and what it does not, is answered: never by an error of the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from tests.web import IN_PATHS, client_of, desk_of

from travesia.web.app import api
from travesia.web.desk import Desk
from travesia.web.jobs import Jobs

CASES = 12
"""Of each route, and as many that its description does not allow."""
KNOWN = {
    "scenario": ["small", "nowhere"],
    "policies": ["actual", "open", "half", "none"],
    "place": ["shelter", "?"],
}


def described() -> Any:
    """The description, in which names are often those that there are: what nobody serves is soon refused."""
    found = api(Desk({}, Jobs(Path("nowhere")))).openapi()
    for methods in found["paths"].values():
        for operation in methods.values():
            for one in operation.get("parameters", []):
                if one["name"] in IN_PATHS and "enum" not in one["schema"]:
                    one["schema"]["enum"] = KNOWN.get(one["name"], [IN_PATHS[one["name"]], "nowhere"])
    shapes = found["components"]["schemas"]
    shapes["NeedsRequest"]["properties"]["place"]["enum"] = KNOWN["place"]
    shapes["Changes"]["properties"]["policies"]["items"]["enum"] = KNOWN["policies"]
    return schemathesis.openapi.from_dict(found)


ROUTES = {one.label: one for one in (found.ok() for found in described().get_all_operations())}
TAKING = {name for name, one in ROUTES.items() if any((one.path_parameters, one.query, one.body))}
"""Routes that are told something, which may be wrong."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return client_of(desk_of(tmp_path_factory.mktemp("described")))


def answers(client: TestClient, route: str, mode: GenerationMode) -> list[int]:
    """The status of each answer to the same requests every time; none may be an error of the server."""
    seen: list[int] = []

    @seed(1)
    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=ROUTES[route].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        asked = case.as_transport_kwargs(base_url=str(client.base_url))
        del asked["cookies"]  # the client has those of the server
        content = asked.pop("data", None)
        answer = client.request(**asked, **({} if content is None else {"content": content}))
        seen.append(answer.status_code)
        assert answer.status_code < 500, asked
        if answer.status_code >= 400:
            assert set(json.loads(answer.content)["error"]) == {"code", "message", "problems"}, asked

    ask()
    return seen


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_what_is_described_is_answered(client: TestClient, route: str) -> None:
    seen = answers(client, route, GenerationMode.POSITIVE)
    assert 200 in seen or "{" not in route or "scenario" not in route, seen


@pytest.mark.parametrize("route", sorted(TAKING))
def test_what_is_not_described_is_refused(client: TestClient, route: str) -> None:
    assert max(answers(client, route, GenerationMode.NEGATIVE)) >= 400
