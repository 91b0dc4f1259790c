"""UCDP Georeferenced Event Dataset: organised violence near the places of a scenario, by month."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from travesia.connectors import shape
from travesia.connectors.client import Client, Query, Secrets, Service
from travesia.connectors.events import Counted, Event, box, located, monthly
from travesia.connectors.rows import Found, Source

KEY = "UCDP_ACCESS_TOKEN"
SERVICE = Service(
    "UCDP",
    "https://ucdpapi.pcr.uu.se/api",
    f"Since 2026 it wants a token, free on request at https://ucdp.uu.se/apidocs/; set it as {KEY}",
)
VERSION = "26.1"
PAGE = 1_000
EXACT = 3
"""Events located no better than a province (where_prec above this) belong to no place."""


def source(version: str) -> Source:
    """The source of rows from a version of the data."""
    return Source(
        "ucdp_ged",
        f"UCDP Georeferenced Event Dataset {version} (Sundberg & Melander 2013; Davies et al., yearly)",
        "https://ucdp.uu.se/downloads/",
        "CC-BY-4.0",
    )


def conflict(
    client: Client,
    places: pd.DataFrame,
    *,
    token: str,
    first: date,
    last: date,
    counted: Counted,
    within_km: float = 50.0,
    version: str = VERSION,
) -> Found:
    """Drivers from events within so many km of a place.

    places : of a scenario. token : of the service. first, last : days. counted : what the driver is. version : of the
    data, a year's (26.1) or a month's candidates (26.0.7). Raises ServiceError, UsageError.
    """
    there = located(places)
    south, west, north, east = box(there, within_km)
    query: Query = {
        "pagesize": PAGE,
        "page": 1,
        "StartDate": first.isoformat(),
        "EndDate": last.isoformat(),
        "Geography": f"{south:.4f} {west:.4f},{north:.4f} {east:.4f}",
    }
    events: list[Event] = []
    seen = []
    read = vague = 0
    secrets = Secrets(headers={"x-ucdp-access-token": token})
    for answer in client.pages(f"/gedevents/{version}", _page, query=query, secrets=secrets):
        seen.append(answer.seen)
        for row in answer.value:
            read += 1
            event = _event(row)
            vague += event is None
            events += [event] if event else []
    rows, near, far = monthly(there, events, counted=counted, first=first, last=last, within_km=within_km)
    told = [
        f"{near:,} of {read:,} events counted; {far:,} are more than {within_km:g} km from every place, "
        f"{vague:,} are located no better than a province",
        "The value of the last month holds on until the run ends.",
    ]
    return Found(source(version), min(seen), {"drivers": rows}, told)


def _page(content: Any, _: Query) -> tuple[list[shape.Row], Query | None]:
    rows = shape.rows_of(SERVICE.name, content, "Result")
    following = shape.text(SERVICE.name, content, "NextPageUrl")
    if not following or not rows:
        return rows, None
    page = parse_qs(urlsplit(following).query).get("page", [""])[0]
    if not page.isdecimal():
        raise shape.changed(SERVICE.name, "NextPageUrl has no page")
    return rows, {"page": int(page)}


def _event(row: shape.Row) -> Event | None:
    name = SERVICE.name
    lat, lon, deaths = (shape.number(name, row, field) for field in ("latitude", "longitude", "best"))
    day, exact = shape.day(name, row, "date_end"), shape.number(name, row, "where_prec")
    if lat is None or lon is None or day is None or exact is None or exact > EXACT:
        return None
    return Event(lat, lon, day, deaths or 0.0)
