"""Flee's closures.csv → measures that close ways and camps, and redirections for as long as they last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from travesia.flee_csv import Notes, Row, data_rows, hint, integer, name_in
from travesia.flee_geography import Location
from travesia.flee_kinds import Event
from travesia.flee_routes import Leg

LONGEST_RUN_DAYS = 100_000
REMOVAL = "remove_forced_redirection"
CAMP_KINDS = {"camp": "camp", "idpcamp": "idp_camp"}
"""What a place is after a closure of this type."""
CLOSURES = ("country", "location", "link", *CAMP_KINDS)
Span = tuple[int, int | None]
"""First day, and the day after the last (None: for ever)."""


@dataclass(frozen=True)
class Closure:
    """One row of closures.csv: what it names closes on day `start`, opens on day `end`; a day below 0 never comes."""

    row: int
    kind: str
    first: str
    second: str
    start: int
    end: int


def read_closures(rows: Sequence[Row], notes: Notes, *, locations: Sequence[Location]) -> list[Closure]:
    """The closures in file order.

    rows : of closures.csv. notes : where problems go. locations : the places, for their names and countries.
    """
    closures: list[Closure] = []
    kinds = {place.name: place.kind for place in locations}
    for row in data_rows(rows, notes, header=("closure_type", "type")):
        kind = row.cell(0)
        if kind not in (*CLOSURES, REMOVAL):
            message = "no such type of closure; the row is left out, as in Flee"
            notes.warn(row.number, "closure_type", kind, message, hint(kind, CLOSURES))
            continue
        if not _named_right(row, notes, kind, locations):
            continue
        closure = _read_closure(row, notes, kind)
        if closure is not None:
            _warn_of_days(closure, row, notes)
            _warn_of_new_camp(closure, notes, kinds)
            closures.append(closure)
    return closures


def _named_right(row: Row, notes: Notes, kind: str, locations: Sequence[Location]) -> bool:
    """Whether the names exist; a closure of nothing is left out with a warning."""
    what = "country" if kind == "country" else "place"
    known = sorted({place.country if kind == "country" else place.name for place in locations})
    for column in (1, 2) if kind in ("country", "link", REMOVAL) else (1,):
        name = name_in(row, notes, column, f"name{column}")
        if name not in known:
            message = f"no such {what} in locations.csv; the row is left out"
            notes.warn(row.number, f"name{column}", name, message, hint(name, known))
            return False
    return True


def _read_closure(row: Row, notes: Notes, kind: str) -> Closure | None:
    start = integer(notes, row.number, "closure_start", row.cell(3), want="a day, such as 0")
    end: int | None = -1
    if row.cell(4) == "":
        message = "blank, on which Flee stops; taken as never"
        notes.warn(row.number, "closure_end", "", message, "write a day, or -1 for never")
    else:
        end = integer(notes, row.number, "closure_end", row.cell(4), want="a day, or -1 for never")
    if start is None or end is None:
        return None
    for column, value in (("closure_start", start), ("closure_end", end)):
        if value > LONGEST_RUN_DAYS:
            remedy = f"write at most {LONGEST_RUN_DAYS}, or -1 for never"
            notes.error(row.number, column, value, "more days than any run has", remedy)
            return None
    return Closure(row.number, kind, row.cell(1), row.cell(2), start, end)


def _warn_of_days(closure: Closure, row: Row, notes: Notes) -> None:
    if closure.kind == REMOVAL:
        message = "no effect, as in Flee: forced redirection itself has none"
        remedy = "delete the row, or set ignore_redirection=false"
        notes.warn(row.number, "closure_type", closure.kind, message, remedy)
        return
    camp = closure.kind in CAMP_KINDS
    if closure.start < 0:
        message = "starts before the first day, so Flee never closes it; "
        if closure.end < 0:
            message += "the row is left out"
        else:
            message += "its end makes it a camp" if camp else "its end opens what other rows closed"
        notes.warn(
            row.number, "closure_start", row.cell(3), message, "write 0 to close it from the first day"
        )
    elif closure.end == closure.start and not camp:
        message = "ends the day it starts; left out"
        notes.warn(row.number, "closure_end", row.cell(4), message, "delete the row")
    elif 0 <= closure.end < closure.start:
        message = "ends before it starts, so Flee never reopens it; closed for ever"
        notes.warn(row.number, "closure_end", row.cell(4), message, "write -1 to say so")


def _warn_of_new_camp(closure: Closure, notes: Notes, kinds: Mapping[str, str]) -> None:
    if closure.end >= 0 and closure.kind in CAMP_KINDS and CAMP_KINDS[closure.kind] != kinds[closure.first]:
        message = f"no {closure.kind} in locations.csv, but one from the end of the closure on, as in Flee"
        notes.warn(closure.row, "name1", closure.first, message, "check its name and the type of closure")


def camp_events(closures: Sequence[Closure]) -> list[Event]:
    """What closures of camps make of their places: a town at the start, a camp at the end."""
    events: list[Event] = []
    for closure in closures:
        if closure.kind not in CAMP_KINDS:
            continue
        if closure.start >= 0:
            events.append(Event(closure.row, closure.first, closure.start, "close", "town"))
        if closure.end >= 0:
            events.append(Event(closure.row, closure.first, closure.end, "open", CAMP_KINDS[closure.kind]))
    return events


# --- closed ways -----------------------------------------------------------------------


def way_rows(
    closures: Sequence[Closure], notes: Notes, *, legs: Sequence[Leg], locations: Sequence[Location]
) -> dict[int, list[dict[str, Any]]]:
    """Measures that close ways, by the row of closures.csv; days of the run under `first` and `last`.

    A reopening of Flee opens all ways it names, whoever closed them: where that matters, the ways are closed one by
    one on the days on which Flee has them closed. closures : in file order. notes : where problems go. legs,
    locations : of the folder.
    """
    countries = {place.name: place.country for place in locations}
    barring = [closure for closure in closures if closure.kind in ("country", "location", "link")]
    barred = {c.row: [leg for leg in legs if _bars(c, leg, countries)] for c in barring}
    on_leg: dict[str, list[Closure]] = {}
    for closure in barring:
        for leg in barred[closure.row]:
            on_leg.setdefault(leg.leg, []).append(closure)
    spans = {name: _spans(found) for name, found in on_leg.items()}
    contested = {name for name, found in on_leg.items() if spans[name] != _union(found)}
    rows: dict[int, list[dict[str, Any]]] = {}
    done: set[str] = set()
    for closure in barring:
        names = [leg.leg for leg in barred[closure.row]]
        if not names:
            message = "no route between the two; the row is left out"
            if closure.kind == "location":
                message = "no route to or from it; the row is left out"
            column = "name1" if closure.kind == "location" else "name2"
            value = closure.first if closure.kind == "location" else closure.second
            notes.warn(closure.row, column, value, message, "check both names")
        elif contested & set(names) or not _can_be_named(closure):
            _warn_of_overlap(closure, notes, sorted(contested & set(names)), on_leg)
            rows[closure.row] = [
                row for name in names if name not in done for row in _by_leg(name, spans[name])
            ]
            done.update(names)
        elif closure.start >= 0 and closure.end != closure.start:
            rows[closure.row] = list(_tidy(closure, names))
    return rows


def _bars(closure: Closure, leg: Leg, countries: Mapping[str, str]) -> bool:
    if closure.kind == "country":
        ends = sorted((countries[leg.start], countries[leg.end]))
        return ends == sorted((closure.first, closure.second))
    if closure.kind == "link":
        return {leg.start, leg.end} == {closure.first, closure.second}
    return closure.first in (leg.start, leg.end)


def _spans(closures: Sequence[Closure]) -> list[Span]:
    """The days on which Flee has a leg closed: each start closes it, each end opens it, in the order of the rows."""
    events = [(c.start, at, 0) for at, c in enumerate(closures) if c.start >= 0]
    events += [(c.end, at, 1) for at, c in enumerate(closures) if c.end >= 0]
    spans: list[Span] = []
    since: int | None = None
    for day, _, opens in sorted(events):
        if opens and since is not None:
            spans += [(since, day)] if day > since else []
            since = None
        elif not opens and since is None:
            since = day
    spans += [(since, None)] if since is not None else []
    return _joined(spans)


def _union(closures: Sequence[Closure]) -> list[Span]:
    """The days on which at least one of the closures of a leg lasts."""
    return _joined([_span(c) for c in closures if c.start >= 0 and c.end != c.start])


def _span(closure: Closure) -> Span:
    return closure.start, closure.end if closure.end > closure.start else None


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Spans that overlap or touch as one, in order."""
    found: list[Span] = []
    for start, end in sorted(spans, key=lambda span: span[0]):
        if found and (found[-1][1] is None or start <= found[-1][1]):
            before, last = found[-1]
            found[-1] = (before, None if last is None or end is None else max(last, end))
        else:
            found.append((start, end))
    return found


def _can_be_named(closure: Closure) -> bool:
    """Whether the cell `A-B` can say which two countries are meant."""
    if closure.kind != "country":
        return True
    return closure.first != closure.second and "-" not in closure.first + closure.second


def _tidy(closure: Closure, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    start, end = _span(closure)
    days = {"kind": "close", "first": start, "last": None if end is None else end - 1}
    if closure.kind == "country":
        pair = f"{closure.first}-{closure.second}"
        yield {"measure": f"country:{pair}", "countries": pair, **days}
    elif closure.kind == "location":
        yield {"measure": f"location:{closure.first}", "place": closure.first, **days}
    else:
        for name in names:
            yield {"measure": f"link:{name}", "leg": name, **days}


def _by_leg(name: str, spans: Sequence[Span]) -> Iterator[dict[str, Any]]:
    for start, end in spans:
        last = None if end is None else end - 1
        yield {"measure": f"link:{name}", "leg": name, "kind": "close", "first": start, "last": last}


def _warn_of_overlap(
    closure: Closure, notes: Notes, contested: Sequence[str], on_leg: Mapping[str, Sequence[Closure]]
) -> None:
    for name in contested if closure.start >= 0 else ():
        others = [other for other in on_leg[name] if other.row < closure.row and other.start >= 0]
        if others:
            message = (
                f"closes {name} as row {others[0].row} does; whichever ends first reopens it, as in Flee"
            )
            remedy = "let the closures of one link follow each other"
            notes.warn(closure.row, "closure_end", closure.end, message, remedy)
            return


# --- forced redirection ------------------------------------------------------------------


def redirect_rows(closures: Sequence[Closure], *, legs: Sequence[Leg]) -> list[dict[str, Any]]:
    """Measures `redirect` for the links that are forced redirections, on the days on which they are.

    A removal switches off every link from its first place to its second on its start, and on again on its end.
    closures : in file order. legs : of the folder.
    """
    removals = [closure for closure in closures if closure.kind == REMOVAL]
    rows: list[dict[str, Any]] = []
    for name, start, end, forced in _directed(legs):
        events = []
        for at, removal in enumerate(removals):
            if (removal.first, removal.second) == (start, end):
                events += [(removal.start, at, False), (removal.end, at, True)]
        since = 0 if forced else None
        for day, _, on in sorted(event for event in events if event[0] >= 0):
            if since is not None and not on:
                rows += [_redirect(name, since, day - 1)] if day > since else []
                since = None
            elif since is None and on:
                since = day
        rows += [_redirect(name, since, None)] if since is not None else []
    return rows


def _directed(legs: Sequence[Leg]) -> Iterator[tuple[str, str, str, bool]]:
    """Name (as of directed legs: `A>B`, then `A>B#2`), start, end and whether it is forced, of each direction."""
    seen: dict[tuple[str, str], int] = {}
    for leg in legs:
        for start, end, code in ((leg.start, leg.end, 2), (leg.end, leg.start, 1)):
            seen[start, end] = seen.get((start, end), 0) + 1
            again = f"#{seen[start, end]}" if seen[start, end] > 1 else ""
            yield f"{start}>{end}{again}", start, end, leg.redirected == code


def _redirect(name: str, first: int, last: int | None) -> dict[str, Any]:
    return {"measure": f"redirect:{name}", "leg": name, "kind": "redirect", "first": first, "last": last}
