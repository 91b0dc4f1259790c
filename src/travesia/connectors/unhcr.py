"""UNHCR Refugee Data Finder: people from a country at the end of each year, by country of asylum."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from travesia.connectors import shape
from travesia.connectors.client import Client, Query, Service
from travesia.connectors.rows import Found, Source, present
from travesia.errors import UsageError

SERVICE = Service(
    "UNHCR Refugee Data Finder",
    "https://api.unhcr.org/population/v1",
    "It asks for no key; where it refuses, see https://www.unhcr.org/refugee-statistics",
)
SOURCE = Source(
    "unhcr_rdf",
    "UNHCR Refugee Population Statistics Database (Refugee Data Finder)",
    "https://www.unhcr.org/refugee-statistics",
    "CC-BY-4.0",
)
PAGE = 1_000
ABROAD = ("refugees", "asylum_seekers", "oip")
"""Counted together where they are: refugees, asylum-seekers, others in need of international protection."""


def stocks(client: Client, *, origin: str, first: int, last: int) -> Found:
    """Observations of people from a country: where they are abroad, and those displaced within it.

    origin : ISO 3166-1 alpha-3. first, last : years; a figure is of their last day. Raises ServiceError, UsageError.
    """
    if not (len(origin) == 3 and origin.isalpha()):
        raise UsageError(f"--origin {origin!r} is no country code; write three letters, like SDN")
    query: Query = {
        "limit": PAGE,
        "page": 1,
        "yearFrom": first,
        "yearTo": last,
        "coo": origin.upper(),
        "coa_all": "true",
        "cf_type": "ISO",
    }
    rows: list[dict[str, Any]] = []
    seen = []
    for answer in client.pages("/population/", _page, query=query):
        seen.append(answer.seen)
        for row in answer.value:
            rows += _observations(row, origin.upper())
    told = [
        "The area of each row is a country; where the scenario has counts at places, both would be added up."
    ]
    return Found(
        SOURCE, min(seen), {"observations": sorted(rows, key=lambda r: (r["date_from"], r["area"]))}, told
    )


def _page(content: Any, _: Query) -> tuple[list[shape.Row], Query | None]:
    name = SERVICE.name
    rows = shape.rows_of(name, content, "items")
    page, pages = (shape.number(name, content, field) for field in ("page", "maxPages"))
    if page is None or pages is None:
        raise shape.changed(name, "page or maxPages is empty")
    return rows, {"page": int(page) + 1} if page < pages and rows else None


def _observations(row: Mapping[str, Any], origin: str) -> list[dict[str, Any]]:
    name = SERVICE.name
    year = shape.number(name, row, "year")
    asylum = shape.text(name, row, "coa_iso").upper()
    if year is None or len(asylum) != 3:
        return []
    parts = {field: shape.number(name, row, field) or 0.0 for field in ABROAD}
    figures = [(asylum, sum(parts.values()), ", ".join(f"{k} {v:g}" for k, v in parts.items() if v))]
    figures.append((origin, shape.number(name, row, "idps") or 0.0, "internally displaced"))
    return [
        present(area, date(int(year), 12, 31), value, reported_by="UNHCR", note=note)
        for area, value, note in figures
        if value
    ]
