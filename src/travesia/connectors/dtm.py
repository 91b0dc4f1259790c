"""IOM Displacement Tracking Matrix, API v3: internally displaced people by area and reporting date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from travesia.connectors import shape
from travesia.connectors.client import Client, Query, Secrets, Service
from travesia.connectors.rows import Found, Source, preferred, present

KEY = "DTMAPI_SUBSCRIPTION_KEY"
SERVICE = Service(
    "IOM DTM",
    "https://dtmapi.iom.int/v3",
    f"It wants a subscription key of your own, free at https://dtm-apim-portal.iom.int; set it as {KEY}",
)
SOURCE = Source(
    "iom_dtm",
    "International Organization for Migration, Displacement Tracking Matrix (API v3)",
    "https://dtm.iom.int",
    "restricted: IOM DTM terms, non-commercial, no redistribution, no derivative works",
)


def idps(
    client: Client,
    *,
    key: str,
    country: str,
    level: int,
    first: date,
    last: date,
    operation: str = "",
) -> Found:
    """Observations of internally displaced people by area.

    key : of the user's subscription. country : ISO 3166-1 alpha-3. level : 0 country, 1 or 2 areas by p-code. first,
    last : days of reporting. operation : one of DTM's; all if "". The service has a row for each origin and reason,
    which are added up; of several assessments of an area on a day the baseline one is taken. Raises ServiceError.
    """
    name = SERVICE.name
    query: Query = {
        "Admin0Pcode": country.upper(),
        "FromReportingDate": first.isoformat(),
        "ToReportingDate": last.isoformat(),
        **({"Operation": operation} if operation else {}),
    }
    secrets = Secrets(headers={"Ocp-Apim-Subscription-Key": key})
    answer = client.ask(f"/displacement/admin{level}", _records, query=query, secrets=secrets)
    sums: dict[tuple[date, str], dict[str, float]] = {}
    operations: set[str] = set()
    for row in answer.value:
        day, people = shape.day(name, row, "reportingDate"), shape.number(name, row, "numPresentIdpInd")
        area = shape.text(name, row, f"admin{level}Pcode")
        if day is None or people is None or not area or not first <= day <= last:
            continue
        operations.add(shape.text(name, row, "operation"))
        kinds = sums.setdefault((day, area), {})
        kind = shape.text(name, row, "assessmentType")
        kinds[kind] = kinds.get(kind, 0.0) + people
    rows = [_present(area, day, kinds) for (day, area), kinds in sorted(sums.items())]
    told = [f"Operations added up: {'; '.join(sorted(operations))}. Name one with --operation"]
    return Found(SOURCE, answer.seen, {"observations": rows}, told if len(operations) > 1 else [])


def _records(content: Any) -> list[shape.Row]:
    """The service has answered with a list, and with an object that says whether it succeeded."""
    if isinstance(content, Mapping) and content.get("isSuccess") is False:
        messages = content.get("errorMessages") or ["no reason given"]
        raise shape.refused(SERVICE.name, str(messages[0]), SERVICE.access)
    return shape.rows_of(SERVICE.name, content, "" if isinstance(content, list) else "result")


def _present(area: str, day: date, kinds: Mapping[str, float]) -> dict[str, Any]:
    kind = preferred(kinds)
    note = f"assessment {kind}" if kind else ""
    return present(area, day, kinds[kind], reported_by="IOM DTM", note=note)
