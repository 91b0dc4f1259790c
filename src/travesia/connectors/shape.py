"""Reading answers in their documented form, and saying which field of which service is not as documented."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from travesia.errors import ServiceError, visible

Row = Mapping[str, Any]


def changed(service: str, what: str) -> ServiceError:
    """The error for an answer in another form.

    service : its name. what : is not as documented.
    """
    return ServiceError(
        f"{service} answers in another form than it documents: {what}; nothing was written. "
        "Update travesia, or report this: the service has changed"
    )


def rows_of(service: str, content: Any, key: str = "") -> list[Row]:
    """The rows of an answer: a list, or the list under `key` of an object. Raises ServiceError for anything else."""
    where = f"in {key}" if key else "at the top"
    if key:
        if not isinstance(content, Mapping) or key not in content:
            raise changed(service, f"no field {key!r}")
        content = content[key]
    if not isinstance(content, list) or not all(isinstance(row, Mapping) for row in content):
        raise changed(service, f"no list of records {where}")
    return content


def value(service: str, row: Row, name: str) -> Any:
    """What stands in a field. Raises ServiceError where there is no such field."""
    if name not in row:
        raise changed(service, f"no field {name!r} in a record, only {', '.join(sorted(map(str, row))[:12])}")
    return row[name]


def text(service: str, row: Row, name: str) -> str:
    """The text in a field, "" where it is null."""
    found = value(service, row, name)
    return "" if found is None else str(found).strip()


def number(service: str, row: Row, name: str) -> float | None:
    """The number in a field, as JSON or as text; None where it is null, empty or `-`."""
    found = value(service, row, name)
    if found is None or found in ("", "-"):
        return None
    try:
        result = float(found)
    except (TypeError, ValueError):
        result = math.nan
    if not math.isfinite(result) or isinstance(found, bool):
        raise changed(service, f"field {name!r} is no number but {visible(str(found), most=40)!r}")
    return result


def day(service: str, row: Row, name: str) -> date | None:
    """The date in a field, with or without a time of day; None where it is null or empty."""
    found = text(service, row, name)
    if not found:
        return None
    try:
        return date.fromisoformat(found[:10])
    except ValueError:
        raise changed(service, f"field {name!r} is no date but {visible(found, most=40)!r}") from None


def refused(service: str, said: str, access: str) -> ServiceError:
    """The error for an answer that says it is none.

    service : its name. said : the reason it gives. access : how to get in.
    """
    return ServiceError(f"{service} refuses: {visible(said, most=160)}; nothing was written. {access}")
