"""What places become: Flee's location_changes.csv and closures of camps → measures, and conflicts they end or begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from travesia.flee_csv import Notes, Row, data_rows, hint, integer, name_in
from travesia.flee_geography import TYPES, Location, kind_of
from travesia.scenario import CAMPS

FIRST, LAST = 0, 2
"""Changes of types act before the conflicts of a day, closures after them."""


@dataclass(frozen=True)
class Event:
    """On day `day` a place is changed to `kind` (how: change), closed, or opened as the camp `kind`."""

    row: int
    place: str
    day: int
    how: str
    kind: str

    @property
    def order(self) -> int:
        return FIRST if self.how == "change" else LAST


def read_location_changes(rows: Sequence[Row], notes: Notes, *, locations: Sequence[Location]) -> list[Event]:
    """The changes of types in file order.

    rows : of location_changes.csv. notes : where problems go. locations : the places.
    """
    places = {place.name for place in locations}
    events: list[Event] = []
    for row in data_rows(rows, notes, header=("name", "location", "location_name")):
        kind = kind_of(row.cell(1))
        if kind == "":
            message = "no type that Flee knows, on which it stops"
            notes.error(row.number, "location_type", row.cell(1), message, hint(row.cell(1).lower(), TYPES))
            continue
        when = integer(notes, row.number, "day", row.cell(2), want="a day, such as 30")
        if when is None:
            continue
        name = name_in(row, notes, 0, "name")
        if name not in places:
            message = (
                "no such place in locations.csv, for which Flee changes the first place of the file; left out"
            )
            notes.warn(row.number, "name", name, message, hint(name, places))
        elif when < 0:
            message = "before the first day, so Flee never acts on it; the row is left out"
            notes.warn(row.number, "day", row.cell(2), message, "write 0, or another type in locations.csv")
        else:
            events.append(Event(row.number, name, when, "change", kind))
    return events


def imposed_conflicts(
    events: Sequence[Event], *, default_intensity: float
) -> dict[str, list[tuple[int, int, float]]]:
    """What events make of the conflict at each place, as (day, order, intensity).

    default_intensity : of places that become conflict zones.
    """
    found: dict[str, list[tuple[int, int, float]]] = {}
    for event in events:
        intensity = default_intensity if event.kind == "conflict" else 0.0
        found.setdefault(event.place, []).append((event.day, event.order, intensity))
    return found


def kind_rows(events: Sequence[Event], kinds: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Measures by place, in the order of days: `camp_closed` while a camp is closed, `becomes` for other changes.

    Dates are days of the run under `first` and `last` (None: for ever). events : in file order, closures of a row
    before their openings. kinds : of the places on the first day.
    """
    return {
        name: _rows(name, kinds[name], [event for event in events if event.place == name])
        for name in dict.fromkeys(event.place for event in events)
    }


def _rows(name: str, kind: str, events: Sequence[Event]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    closed: tuple[int, str] | None = None  # since when, and which camp it was
    for event in sorted(events, key=lambda event: (event.day, event.order)):
        if event.how == "close":
            if closed is None and kind in CAMPS:
                closed = (event.day, kind)
            elif closed is None and kind != "town":
                rows.append(_becomes(name, event.day, "town"))
                kind = "town"
            continue
        new = "town" if event.kind == "conflict" else event.kind
        if closed is not None:
            kind = closed[1]
            if event.day > closed[0]:
                rows.append(_closed(name, closed, event.day - 1))
            closed = None
        if new != kind or event.how == "change":
            rows.append(_becomes(name, event.day, new))
        kind = new
    return [*rows, _closed(name, closed, None)] if closed is not None else rows


def _becomes(name: str, day: int, kind: str) -> dict[str, Any]:
    return {
        "measure": f"becomes:{name}",
        "kind": "becomes",
        "place": name,
        "target": kind,
        "first": day,
        "last": None,
    }


def _closed(name: str, closed: tuple[int, str], last: int | None) -> dict[str, Any]:
    label = "camp" if closed[1] == "camp" else "idpcamp"
    return {
        "measure": f"{label}:{name}",
        "kind": "camp_closed",
        "place": name,
        "first": closed[0],
        "last": last,
    }
