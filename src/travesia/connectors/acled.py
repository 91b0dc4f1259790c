"""ACLED: political violence near the places of a scenario, by month, with the user's own account.

What is fetched stays in a cache that only its owner reads; only sums by month and place are written, each marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from travesia.connectors import shape
from travesia.connectors.client import Client, Query, Secrets, Service
from travesia.connectors.events import Counted, Event, located, monthly
from travesia.connectors.rows import Found, Source

EMAIL, PASSWORD = "ACLED_EMAIL", "ACLED_PASSWORD"
SERVICE = Service(
    "ACLED",
    "https://acleddata.com",
    f"It wants a myACLED account (https://acleddata.com/register) whose access includes the API; set {EMAIL} and "
    f"{PASSWORD}. Ask ACLED about access where the account is right",
)
SOURCE = Source(
    "acled",
    "Armed Conflict Location & Event Data (ACLED), acleddata.com",
    "https://acleddata.com",
    "restricted: ACLED terms (EULA), the account holder's own use, no redistribution",
)
VIOLENT = ("Battles", "Explosions/Remote violence", "Violence against civilians")
PAGE = 5_000
EXACT = 2
"""Events located no better than a region (geo_precision above this) belong to no place."""
_FIELDS = "event_date|event_type|latitude|longitude|geo_precision|fatalities"


def conflict(
    client: Client,
    places: pd.DataFrame,
    *,
    email: str,
    password: str,
    countries: Sequence[str],
    first: date,
    last: date,
    counted: Counted,
    within_km: float = 50.0,
) -> Found:
    """Drivers from violent events (VIOLENT) within so many km of a place.

    places : of a scenario. email, password : of the user's account. countries : by ACLED's English names. first, last :
    days. counted : what the driver is. Raises ServiceError, UsageError.
    """
    there = located(places)
    form = {
        "username": email,
        "password": password,
        "grant_type": "password",
        "client_id": "acled",
        "scope": "authenticated",
    }
    token = client.ask("/oauth/token", _token, secrets=Secrets(form=form), keep=False).value
    query: Query = {
        "_format": "json",
        "country": "|".join(countries),
        "event_date": f"{first.isoformat()}|{last.isoformat()}",
        "event_date_where": "BETWEEN",
        "fields": _FIELDS,
        "limit": PAGE,
        "page": 1,
    }
    secrets = Secrets(headers={"Authorization": f"Bearer {token}"})
    pages = list(client.pages("/api/acled/read", _page, query=query, secrets=secrets))
    records = [row for page in pages for row in page.value]
    events = [event for event in map(_event, records) if event]
    rows, near, far = monthly(there, events, counted=counted, first=first, last=last, within_km=within_km)
    told = [
        f"{near:,} of {len(records):,} events counted; {far:,} are more than {within_km:g} km from every place, "
        f"{len(records) - len(events):,} are not violent or located no better than a region",
        "ACLED's terms: for your own use; do not pass on these rows, nor what they could be worked out from.",
    ]
    return Found(SOURCE, min(page.seen for page in pages), {"drivers": rows}, told)


def _token(content: Any) -> str:
    if not isinstance(content, Mapping) or not content.get("access_token"):
        raise shape.changed(SERVICE.name, "no field 'access_token' in the answer to the sign-in")
    return str(content["access_token"])


def _page(content: Any, query: Query) -> tuple[list[shape.Row], Query | None]:
    if isinstance(content, Mapping) and content.get("success") is False:
        error = content.get("error")
        said = error.get("message") if isinstance(error, Mapping) else error
        raise shape.refused(SERVICE.name, str(said or "no reason given"), SERVICE.access)
    rows = shape.rows_of(SERVICE.name, content, "data")
    return rows, {"page": int(query["page"]) + 1} if len(rows) >= PAGE else None


def _event(row: shape.Row) -> Event | None:
    name = SERVICE.name
    lat, lon, deaths = (shape.number(name, row, field) for field in ("latitude", "longitude", "fatalities"))
    day, exact = shape.day(name, row, "event_date"), shape.number(name, row, "geo_precision")
    violent = shape.text(name, row, "event_type") in VIOLENT
    if not violent or lat is None or lon is None or day is None or exact is None or exact > EXACT:
        return None
    return Event(lat, lon, day, deaths or 0.0)
