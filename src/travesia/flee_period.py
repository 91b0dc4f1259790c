"""Flee's sim_period.csv → the first day and the length of the run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from travesia.flee_csv import Notes, Row, day, integer


def read_period(
    rows: Sequence[Row] | None, notes: Notes, *, conflict_days: int, first_count: date | None
) -> tuple[date, int]:
    """The first day and the number of days; after a problem any values that let the reading go on.

    rows : of sim_period.csv; None where there is no such file. notes : where problems go. conflict_days : rows of
    days in conflicts.csv (0: none), which give the length where it is missing. first_count : the date of the first
    observed count, on which a run without a period starts.
    """
    if rows is None:
        if first_count is None or not conflict_days:
            remedy = "add it with the rows StartDate,2012-02-29 and Length,300"
            notes.error(0, "", "", "this file is missing", remedy)
            return date(2000, 1, 1), 1
        message = (
            f"this file is missing, on which Flee stops; the run starts on {first_count}, the first date"
        )
        message += f" of source_data, and lasts {conflict_days} days, as many as conflicts.csv has"
        notes.warn(0, "", "", message, "add it with the rows StartDate and Length")
        return first_count, conflict_days
    cells = _by_key(rows, notes)
    return _start(cells, notes), _length(cells, notes, conflict_days)


def _by_key(rows: Sequence[Row], notes: Notes) -> dict[str, Row]:
    """The rows that count; one that starts with # does where there is no other."""
    found: dict[str, Row] = {}
    for row in rows:
        key = row.cell(0).lower().lstrip("#")
        before = found.get(key)
        if len(row.cells) < 2 or (row.comment and before):
            continue
        if before and not before.comment and key in ("startdate", "length"):
            message = f"row {before.number} says it too; this one counts"
            notes.warn(row.number, row.cell(0), row.cell(1), message, "delete one of the two")
        found[key] = row
    return found


def _start(cells: dict[str, Row], notes: Notes) -> date:
    fallback = date(2000, 1, 1)
    if "startdate" not in cells:
        notes.error(0, "StartDate", "", "there is no such row", "write StartDate,2012-02-29")
        return fallback
    row = cells["startdate"]
    start = day(notes, row.number, "StartDate", row.cell(1))
    if start is not None and not 1900 <= start.year <= 2200:
        notes.error(row.number, "StartDate", row.cell(1), "not between 1900 and 2200", "check the year")
        return fallback
    return start or fallback


def _length(cells: dict[str, Row], notes: Notes, conflict_days: int) -> int:
    if "length" in cells:
        row = cells["length"]
        length = integer(notes, row.number, "Length", row.cell(1), want="the number of days")
        if length is not None and not 1 <= length <= 100_000:
            message = "not between 1 and 100000 days"
            notes.error(row.number, "Length", row.cell(1), message, "write the number of days")
            return 1
        return length or 1
    if conflict_days:
        message = (
            f"there is no such row, on which Flee stops; {conflict_days} days, as many as conflicts.csv has"
        )
        notes.warn(0, "Length", "", message, f"write Length,{conflict_days}")
        return conflict_days
    notes.error(0, "Length", "", "there is no such row", "write Length,300")
    return 1
