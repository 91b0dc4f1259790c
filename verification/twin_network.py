"""What the twin of rule `goal` knows before anybody moves: ways, measures, costs, news and logits.

Nothing here is fast or shared with the engine; only the types of a scenario are imported.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import pandas as pd

from travesia.scenario import GoalSettings, Number, Scenario

USUAL = {  # kind: the moment and the target where the table names none
    "block": ("passing", "stay"),
    "detain": ("arrival", ""),
    "transfer": ("morning", ""),
    "release": ("morning", ""),
    "return": ("daily", ""),
    "retry": ("morning", "stay"),
    "disperse": ("morning", "party:caravan=none"),
    "separate": ("daily", ""),
    "reunite": ("daily", ""),
    "admit": ("arrival", "admitted"),
    "shelter": ("daily", "stay"),
    "treat": ("daily", "stay"),
    "harm": ("daily", "died"),
}
EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True)
class Way:
    """A leg in one direction."""

    name: str
    start: str
    end: str
    km: float
    mode: str
    cost: float


@dataclass(frozen=True, eq=False)
class Measure:
    """A row of measures.csv under the policy; `ways` are the directed legs it names."""

    row: Any
    name: str
    kind: str
    place: str
    ways: frozenset[Way]
    days: range
    when: str
    target: str
    scale: float

    def leaves_people(self) -> bool:
        """Whether it does not compete."""
        return self.kind in ("shelter", "treat", "harm") and self.target == "stay"


def rows_of(table: pd.DataFrame) -> list[Any]:
    """The rows of a table, as tuples with names."""
    return list(table.itertuples(index=False))


def pairs_of(text: str) -> list[tuple[str, str]]:
    """The pairs of `name=value;name=value`."""
    pairs = [pair.partition("=") for pair in text.split(";") if pair.strip()]
    return [(name.strip(), value.strip()) for name, _, value in pairs]


class Network:
    """What does not change from replicate to replicate: tables read, closures dated, logits solved."""

    def __init__(self, scenario: Scenario, policy: str) -> None:
        assert isinstance(scenario.settings.movement, GoalSettings)
        self.settings, self.movement = scenario.settings, scenario.settings.movement
        self.days = range(self.settings.days)
        self.places: dict[str, Any] = {row.place: row for row in rows_of(scenario.places)}
        self.departures = rows_of(scenario.departures)
        self.destinations = rows_of(scenario.destinations)
        self.drivers = rows_of(scenario.drivers)
        self.ways = [way for row in scenario.legs.to_dict("records") for way in self.read_leg(row)]
        self.ways_from = defaultdict(list)
        for way in self.ways:
            if self.places[way.start].kind != "detention":
                self.ways_from[way.start].append(way)
        rows = rows_of(scenario.measures)
        scales = self.measures_of(policy, rows)
        self.measures = [self.read_measure(row, scales[row.measure]) for row in rows if row.measure in scales]
        self.states: list[tuple[int, frozenset[Way], frozenset[Measure]]] = []
        for day in self.days:
            state = (
                self.closed(day),
                frozenset(m for m in self.active(day) if self.number(m.row.choice_cost)),
            )
            if not self.states or state != self.states[-1][1:]:
                self.states.append((day, *state))
        self.values, self.known, self.chances = cache(self._values), cache(self._known), cache(self._chances)

    def number(self, cell: Number | None, blank: float = 0.0) -> float:
        """The value of a cell or setting that may name a parameter."""
        if isinstance(cell, str):
            return self.settings.parameters[cell].value
        return blank if cell is None or math.isnan(cell) else float(cell)

    def coefficient(self, text: str) -> float:
        """A number written out, or the name of a parameter."""
        return self.number(text if text in self.settings.parameters else float(text))

    def fits(self, groups: str, group: dict[str, str]) -> bool:
        """Whether a group is one of `attribute=value;…`, each attribute named having one of its values."""
        wanted = pairs_of(groups)
        return all((attribute, group.get(attribute)) in wanted for attribute, _ in wanted)

    def day(self, cell: pd.Timestamp, blank: int) -> int:
        """The day of the run of a date."""
        return (
            blank if pd.isna(cell) else (pd.Timestamp(cell).date() - self.settings.start) // timedelta(days=1)
        )

    def read_leg(self, row: Mapping[Any, Any]) -> Iterable[Way]:
        """One or two ways, with the part of the cost that never changes."""
        km = self.number(row["distance_km"]) * self.number(row["distance_factor"])
        s, number = self.movement, self.number
        days = km / number(s.speed_km_per_day[row["mode"]])
        cost = number(s.leg_cost) + number(s.cost_per_km) * km + number(s.cost_per_day) * days
        cost += number(s.cost_per_usd) * number(row["money_usd"]) + number(s.cost_per_risk) * number(
            row["risk"]
        )
        ends = [(row["from"], row["to"]), (row["to"], row["from"])]
        for start, end in ends if row["both_ways"] else ends[:1]:
            yield Way(f"{row['leg']}:{start}>{end}", start, end, km, row["mode"], cost)

    def measures_of(self, policy: str, rows: list[Any]) -> dict[str, float]:
        """The measures of a policy (`NAME` or `NAME+NAME`) and the scale of each; all it includes is in force, once."""
        policies = self.settings.policies
        names = set(policy.split("+"))
        while not names >= (wider := names.union(*(policies[name].include for name in names))):
            names = wider
        off = {measure for name in names for measure in policies[name].off}
        return {
            row.measure: math.prod(
                self.number(policies[name].scale.get(row.measure), 1.0) for name in sorted(names)
            )
            for row in rows
            if row.policy in names and row.measure not in off
        }

    def read_measure(self, row: Any, scale: float) -> Measure:
        """A measure with the moment and the target of its kind where the table names none."""
        when, target = USUAL.get(row.kind, ("", ""))
        if row.kind == "harm" and row.leg:
            when = "arrival"
        countries = set(row.countries.split("-"))
        ways = [way for way in self.ways if row.leg and way.name.split(":")[0] == row.leg]
        ways = ways or [way for way in self.ways if f"{way.start}>{way.end}" == row.leg]
        if row.kind in ("close", "corridor"):
            ways += [way for way in self.ways if row.place and row.place in (way.start, way.end)]
            between = [
                (way, {self.places[way.start].country, self.places[way.end].country}) for way in self.ways
            ]
            ways += [way for way, pair in between if row.countries and pair == countries]
        days = range(self.day(row.date_from, 0), self.day(row.date_to, self.settings.days) + 1)
        at, to = row.when or when, row.target or target
        return Measure(row, row.measure, row.kind, row.place, frozenset(ways), days, at, to, scale)

    def active(self, day: int) -> list[Measure]:
        """The measures in force on a day."""
        return [measure for measure in self.measures if day in measure.days]

    def capacity(self, place: str, day: int) -> float:
        """The capacity of a place on a day; infinite where blank."""
        dated = [m.row.capacity for m in self.active(day) if m.kind == "capacity" and m.place == place]
        return self.number(dated[-1] if dated else self.places[place].capacity, math.inf)

    def driver(self, name: str, place: str, day: int) -> float:
        """The newest value of a driver at a place, or else everywhere; 0 before the first."""
        rows = [row for row in self.drivers if row.driver == name and self.day(row.date, 0) <= day]
        for where in (place, ""):
            dated = [(self.day(row.date, 0), row) for row in rows if row.place == where]
            if dated:
                return self.number(max(dated, key=lambda pair: pair[0])[1].value)
        return 0.0

    def closed(self, day: int) -> frozenset[Way]:
        """The ways that may not be entered on a day."""
        shut = {way for m in self.active(day) if m.kind == "close" for way in m.ways}
        return frozenset(
            shut.union(*(m.ways for m in self.measures if m.kind == "corridor" and day not in m.days))
        )

    def cost(self, state: int, way: Way) -> float:
        """The cost of a way in a network state, choice costs included."""
        met = [m for m in self.states[state][2] if (m.place == way.end if m.place else way in m.ways)]
        return way.cost + sum(self.number(m.row.choice_cost) for m in met)

    def _values(self, state: int, destination: str) -> dict[str, float]:
        """exp(−V) of each place by iteration of V = −ln Σ exp(−cost − V(next)); 0 without a way."""
        closed = self.states[state][1]
        hops = {
            place: [
                (math.exp(-self.cost(state, way)), way.end)
                for way in self.ways_from[place]
                if way not in closed
            ]
            for place in self.places
        }
        z = dict.fromkeys(self.places, 0.0) | {destination: 1.0}
        for _ in range(100_000):
            old = z
            z = {place: sum(weight * old[end] for weight, end in hops[place]) for place in self.places}
            z[destination] = 1.0
            if all(abs(z[place] - old[place]) <= 1e-13 * z[place] for place in self.places):
                return z
        raise AssertionError("the logit has no solution: raise leg_cost")

    def _known(self, place: str, day: int) -> int:
        """The newest network state whose news has reached a place."""
        return max(
            state for state in range(len(self.states)) if not state or self.news_day(state, place) <= day
        )

    def news_day(self, state: int, place: str) -> int:
        """The day on which the news of a network state reaches a place."""
        (_, shut, met), (since, shut_now, met_now) = self.states[state - 1], self.states[state]
        ways = (shut ^ shut_now).union(*(m.ways for m in met ^ met_now if not m.place))
        changed = {end for way in ways for end in (way.start, way.end)} | {
            m.place for m in met ^ met_now if m.place
        }
        km = min(self.great_circle_km(place, other) for other in changed)
        per_km = self.number(self.movement.news_delay_days_per_100km) / 100
        return since + math.floor(self.number(self.movement.news_delay_days) + per_km * km)

    def great_circle_km(self, a: str, b: str) -> float:
        """The haversine distance of two places."""
        lat1, lon1, lat2, lon2 = map(
            math.radians,
            (*(self.places[a].lat, self.places[a].lon), *(self.places[b].lat, self.places[b].lon)),
        )
        h = (
            math.sin((lat2 - lat1) / 2) ** 2
            + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
        )
        return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(h))

    def _chances(self, place: str, destination: str, day: int) -> dict[Way, float]:
        """The ways open where people stand that lead on, and the chance of each by the V they know."""
        state, closed = self.known(place, day), self.closed(day)
        z = self.values(state, destination)
        ways = [way for way in self.ways_from[place] if way not in closed and z[way.end] > 0]
        weights = {way: math.exp(-self.cost(state, way)) * z[way.end] for way in ways}
        return {way: weight / sum(weights.values()) for way, weight in weights.items()}
