"""Flee's routes.csv and major_routes.csv → legs, forced redirections, and chains of places known as wholes."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from travesia.flee_csv import (
    Notes,
    Row,
    data_rows,
    header_row,
    hint,
    name_in,
    number,
    refuse_more_cells,
)

SPEED, WALKING = "max_move_speed", "walk_probability"
COLUMNS = 4
HEADER = ("name1", "name 1", "from", "start", "origin", "source", "location1", "place1")


@dataclass(frozen=True)
class Leg:
    """One row of routes.csv, or one of two where Flee makes two links of a row; NaN where no attribute is given.

    redirected : the direction that is a forced redirection: 2 forth, 1 back, 0 none. That is what Flee's manual says;
    its source takes them the other way round, and makes no use of them.
    """

    row: int
    leg: str
    start: str
    end: str
    distance_km: float
    speed_km_per_day: float = math.nan
    walk_probability: float = math.nan
    redirected: int = 0


def read_routes(rows: Sequence[Row], notes: Notes, *, places: Collection[str]) -> list[Leg]:
    """The legs in file order; a row whose forced_redirection is 1 gives two, as in Flee.

    rows : of routes.csv. notes : where problems go. places : the names in locations.csv.
    """
    header = header_row(rows, header=HEADER, columns=COLUMNS)
    columns = {header.cell(column): column for column in range(COLUMNS, len(header.cells))}
    legs: list[Leg] = []
    used: dict[str, int] = {}
    before: set[frozenset[str]] = set()
    for row in data_rows(rows, notes, header=HEADER):
        refuse_more_cells(row, notes, max(COLUMNS, len(header.cells)))
        start, end = (_endpoint(row, notes, column, places) for column in (0, 1))
        km = _distance(row, notes)
        speed, walking = _speed(row, notes, columns), _walking(row, notes, columns)
        code = _forced(row, notes)
        if start is None or end is None or km is None:
            continue
        if start == end:
            message = "a way from a place to itself, which Flee takes for an option; left out"
            notes.warn(row.number, "name2", end, message, "delete the row")
            continue
        pair = frozenset((start, end))
        if pair in before:
            message = "joins the same places as an earlier row: two ways to choose from, as in Flee"
            notes.warn(row.number, "name2", end, message, "delete one of the two if they are the same way")
        before.add(pair)
        for redirected in (1, 0) if code == 1 else (code,):
            name = f"{start}>{end}"
            used[name] = used.get(name, 0) + 1
            identifier = name if used[name] == 1 else f"{name}#{used[name]}"
            legs.append(Leg(row.number, identifier, start, end, km, speed, walking, redirected))
    return legs


def _endpoint(row: Row, notes: Notes, column: int, places: Collection[str]) -> str | None:
    name = name_in(row, notes, column, f"name{column + 1}")
    if name in places:
        return name
    message = "no such place in locations.csv" if name else "blank"
    notes.error(row.number, f"name{column + 1}", name, message, hint(name, places))
    return None


def _distance(row: Row, notes: Notes) -> float | None:
    km = number(notes, row.number, "distance", row.cell(2), want="the length in km")
    if km is None:
        return None
    if km < 0:
        notes.error(row.number, "distance", row.cell(2), "shorter than nothing", "write the length in km")
        return None
    if km == 0:
        notes.warn(
            row.number,
            "distance",
            row.cell(2),
            "a way without length, taken as 1 km",
            "write the length in km",
        )
    return km


def _forced(row: Row, notes: Notes) -> int:
    text = row.cell(3)
    if text in ("", "0"):
        return 0
    column = "forced_redirection"
    try:
        code = float(text)
    except ValueError:
        code = math.nan
    if not code.is_integer():
        message = "not a whole number, on which Flee stops; taken as 0"
        notes.warn(row.number, column, text, message, "write 0, or move other attributes one column on")
        return 0
    if code == 0:
        return 0
    if re.fullmatch(r"\d{3}", text) and re.fullmatch(r"\d{1,3}", row.cell(2)):
        remedy = f"write {row.cell(2)}{text} if a comma has split the distance, or 0 here"
        notes.error(row.number, column, text, f"no code, beside the distance {row.cell(2)}", remedy)
        return 0
    if code not in (1, 2):
        message = "no code that Flee knows; taken as 0, as there"
        notes.warn(row.number, column, text, message, "write 0 to be clear")
        return 0
    message = "forced redirection has no effect, as in Flee"
    if code == 1:
        message += ", but the code 1 makes two links of the row"
    notes.warn(row.number, column, text, message, "write 0 to be clear, or set ignore_redirection=false")
    return int(code)


def _speed(row: Row, notes: Notes, columns: Mapping[str, int]) -> float:
    value = _attribute(
        row, notes, columns, SPEED, want="a speed in km a day", instead="the usual speed is used"
    )
    if value <= 0:
        notes.error(row.number, SPEED, row.cell(columns[SPEED]), "not above 0", "write a speed in km a day")
        return math.nan
    return value


def _walking(row: Row, notes: Notes, columns: Mapping[str, int]) -> float:
    value = _attribute(row, notes, columns, WALKING, want="a chance from 0 to 1", instead="taken as 0")
    if value < 0 or value > 1:
        message = "not between 0 and 1"
        notes.error(row.number, WALKING, row.cell(columns[WALKING]), message, "write a chance from 0 to 1")
        return math.nan
    return value


def _attribute(
    row: Row, notes: Notes, columns: Mapping[str, int], name: str, *, want: str, instead: str
) -> float:
    if name not in columns:
        return math.nan
    text = row.cell(columns[name])
    if text == "":
        notes.warn(row.number, name, "", f"blank, on which Flee stops; {instead}", f"write {want}")
        return math.nan
    value = number(notes, row.number, name, text, want=want)
    return math.nan if value is None else value


# --- chains of places ----------------------------------------------------------------


def read_major_routes(
    rows: Sequence[Row], notes: Notes, *, legs: Sequence[Leg], places: Collection[str]
) -> tuple[tuple[str, ...], ...]:
    """The chains of places of major_routes.csv; each must follow legs.

    rows : of the file. notes : where problems go. legs, places : of the folder.
    """
    joined = {(leg.start, leg.end) for leg in legs} | {(leg.end, leg.start) for leg in legs}
    chains = []
    for row in rows:
        if row.blank or row.comment:
            continue
        chain = [row.cell(column) for column in range(len(row.cells))]
        if chain[-1] == "":
            message = "ends with a blank cell, so that Flee knows no way back along it; here it does"
            notes.warn(row.number, "", "", message, "delete the comma at the end")
        chain = [name for name in chain if name]
        if _is_a_way(row, notes, chain, joined, places):
            chains.append(tuple(chain))
    return tuple(chains)


def _is_a_way(
    row: Row, notes: Notes, chain: Sequence[str], joined: Collection[tuple[str, str]], places: Collection[str]
) -> bool:
    for column, name in enumerate(chain, start=1):
        if name not in places:
            message = "no such place in locations.csv"
            notes.error(row.number, f"place {column}", name, message, hint(name, places))
            return False
    if len(chain) < 2:
        notes.error(row.number, "", chain[0], "a single place is no way", "write two places or more")
        return False
    for column in range(1, len(chain)):
        before, after = chain[column - 1], chain[column]
        if (before, after) not in joined:
            message = f"no route leads there from {before!r}"
            remedy = "add it to routes.csv, or name the places between"
            notes.error(row.number, f"place {column + 1}", after, message, remedy)
            return False
    return True
