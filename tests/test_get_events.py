"""Connectors that place things near places (UCDP, ACLED, IDMC, WorldPop) against answers in the documented shape.

All places, people and figures here are made up.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.services import PLACES, Asked, Reply, Server, answer, client, serving

from travesia.connectors import acled, idmc, ucdp, worldpop
from travesia.connectors.events import Counted
from travesia.connectors.rows import Found
from travesia.errors import ServiceError

FIRST, LAST = date(2024, 1, 10), date(2024, 4, 20)


def table(found: Found, name: str) -> pd.DataFrame:
    return pd.DataFrame(list(found.rows[name]))


# --- UCDP


def event(day: str, lat: float = 10.1, lon: float = 20.0, **changed: Any) -> dict[str, Any]:
    row = {"date_end": f"{day}T00:00:00", "latitude": lat, "longitude": lon, "best": 3, "where_prec": 1}
    return row | {"low": 1, "high": 9} | changed


UCDP_ROWS = [
    event("2024-01-20"),
    event("2024-01-30", best=2),
    event("2024-03-02", lat=12.0, best=0),
    event("2024-03-02", lat=30.0),  # far from every place
    event("2024-03-09", where_prec=4),  # somewhere in a province
    event("2024-05-01"),  # after the last day
]


def ucdp_pages(asked: Asked, _: int) -> Reply:
    page = int(asked.query["page"])
    following = f"http://elsewhere.example/gedevents/26.1?pagesize=3&page={page + 1}" if page == 1 else ""
    return answer(
        {
            "TotalCount": 6,
            "TotalPages": 2,
            "NextPageUrl": following,
            "Result": UCDP_ROWS[3 * page - 3 : 3 * page],
        }
    )


def ucdp_found(server: Server, tmp_path: Path, counted: Counted = "deaths", **options: Any) -> Found:
    return ucdp.conflict(
        client(ucdp.SERVICE, server, tmp_path),
        PLACES,
        token="tok-en",
        first=FIRST,
        last=LAST,
        counted=counted,
        **options,
    )


@pytest.mark.parametrize(
    ("counted", "wanted"),
    [
        (
            "deaths",
            [
                ["conflict_deaths", "alta", date(2024, 1, 10), 5.0],
                ["conflict_deaths", "alta", date(2024, 2, 1), 0],
            ],
        ),
        (
            "events",
            [
                ["conflict_events", "alta", date(2024, 1, 10), 2.0],
                ["conflict_events", "alta", date(2024, 2, 1), 0.0],
                ["conflict_events", "baja", date(2024, 3, 1), 1.0],
                ["conflict_events", "baja", date(2024, 4, 1), 0.0],
            ],
        ),
        (
            "conflict",
            [["conflict", "alta", date(2024, 1, 10), 1.0], ["conflict", "alta", date(2024, 2, 1), 0.0]],
        ),
    ],
)
def test_ucdp_counts_events_by_month_at_the_nearest_place(
    tmp_path: Path, counted: Counted, wanted: list[list[Any]]
) -> None:
    with serving(ucdp_pages) as server:
        found = ucdp_found(server, tmp_path, counted)
    assert table(found, "drivers")[["driver", "place", "date", "value"]].values.tolist() == wanted
    assert (
        "3 of 6 events counted; 1 are more than 50 km from every place, 1 are located no better"
        in found.told[0]
    )
    assert [asked.query["page"] for asked in server.asked] == ["1", "2"]
    assert server.asked[1].headers["x-ucdp-access-token"] == "tok-en"
    assert "tok-en" not in str([asked.query for asked in server.asked])
    south, west = server.asked[0].query["Geography"].split(",")[0].split()
    assert float(south) == pytest.approx(10 - 0.45, abs=0.01)
    assert float(west) == pytest.approx(20 - 0.46, abs=0.01)
    assert server.asked[0].path == "/gedevents/26.1"


def test_ucdp_that_changed_is_named_by_its_field(tmp_path: Path) -> None:
    row = event("2024-01-20")
    del row["best"]
    reply = answer({"Result": [row], "NextPageUrl": ""})
    with serving(lambda *_: reply) as server, pytest.raises(ServiceError, match=r"UCDP .* no field 'best'"):
        ucdp_found(server, tmp_path)


# --- IDMC


def idu(number: int, figure: int, **changed: Any) -> dict[str, Any]:
    row = {"id": number, "iso3": "AAA", "latitude": 10.0, "longitude": 20.1, "figure": figure}
    dates = {"displacement_start_date": "2024-02-01", "displacement_end_date": "2024-02-03"}
    return (
        row
        | dates
        | {"displacement_type": "Conflict", "role": "Recommended figure", "locations_type": "Origin"}
        | changed
    )


def test_idmc_takes_recommended_figures_of_where_people_left(tmp_path: Path) -> None:
    data = [
        idu(1, 200),
        idu(2, 999, role="Triangulation"),
        idu(3, 50, locations_type="Destination"),
        idu(4, 70, latitude=40.0),
        idu(5, 80, iso3="BBB"),
        idu(6, 90, displacement_type="Disaster"),
        idu(7, 30, displacement_end_date=None, locations_type="Origin; Destination"),
    ]
    with serving(lambda *_: answer(data)) as server:
        found = idmc.departures(
            client(idmc.SERVICE, server, tmp_path),
            PLACES,
            client_id="client-7",
            country="aaa",
            first=FIRST,
            last=LAST,
            kind="Conflict",
        )
    columns = ["departure", "kind", "place", "date_from", "date_to", "people"]
    assert table(found, "departures")[columns].values.tolist() == [
        ["idu_1", "known", "alta", date(2024, 2, 1), date(2024, 2, 3), 200.0],
        ["idu_7", "known", "alta", date(2024, 2, 1), date(2024, 2, 1), 30.0],
    ]
    assert (
        "2 figures taken; 1 are more than 50 km from every place, 2 are of places of arrival" in found.told[0]
    )
    assert server.asked[0].query == {"client_id": "client-7"}
    assert not any("client-7" in path.read_text() for path in (tmp_path / "cache").rglob("*.json"))


# --- ACLED


def violence(day: str, deaths: str = "1", kind: str = "Battles", **changed: Any) -> dict[str, Any]:
    row = {
        "event_date": day,
        "event_type": kind,
        "latitude": "10.0",
        "longitude": "20.2",
        "geo_precision": "1",
    }
    return row | {"fatalities": deaths} | changed


def acled_found(server: Server, tmp_path: Path) -> Found:
    return acled.conflict(
        client(acled.SERVICE, server, tmp_path),
        PLACES,
        email="me@example.org",
        password="pass word",
        countries=["Aland", "Beland"],
        first=FIRST,
        last=LAST,
        counted="deaths",
    )


def test_acled_signs_in_and_counts_violence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acled, "PAGE", 2)
    data = [
        violence("2024-02-02", "4"),
        violence("2024-02-05", kind="Protests"),
        violence("2024-02-07", geo_precision="3"),
    ]

    def reply(asked: Asked, _: int) -> Reply:
        if asked.path == "/oauth/token":
            return answer({"access_token": "to-ken", "expires_in": 86_400})
        start = 2 * int(asked.query["page"]) - 2
        return answer({"status": 200, "success": True, "data": data[start : start + 2]})

    with serving(reply) as server:
        found = acled_found(server, tmp_path)
    sign_in, *reads = server.asked
    assert (sign_in.method, sign_in.path) == ("POST", "/oauth/token")
    assert "username=me%40example.org&password=pass+word&grant_type=password&client_id=acled" in sign_in.body
    assert [asked.query["page"] for asked in reads] == ["1", "2"]
    assert {asked.headers["Authorization"] for asked in reads} == {"Bearer to-ken"}
    assert reads[0].query["country"] == "Aland|Beland"
    assert reads[0].query["event_date"] == "2024-01-10|2024-04-20"
    assert table(found, "drivers")[["place", "date", "value"]].values.tolist() == [
        ["alta", date(2024, 2, 1), 4.0],
        ["alta", date(2024, 3, 1), 0.0],
    ]
    texts = [path.read_text() for path in (tmp_path / "cache").rglob("*.json")]
    assert len(texts) == 2  # the sign-in is not kept
    assert not any(word in text for text in texts for word in ("to-ken", "pass word", "me@example.org"))


@pytest.mark.parametrize(
    ("token", "data", "told"),
    [
        (Reply("bad credentials", 401), None, "ACLED does not let you in .* ACLED_EMAIL"),
        (answer({"token": "x"}), None, "no field 'access_token'"),
        (
            answer({"access_token": "t"}),
            Reply('{"message": "Access denied"}', 403),
            "HTTP 403: .*Access denied",
        ),
        (
            answer({"access_token": "t"}),
            answer({"status": 403, "success": False, "error": {"message": "no access"}}),
            "ACLED refuses: no access",
        ),
    ],
)
def test_acled_that_refuses_is_told(tmp_path: Path, token: Reply, data: Reply | None, told: str) -> None:
    def reply(asked: Asked, _: int) -> Reply:
        return token if asked.path == "/oauth/token" or data is None else data

    with serving(reply) as server, pytest.raises(ServiceError, match=told) as error:
        acled_found(server, tmp_path)
    assert "pass word" not in str(error.value)
    assert not list((tmp_path / "cache").rglob("*.json"))


# --- WorldPop


@pytest.mark.parametrize("at_once", [True, False])
def test_worldpop_fills_in_populations(tmp_path: Path, at_once: bool) -> None:
    done = answer({"status": "finished", "error": False, "data": {"total_population": 1234.4}})

    def reply(asked: Asked, count: int) -> Reply:
        if at_once or count == 2:
            return done
        return answer({"status": "created", "error": False, "taskid": "7-a"})

    with serving(reply) as server:
        found = worldpop.populations(client(worldpop.SERVICE, server, tmp_path), PLACES, pause_s=0.0)
    assert found.rows["places"] == [{"place": "alta", "population": 1234.0}]
    assert server.asked[0].query["dataset"] == "wpgppop"
    assert [asked.path for asked in server.asked[1:]] == ([] if at_once else ["/tasks/7-a", "/tasks/7-a"])
    kept = list((tmp_path / "cache").rglob("*.json"))
    assert len(kept) == at_once  # a task is not an answer


def test_worldpop_asks_for_a_circle() -> None:
    (ring,) = worldpop.circle(10.0, 20.0, 111.195)["features"][0]["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert ring[0] == [20.0, pytest.approx(11.0, abs=1e-3)]
    lon, lat = zip(*ring, strict=True)
    area = sum(lon[i] * lat[i + 1] - lon[i + 1] * lat[i] for i in range(len(ring) - 1)) / 2
    assert area > 0  # against the clock, as GeoJSON wants it
    assert max(lon) - 20 == pytest.approx(1.0 / 0.985, abs=0.01)


def test_worldpop_that_fails_is_told(tmp_path: Path) -> None:
    reply = answer({"status": "finished", "error": True, "error_message": "only Polygons"})
    with (
        serving(lambda *_: reply) as server,
        pytest.raises(ServiceError, match="WorldPop refuses: only Polygons"),
    ):
        worldpop.populations(client(worldpop.SERVICE, server, tmp_path), PLACES)
