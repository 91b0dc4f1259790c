"""Who people are in a Flee folder: demographics_*.csv → groups; agents.csv and initial_idps → who is there on day 0."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from travesia.flee_csv import Notes, Row, hint, integer, number
from travesia.flee_days import Change
from travesia.flee_geography import Location
from travesia.scenario import FleeSettings, GroupValue

AGES = ("0-14", "15-18", "19-59", "60+")
"""The classes between whose ages no rule of Flee makes a difference."""
RULES_BY_ATTRIBUTE: Mapping[str, tuple[str, ...]] = {
    "age": ("ChildrenAvoidHazards", "BoysTakeRisk", "ElderlyAvoidHazards"),
    "gender": ("BoysTakeRisk", "WomenAvoidHazards"),
    "religion": ("MatchCampReligion",),
    "ethnicity": ("MatchCampEthnicity", "MatchTownEthnicity", "MatchConflictEthnicity"),
}
SIGNS = ";=>+*:"
RANGE = re.compile(r"(\d+)\s*[-–]\s*(\d+)")


@dataclass(frozen=True)
class Attribute:
    """One attribute of people: weight of each value, for everyone ("") and at the places that have their own."""

    name: str
    values: tuple[str, ...]
    weights: Mapping[str, Mapping[str, float]]

    def shares(self, place: str) -> dict[str, float]:
        """The share of each value among those who start at a place ("": anywhere else)."""
        weights = self.weights[place]
        total = math.fsum(weights.values())
        return {value: weights.get(value, 0.0) / total for value in self.values}


def needed_attributes(movement: FleeSettings) -> dict[str, str]:
    """The attributes that rules which are on depend on, each with the first such rule."""
    found = {}
    for name, rules in RULES_BY_ATTRIBUTE.items():
        on = [rule for rule in rules if getattr(movement, rule)]
        if movement.men_count_as_boys and not movement.ChildrenAvoidHazards:
            on = [rule for rule in on if rule != "BoysTakeRisk"]  # it does nothing then
        if on:
            found[name] = on[0]
    return found


# --- demographics --------------------------------------------------------------------


def read_attribute(
    rows: Sequence[Row], notes: Notes, *, name: str, places: Collection[str]
) -> Attribute | None:
    """One attribute from its file of weights; None (and a problem) where it cannot be read.

    Ages are gathered into AGES. rows : of demographics_<name>.csv. notes : where problems go. places : the names in
    locations.csv.
    """
    lines = [row for row in rows if not row.blank and not row.comment]
    if len(lines) < 2:
        notes.error(
            0, "", "", "no value in this file", f"write a header `{name},Default` and a row per value"
        )
        return None
    header = lines[0]
    if header.cell(0) != name:
        message = f"not {name!r}, on which Flee stops; the first column is taken for the values"
        notes.warn(header.number, header.cell(0), "", message, f"write {name}")
    columns = _weight_columns(header, notes, places)
    weights: dict[str, dict[str, float]] = {place: {} for place in columns}
    for line in lines[1:]:
        value = _value(line, notes, name)
        if value is None:
            continue
        for place, at in columns.items():
            weight = _weight(line, notes, place or "Default", at)
            weights[place][value] = weights[place].get(value, 0.0) + weight
    for place, by_value in weights.items():
        if not math.fsum(by_value.values()) > 0:
            message = "no weight above 0 in this column, on which Flee stops"
            notes.error(header.number, place or "Default", "", message, "write a weight for each value")
    if "" not in weights:
        message = "no column Default, which holds for every place without a column of its own"
        notes.error(header.number, "Default", "", message, "add it")
        return None
    if not all(math.fsum(by_value.values()) > 0 for by_value in weights.values()):
        return None
    values = list(AGES) if name == "age" else list(weights[""])
    return Attribute(name, tuple(values), weights)


def _weight_columns(header: Row, notes: Notes, places: Collection[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at in range(1, len(header.cells)):
        name = header.cell(at)
        if name == "":
            continue
        place = "" if name.lower() == "default" else name
        if place and place not in places:
            message = "no such place in locations.csv; the column is left out, as in Flee"
            notes.warn(header.number, name, "", message, hint(name, {*places, "Default"}))
        elif place in columns:
            notes.error(header.number, name, "", "this column stands there twice", "delete one of them")
        else:
            columns[place] = at
    return columns


def _weight(line: Row, notes: Notes, column: str, at: int) -> float:
    if line.cell(at) == "":
        return 0.0
    weight = number(notes, line.number, column, line.cell(at), want="a weight, such as 0.25")
    if weight is not None and weight < 0:
        notes.error(line.number, column, line.cell(at), "below 0", "write 0 or more")
        return 0.0
    return weight or 0.0


def _value(line: Row, notes: Notes, name: str) -> str | None:
    """The value a row is about; ages by their class."""
    text = line.cell(0)
    if name == "age":
        return age_class(text, notes, row=line.number)
    signs = [sign for sign in SIGNS if sign in text]
    if not text or signs:
        message = "a sign that has a meaning of its own here" if text else "blank"
        notes.error(line.number, name, text, message, f"leave out {' '.join(signs)}" if signs else "name it")
        return None
    return text


def age_class(text: str, notes: Notes, *, row: int) -> str | None:
    """The class of an age, or of a range of ages that lies within one; None (and a problem) for none.

    text : as written. notes, row : where it stands.
    """
    if text in AGES:
        return text
    ends = RANGE.fullmatch(text)
    if ends:
        first, last = (_class_of(float(end)) for end in ends.groups())
        if first == last:
            return first
        message = "ages that Flee's rules treat differently (they part at 15, 19 and 60)"
        notes.error(row, "age", text, message, f"split the row at these ages, like {', '.join(AGES)}")
        return None
    age = number(notes, row, "age", text, want="an age in years")
    if age is None:
        return None
    if age < 0:
        notes.error(row, "age", text, "below 0", "write an age in years")
        return None
    return _class_of(age)


def _class_of(age: float) -> str:
    if age <= 14:
        return AGES[0]
    if age < 19:
        return AGES[1]
    return AGES[2] if age <= 59 else AGES[3]


def group_settings(attributes: Sequence[Attribute]) -> dict[str, dict[str, GroupValue]]:
    """The attributes as groups of a scenario, with their shares where places have none of their own."""
    return {
        one.name: {value: GroupValue(share=share) for value, share in one.shares("").items()}
        for one in attributes
    }


def share_changes(
    attributes: Sequence[Attribute], *, locations: Sequence[Location]
) -> dict[str, list[Change]]:
    """Drivers `attribute=value` with the shares at places that have their own, from day 0."""
    found: dict[str, list[Change]] = {}
    for one in attributes:
        for place in locations:
            if place.written in one.weights:
                for value, share in one.shares(place.written).items():
                    found.setdefault(f"{one.name}={value}", []).append((place.name, 0, share))
    return found


# --- those who are there on day 0 ------------------------------------------------------


def initial_rows(
    locations: Sequence[Location], notes: Notes, *, movement: FleeSettings
) -> list[dict[str, Any]]:
    """Departures of those whom initial_idps puts at places; Flee does not scale them by `hasten`, so that each is one.

    locations : in file order. notes : on locations.csv. movement : for hasten, and whether camps start empty.
    """
    rows: list[dict[str, Any]] = []
    for place in locations:
        text = place.attributes.get("initial_idps", "")
        people = integer(notes, place.row, "initial_idps", text, want="a number of people") if text else 0
        if not people:
            continue
        if people < 0:
            notes.error(place.row, "initial_idps", text, "fewer than nobody", "write 0 or more")
        elif movement.empty_camps_on_day0:
            message = "left out because of empty_camps_on_day0, as in Flee"
            notes.warn(place.row, "initial_idps", text, message, "set empty_camps_on_day0 to False")
        else:
            rows.append(
                {
                    "departure": f"initial {place.name}",
                    "kind": "present",
                    "place": place.name,
                    "people": people * movement.hasten,
                }
            )
    return rows


def agent_rows(
    rows: Sequence[Row],
    notes: Notes,
    *,
    attributes: Sequence[Attribute],
    places: Collection[str],
    hasten: int,
) -> list[dict[str, Any]]:
    """Departures of the people of agents.csv, one row for each place and each combination of attributes.

    rows : of the file. notes : where problems go. attributes : those that count. places : names in locations.csv.
    hasten : people per row.
    """
    lines = [row for row in rows if not row.blank and not row.comment]
    if not lines:
        notes.error(0, "", "", "no header in this file", "write a header `location,…` and one row per person")
        return []
    header = lines[0]
    if header.cell(0) in places:
        message = "the name of a place; the first row is taken for the header, as in Flee"
        notes.warn(header.number, "location", header.cell(0), message, "add a header, such as `location,age`")
    columns = {header.cell(at): at for at in range(1, len(header.cells))}
    for one in attributes:
        if one.name not in columns:
            message = "no such column, on which Flee stops; people are dealt over its values by their shares"
            notes.warn(header.number, one.name, "", message, "add it")
    used = [one for one in attributes if one.name in columns]
    counts: dict[tuple[str, str], int] = {}
    for line in lines[1:]:
        if line.cell(0) not in places:
            message = "no such place in locations.csv; the row is left out, as in Flee"
            notes.warn(line.number, "location", line.cell(0), message, hint(line.cell(0), places))
            continue
        groups = list(_groups(line, notes, used, columns))
        if None not in groups:
            key = (line.cell(0), ";".join(part for part in groups if part))
            counts[key] = counts.get(key, 0) + 1
    return list(_present(counts, hasten))


def _groups(
    line: Row, notes: Notes, attributes: Sequence[Attribute], columns: Mapping[str, int]
) -> Iterator[str | None]:
    for one in attributes:
        text = line.cell(columns[one.name])
        if text == "":
            message = "blank, on which Flee stops; dealt over its values by their shares"
            notes.warn(line.number, one.name, "", message, "fill in the cell")
            yield ""
            continue
        value = age_class(text, notes, row=line.number) if one.name == "age" else text
        if value is not None and value not in one.values:
            message = f"no value of demographics_{one.name}.csv"
            notes.error(line.number, one.name, text, message, hint(value, one.values))
            value = None
        yield None if value is None else f"{one.name}={value}"


def _present(counts: Mapping[tuple[str, str], int], hasten: int) -> Iterator[dict[str, Any]]:
    used: dict[str, int] = {}
    for (place, groups), count in counts.items():
        used[place] = used.get(place, 0) + 1
        again = f" #{used[place]}" if used[place] > 1 else ""
        yield {
            "departure": f"agents {place}{again}",
            "kind": "present",
            "place": place,
            "people": count * hasten,
            "groups": groups,
            "note": "agents.csv",
        }
