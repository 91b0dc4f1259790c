"""IDMC Internal Displacement Updates: new displacements near the places of a scenario, as departures."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from travesia.connectors import shape
from travesia.connectors.client import Client, Secrets, Service
from travesia.connectors.events import located, nearest
from travesia.connectors.rows import Found, Source
from travesia.errors import UsageError

KEY = "IDMC_CLIENT_ID"
SERVICE = Service(
    "IDMC",
    "https://helix-tools-api.idmcdb.org/external-api",
    f"It wants a client id, free on request from ch.datainfo@idmc.ch; set it as {KEY}",
)
SOURCE = Source(
    "idmc_idu",
    "Internal Displacement Monitoring Centre, Internal Displacement Updates (provisional)",
    "https://www.internal-displacement.org/internal-displacement-updates/",
    "CC-BY-NC-SA-3.0-IGO",
)
ADVISED = "recommended figure"
"""Figures of another role are other counts of the same people."""


def departures(
    client: Client,
    places: pd.DataFrame,
    *,
    client_id: str,
    country: str,
    first: date,
    last: date,
    kind: str = "",
    within_km: float = 50.0,
) -> Found:
    """Departures of kind known from the nearest place, one for each recommended figure.

    places : of a scenario. client_id : of the user. country : ISO 3166-1 alpha-3. first, last : days in which the
    displacement began. kind : Conflict or Disaster; both if "". within_km : how far a place may be. Raises
    ServiceError, UsageError.
    """
    if kind not in ("", "Conflict", "Disaster"):
        raise UsageError(f"--kind {kind!r} is not Conflict or Disaster")
    there = located(places)
    answer = client.ask("/idus/all/", _records, secrets=Secrets(query={"client_id": client_id}))
    name = SERVICE.name
    rows: list[dict[str, Any]] = []
    far = other = 0
    for row in answer.value:
        begin, people = shape.day(name, row, "displacement_start_date"), shape.number(name, row, "figure")
        wanted = (
            shape.text(name, row, "iso3") == country.upper() and begin is not None and first <= begin <= last
        )
        if not wanted or not people or (kind and shape.text(name, row, "displacement_type") != kind):
            continue
        if not _is_advised(row):
            other += 1
            continue
        lat, lon = shape.number(name, row, "latitude"), shape.number(name, row, "longitude")
        place = "" if lat is None or lon is None else nearest(there, lat, lon, within_km)
        far += not place
        if place:
            rows.append(_departure(row, place, begin, people))
    told = [
        f"{len(rows):,} figures taken; {far:,} are more than {within_km:g} km from every place, {other:,} are of "
        "places of arrival or not the recommended ones",
        "IDMC revises these figures daily.",
    ]
    return Found(SOURCE, answer.seen, {"departures": rows}, told)


def _records(content: Any) -> list[shape.Row]:
    return shape.rows_of(SERVICE.name, content)


def _is_advised(row: shape.Row) -> bool:
    """Recommended, where the role is told, and not only of where people arrived."""
    role = str(row.get("role") or ADVISED).strip().lower()
    where = str(row.get("locations_type") or "origin").lower()
    return role == ADVISED and "origin" in where


def _departure(row: shape.Row, place: str, begin: date | None, people: float) -> dict[str, Any]:
    name = SERVICE.name
    end = shape.day(name, row, "displacement_end_date")
    return {
        "departure": f"idu_{shape.text(name, row, 'id')}",
        "kind": "known",
        "place": place,
        "date_from": begin,
        "date_to": max(end, begin) if end and begin else begin,
        "people": people,
        "note": shape.text(name, row, "displacement_type").lower(),
    }
