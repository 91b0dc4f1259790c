"""Connectors for counts of people (UNHCR, HDX HAPI, IOM DTM) against answers in the documented shape.

All places, people and figures here are made up.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.services import Asked, Reply, answer, client, serving

from travesia.connectors import dtm, hapi, unhcr
from travesia.connectors.rows import Found
from travesia.errors import ServiceError, UsageError

FIRST, LAST = date(2024, 1, 10), date(2024, 4, 20)


def table(found: Found, name: str) -> pd.DataFrame:
    return pd.DataFrame(list(found.rows[name]))


# --- UNHCR


def person_row(**changed: Any) -> dict[str, Any]:
    row = {"year": 2022, "coo_iso": "AAA", "coa_iso": "BBB", "refugees": 100, "asylum_seekers": "20"}
    return row | {"oip": "-", "idps": "0", "stateless": "0"} | changed


def unhcr_pages(asked: Asked, _: int) -> Reply:
    rows = {
        "1": [person_row(), person_row(coa_iso="CCC", refugees="7", asylum_seekers=0, year=2023)],
        "2": [person_row(coa_iso="AAA", refugees=0, asylum_seekers=0, idps=4_000), person_row(coa_iso="-")],
    }
    return answer({"page": int(asked.query["page"]), "maxPages": 2, "items": rows[asked.query["page"]]})


def test_unhcr_gives_stocks_at_the_end_of_years(tmp_path: Path) -> None:
    with serving(unhcr_pages) as server:
        found = unhcr.stocks(client(unhcr.SERVICE, server, tmp_path), origin="aaa", first=2022, last=2023)
    assert server.asked[0].path == "/population/"
    wanted = {"coo": "AAA", "coa_all": "true", "cf_type": "ISO", "yearFrom": "2022", "yearTo": "2023"}
    assert wanted.items() <= server.asked[0].query.items()
    got = table(found, "observations")
    assert got[["area", "date_from", "value"]].values.tolist() == [
        ["AAA", date(2022, 12, 31), 4_000.0],
        ["BBB", date(2022, 12, 31), 120.0],
        ["CCC", date(2023, 12, 31), 7.0],
    ]
    assert got["note"].tolist() == ["internally displaced", "refugees 100, asylum_seekers 20", "refugees 7"]


def test_unhcr_wants_a_country_code(tmp_path: Path) -> None:
    with serving(unhcr_pages) as server, pytest.raises(UsageError, match="three letters"):
        unhcr.stocks(client(unhcr.SERVICE, server, tmp_path), origin="Sudan", first=2022, last=2023)


# --- HDX HAPI


def idp_row(day: str, code: str | None, people: int, kind: str = "BA", **changed: Any) -> dict[str, Any]:
    row = {"location_code": "AAA", "admin1_code": code, "reference_period_start": f"{day}T00:00:00"}
    return row | {"assessment_type": kind, "operation": "Made up", "population": people} | changed


def test_hapi_idps_prefers_baseline_and_marks_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hapi, "PAGE", 3)
    data = [
        idp_row("2024-02-01", "AA01", 100),
        idp_row("2024-02-01", "AA01", 30, operation="Other"),
        idp_row("2024-02-01", "AA01", 999, "SA"),
        idp_row("2024-02-01", "AA02", 50, "SA"),
        idp_row("2024-02-01", None, 5),
        idp_row("2020-02-01", "AA02", 1),
    ]

    def reply(asked: Asked, _: int) -> Reply:
        start = int(asked.query["offset"])
        return answer({"data": data[start : start + 3]})

    with serving(reply) as server:
        found = hapi.idps(
            client(hapi.SERVICE, server, tmp_path),
            identifier="abc",
            country="aaa",
            level=1,
            first=FIRST,
            last=LAST,
        )
    assert [asked.query["offset"] for asked in server.asked] == ["0", "3", "6"]
    assert server.asked[0].headers["X-HDX-HAPI-APP-IDENTIFIER"] == "abc"
    assert table(found, "observations")[["area", "value", "note"]].values.tolist() == [
        ["AA01", 130.0, "assessment BA, 2 operations added up"],
        ["AA02", 50.0, "assessment SA"],
    ]
    assert found.source.restricted
    assert found.told == ["1 figures of no known area are left out"]


def test_hapi_refugees_are_not_counted_by_age_again(tmp_path: Path) -> None:
    def row(group: str, people: int, **changed: Any) -> dict[str, Any]:
        base = {
            "asylum_location_code": "BBB",
            "population_group": group,
            "population": people,
            "gender": "all",
        }
        dates = {
            "reference_period_start": "2024-01-01T00:00:00",
            "reference_period_end": "2024-03-31T23:59:59",
        }
        return base | dates | {"age_range": "all"} | changed

    data = [
        row("REF", 10),
        row("ASY", 5),
        row("IDP", 99),
        row("REF", 4, gender="f"),
        row("REF", 3, age_range="0-4"),
    ]
    with serving(lambda *_: answer({"data": data})) as server:
        found = hapi.refugees(
            client(hapi.SERVICE, server, tmp_path), identifier="abc", origin="AAA", first=FIRST, last=LAST
        )
    got = table(found, "observations")[["area", "date_from", "value"]].values.tolist()
    assert got == [["BBB", date(2024, 3, 31), 15.0]]
    assert not found.source.restricted


# --- IOM DTM


def dtm_row(
    people: Any, kind: str = "BA", operation: str = "Made-up floods", **changed: Any
) -> dict[str, Any]:
    row = {"admin1Pcode": "AA01", "reportingDate": "2024-02-01T00:00:00", "numPresentIdpInd": people}
    return row | {"assessmentType": kind, "operation": operation} | changed


@pytest.mark.parametrize("wrapped", [True, False])
def test_dtm_adds_up_origins(tmp_path: Path, wrapped: bool) -> None:
    data = [
        dtm_row(11),
        dtm_row(22),
        dtm_row(500, "SA"),
        dtm_row(None),
        dtm_row(1, admin1Pcode="AA02", operation="B"),
    ]
    content = {"isSuccess": True, "result": data} if wrapped else data
    with serving(lambda *_: answer(content)) as server:
        found = dtm.idps(
            client(dtm.SERVICE, server, tmp_path),
            key="sub-key",
            country="aaa",
            level=1,
            first=FIRST,
            last=LAST,
        )
    assert server.asked[0].path == "/displacement/admin1"
    assert server.asked[0].headers["Ocp-Apim-Subscription-Key"] == "sub-key"
    assert server.asked[0].query["Admin0Pcode"] == "AAA"
    assert table(found, "observations")[["area", "value", "note"]].values.tolist() == [
        ["AA01", 33.0, "assessment BA"],
        ["AA02", 1.0, "assessment BA"],
    ]
    assert "Made-up floods" in found.told[0]


def test_dtm_that_fails_with_200_is_told(tmp_path: Path) -> None:
    reply = answer({"isSuccess": False, "errorMessages": ["no such country"], "result": None})
    with (
        serving(lambda *_: reply) as server,
        pytest.raises(ServiceError, match="IOM DTM refuses: no such country"),
    ):
        dtm.idps(
            client(dtm.SERVICE, server, tmp_path), key="k", country="AAA", level=0, first=FIRST, last=LAST
        )
