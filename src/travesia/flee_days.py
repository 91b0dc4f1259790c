"""Tables with a row per day and a column per place, conflicts.csv and flood_level.csv → changes of a driver."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from travesia.flee_csv import Notes, Row, hint, number
from travesia.flee_geography import Location
from travesia.scenario import NO_CONFLICT

Change = tuple[str, int, float]
"""Place, day of the run, value from then on."""


def read_days(
    rows: Sequence[Row], notes: Notes, *, places: Collection[str], days: int, want: str
) -> dict[str, list[float]]:
    """The values of each place by day; row k of the data is day k, whatever its first cell says.

    rows : of the file. notes : where problems go. places : names in locations.csv. days : length of the run.
    want : what a cell should hold.
    """
    lines = _after_comments([row for row in rows if row.cells], notes, places)
    if not lines:
        notes.error(0, "", "", "empty", "write a header with the names of places and one row per day")
        return {}
    header = lines[0]
    if len(header.cells) > 1 and all(_is_number(cell) for cell in header.cells[1:] if cell.strip()):
        message = "numbers where the names of places should stand"
        notes.error(header.number, "", "", message, "write a header with the names of places")
        return {}
    columns = _columns(header, notes, places)
    series: dict[str, list[float]] = {name: [] for name in columns}
    unnamed = [at for at in range(1, len(header.cells)) if header.cell(at) == ""]
    count = 0
    for row in lines[1:]:
        if _says_nothing(row, notes):
            continue
        _warn_of_row(row, notes, count, header, unnamed)
        count += 1
        cells = [cell.strip() for cell in row.cells]
        for name, column in columns.items():
            text, values = cells[column] if column < len(cells) else "", series[name]
            # nearly all cells are one of the two
            plain = 0.0 if text == "0" else 1.0 if text == "1" else None
            values.append(_value(text, row, notes, name, values, want) if plain is None else plain)
    if not count:
        notes.error(0, "", "", "no day in this file", "write one row per day")
    elif count < days and series:
        message = f"{count} days for a run of {days}, on which Flee stops; the last row holds on"
        notes.warn(lines[-1].number, "", "", message, "add the missing rows")
    return series


def count_days(rows: Sequence[Row]) -> int:
    """How many days a file of `read_days` covers."""
    lines = [row for row in rows if not row.blank]
    return sum(not (row.comment and _is_text(row)) for row in lines[1:])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_text(row: Row) -> bool:
    """Whether nothing but the first cell of a row could be a value."""
    return not any(_is_number(cell) for cell in row.cells[1:])


def _after_comments(lines: list[Row], notes: Notes, places: Collection[str]) -> list[Row]:
    """The lines from the header on: comments before it, which name no place, are left out."""
    while len(lines) > 1 and lines[0].comment and not _named(lines[0], places) and _named(lines[1], places):
        message = "a comment before the header, for which Flee takes it; left out"
        notes.warn(lines[0].number, "", lines[0].cell(0), message, "delete the row")
        lines = lines[1:]
    return lines


def _named(row: Row, places: Collection[str]) -> bool:
    return any(row.cell(at) in places for at in range(1, len(row.cells)))


def _says_nothing(row: Row, notes: Notes) -> bool:
    """Whether a row is blank or a comment; it then counts as no day, with a word."""
    if row.blank:
        message = "a row of blank cells, on which Flee stops; it is left out"
        notes.warn(row.number, "", "", message, "delete the row")
    elif row.comment and _is_text(row):
        message = "a comment, on which Flee stops; it is left out"
        notes.warn(row.number, "", row.cell(0), message, "delete the row")
    else:
        return False
    return True


def _warn_of_row(row: Row, notes: Notes, day: int, header: Row, unnamed: Sequence[int]) -> None:
    """Say where the day a row names is not the one it counts for, and where it is longer than the header."""
    said = row.cell(0).lstrip("#")
    if _is_number(said) and float(said) != day:
        message = "rows are counted, whatever their first cells say, as in Flee: the first is day 0"
        remedy = "number the rows from 0, and add those that are missing"
        notes.warn(row.number, header.cell(0) or "day", row.cell(0), message, remedy)
    beyond = [row.cell(at) for at in (*unnamed, *range(len(header.cells), len(row.cells))) if row.cell(at)]
    if beyond:
        message = "values without a name of a place above them, on which Flee stops; left out"
        notes.warn(row.number, "", " ".join(beyond), message, "name the columns, or delete the values")


def _columns(header: Row, notes: Notes, places: Collection[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for column in range(1, len(header.cells)):
        name = header.cell(column)
        if name == "":
            continue
        if name in columns:
            notes.error(header.number, name, "", "this column stands there twice", "delete one of them")
        elif name in places:
            columns[name] = column
        else:
            message = "no such place in locations.csv; the column is left out, as in Flee"
            notes.warn(header.number, name, "", message, hint(name, places))
    return columns


def _value(text: str, row: Row, notes: Notes, name: str, before: Sequence[float], want: str) -> float:
    held = before[-1] if before else 0.0
    if text == "":
        message = "blank, on which Flee stops; the value of the day before holds on"
        notes.warn(row.number, name, "", message, f"write {want}")
        return held
    value = number(notes, row.number, name, text, want=want)
    if value is None:
        return held
    if value < 0:
        notes.error(row.number, name, text, "below 0", f"write {want}")
        return held
    return value if value > NO_CONFLICT else 0.0


def changes_of(series: Mapping[str, Sequence[float]]) -> list[Change]:
    """The days on which a value differs from that of the day before, by place, then by day; 0 before day 0.

    series : by place, as `read_days` gives it.
    """
    changes: list[Change] = []
    for name, values in series.items():
        previous = 0.0
        for when, value in enumerate(values):
            if value != previous:
                changes.append((name, when, value))
            previous = value
    return changes


# --- conflicts -----------------------------------------------------------------------


def conflict_changes(
    series: Mapping[str, Sequence[float]],
    *,
    locations: Sequence[Location],
    imposed: Mapping[str, Sequence[tuple[int, int, float]]],
) -> list[Change]:
    """The changes of conflict, by place in file order, then by day.

    A conflict zone of locations.csv that conflicts.csv leaves out, or has at 0 on day 0, is in conflict
    from day −1 until the file goes from above 0 to 0; where the file begins it, it begins anew: it ends and begins on
    that day. series : of conflicts.csv. locations : the places. imposed : by place, what camps that close or open and
    changes of type make of it, as (day, 0 before or 2 after the conflicts of that day, intensity); the file acts again
    after its next 0.
    """
    changes: list[Change] = []
    for place in locations:
        values = series.get(place.written, [])
        found = _of_place(place, values)
        if place.name in imposed:
            found = _with_imposed(found, values, imposed[place.name])
        changes += [(place.name, when, value) for when, value in found]
    return changes


def _of_place(place: Location, values: Sequence[float]) -> list[tuple[int, float]]:
    at_once = place.intensity > NO_CONFLICT and place.conflict_from == 0
    permanent = at_once and (not values or values[0] == 0)
    found = [(when, value) for _, when, value in changes_of({place.name: values})]
    if place.again:  # Flee begins conflicts at the first place of a name, and ends them at all
        found = [(when, value) for when, value in found if value == 0]
        return [(-1, place.intensity), *found[:1]] if at_once else []
    if not permanent:
        return found
    anew = [(when, 0.0) for when, _ in found[:1]]
    return [(-1, place.intensity), *anew, *found]


def _with_imposed(
    found: Sequence[tuple[int, float]], values: Sequence[float], imposed: Sequence[tuple[int, int, float]]
) -> list[tuple[int, float]]:
    """Changes as Flee follows them where the type of the place changes as well."""
    events = sorted([*((when, 1, value) for when, value in found), *imposed])
    result: dict[int, float] = {}
    now, ignored = 0.0, False
    for when, order, value in events:
        if order != 1:
            last = min(when if order == 2 else when - 1, len(values) - 1)
            ignored = last >= 0 and values[last] > 0
        elif value == 0:
            ignored = False
        elif ignored:
            continue
        if value != now:
            result[when] = now = value
    return list(result.items())
