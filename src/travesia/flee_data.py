"""Flee's source_data and registration_corrections.csv → observed numbers of people at camps."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from travesia.flee_csv import TOO_MANY, YEAR_MONTH_DAY, Notes, Row, day, hint, integer, name_in, read_rows
from travesia.flee_layout import stands
from travesia.observed import PART, REGISTRATION, TOTAL
from travesia.series import Entry, adds_in_flee, corrected, correction, summed

NOBODY, EACH = "nobody", "each"
"""Beside TOTAL: by which counts people start."""


@dataclass(frozen=True)
class Series:
    """One row of data_layout.csv: the entries of each of its files, as counted, and days of registrations."""

    name: str
    row: int
    files: tuple[tuple[str, tuple[Entry, ...]], ...]
    registrations: tuple[int, ...] = ()

    def entries(self) -> list[Entry]:
        """The corrected entries as Flee has them."""
        total = summed([entries for _, entries in self.files], as_flee=True)
        for when in self.registrations:
            total = corrected(total, when)
        return total


def read_series(
    folder: Path, notes: Notes, *, start: date, places: Collection[str], needed: str
) -> list[Series]:
    """The observed series in the order of data_layout.csv, several files of one row added as Flee adds them.

    folder : source_data. notes : where problems go, whose `file` is the name of the folder in front of that of a
    file. start : date of day 0. places : names in locations.csv. needed : the counts by which people start: those of
    NOBODY, the TOTAL, or EACH other.
    """
    layout = notes.of(f"{notes.file}data_layout.csv")
    rows = read_rows(folder / "data_layout.csv", layout)
    series: list[Series] = []
    names: dict[str, int] = {}
    for row in rows or ():
        if row.blank or row.comment or len(row.cells) < 2:
            continue
        if not names and _names_nothing(row, places):
            message = "neither a place nor a file, so that it is taken for a header; Flee stops on it"
            layout.warn(row.number, "name", row.cell(0), message, "delete the row, or start it with #")
            continue
        name = _series_name(row, layout, places, first=not names)
        if name in names:
            message = (
                f"row {names[name]} has the same name; Flee shows the first and counts both, and so does this"
            )
            layout.warn(row.number, "name", name, message, "put all files of a place in one row")
            name = _free_name(name, names)
        names[name] = row.number
        series.append(Series(name, row.number, _files(row, layout, _Folder(folder, notes), start)))
    if rows is not None and not series:
        layout.error(0, "", "", "no series in this file", "write `total,refugees.csv` and one row per camp")
    else:
        _need_counts(series, layout, needed)
    return series


def _need_counts(series: Sequence[Series], notes: Notes, needed: str) -> None:
    """Refuse a layout without any count by which people start."""
    counted = {one.name == TOTAL for one in series for name, _ in one.files if name}
    if needed == NOBODY or not series or (needed == TOTAL) in counted:
        return
    if not counted:
        message = "no count in any of its files, and they say how many people start"
        remedy = "add the files it names, with rows such as 2012-02-29,1500"
    elif needed == TOTAL:
        message = f"no count of {TOTAL!r}, which says how many people start while sum_from_camps is off"
        remedy = f"add the row `{TOTAL},refugees.csv` and its file, or set sum_from_camps to True"
    else:
        message = f"no count but those of {TOTAL!r}; with sum_from_camps the others say how many people start"
        remedy = "add a row and a file for each camp, or set sum_from_camps to False"
    notes.error(0, "", "", message, remedy)


@dataclass(frozen=True)
class _Folder:
    """source_data, and notes whose `file` is its name in front of that of a file."""

    path: Path
    notes: Notes

    def find(self, written: str) -> Path | None:
        """The file a cell names: as it is written, or else the only file here that can be meant."""
        name = written.replace("\\", "/")
        if stands(self.path / name):
            return self.path / name
        last = name.rpartition("/")[2].lower()
        alike = [path for path in sorted(self.path.rglob("*.csv")) if path.name.lower() == last]
        return alike[0] if len(alike) == 1 else None

    def of(self, path: Path) -> Notes:
        """Notes on one of its files."""
        inside = path.is_relative_to(self.path)
        name = path.relative_to(self.path).as_posix() if inside else path.name
        return self.notes.of(f"{self.notes.file}{name}")


def first_date(folder: Path) -> date | None:
    """The earliest date in the files that data_layout.csv names; None where there is none.

    folder : source_data.
    """
    unheard, here = Notes(), _Folder(folder, Notes())
    found = []
    for row in read_rows(folder / "data_layout.csv", unheard) or ():
        for name in [] if row.blank or row.comment else row.cells[1:]:
            path = here.find(name.strip()) if name.strip() else None
            lines = read_rows(path, unheard) or () if path is not None else ()
            days = (day(unheard, 0, "", line.cell(0)) for line in lines if line.cell(1) != "")
            found += [when for when in days if when is not None]
    return min(found, default=None)


def _names_nothing(row: Row, places: Collection[str]) -> bool:
    """Whether a row of the layout can only be a header."""
    return row.cell(0) not in (*places, TOTAL) and not any("." in cell for cell in row.cells[1:])


def _series_name(row: Row, notes: Notes, places: Collection[str], *, first: bool) -> str:
    name = name_in(row, notes, 0, "name")
    if not first or name == TOTAL:
        if name not in places and name != TOTAL:
            message = "no such place in locations.csv; its counts set people off, as in Flee"
            notes.warn(row.number, "name", name, message, hint(name, places))
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


def _files(row: Row, notes: Notes, folder: _Folder, start: date) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    """The entries of each file of one row of the layout; no file, or an empty one, counts as nobody."""
    names = [name for name in (row.cell(column) for column in range(1, len(row.cells))) if name]
    files: list[tuple[str, tuple[Entry, ...]]] = []
    for name in names:
        path = folder.find(name)
        if path is None:
            message = "there is no such file, on which Flee stops; taken as nobody"
            notes.warn(row.number, "file", name, message, "add the file or correct its name")
            continue
        here = folder.of(path)
        if path != folder.path / name:
            notes.warn(
                row.number, "file", name, f"there is no such file; taken from {here.file}", "correct its name"
            )
        entries = _read_entries(path, here, start)
        if entries and files:
            _warn_of_addition(files, entries, here)
        if entries:
            again = sum(other.partition(" (")[0] == name for other, _ in files)
            files.append((f"{name} ({again + 1})" if again else name, tuple(entries)))
    if not names:
        notes.warn(row.number, "file", "", "no file named; taken as nobody", "name the file of its counts")
    return tuple(files) or (("", ((0, 0.0),)),)


def _warn_of_addition(
    files: Sequence[tuple[str, tuple[Entry, ...]]], more: Sequence[Entry], notes: Notes
) -> None:
    """Say where Flee loses entries as it adds a further file of one row, or stops."""
    before = summed([entries for _, entries in files], as_flee=True)
    if not adds_in_flee(before, more):
        message = (
            "starts after the file before it in data_layout.csv, on which Flee stops; the curves are added"
        )
        notes.warn(1, "date", "", message, "give both files the same first date")
    elif before[-1][0] != more[-1][0]:
        message = (
            "ends on another day than the file before it; added in Flee's way, which loses what comes later"
        )
        remedy = "give both files the same last date, or set merge_loses_entries=false"
        notes.warn(0, "date", "", message, remedy)


def _read_entries(path: Path, notes: Notes, start: date) -> list[Entry]:
    rows = read_rows(path, notes) or []
    entries: list[Entry] = []
    told = (row for row in rows if len(row.cells) > 1 and not row.comment and row.cell(1) != "")
    for at, row in enumerate(told):
        if at == 0 and _is_header(row, notes):
            continue
        if row.cell(0) == "":
            message = "no date, on which Flee stops; the row is left out"
            notes.warn(row.number, "date", "", message, "write the date or delete the row")
            continue
        when = day(notes, row.number, "date", row.cell(0))
        count = integer(notes, row.number, "count", row.cell(1), want="a number of people, or leave it blank")
        if when is None or count is None:
            continue
        if entries and (when - start).days < entries[-1][0]:
            message = "earlier than the row before; read in the order of the file, as Flee does"
            notes.warn(row.number, "date", row.cell(0), message, "sort the rows by date")
        elif entries and (when - start).days == entries[-1][0] and count != entries[-1][1]:
            message = (
                "the date of the row before, with another count; this one holds from that day on, as in Flee"
            )
            notes.warn(row.number, "date", row.cell(0), message, "keep one of the two")
        if re.fullmatch(r"\d{1,3}", row.cell(1)) and re.fullmatch(r"\d{3}", row.cell(2)):
            message = f"the cell after it, {row.cell(2)!r}, is passed over, as in Flee"
            notes.warn(
                row.number, "count", row.cell(1), message, "write digits only if a comma has split a number"
            )
        if count < 0:
            message = "fewer than nobody; read so, as in Flee"
            notes.warn(row.number, "count", row.cell(1), message, "write 0 or more")
        entries.append(((when - start).days, float(count)))
    if not entries:
        notes.warn(0, "", "", "no count in this file; taken as nobody", "add rows such as 2012-02-29,1500")
    return entries


def _is_header(row: Row, notes: Notes) -> bool:
    if row.cell(0) == "":
        return row.number == 1
    if row.cell(0) in ("Date", "DateTime"):
        if row.number > 1:
            message = "a header below the first row, on which Flee stops; left out"
            notes.warn(row.number, "date", row.cell(0), message, "move it to the first row")
        return True
    if YEAR_MONTH_DAY.fullmatch(row.cell(0)) or any(sign.isdigit() for sign in row.cells[0] + row.cells[1]):
        return False
    message = "taken for a header; Flee knows only Date and DateTime and stops"
    notes.warn(row.number, "date", row.cell(0), message, "write Date")
    return True


# --- registration corrections ----------------------------------------------------------


def correct(rows: Sequence[Row], notes: Notes, *, series: Sequence[Series], start: date) -> list[Series]:
    """The series with their registrations, at which all entries before are scaled to meet the count.

    With v the count on the day named and u the one before it, every earlier count is multiplied by v/u, where the
    series is read day by day: the entries stay as counted, so that a later count does not change what was known.
    rows : of registration_corrections.csv. notes : where problems go. series : as read. start : date of day
    0. Source: level-1 registration correction of Flee's data manager.
    """
    by_name = {one.name: one for one in series}
    for row in rows:
        if row.blank or len(row.cells) < 2:
            continue
        if row.comment:
            notes.warn(
                row.number, "name", row.cell(0), "a comment, on which Flee stops; left out", "delete the row"
            )
            continue
        name = name_in(row, notes, 0, "name")
        if name not in by_name:
            message = "no such series in data_layout.csv; the row is left out"
            notes.warn(row.number, "name", name, message, hint(name, by_name))
            continue
        when = day(notes, row.number, "date", row.cell(1))
        if when is None or when < start:
            continue
        by_name[name] = _registered(by_name[name], (when - start).days, row, notes)
    return list(by_name.values())


def _registered(one: Series, when: int, row: Row, notes: Notes) -> Series:
    """The series with one more registration; unchanged, with a warning, where Flee would stop."""
    before = one.entries()
    found = correction(before, when)
    if isinstance(found, str):
        message = f"{found}, on which Flee stops; the row is left out"
        notes.warn(
            row.number, "date", row.cell(1), message, "name a date of the file that follows a count above 0"
        )
        return one
    scaled = corrected(before, when)
    if any(abs(value) >= TOO_MANY for _, value in scaled):
        message = f"multiplies earlier counts by {found[1]:g}"
        remedy = "correct the count before that day, or this row"
        notes.error(row.number, "date", row.cell(1), message, remedy)
        return one
    return replace(one, registrations=(*one.registrations, when))


# --- rows of observations --------------------------------------------------------------


def observation_rows(
    series: Sequence[Series], *, places: Collection[str], start: date
) -> list[dict[str, Any]]:
    """The series as rows of observations.csv.

    Of a series of several files each row says in its note which it is from (`file camp1.csv`), and a row without
    value marks each registration. series : as corrected. places : names in locations.csv. start : date of day 0.
    """
    rows: list[dict[str, Any]] = []
    for one in series:
        base = {
            "quantity": "present",
            "place": one.name if one.name in places else "",
            "area": "" if one.name in places else one.name,
            "kind": "stock",
            "unit": "people",
        }
        for name, entries in one.files:
            note = f"{PART}{name}" if len(one.files) > 1 else ""
            for when, value in entries:
                rows.append(base | {"date_from": start + timedelta(days=when), "value": value, "note": note})
        for when in one.registrations:
            rows.append(base | {"date_from": start + timedelta(days=when), "note": REGISTRATION})
    return rows
