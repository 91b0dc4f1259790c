"""The commands `get …` end to end: a scenario with what a service on loopback has, or a message and nothing.

All places, people and figures here are made up.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.services import PLACES, Asked, Reply, answer, client, serving

from travesia import read_scenario, write_scenario
from travesia.connectors import acled, dtm, hapi, idmc, rows, ucdp, unhcr, worldpop
from travesia.connectors.client import Client, Service
from travesia.connectors.rows import Found
from travesia.errors import ServiceError, UsageError
from travesia.labels import is_restricted
from travesia.placelist import from_places

FIRST, LAST = date(2024, 1, 10), date(2024, 4, 20)
DATES = ("--from", "2024-01-10", "--to", "2024-04-20")
Run = Callable[..., tuple[int, str, str]]


EMPTY: dict[str, tuple[Service, Any, Callable[[Client], Found]]] = {
    "unhcr": (
        unhcr.SERVICE,
        {"page": 1, "maxPages": 0, "items": []},
        lambda c: unhcr.stocks(c, origin="AAA", first=2022, last=2023),
    ),
    "ucdp": (
        ucdp.SERVICE,
        {"Result": [], "NextPageUrl": ""},
        lambda c: ucdp.conflict(c, PLACES, token="t", first=FIRST, last=LAST, counted="deaths"),
    ),
    "hapi": (
        hapi.SERVICE,
        {"data": []},
        lambda c: hapi.idps(c, identifier="i", country="AAA", level=1, first=FIRST, last=LAST),
    ),
    "dtm": (dtm.SERVICE, [], lambda c: dtm.idps(c, key="k", country="AAA", level=1, first=FIRST, last=LAST)),
    "idmc": (
        idmc.SERVICE,
        [],
        lambda c: idmc.departures(c, PLACES, client_id="i", country="AAA", first=FIRST, last=LAST),
    ),
}


@pytest.mark.parametrize("name", sorted(EMPTY))
def test_an_empty_answer_is_told(tmp_path: Path, name: str) -> None:
    service, content, fetch = EMPTY[name]
    with serving(lambda *_: answer(content)) as server:
        found = fetch(client(service, server, tmp_path))
    with pytest.raises(ServiceError, match="has nothing for this question; ask for other dates"):
        rows.add_rows(read_scenario("caravan-2021"), found)


def test_a_key_that_is_not_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOY_KEY", raising=False)
    with pytest.raises(UsageError, match=r"TOY_KEY is not set\. Get one"):
        rows.key_of("TOY_KEY", access="Get one")


def test_restricted_rows_are_not_written_into_the_source_code(tmp_path: Path) -> None:
    for folder in (Path(rows.__file__).parent / "x", Path(__file__).parent / "new" / "x"):
        with pytest.raises(UsageError, match="is inside the source code of travesia"):
            rows.refuse_repository(folder, acled.SOURCE)
        rows.refuse_repository(folder, unhcr.SOURCE)
    rows.refuse_repository(tmp_path / "x", acled.SOURCE)


LIST = """\
name,kind,country,lat,lon
Alta,town,AAA,10,20
Baja,KIND,BBB,12,20
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A scenario of two places, without a destination."""
    (tmp_path / "list.csv").write_text(LIST.replace("KIND", "camp"))
    made = from_places(tmp_path / "list.csv", name="case", today=FIRST)
    write_scenario(made.scenario, tmp_path / "case")
    return tmp_path / "case"


def conflict_reply(_: Asked, __: int) -> Reply:
    row = {"date_end": "2024-02-03", "latitude": 10.1, "longitude": 20.1, "best": 3, "where_prec": 1}
    return answer({"Result": [row], "NextPageUrl": ""})


def served(monkeypatch: pytest.MonkeyPatch, module: Any, url: str) -> None:
    """Have the command ask loopback, with keys that are made up."""
    monkeypatch.setattr(module, "SERVICE", replace(module.SERVICE, base_url=url))
    for name in ("KEY", "EMAIL", "PASSWORD"):
        if hasattr(module, name):
            monkeypatch.setenv(getattr(module, name), "made-up-key")


def test_a_scenario_gets_rows_with_their_source(
    travesia: Run, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = scenario / "scenario.yaml"
    settings.write_text("# a comment of mine\n" + settings.read_text())
    with serving(conflict_reply) as server:
        served(monkeypatch, ucdp, server.url)
        code, out, err = travesia(
            "get", "ucdp", scenario, *DATES, "-o", tmp_path / "new", "--cache", tmp_path / "cache"
        )
    assert (code, out) == (0, f"{tmp_path / 'new'}\n")
    assert "2 rows of drivers.csv" in err
    assert "not yet tried against the live service" in err
    assert "made-up-key" not in err
    found = read_scenario(tmp_path / "new")
    drivers = found.drivers[["driver", "place", "value", "source"]].values.tolist()
    assert drivers == [["conflict", "alta", 1.0, "ucdp_ged"], ["conflict", "alta", 0.0, "ucdp_ged"]]
    source = found.sources.set_index("source").loc["ucdp_ged"]
    assert source["licence"] == "CC-BY-4.0"
    assert abs((date.fromisoformat(source["date"]) - date.today()).days) <= 1
    assert (tmp_path / "new" / "scenario.yaml").read_text().startswith("# a comment of mine\n")
    assert travesia("check", tmp_path / "new")[1].endswith("ready\n")
    assert not (scenario / "drivers.csv").exists()


def test_rows_of_the_same_source_are_replaced(
    travesia: Run, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(conflict_reply) as server:
        served(monkeypatch, ucdp, server.url)
        common = (*DATES, "--cache", tmp_path / "cache")
        assert travesia("get", "ucdp", scenario, *common, "-o", tmp_path / "one")[0] == 0
        assert (
            travesia("get", "ucdp", tmp_path / "one", *common, "-o", tmp_path / "two", "--as", "events")[0]
            == 0
        )
    found = read_scenario(tmp_path / "two")
    assert found.drivers["driver"].tolist() == ["conflict_events", "conflict_events"]
    assert found.sources["source"].tolist().count("ucdp_ged") == 1


def test_restricted_rows_are_marked(
    travesia: Run, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"event_date": "2024-02-03", "event_type": "Battles", "latitude": "10", "longitude": "20"}
    events = [row | {"geo_precision": "1", "fatalities": "2"}]

    def reply(asked: Asked, _: int) -> Reply:
        token = asked.path == "/oauth/token"
        return answer({"access_token": "t"} if token else {"success": True, "data": events})

    with serving(reply) as server:
        served(monkeypatch, acled, server.url)
        code, _, err = travesia(
            "get",
            "acled",
            scenario,
            "--country",
            "Aland",
            *DATES,
            "-o",
            tmp_path / "new",
            "--cache",
            tmp_path / "c",
        )
    assert code == 0
    assert "do not pass on" in err
    found = read_scenario(tmp_path / "new")
    assert set(found.drivers["note"]) == {"acled: not to be passed on"}
    assert is_restricted(found.sources["licence"])
    told = " ".join(travesia("check", tmp_path / "new")[1].split())
    assert "no redistribution' — its rows may not be handed on" in told
    assert told.endswith("ready")


@pytest.mark.parametrize(
    ("reply", "status", "told"),
    [
        (Reply("", 500), 1, "fails on its own side"),
        (answer({"Result": [{"id": 1}], "NextPageUrl": ""}), 1, "no field 'latitude'"),
        (answer({"Result": [], "NextPageUrl": ""}), 1, "has nothing for this question"),
        (Reply("", 401), 1, "set it as UCDP_ACCESS_TOKEN"),
    ],
)
def test_a_failure_writes_nothing(
    travesia: Run,
    scenario: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reply: Reply,
    status: int,
    told: str,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    before = sorted(tmp_path.rglob("*"))
    with serving(lambda *_: reply) as server:
        served(monkeypatch, ucdp, server.url)
        code, out, err = travesia(
            "get", "ucdp", scenario, *DATES, "-o", tmp_path / "new", "--cache", tmp_path / "cache"
        )
    assert (code, out) == (status, "")
    assert told in " ".join(err.split())
    assert "Traceback" not in err
    assert [path for path in sorted(tmp_path.rglob("*")) if "cache" not in str(path)] == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ucdp", "--from", "2024-02-01", "--to", "2024-01-01"], "is before --from"),
        (["ucdp", "--from", "Feb 2024", "--to", "2024-01-01"], "is no date"),
        (["ucdp", *DATES], "UCDP_ACCESS_TOKEN is not set"),
        (["hapi", *DATES, "--country", "AAA", "--theme", "x"], "'x' is not one of 'idps', 'refugees'"),
        (["idmc", *DATES, "--country", "AAA", "--kind", "x"], "'x' is not one of 'Conflict', 'Disaster'"),
        (["ucdp", *DATES, "--as", "x"], "'x' is not one of 'deaths', 'events', 'conflict'"),
        (["idmc", *DATES, "--country", "AAA"], "IDMC_CLIENT_ID is not set"),
        (["dtm", *DATES, "--country", "AAA"], "DTMAPI_SUBSCRIPTION_KEY is not set"),
        (["acled", *DATES, "--country", "Aland"], "ACLED_EMAIL is not set"),
        (["worldpop", "--year", "2031"], "has the years 2000 to 2020"),
        (["unhcr", *DATES, "--origin", "Somewhere"], "three letters"),
    ],
)
def test_wrong_usage_asks_nobody(
    travesia: Run,
    scenario: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    told: str,
) -> None:
    def nobody(*_: object) -> None:
        raise AssertionError("a service was asked")

    monkeypatch.setattr(Client, "_fetch", nobody)
    for module in (ucdp, hapi, idmc, dtm):
        monkeypatch.delenv(module.KEY, raising=False)
    monkeypatch.delenv(acled.EMAIL, raising=False)
    source, *options = arguments
    code, out, err = travesia("get", source, scenario, *options, "-o", tmp_path / "new")
    assert (code, out) == (2, "")
    assert told in " ".join(err.split())


def test_a_full_folder_is_refused_before_asking(travesia: Run, scenario: Path) -> None:
    code, _, err = travesia("get", "unhcr", scenario, *DATES, "--origin", "AAA", "-o", scenario)
    assert code == 2
    assert "exists" in err


WIRED: dict[str, tuple[Any, list[str], Any, str]] = {
    "unhcr": (
        unhcr,
        [*DATES, "--origin", "AAA"],
        {
            "page": 1,
            "maxPages": 1,
            "items": [
                {"year": 2024, "coa_iso": "BBB", "refugees": 9, "asylum_seekers": 0, "oip": "-", "idps": 0}
            ],
        },
        "observations",
    ),
    "hapi": (
        hapi,
        [*DATES, "--country", "AAA", "--theme", "refugees"],
        {
            "data": [
                {
                    "asylum_location_code": "BBB",
                    "population_group": "REF",
                    "population": 9,
                    "gender": "all",
                    "age_range": "all",
                    "reference_period_start": "2024-01-01",
                    "reference_period_end": "2024-03-31",
                }
            ]
        },
        "observations",
    ),
    "dtm": (
        dtm,
        [*DATES, "--country", "AAA", "--level", "2"],
        [
            {
                "admin2Pcode": "AA0101",
                "reportingDate": "2024-02-01",
                "numPresentIdpInd": 9,
                "assessmentType": "BA",
                "operation": "Made up",
            }
        ],
        "observations",
    ),
    "idmc": (
        idmc,
        [*DATES, "--country", "AAA"],
        [
            {
                "id": 1,
                "iso3": "AAA",
                "latitude": 10.0,
                "longitude": 20.0,
                "figure": 9,
                "displacement_start_date": "2024-02-01",
                "displacement_end_date": "2024-02-02",
                "displacement_type": "Conflict",
            }
        ],
        "departures",
    ),
    "worldpop": (
        worldpop,
        [],
        {"status": "finished", "error": False, "data": {"total_population": 9.2}},
        "places",
    ),
}


@pytest.mark.parametrize("name", sorted(WIRED))
def test_every_source_reaches_its_table(
    travesia: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    module, options, content, table = WIRED[name]
    (tmp_path / "list.csv").write_text(LIST.replace("KIND", "destination"))
    made = from_places(tmp_path / "list.csv", name="case", today=FIRST)
    write_scenario(made.scenario, tmp_path / "case")
    with serving(lambda *_: answer(content)) as server:
        served(monkeypatch, module, server.url)
        code, _, err = travesia(
            "get", name, tmp_path / "case", *options, "-o", tmp_path / "new", "--cache", tmp_path / "cache"
        )
    assert code == 0, err
    found = read_scenario(tmp_path / "new")
    column = {"observations": "value", "departures": "people", "places": "population"}[table]
    assert 9.0 in found.tables[table][column].tolist()
    assert len(found.sources) == len(made.scenario.sources) + 1


def test_rows_that_the_scenario_cannot_use_are_told_and_not_written(
    travesia: Run, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, options, content, _ = WIRED["idmc"]
    with serving(lambda *_: answer(content)) as server:
        served(monkeypatch, module, server.url)
        code, out, err = travesia(
            "get", "idmc", scenario, *options, "-o", tmp_path / "new", "--cache", tmp_path / "cache"
        )
    assert (code, out) == (3, "")
    assert "movement flee reads only departures of kind observed and present" in " ".join(err.split())
    assert not (tmp_path / "new").exists()


def test_what_is_not_installed_is_told(
    travesia: Run, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "urllib3", None)
    code, _, err = travesia(
        "get",
        "unhcr",
        scenario,
        *DATES,
        "--origin",
        "AAA",
        "-o",
        tmp_path / "new",
        "--cache",
        tmp_path / "cache",
    )
    assert code == 1
    assert 'pip install "travesia[get]"' in err
