"""Flee's source_data and registration_corrections.csv → observed numbers of people at camps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from travesia.flee_csv import TOO_MANY, YEAR_MONTH_DAY, Notes, Row, day, hint, integer, read_rows

TOTAL = "total"
Entry = tuple[int, float]
"""Day of the run, people."""


@dataclass(frozen=True)
class Series:
    """One row of data_layout.csv; entries stand in file order, on which Flee's interpolation depends."""

    name: str
    row: int
    entries: tuple[Entry, ...]


def read_series(folder: Path, notes: Notes, *, start: date, places: Collection[str]) -> list[Series]:
    """The observed series in the order of data_layout.csv, several files of one row added as Flee adds them.

    folder : source_data. notes : where problems go. start : date of day 0. places : names in locations.csv.
    """
    layout = notes.of(f"{folder.name}/data_layout.csv")
    rows = read_rows(folder / "data_layout.csv", layout)
    series: list[Series] = []
    names: dict[str, int] = {}
    for row in rows or ():
        if row.blank or row.comment or len(row.cells) < 2:
            continue
        name = _series_name(row, layout, places, first=not names)
        if name in names:
            message = (
                f"row {names[name]} has the same name; Flee shows the first and counts both, and so does this"
            )
            layout.warn(row.number, "name", name, message, "put all files of a place in one row")
            name = _free_name(name, names)
        names[name] = row.number
        series.append(Series(name, row.number, _entries(row, layout, folder, start)))
    if rows is not None and not series:
        layout.error(0, "", "", "no series in this file", "write `total,refugees.csv` and one row per camp")
    return series


def _series_name(row: Row, notes: Notes, places: Collection[str], *, first: bool) -> str:
    name = row.cell(0)
    if not first or name == TOTAL:
        return name
    if name in places:
        message = (
            f"the first row is not {TOTAL!r}; Flee would leave this place out of its sums, here it counts"
        )
        notes.warn(row.number, "name", name, message, f"make `{TOTAL},refugees.csv` the first row")
        return name
    message = f"taken as {TOTAL!r}, which Flee expects in the first row"
    notes.warn(row.number, "name", name, message, f"write {TOTAL}")
    return TOTAL


def _free_name(name: str, names: dict[str, int]) -> str:
    number = 2
    while f"{name}#{number}" in names:
        number += 1
    return f"{name}#{number}"


def _entries(row: Row, notes: Notes, folder: Path, start: date) -> tuple[Entry, ...]:
    """The entries of one row of the layout; no file, or an empty one, counts as nobody."""
    files = [name for name in (row.cell(column) for column in range(1, len(row.cells))) if name]
    entries: list[Entry] = []
    for index, file in enumerate(files):
        if not (folder / file).is_file():
            message = f"there is no file {file!r} in {folder.name}"
            notes.error(row.number, "file", file, message, "add the file or correct its name")
            continue
        more = _read_entries(folder / file, notes.of(f"{folder.name}/{file}"), start)
        entries = more if index == 0 else _add(entries, more, notes.of(f"{folder.name}/{file}"))
    if not files:
        notes.warn(row.number, "file", "", "no file named; taken as nobody", "name the file of its counts")
    return tuple(entries) or ((0, 0.0),)


def _read_entries(path: Path, notes: Notes, start: date) -> list[Entry]:
    rows = read_rows(path, notes) or []
    entries: list[Entry] = []
    for row in rows:
        if len(row.cells) < 2 or row.blank or row.comment or row.cell(1) == "":
            continue
        if row.number == 1 and _is_header(row, notes):
            continue
        if row.cell(0) == "":
            message = "no date, on which Flee stops; the row is left out"
            notes.warn(row.number, "date", "", message, "write the date or delete the row")
            continue
        when = day(notes, row.number, "date", row.cell(0))
        count = integer(notes, row.number, "count", row.cell(1), want="a number of people")
        if when is None or count is None:
            continue
        if entries and (when - start).days < entries[-1][0]:
            message = "earlier than the row before; read in the order of the file, as Flee does"
            notes.warn(row.number, "date", row.cell(0), message, "sort the rows by date")
        entries.append(((when - start).days, float(count)))
    if not entries:
        notes.warn(0, "", "", "no count in this file; taken as nobody", "add rows such as 2012-02-29,1500")
    return entries


def _is_header(row: Row, notes: Notes) -> bool:
    if row.cell(0) in ("", "Date", "DateTime"):
        return True
    if YEAR_MONTH_DAY.fullmatch(row.cell(0)) or any(sign.isdigit() for sign in row.cells[0] + row.cells[1]):
        return False
    message = "taken for a header; Flee knows only Date and DateTime and stops"
    notes.warn(1, "date", row.cell(0), message, "write Date")
    return True


def _add(first: Sequence[Entry], second: Sequence[Entry], notes: Notes) -> list[Entry]:
    """The sum of two series, in the way of Flee's data manager (source: its behaviour, May 2026)."""
    if not first or not second:
        return [*first, *second]
    if first[0][0] < second[0][0]:
        message = "starts after the file before it in data_layout.csv, on which Flee stops; added as steps"
        notes.warn(1, "date", "", message, "give both files the same first date")
        return _add_steps(first, second)
    return _add_as_flee(first, second, notes)


def _add_steps(first: Sequence[Entry], second: Sequence[Entry]) -> list[Entry]:
    """Each series keeps its value until its next entry and is 0 before its first."""
    events = sorted(
        [(when, 0, value) for when, value in first] + [(when, 1, value) for when, value in second],
        key=lambda event: event[0],
    )
    value = [0.0, 0.0]
    total: dict[int, float] = {}
    for when, which, count in events:
        value[which] = count
        total[when] = value[0] + value[1]
    return list(total.items())


def _add_as_flee(first: Sequence[Entry], second: Sequence[Entry], notes: Notes) -> list[Entry]:
    """Walk over `second`; what is between its days is added to its last value, or to the next of `first`.

    Entries of `first` after the end of `second` are lost, and entries of `second` after the end of `first`
    repeat the last of `first`: both as in Flee, with a warning.
    """
    total: list[Entry] = []
    at, last = 0, len(first) - 1
    before = 0.0
    for when, value in second:
        while first[at][0] < when:
            total.append((first[at][0], before + first[at][1]))
            if at == last:
                break
            at += 1
        if when <= first[at][0]:
            total.append((when, value + first[at][1]))
            before = value
            if when == first[at][0] and at < last:
                at += 1
    if first[last][0] != second[-1][0]:
        message = (
            "ends on another day than the file before it; added in Flee's way, which loses what comes later"
        )
        notes.warn(0, "date", "", message, "give both files the same last date")
    return total


# --- registration corrections ----------------------------------------------------------


def correct(rows: Sequence[Row], notes: Notes, *, series: Sequence[Series], start: date) -> list[Series]:
    """The series after the registrations: all entries before one are scaled to meet its count.

    With v the count on the day named and u the one before it, every earlier count is multiplied by v/u.
    rows : of registration_corrections.csv. notes : where problems go. series : as read. start : date of day
    0. Source: level-1 registration correction of Flee's data manager.
    """
    corrected = {one.name: one for one in series}
    for row in rows:
        if row.blank or len(row.cells) < 2:
            continue
        if row.comment:
            notes.warn(
                row.number, "name", row.cell(0), "a comment, on which Flee stops; left out", "delete the row"
            )
            continue
        name = row.cell(0)
        if name not in corrected:
            message = "no such series in data_layout.csv; the row is left out"
            notes.warn(row.number, "name", name, message, hint(name, corrected))
            continue
        when = day(notes, row.number, "date", row.cell(1))
        if when is None or when < start:
            continue
        scaled = _scaled(corrected[name].entries, (when - start).days, row, notes)
        corrected[name] = Series(name, corrected[name].row, scaled)
    return list(corrected.values())


def _scaled(entries: tuple[Entry, ...], when: int, row: Row, notes: Notes) -> tuple[Entry, ...]:
    index = next((i for i, entry in enumerate(entries) if i > 0 and entry[0] == when), 0)
    reason = ""
    if index == 0:
        reason = "no count of this series on that day, or none before it"
    elif entries[index - 1][1] < 1:
        reason = "nobody was counted before that day"
    if reason:
        message = f"{reason}, on which Flee stops; the row is left out"
        notes.warn(row.number, "date", row.cell(1), message, "name a date of the file after its first")
        return entries
    factor = entries[index][1] / entries[index - 1][1]
    scaled = [(day_, value * factor if i < index else value) for i, (day_, value) in enumerate(entries)]
    if any(abs(value) >= TOO_MANY for _, value in scaled):
        message = f"multiplies earlier counts by {factor:g}"
        notes.error(
            row.number, "date", row.cell(1), message, "correct the count before that day, or this row"
        )
    return tuple(scaled)
