"""HDX HAPI: displaced people by area and refugees by country, as the Humanitarian Data Exchange has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from travesia.connectors import shape
from travesia.connectors.client import Client, Query, Secrets, Service
from travesia.connectors.rows import Found, Source, preferred, present

KEY = "HAPI_APP_IDENTIFIER"
SERVICE = Service(
    "HDX HAPI",
    "https://hapi.humdata.org/api/v2",
    f"It wants an identifier made from a name and an e-mail address: https://hapi.humdata.org/docs; set it as {KEY}",
)
Theme = Literal["idps", "refugees"]
SOURCES: Mapping[Theme, Source] = {
    "idps": Source(
        "hapi_idps",
        "IOM Displacement Tracking Matrix, by HDX HAPI (affected-people/idps)",
        "https://data.humdata.org/hapi",
        "restricted: IOM DTM terms, non-commercial, no redistribution",
    ),
    "refugees": Source(
        "hapi_refugees",
        "UNHCR, by HDX HAPI (affected-people/refugees-persons-of-concern)",
        "https://data.humdata.org/hapi",
        "CC-BY-4.0",
    ),
}
PAGE = 10_000
ABROAD = ("REF", "ASY", "OIP")
"""Refugees, asylum-seekers, others in need of international protection."""


def idps(client: Client, *, identifier: str, country: str, level: int, first: date, last: date) -> Found:
    """Observations of internally displaced people by area.

    identifier : of the asking application. country : ISO 3166-1 alpha-3. level : 0 country, 1 or 2 areas by p-code.
    first, last : days. Where an area has several figures on a day, baseline assessments come before site assessments,
    and those of several operations are added up. Raises ServiceError.
    """
    query: Query = {"location_code": country.upper(), "admin_level": level, "output_format": "json"}
    rows, seen = _rows(client, "/affected-people/idps", query, identifier)
    area = "location_code" if level == 0 else f"admin{level}_code"
    name = SERVICE.name
    figures: dict[tuple[date, str], dict[str, list[float]]] = {}
    unplaced = 0
    for row in rows:
        code, day = shape.text(name, row, area), shape.day(name, row, "reference_period_start")
        people = shape.number(name, row, "population")
        if day is None or people is None or not first <= day <= last:
            continue
        unplaced += not code
        if code:
            kinds = figures.setdefault((day, code), {})
            kinds.setdefault(shape.text(name, row, "assessment_type"), []).append(people)
    found = []
    for (day, code), kinds in sorted(figures.items()):
        kind = preferred(kinds)
        several = len(kinds[kind])
        note = f"assessment {kind}" + (f", {several} operations added up" if several > 1 else "")
        found.append(present(code, day, sum(kinds[kind]), reported_by="IOM DTM", note=note))
    told = [f"{unplaced:,} figures of no known area are left out"] if unplaced else []
    return Found(SOURCES["idps"], seen, {"observations": found}, told)


def refugees(client: Client, *, identifier: str, origin: str, first: date, last: date) -> Found:
    """Observations of people from a country abroad, by country of asylum.

    identifier : of the asking application. origin : ISO 3166-1 alpha-3. first, last : days on which figures are.
    Raises ServiceError.
    """
    query: Query = {
        "origin_location_code": origin.upper(),
        "gender": "all",
        "age_range": "all",
        "output_format": "json",
    }
    rows, seen = _rows(client, "/affected-people/refugees-persons-of-concern", query, identifier)
    name = SERVICE.name
    sums: dict[tuple[date, str], float] = {}
    for row in rows:
        day = shape.day(name, row, "reference_period_end") or shape.day(name, row, "reference_period_start")
        people = shape.number(name, row, "population")
        whole = shape.text(name, row, "gender") == shape.text(name, row, "age_range") == "all"
        if (
            not whole
            or shape.text(name, row, "population_group") not in ABROAD
            or people is None
            or day is None
        ):
            continue
        if first <= day <= last:
            key = day, shape.text(name, row, "asylum_location_code")
            sums[key] = sums.get(key, 0.0) + people
    found = [
        present(code, day, people, reported_by="UNHCR", note="")
        for (day, code), people in sorted(sums.items())
        if people
    ]
    return Found(SOURCES["refugees"], seen, {"observations": found})


def _rows(client: Client, path: str, query: Query, identifier: str) -> tuple[list[shape.Row], date]:
    secrets = Secrets(headers={"X-HDX-HAPI-APP-IDENTIFIER": identifier})
    pages = list(client.pages(path, _page, query={**query, "limit": PAGE, "offset": 0}, secrets=secrets))
    return [row for page in pages for row in page.value], min(page.seen for page in pages)


def _page(content: Any, query: Query) -> tuple[list[shape.Row], Query | None]:
    """The last page is not full."""
    rows = shape.rows_of(SERVICE.name, content, "data")
    return rows, {"offset": int(query["offset"]) + PAGE} if len(rows) == PAGE else None
